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
    """Returns the (18, 3) palette of the segmentation: black background, hues spread by the golden ratio."""
    hues = (np.arange(len(SEGMENTS)) * 0.618) % 1.0
    channels = [np.abs((hues * 6 + shift) % 6 - 3).clip(1, 2) - 1 for shift in (0, 4, 2)]
    colours = np.round((0.35 + 0.6 * np.stack(channels, axis=1)) * 255).astype(np.uint8)
    colours[0] = 0
    return np.asarray(colours)


def label_pictures(sample: Any) -> list[Picture]:
    """Returns one sample as pictures: colour, landmarks, segmentation, depth and normals.

    Args:
        sample: a mapping with the channels image, landmarks, landmark_visible, segmentation, depth, normal_camera.
    """
    image = np.asarray(sample["image"])
    return [
        image,
        _with_landmarks(image, sample["landmarks"], sample["landmark_visible"]),
        segment_colours()[sample["segmentation"]],
        _shaded_depth(np.asarray(sample["depth"])),
        np.round((np.asarray(sample["normal_camera"]) + 1) * 127.5).astype(np.uint8),
    ]


def _with_landmarks(image: Picture, points: npt.NDArray[Any], visible: npt.NDArray[Any]) -> Picture:
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    for (x, y), seen in zip(points, visible, strict=True):
        draw.ellipse((x - 1.3, y - 1.3, x + 1.3, y + 1.3), fill=(60, 230, 90) if seen else (240, 60, 60))
    return np.asarray(picture)


def _shaded_depth(depth: npt.NDArray[Any]) -> Picture:
    seen = np.isfinite(depth)
    near, far = (depth[seen].min(), depth[seen].max()) if seen.any() else (0.0, 1.0)
    grey = np.where(seen, 1 - 0.85 * (np.where(seen, depth, near) - near) / max(far - near, 1e-9), 0.0)
    return np.repeat(np.round(grey * 255).astype(np.uint8)[..., None], 3, axis=2)
