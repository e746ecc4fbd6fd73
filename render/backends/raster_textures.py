"""What the rasteriser's shading looks up: all textures of a scene in one, and a table of its surfaces."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from render.relief import raised_slopes_and_creases
from render.scene import SceneMesh

Pixels = npt.NDArray[np.uint8]
Single = npt.NDArray[np.float32]

LEVELS = 8
"""Most sizes of one texture that are kept, each half as large as the one before."""

SMALLEST = 4
"""Texels to a side under which a texture is not made smaller."""

COLUMNS = 4 + LEVELS
"""Texels of the table for each mesh: specular, roughness, subsurface, hair; levels, texels, whether it has a relief;
the relief's window in texture coordinates, its place in the reliefs; the place of each level in the atlas."""


@dataclass(frozen=True)
class Atlas:
    """Several textures in one.

    Attributes:
        texels: (h, w, 4) uint8 sRGB.
        places: of each texture and each of its levels, (x, y, width, height) in shares of the atlas.
    """

    texels: Pixels
    places: tuple[tuple[tuple[float, float, float, float], ...], ...]


def sizes(texture: Pixels) -> list[Pixels]:
    """Returns an (h, w, 3) texture with a fourth channel, and its smaller sizes, each texel a mean of larger ones."""
    found = [cv2.cvtColor(texture, cv2.COLOR_RGB2RGBA)]
    while len(found) < LEVELS and min(found[-1].shape[:2]) >= 2 * SMALLEST:
        height, width = found[-1].shape[:2]
        found.append(cv2.resize(found[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    return found


def packed(textures: Sequence[Sequence[Pixels]]) -> Atlas:
    """Returns an atlas of textures with all their sizes, in shelves, each framed by its opposite edges: it repeats."""
    flat = [(entry, level, pixels) for entry, levels in enumerate(textures) for level, pixels in enumerate(levels)]
    flat.sort(key=lambda one: (-one[2].shape[0], one[0], one[1]))
    width = max(1024, *(pixels.shape[1] + 2 for _, _, pixels in flat))
    corners, (x, y, shelf) = {}, (0, 0, 0)
    for entry, level, pixels in flat:
        high, wide = pixels.shape[0] + 2, pixels.shape[1] + 2
        if x + wide > width:
            x, y, shelf = 0, y + shelf, 0
        corners[entry, level] = x, y
        x, shelf = x + wide, max(shelf, high)
    height = y + shelf
    texels = np.zeros((height, width, 4), dtype=np.uint8)
    for entry, level, pixels in flat:
        x, y = corners[entry, level]
        texels[y : y + pixels.shape[0] + 2, x : x + pixels.shape[1] + 2] = cv2.copyMakeBorder(
            pixels, 1, 1, 1, 1, cv2.BORDER_WRAP
        )
    places = tuple(
        tuple(_share(corners[entry, level], pixels, width, height) for level, pixels in enumerate(levels))
        for entry, levels in enumerate(textures)
    )
    return Atlas(texels, places)


def _share(corner: tuple[int, int], pixels: Pixels, width: int, height: int) -> tuple[float, float, float, float]:
    rows, columns = pixels.shape[:2]
    return (corner[0] + 1) / width, (corner[1] + 1) / height, columns / width, rows / height


def surface_table(meshes: Sequence[SceneMesh], atlas: Atlas) -> Single:
    """Returns the (meshes, COLUMNS, 4) table of surfaces, without their reliefs."""
    table = np.zeros((len(meshes), COLUMNS, 4), dtype=np.float32)
    for row, mesh, places in zip(table, meshes, atlas.places, strict=True):
        material = mesh.material
        row[0] = material.specular, material.roughness, material.subsurface, material.hair
        row[1, :2] = len(places), mesh.albedo.shape[0] * mesh.albedo.shape[1]
        row[4 : 4 + len(places)] = places
    return table


def add_reliefs(table: Single, meshes: Sequence[SceneMesh], shrink: int) -> npt.NDArray[np.float16] | None:
    """Writes reliefs into a table and returns the (h, w, 4) slopes and creases of all of them, or None.

    Args:
        table: of ``surface_table``.
        meshes: those of the table.
        shrink: heights of so many texels to a side are one: a small picture shows no more.
    """
    windows = [(index, found) for index, mesh in enumerate(meshes) if (found := _window(mesh, shrink)) is not None]
    if not windows:
        return None
    height, width = sum(part.shape[0] for _, (_, part) in windows), max(part.shape[1] for _, (_, part) in windows)
    texels, y = np.zeros((height, width, 4), dtype=np.float16), 0
    for index, ((u, v, wide, high), part) in windows:
        rows, columns, _ = part.shape
        texels[y : y + rows, :columns] = _half(part)
        table[index, 1, 2] = 1
        table[index, 2] = u, v, 1 / wide, 1 / high
        table[index, 3] = 0, y / height, columns / width, rows / height
        y += rows
    return texels


def _half(texels: Single) -> npt.NDArray[np.float16]:
    """Returns (h, w, 3) numbers in half precision with a fourth; OpenCV rounds as numpy does, forty times as fast."""
    return np.asarray(cv2.convertFp16(cv2.cvtColor(texels, cv2.COLOR_RGB2RGBA))).view(np.float16)


def _window(mesh: SceneMesh, shrink: int) -> tuple[tuple[float, float, float, float], Single] | None:
    """Returns where in the texture a relief is not flat (u, v, width, height), and its slopes and creases there."""
    if mesh.relief is None:
        return None
    relief = mesh.relief
    if shrink > 1:
        size = relief.shape[1] // shrink, relief.shape[0] // shrink
        relief = cv2.resize(relief, size, interpolation=cv2.INTER_AREA)
    found = raised_slopes_and_creases(relief)
    if found is None:
        return None
    (height, width), ((rows, columns), slopes) = relief.shape, found
    place = columns.start / width, rows.start / height
    return (*place, (columns.stop - columns.start) / width, (rows.stop - rows.start) / height), slopes
