"""Contact sheets: many pictures in one, for eyes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from render.scene import SEGMENTS

Picture = npt.NDArray[np.uint8]

GAP = 2
PAPER = 255


def contact_sheet(pictures: Sequence[Picture], columns: int) -> Picture:
    """Returns pictures of one size side by side, in rows of ``columns``, on white.

    Raises:
        ValueError: there are no pictures, or their sizes differ.
    """
    shapes = {picture.shape for picture in pictures}
    if len(shapes) != 1 or columns < 1:
        raise ValueError(f"a contact sheet needs pictures of one size and at least one column, found {shapes}")
    height, width, _ = next(iter(shapes))
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), PAPER, dtype=np.uint8)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + GAP), (index % columns) * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def captioned(picture: Picture, text: str) -> Picture:
    """Returns the picture with a short text in its top-left corner."""
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    draw.rectangle(draw.textbbox((3, 2), text), fill=(0, 0, 0))
    draw.text((3, 2), text, fill=(255, 255, 255))
    return np.asarray(image)


def segment_colours() -> Picture:
    """Returns the (S, 3) palette of the segmentation: black background."""
    colours = _hues(len(SEGMENTS))
    colours[0] = 0
    return colours


def _hues(count: int) -> Picture:
    """Returns (count, 3) colours whose hues are spread by the golden ratio, every second one darker."""
    index = np.arange(count)
    bright = 0.2 + 0.75 * _hue((index * 0.618) % 1.0)
    return np.asarray(np.round(bright * np.where(index % 2, 1.0, 0.75)[:, None] * 255), dtype=np.uint8)


def _hue(turn: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Returns the (..., 3) pure colours of hues (...) in turns."""
    return np.asarray(np.stack([np.abs((turn * 6 + shift) % 6 - 3).clip(1, 2) - 1 for shift in (0, 4, 2)], axis=-1))


def label_pictures(sample: Any) -> list[Picture]:
    """Returns one sample as eight pictures: colour, and its labels for each landmark and each pixel.

    Landmarks, dense landmarks, segmentation, AU regions, depth, normals and flow, as far as they can be seen.

    Args:
        sample: a mapping with the image and these channels.
    """
    image = np.asarray(sample["image"])
    return [
        image,
        _with_points(image, sample["landmarks"], sample["landmark_visible"], 1.3),
        _with_points(image, sample["dense_landmarks"], sample["dense_visible"], 0.6),
        segment_colours()[sample["segmentation"]],
        _with_regions(image, np.asarray(sample["au_region"])),
        _shaded_depth(np.asarray(sample["depth"])),
        np.round((np.asarray(sample["normal_camera"]) + 1) * 127.5).astype(np.uint8),
        _coloured_flow(np.asarray(sample["flow"])),
    ]


def _with_points(image: Picture, points: npt.NDArray[Any], visible: npt.NDArray[Any], radius: float) -> Picture:
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    for (x, y), seen in zip(points, visible, strict=True):
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=(60, 230, 90) if seen else (240, 60, 60))
    return np.asarray(picture)


def _with_regions(image: Picture, regions: Picture) -> Picture:
    """Returns the picture in grey with each pixel tinted by the mean colour of its AU groups."""
    member = np.unpackbits(regions[..., None], axis=-1, bitorder="little").astype(np.float64)
    count = member.sum(axis=-1, keepdims=True)
    tint = member @ _hues(8).astype(np.float64) / np.maximum(count, 1)
    grey = np.repeat(image.mean(axis=-1, keepdims=True), 3, axis=-1)
    return np.where(count > 0, 0.45 * grey + 0.55 * tint, grey).round().astype(np.uint8)


def _coloured_flow(flow: npt.NDArray[Any]) -> Picture:
    """Returns white where nothing moved, and a hue for each direction, full for the farthest movement."""
    length = np.linalg.norm(flow, axis=-1, keepdims=True)
    share = length / max(float(length.max()), 1.0)
    turn = np.arctan2(flow[..., 1], flow[..., 0]) / (2 * np.pi) % 1.0
    return np.asarray(np.round(255 * (1 - share * (1 - _hue(turn)))).astype(np.uint8))


def _shaded_depth(depth: npt.NDArray[Any]) -> Picture:
    seen = np.isfinite(depth)
    near, far = (depth[seen].min(), depth[seen].max()) if seen.any() else (0.0, 1.0)
    grey = np.where(seen, 1 - 0.85 * (np.where(seen, depth, near) - near) / max(far - near, 1e-9), 0.0)
    return np.repeat(np.round(grey * 255).astype(np.uint8)[..., None], 3, axis=2)
