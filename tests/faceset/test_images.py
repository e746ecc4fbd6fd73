"""Reading untrusted images: every reason of refusal, every kind of pixel, and fuzz."""

import io
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from faceset.errors import SourceError
from faceset.images import ImageLimits, ImageRefusedError, decode_image, path_inside, read_photograph
from faceset.quarantine import Reason


def picture(width: int = 64, height: int = 80) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 3, y * 2, np.full_like(x, 90)], axis=-1).astype(np.uint8)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def reason_of(raw: bytes, limits: ImageLimits | None = None) -> Reason:
    with pytest.raises(ImageRefusedError) as refusal:
        decode_image(raw, limits)
    return refusal.value.reason


def test_lossless_formats_keep_every_pixel() -> None:
    image = Image.fromarray(picture())
    assert np.array_equal(decode_image(encoded(image)), picture())
    assert np.array_equal(decode_image(encoded(image, "WEBP", lossless=True)), picture())
    jpeg = decode_image(encoded(image, "JPEG", quality=95))
    assert np.abs(jpeg.astype(int) - picture()).mean() < 4


def test_every_mode_becomes_rgb() -> None:
    grey = picture()[..., 0]
    as_grey = np.repeat(grey[..., None], 3, axis=2)
    assert np.array_equal(decode_image(encoded(Image.fromarray(grey))), as_grey)
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    assert np.array_equal(decode_image(encoded(deep)), as_grey)
    bits = decode_image(encoded(Image.fromarray(grey > 90)))
    assert set(np.unique(bits)) == {0, 255}
    palette = decode_image(encoded(Image.fromarray(picture()).quantize(256)))
    assert palette.shape == picture().shape
    cmyk = decode_image(encoded(Image.fromarray(picture()).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(cmyk.astype(int) - picture()).mean() < 6


def test_transparency_is_laid_over_white() -> None:
    alpha = np.full((80, 64), 255, np.uint8)
    alpha[:40] = 0
    decoded = decode_image(encoded(Image.fromarray(np.dstack([picture(), alpha]))))
    assert np.all(decoded[:40] == 255)
    assert np.array_equal(decoded[40:], picture()[40:])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    undo = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2),
        6: np.rot90,
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(undo[orientation](picture()))
    assert np.array_equal(decode_image(encoded(Image.fromarray(stored), exif=exif)), picture())


def test_damaged_metadata_does_not_cost_the_image() -> None:
    raw = encoded(Image.fromarray(picture()), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\xff\xff")
    assert decode_image(raw).shape == picture().shape


def test_reasons_of_refusal() -> None:
    jpeg = encoded(Image.fromarray(picture(300, 300)), "JPEG")
    assert reason_of(b"") is Reason.EMPTY
    assert reason_of(b"<!DOCTYPE html><html>404</html>") is Reason.NOT_AN_IMAGE
    assert reason_of(encoded(Image.fromarray(picture()), "GIF")) is Reason.NOT_AN_IMAGE
    assert reason_of(encoded(Image.fromarray(picture()), "BMP")) is Reason.NOT_AN_IMAGE
    assert reason_of(jpeg[: len(jpeg) // 2]) is Reason.TRUNCATED
    assert reason_of(encoded(Image.fromarray(picture(300, 300)))[:-200]) is Reason.TRUNCATED
    assert reason_of(encoded(Image.fromarray(picture(16, 16)))) is Reason.TOO_SMALL
    assert reason_of(encoded(Image.fromarray(picture(300, 10)))) is Reason.TOO_SMALL
    assert reason_of(jpeg, ImageLimits(max_side=200)) is Reason.TOO_LARGE
    assert reason_of(jpeg, ImageLimits(max_pixels=1000)) is Reason.TOO_LARGE


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    body = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x02\0\0\0") + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [30_000, 2**31 - 1])
def test_a_bomb_is_refused_from_its_header(side: int) -> None:
    assert reason_of(png_header(side, side)) is Reason.TOO_LARGE


def test_paths_stay_in_their_root(tmp_path: Path) -> None:
    root = tmp_path / "images"
    (root / "N_1").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(encoded(Image.fromarray(picture())))
    (root / "N_1" / "away.png").symlink_to(tmp_path / "secret.png")
    (root / "N_1" / "loop.png").symlink_to(root / "N_1" / "loop.png")
    (root / "N_1" / "here.png").write_bytes(encoded(Image.fromarray(picture())))
    (root / "N_1" / "link.png").symlink_to("here.png")

    def reason(relative: str) -> Reason:
        with pytest.raises(ImageRefusedError) as refusal:
            read_photograph(root, relative)
        return refusal.value.reason

    outside = ["../secret.png", "N_1/../../secret.png", "/etc/hostname", "N_1/away.png", "..\\x", "a\0b", "", "N_1/.."]
    assert [reason(path) for path in outside] == [Reason.OUTSIDE_ROOT] * len(outside)
    assert reason("N_1/absent.png") is Reason.ABSENT
    assert reason("N_1/loop.png") is Reason.ABSENT
    assert reason("x" * 5000) is Reason.ABSENT
    assert reason("N_1") is Reason.NOT_A_FILE
    assert path_inside(root, "N_1/link.png") == (root / "N_1" / "here.png").resolve()
    assert np.array_equal(read_photograph(root, "N_1/link.png").pixels, picture())


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(ImageRefusedError, match="no regular file"):
        read_photograph(tmp_path, "pipe.jpg")


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    with pytest.raises(ImageRefusedError) as refusal:
        read_photograph(tmp_path, "empty.jpg")
    assert refusal.value.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "big.jpg").write_bytes(b"\xff\xd8" * 100)
    with pytest.raises(ImageRefusedError, match="200 bytes"):
        read_photograph(tmp_path, "big.jpg", ImageLimits(max_bytes=100))


def test_limits_are_checked() -> None:
    with pytest.raises(SourceError, match="min_side"):
        ImageLimits(min_side=10, max_side=5)


SEEDS = [
    encoded(Image.fromarray(picture()), "JPEG"),
    encoded(Image.fromarray(picture())),
    encoded(Image.fromarray(picture()), "WEBP"),
    encoded(Image.fromarray(picture()).convert("CMYK"), "JPEG"),
    encoded(Image.fromarray(picture()).quantize(16)),
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=12),
    st.integers(0, 10_000),
)
def test_damaged_images_are_decoded_or_refused(seed: bytes, changes: list[tuple[int, int]], length: int) -> None:
    raw = bytearray(seed)
    for place, value in changes:
        raw[place % len(raw)] = value
    raw = raw[: max(1, length % (2 * len(raw)))]
    try:
        pixels = decode_image(bytes(raw), ImageLimits(max_pixels=100_000))
    except ImageRefusedError as refusal:
        assert refusal.detail
    else:
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_noise_is_no_image(raw: bytes) -> None:
    assert reason_of(raw) in (Reason.EMPTY, Reason.NOT_AN_IMAGE, Reason.TRUNCATED, Reason.TOO_SMALL, Reason.TOO_LARGE)
