"""A sample: the arrays of one labelled face, validated against the channel table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from PIL import Image

from faceset.channels import CHANNELS, IMAGE, REQUIRED, Array, Channel, channel_named, image_checksum, mirror
from faceset.errors import SampleError

Value = Any
"""An array, or a text for the channels that hold text."""


@dataclass(frozen=True, eq=False, repr=False)
class Sample(Mapping[str, Value]):
    """One labelled face: arrays by channel name; texts are ``str``.

    ``checksum`` is computed where it is absent and checked where it is given. Arrays are copied to the stored type
    only where that loses nothing, and are read-only.

    Raises:
        SampleError: a channel is missing, unknown or of the wrong shape or type, an AU lies outside [0, 1], or an
            unknown AU is not 0.
    """

    arrays: Mapping[str, Value]

    def __post_init__(self) -> None:
        """Checks every array against the table and freezes the sample."""
        given = dict(self.arrays)
        missing = [name for name in REQUIRED if name not in given and name != "checksum"]
        if missing:
            raise SampleError(
                f"sample {given.get('sample_key')!r}: missing {', '.join(missing)}; every sample has them"
            )
        where = f"sample {given['sample_key']!r}"
        image = _array(where, CHANNELS[IMAGE], given[IMAGE])
        given.setdefault("checksum", np.uint64(image_checksum(image)))
        ordered = [name for name in CHANNELS if name in given] + [name for name in given if name not in CHANNELS]
        checked = {name: _value(where, channel_named(name), given[name]) for name in ordered}
        _check_shapes(where, checked)
        _check_aus(where, checked)
        if int(checked["checksum"]) != image_checksum(image):
            raise SampleError(f"{where}: checksum {checked['checksum']} is not that of the image; leave it out")
        object.__setattr__(self, "arrays", MappingProxyType(checked))

    def __getitem__(self, name: str) -> Value:
        """Returns the array or text of one channel."""
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        """Yields the names of the channels in the table's order."""
        return iter(self.arrays)

    def __len__(self) -> int:
        """Returns the number of channels."""
        return len(self.arrays)

    def __repr__(self) -> str:
        """Names the sample without printing its pixels."""
        return f"Sample({self.key!r}, {self.width}x{self.height}, {', '.join(self)})"

    def __reduce__(self) -> tuple[type["Sample"], tuple[dict[str, Value]]]:
        """Pickles as a plain mapping (a mapping proxy does not pickle)."""
        return Sample, (dict(self.arrays),)

    @property
    def key(self) -> str:
        """The unique name of the sample."""
        return str(self.arrays["sample_key"])

    @property
    def width(self) -> int:
        """Width of the image in pixels."""
        return int(self.arrays[IMAGE].shape[1])

    @property
    def height(self) -> int:
        """Height of the image in pixels."""
        return int(self.arrays[IMAGE].shape[0])

    def mirrored(self, segmentation_swap: Mapping[int, int] | None = None) -> "Sample":
        """Returns the sample of the mirrored face (see ``faceset.channels.mirror``)."""
        return Sample(mirror(self, self.width, segmentation_swap))

    def resized(self, width: int, height: int) -> "Sample":
        """Returns the sample at another image size, each channel by its own rule."""
        resized = {name: _resized(CHANNELS[name], value, self, width, height) for name, value in self.items()}
        return Sample({name: value for name, value in resized.items() if name != "checksum"})


def encoded(channel: Channel, text: str) -> bytes:
    """Returns the UTF-8 bytes of a text as the channel stores it.

    Raises:
        SampleError: it is longer than the channel, or holds a zero character.
    """
    raw = text.encode("utf-8", errors="strict")
    longest = np.dtype(channel.dtype).itemsize
    if len(raw) > longest or "\0" in text:
        raise SampleError(
            f"{channel.name} {text!r}: expected at most {longest} bytes of text and no zero character, found {len(raw)}"
        )
    return raw


