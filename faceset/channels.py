"""The channels of a labelled face, declared once: type, shape, unit, frame, how each resizes and how it mirrors.

Every other module reads the table: samples are validated against it, shards are laid out by it, and ``mirror`` is
one function driven by it. Symbols in shapes: H and W are the image's height and width, K the number of AUs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xxhash

from faceset.errors import SampleError

Array = npt.NDArray[Any]
Resize = Literal["area", "nearest", "nearest_scale", "scale", "none"]
Mirror = Literal[
    "keep",
    "flip",
    "flip_normals",
    "flip_vectors",
    "swap_classes",
    "other_side",
    "points",
    "points_3d",
    "visible",
    "signs",
    "camera",
    "hash",
]

IMAGE, STRING = "image", "S"

DENSE, DENSE_MIDLINE = 485, 15
"""Number of dense landmarks (``render.labels.dense`` places them), and how many of them lie on the midline."""


@dataclass(frozen=True)
class Channel:
    """One array of a sample.

    Attributes:
        name: key in a sample and name of the dataset in a shard.
        dtype: numpy name of the type as stored; "S64" holds UTF-8 text of at most 64 bytes.
        shape: of one sample; "H", "W" and "K" are bound by the image and by the AU codes.
        unit: of the values, "" for none.
        meaning: what the numbers say, and in which frame.
        resize: what happens when the image is resized: "area" average, "nearest" neighbour, "scale" pixel
            lengths, "nearest_scale" both.
        mirror: what happens when the image is mirrored (see ``mirror``).
        required: every sample must have it.
        interval: range of the values, ends included, or None.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    unit: str
    meaning: str
    resize: Resize = "none"
    mirror: Mirror = "keep"
    required: bool = False
    interval: tuple[float, float] | None = None

    @property
    def per_pixel(self) -> bool:
        """True where every pixel has its own value."""
        return self.shape[:2] == ("H", "W")

    @property
    def is_text(self) -> bool:
        """True for names and keys."""
        return self.dtype.startswith(STRING)

    def bound(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Returns the shape with every symbol replaced by its size."""
        return tuple(size if isinstance(size, int) else sizes[size] for size in self.shape)


_REQUIRED = (
    Channel(IMAGE, "uint8", ("H", "W", 3), "sRGB", "colours; row 0 on top", "area", "flip", True),
    Channel("au", "float32", ("K",), "activation", "the higher side", "none", "keep", True, (0.0, 1.0)),
    Channel("au_left", "float32", ("K",), "activation", "the person's left", "none", "other_side", True, (0.0, 1.0)),
    Channel("au_right", "float32", ("K",), "activation", "the person's right", "none", "other_side", True, (0.0, 1.0)),
    Channel(
        "au_known", "uint8", ("K",), "", "1 where the AU is scored; elsewhere au is 0", "none", "keep", True, (0, 1)
    ),
    Channel("identity", "S64", (), "", "who; splits are made by it", required=True),
    Channel("sample_key", "S64", (), "", "unique name of the sample", required=True),
    Channel("source", "S32", (), "", "where the sample comes from", required=True),
    Channel("twin_of", "S64", (), "", "sample that differs in its expression alone, or empty", required=True),
    Channel("checksum", "uint64", (), "", "xxh3_64 of the image's bytes", "none", "hash", True),
)

_OPTIONAL = (
    Channel("au_visible", "float32", ("K",), "fraction", "visible part of the AU's region", interval=(0.0, 1.0)),
    Channel(
        "au_scorable", "uint8", ("K",), "", "1 where enough of the AU's region is seen on one side", interval=(0, 1)
    ),
    Channel("au_measured_left", "float32", ("K",), "activation", "measured on the mesh", "none", "other_side"),
    Channel("au_measured_right", "float32", ("K",), "activation", "measured on the mesh", "none", "other_side"),
    Channel("au_displacement", "float32", ("K",), "mm", "how far the AU moves this face at most"),
    Channel(
        "certificate",
        "float32",
        (4,),
        "1, mm",
        "largest |asked - measured| activation; mm of the mesh left unexplained, of a lid in an eye, of a lip in teeth",
    ),
    Channel("landmarks", "float32", (68, 2), "px", "iBUG-68 x, y from the image's top-left", "scale", "points"),
    Channel(
        "landmark_visible", "uint8", (68,), "", "1 where nothing hides the landmark", "none", "visible", interval=(0, 1)
    ),
    Channel(
        "landmarks_3d", "float32", (68, 3), "m", "iBUG-68, camera frame (+Y up, looks along -Z)", "none", "points_3d"
    ),
    Channel(
        "head_pose", "float32", (3,), "rad", "yaw, pitch, roll of the head relative to the camera", "none", "signs"
    ),
    Channel("head_forward", "float32", (), "m", "how far the head is thrust forward along its own axis"),
    Channel("gaze", "float32", (2,), "rad", "yaw, pitch of both eyes relative to the head", "none", "signs"),
    Channel("camera", "float32", (16,), "px, m", "fx, fy, cx, cy, then 3x4 world_to_camera by rows", "scale", "camera"),
    Channel("segmentation", "uint8", ("H", "W"), "", "index into the shard's segments", "nearest", "swap_classes"),
    Channel("depth", "float32", ("H", "W"), "m", "along the camera's axis; inf is background", "nearest", "flip"),
    Channel(
        "normal_camera", "float32", ("H", "W", 3), "", "unit, without folds, camera frame", "nearest", "flip_normals"
    ),
    Channel("uv", "float32", ("H", "W", 2), "", "texture coordinates of the surface", "nearest", "flip"),
    Channel("face_index", "int32", ("H", "W"), "", "triangle; -1 is background", "nearest", "flip"),
    Channel("barycentric", "float32", ("H", "W", 2), "", "first two coordinates in the triangle", "nearest", "flip"),
    Channel(
        "flow",
        "float32",
        ("H", "W", 2),
        "px",
        "place here minus place on the neutral face of the point that the pixel shows; 0 off the person",
        "nearest_scale",
        "flip_vectors",
    ),
    Channel("au_region", "uint8", ("H", "W"), "", "bit g - 1 is AU group g of facs.partition", "nearest", "flip"),
    Channel("dense_landmarks", "float32", (DENSE, 2), "px", "x, y from the image's top-left", "scale", "points"),
    Channel("dense_visible", "uint8", (DENSE,), "", "1 where nothing hides it", "none", "visible", interval=(0, 1)),
    Channel("dense_landmarks_3d", "float32", (DENSE, 3), "m", "camera frame", "none", "points_3d"),
)

CHANNELS: dict[str, Channel] = {channel.name: channel for channel in (*_REQUIRED, *_OPTIONAL)}
"""Every channel that a sample may have, by name, in the order in which shards store them."""

REQUIRED: tuple[str, ...] = tuple(channel.name for channel in _REQUIRED)
"""Names of the channels that every sample has."""

_EYES = {36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46}
_MOUTH = {48: 54, 49: 53, 50: 52, 55: 59, 56: 58, 60: 64, 61: 63, 65: 67}


def _flipped_68() -> tuple[int, ...]:
    order = list(range(68))
    order[0:17] = reversed(range(17))
    order[17:27] = reversed(range(17, 27))
    order[31:36] = reversed(range(31, 36))
    for one, other in (_EYES | _MOUTH).items():
        order[one], order[other] = other, one
    return tuple(order)


IBUG68_FLIP: tuple[int, ...] = _flipped_68()
"""Landmark i of a mirrored face is landmark ``IBUG68_FLIP[i]`` of the face (iBUG 300-W markup)."""

DENSE_FLIP: tuple[int, ...] = (
    *range(DENSE_MIDLINE),
    *(DENSE_MIDLINE + (index ^ 1) for index in range(DENSE - DENSE_MIDLINE)),
)
"""Dense landmark i of a mirrored face is ``DENSE_FLIP[i]`` of the face: after the midline come pairs."""

_FLIPS = {68: list(IBUG68_FLIP), DENSE: list(DENSE_FLIP)}
_SIDES = {"au_left": "au_right", "au_measured_left": "au_measured_right"}
_SIDES |= {right: left for left, right in _SIDES.items()}
_SIGNS = {"head_pose": np.array([-1, 1, -1], np.float32), "gaze": np.array([-1, 1], np.float32)}
# A mirrored world seen by a mirrored camera: with F = diag(-1, 1, 1), R becomes F R F and t becomes F t.
_CAMERA_SIGNS = np.array([1, 1, -1, 1, 1, -1, -1, -1, -1, 1, 1, 1, -1, 1, 1, 1], np.float32)
_X_SIGN = np.array([-1, 1, 1], np.float32)


def image_checksum(image: Array) -> int:
    """Returns the xxh3_64 of an image's bytes, the value of the channel ``checksum``."""
    return int(xxhash.xxh3_64_intdigest(np.ascontiguousarray(image).data))


def mirror(sample: Mapping[str, Any], width: int, segmentation_swap: Mapping[int, int] | None = None) -> dict[str, Any]:
    """Returns the channels of the mirrored face: the photograph of the same person's mirror image.

    Left and right AUs change places, x becomes ``width - x`` (pixel centres lie at +0.5), yaw and roll change sign.
    Mirroring twice is the identity. ``face_index``, ``uv`` and ``barycentric`` move with their pixels and then
    refer to the mirrored mesh, in the numbering of the mesh.

    Args:
        sample: arrays by channel name; leading batch axes are allowed.
        width: of the image, in pixels.
        segmentation_swap: classes that change places, {left: right}; needed with ``segmentation``.

    Raises:
        SampleError: a name that the table does not hold, or a segmentation without ``segmentation_swap``.
    """
    mirrored = {name: _RULES[channel_named(name).mirror](sample, name, width) for name in sample if name != "checksum"}
    if "segmentation" in sample:
        mirrored["segmentation"] = _swapped(mirrored["segmentation"], segmentation_swap)
    if "checksum" in sample:
        mirrored["checksum"] = _checksums(mirrored[IMAGE])
    return {name: mirrored[name] for name in sample}


def channel_named(name: str) -> Channel:
    """Returns the channel called ``name``.

    Raises:
        SampleError: the table has no such channel.
    """
    if name not in CHANNELS:
        raise SampleError(f"unknown channel {name!r}: expected one of {', '.join(CHANNELS)}")
    return CHANNELS[name]


def _keep(sample: Mapping[str, Any], name: str, _width: int) -> Any:
    return sample[name]


def _flip(sample: Mapping[str, Any], name: str, _width: int) -> Array:
    pixels = np.asarray(sample[name])
    width_axis = -2 if len(CHANNELS[name].shape) == 3 else -1
    return np.ascontiguousarray(np.flip(pixels, axis=width_axis))


def _flip_normals(sample: Mapping[str, Any], name: str, width: int) -> Array:
    return _flip(sample, name, width) * _X_SIGN


def _flip_vectors(sample: Mapping[str, Any], name: str, width: int) -> Array:
    return np.asarray(_flip(sample, name, width) * _X_SIGN[:2])


def _other_side(sample: Mapping[str, Any], name: str, _width: int) -> Any:
    return sample[_SIDES[name]]


def _points(sample: Mapping[str, Any], name: str, width: int) -> Array:
    points = np.asarray(sample[name])[..., _order(name), :]
    points[..., 0] = width - points[..., 0]
    return points


def _points_3d(sample: Mapping[str, Any], name: str, _width: int) -> Array:
    return np.asarray(sample[name])[..., _order(name), :] * _X_SIGN


def _visible(sample: Mapping[str, Any], name: str, _width: int) -> Array:
    return np.asarray(sample[name])[..., _order(name)]


def _order(name: str) -> list[int]:
    """Returns which landmark takes whose place: a channel's first symbol is their number."""
    return _FLIPS[int(CHANNELS[name].shape[0])]


def _signs(sample: Mapping[str, Any], name: str, _width: int) -> Array:
    return np.asarray(sample[name]) * _SIGNS[name]


def _camera(sample: Mapping[str, Any], name: str, width: int) -> Array:
    camera = np.asarray(sample[name]) * _CAMERA_SIGNS
    camera[..., 2] += np.float32(width)
    return camera


_RULES: dict[str, Callable[[Mapping[str, Any], str, int], Any]] = {
    "keep": _keep,
    "flip": _flip,
    "flip_normals": _flip_normals,
    "flip_vectors": _flip_vectors,
    "swap_classes": _flip,
    "other_side": _other_side,
    "points": _points,
    "points_3d": _points_3d,
    "visible": _visible,
    "signs": _signs,
    "camera": _camera,
}


def _swapped(segmentation: Array, swap: Mapping[int, int] | None) -> Array:
    if swap is None:
        raise SampleError("mirroring a segmentation needs segmentation_swap, the classes that change places")
    table = np.arange(256, dtype=np.uint8)
    for one, other in swap.items():
        table[one], table[other] = other, one
    return table[segmentation]


def _checksums(images: Array) -> Array:
    flat = images.reshape(-1, *images.shape[-3:])
    return np.array([image_checksum(image) for image in flat], np.uint64).reshape(images.shape[:-3])
