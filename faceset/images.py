"""Reading photographs that nobody vouches for.

The file is opened only inside its root, its format must be allowed, its size is read from the header and bounded
before anything is decoded, and it is decoded to its end. Every refusal has a reason of ``faceset.quarantine``.
"""

import hashlib
import io
import os
import stat
import struct
import threading
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from faceset.errors import SourceError
from faceset.quarantine import Reason

FORMATS = ("JPEG", "PNG", "WEBP")
"""What may be decoded, by content; the name of the file counts for nothing."""

_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    struct.error,
    zlib.error,
)
"""What decoders raise on damaged files."""


class ImageRefusedError(SourceError):
    """An image that is not imported.

    Attributes:
        reason: why.
        detail: what was expected and what was found.
        sha256: of the file's bytes, "" where they were not read.
    """

    def __init__(self, reason: Reason, detail: str, sha256: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.sha256 = sha256


@dataclass(frozen=True)
class ImageLimits:
    """Bounds of what is decoded.

    Attributes:
        min_side: least pixels of the shorter side.
        max_side: most pixels of the longer side.
        max_pixels: most pixels in all; read from the header before anything is decoded.
        max_bytes: most bytes of the file.
    """

    min_side: int = 48
    max_side: int = 20_000
    max_pixels: int = 50_000_000
    max_bytes: int = 100_000_000

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if not 1 <= self.min_side <= self.max_side <= 32_000 or self.max_pixels < 1 or self.max_bytes < 1:
            raise SourceError(f"expected 1 <= min_side <= max_side <= 32000 and positive bounds, found {self}")


@dataclass(frozen=True, eq=False)
class Photograph:
    """A decoded image.

    Attributes:
        pixels: (H, W, 3) uint8 sRGB, upright.
        sha256: of the file's bytes.
    """

    pixels: npt.NDArray[np.uint8]
    sha256: str


def path_inside(root: Path, relative: str) -> Path:
    """Returns the file that ``relative`` names inside ``root``, links followed.

    Raises:
        ImageRefusedError: the path leaves the root, by itself or through a link, or names no file there.
    """
    parts = PurePosixPath(relative).parts
    if not parts or relative.startswith("/") or ".." in parts or "\\" in relative or "\0" in relative:
        raise ImageRefusedError(Reason.OUTSIDE_ROOT, f"expected a path inside the images' folder, found {relative!r}")
    try:
        home = root.resolve(strict=True)
        path = (home / relative).resolve(strict=True)
    except (OSError, RuntimeError, UnicodeError) as error:
        raise ImageRefusedError(Reason.ABSENT, f"no such file: {relative!r} ({type(error).__name__})") from error
    if not path.is_relative_to(home):
        raise ImageRefusedError(Reason.OUTSIDE_ROOT, f"{relative!r} is a link that leaves the images' folder")
    return path


def read_photograph(root: Path, relative: str, limits: ImageLimits | None = None) -> Photograph:
    """Returns the photograph that ``relative`` names inside ``root``, upright and in sRGB.

    Greyscale, palettes, 16 bits and CMYK are converted; transparency is laid over white; of an animation the first
    frame counts; an EXIF orientation is applied. Colour profiles are not applied.

    Raises:
        ImageRefusedError: with the reason why it is not imported.
    """
    limits = limits or ImageLimits()
    raw = _bytes_of(path_inside(root, relative), limits)
    digest = hashlib.sha256(raw).hexdigest()
    try:
        return Photograph(decode_image(raw, limits), digest)
    except ImageRefusedError as refusal:
        refusal.sha256 = digest
        raise


def decode_image(raw: bytes, limits: ImageLimits | None = None) -> npt.NDArray[np.uint8]:
    """Returns the pixels of an encoded image, (H, W, 3) uint8 sRGB, upright.

    Raises:
        ImageRefusedError: with the reason why it cannot be used.
    """
    limits = limits or ImageLimits()
    if not raw:
        raise ImageRefusedError(Reason.EMPTY, "expected an image, found a file of 0 bytes")
    with _QUIET, _opened(raw) as image:
        _check_size(image.size, limits)
        return _decoded(image)


class _Quiet:
    """Silences Pillow's warnings of harmless metadata while any thread decodes.

    ``warnings.catch_warnings`` alone would leave the filters of one thread to another.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(None, None, None)


_QUIET = _Quiet()


def _bytes_of(path: Path, limits: ImageLimits) -> bytes:
    try:
        # Not to block on a pipe; the kind and size are those of the file that was opened, not of its name.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ImageRefusedError(Reason.NOT_A_FILE, f"{path.name} is no regular file")
            if status.st_size > limits.max_bytes:
                raise ImageRefusedError(Reason.TOO_LARGE, f"{status.st_size} bytes, at most {limits.max_bytes}")
            return file.read(limits.max_bytes)
    except OSError as error:
        raise ImageRefusedError(Reason.NOT_A_FILE, f"{path.name} cannot be read: {error.strerror}") from error


def _opened(raw: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(raw), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageRefusedError(Reason.TOO_LARGE, str(error)) from error
    except _BROKEN as error:
        kinds = ", ".join(FORMATS)
        raise ImageRefusedError(Reason.NOT_AN_IMAGE, f"expected {kinds}, the file begins {raw[:16]!r}") from error


def _check_size(size: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size
    if max(size) > limits.max_side or width * height > limits.max_pixels:
        raise ImageRefusedError(
            Reason.TOO_LARGE, f"{width}x{height} px, at most {limits.max_side} a side and {limits.max_pixels} in all"
        )
    if min(size) < limits.min_side:
        raise ImageRefusedError(Reason.TOO_SMALL, f"{width}x{height} px, at least {limits.min_side} a side")


def _decoded(image: Image.Image) -> npt.NDArray[np.uint8]:
    try:
        image.load()
        pixels = np.array(_rgb(_upright(image)), dtype=np.uint8)
    except (*_BROKEN, MemoryError) as error:
        raise ImageRefusedError(Reason.TRUNCATED, f"cannot be decoded to its end: {error}") from error
    return pixels


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:  # damaged metadata: the pixels are sound, and no orientation is known
        return image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(image).convert("RGB")
    if image.mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in image.info:
        coloured = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), coloured).convert("RGB")
    return image.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """Returns 16-bit greyscale as 8-bit: 65535 becomes 255."""
    values: npt.NDArray[Any] = np.asarray(image).astype(np.float64)
    return Image.fromarray(np.asarray(np.clip(np.rint(values / 257.0), 0, 255), dtype=np.uint8))