def check_values(where: str, channel: Channel, array: Array) -> None:
    """Checks that an array's values are finite (background depth apart) and lie in the channel's interval.

    Raises:
        SampleError: a value does not.
    """
    if channel.interval is not None:
        low, high = channel.interval
        if not np.all((array >= low) & (array <= high)):
            raise SampleError(
                f"{where}: {channel.name} must lie in [{low:g}, {high:g}], found {array.min():g} to {array.max():g}; "
                "an unknown AU is 0 in au and in au_known, never a sentinel"
            )
    elif array.dtype.kind == "f":
        bad = np.isnan(array) if channel.name == "depth" else ~np.isfinite(array)
        if np.any(bad):
            raise SampleError(f"{where}: {channel.name} holds {int(bad.sum())} values that are not finite")


def check_unknown_aus(where: str, au_known: Array, arrays: Mapping[str, Array]) -> None:
    """Checks that AUs that are not known are 0, so that no sentinel can be mistaken for a label.

    Raises:
        SampleError: an unknown AU holds a value.
    """
    for name in ("au", "au_left", "au_right"):
        hidden = int(np.count_nonzero(arrays[name][au_known == 0]))
        if hidden:
            raise SampleError(f"{where}: {name} holds {hidden} values where au_known is 0; store 0 there")


def _value(where: str, channel: Channel, value: Value) -> Value:
    if channel.is_text:
        if not isinstance(value, str):
            raise SampleError(f"{where}: {channel.name} must be a text, found {type(value).__name__}")
        encoded(channel, value)
        return value
    array = _array(where, channel, value)
    check_values(where, channel, array)
    return array


def _array(where: str, channel: Channel, value: Value) -> Array:
    found = np.asarray(value)
    dtype = np.dtype(channel.dtype)
    # float64 is rounded to the stored float32 (labels are computed in double); every other change must be exact.
    allowed: Literal["same_kind", "safe"] = "same_kind" if dtype.kind == "f" else "safe"
    whole = found.dtype.kind in "iub" and dtype.kind in "iu"
    fits = found.dtype == dtype or np.can_cast(found.dtype, dtype, allowed)
    if not fits and not (whole and np.array_equal(found.astype(dtype), found)):
        raise SampleError(f"{where}: {channel.name} must be {dtype}, found {found.dtype}")
    array = np.array(found, dtype=dtype, order="C")
    array.setflags(write=False)
    return array


def _check_shapes(where: str, arrays: Mapping[str, Value]) -> None:
    image, au = arrays[IMAGE], arrays["au"]
    if image.ndim != 3 or min(image.shape) < 1 or au.ndim != 1:
        raise SampleError(f"{where}: expected image (H, W, 3) and au (K,), found {image.shape} and {au.shape}")
    sizes = {"H": image.shape[0], "W": image.shape[1], "K": au.shape[0]}
    for name, value in arrays.items():
        expected = CHANNELS[name].bound(sizes)
        if not CHANNELS[name].is_text and value.shape != expected:
            raise SampleError(f"{where}: {name} must have the shape {expected}, found {value.shape}")


def _check_aus(where: str, arrays: Mapping[str, Value]) -> None:
    check_unknown_aus(where, arrays["au_known"], arrays)


def _resized(channel: Channel, value: Value, sample: Sample, width: int, height: int) -> Value:
    if channel.resize == "area":
        return np.asarray(Image.fromarray(value).resize((width, height), Image.Resampling.BOX))
    if channel.resize in ("nearest", "nearest_scale"):
        # The nearest source pixel of each centre at +0.5, in whole numbers.
        rows = (2 * np.arange(height) + 1) * sample.height // (2 * height)
        columns = (2 * np.arange(width) + 1) * sample.width // (2 * width)
        value = value[rows[:, None], columns]
    if channel.resize in ("scale", "nearest_scale"):
        return value * _scales(channel, width / sample.width, height / sample.height)
    return value


def _scales(channel: Channel, x_scale: float, y_scale: float) -> Array:
    if channel.name == "camera":
        return np.array([x_scale, y_scale, x_scale, y_scale, *[1.0] * 12], np.float32)
    return np.array([x_scale, y_scale], np.float32)
