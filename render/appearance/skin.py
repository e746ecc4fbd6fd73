"""Skin, lips, brows, beard shadow, scalp hair and collar painted on the skin's texture.

Everything is painted in millimetres on the average face (``FaceBasis.texel_position``), so it moves with the skin:
a brow rises because its texels rise.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.colour import hair_rgb, skin_rgb, to_linear, to_srgb
from render.appearance.noise import generator, smooth_noise, smoothstep
from render.face_basis import FaceBasis
from render.scene import SEGMENT

Map = npt.NDArray[np.float32]

HAIRLINE_AZIMUTH = (0.0, 0.35, 0.62, 0.9, 1.1, 1.28, 1.42, 1.6, 1.9, 2.3, np.pi)
HAIRLINE_HEIGHT = (0.753, 0.752, 0.749, 0.737, 0.722, 0.690, 0.672, 0.700, 0.660, 0.615, 0.600)
"""Height of the hairline, metres on the template, by azimuth from the middle of the forehead to the nape."""
CYLINDER_Z = 0.055
COLLAR = 0.553
PURPOSE = {"skin": 1, "brow": 2, "hair": 3, "cloth": 4}


@dataclass(frozen=True)
class SkinTexture:
    """A painted skin: (T, T, 3) uint8 sRGB and (T, T) uint8 segments."""

    albedo: npt.NDArray[np.uint8]
    segments: npt.NDArray[np.uint8]


def hairiness(position: npt.NDArray[np.floating[Any]], width: float, rise: Map | float = 0.0) -> Map:
    """Returns how far inside the scalp hair points (..., 3) of the template lie: 0 bald to 1, over ``width`` metres."""
    x, y, z = np.moveaxis(np.asarray(position, dtype=np.float32), -1, 0)
    azimuth = np.abs(np.arctan2(x, z - CYLINDER_Z))
    line = np.interp(azimuth, HAIRLINE_AZIMUTH, HAIRLINE_HEIGHT) + rise
    inside = smoothstep(-width / 2, width / 2, y - line)
    ear = (np.abs(x) > 0.0715) & (y < 0.702) & (y > 0.63) & (z < 0.06)
    return np.where(ear, 0.0, inside).astype(np.float32)


class SkinPainter:
    """Paints skin textures for one face model; the maps that every person shares are made once."""

    def __init__(self, basis: FaceBasis, average: npt.NDArray[np.float32]) -> None:
        self._position = basis.texel_position
        self._size = basis.texel_lip.shape[0]
        self._marks = basis.landmarks(average)
        self._lip = self._soft_lip(basis.texel_lip)
        self._brow = {side: self._brow_maps(side) for side in ("right", "left")}
        self._flush = self._flush_map()
        self._beard = self._beard_map()
        self._lid = self._lid_map()
        self._plain = self._plain_segments()

    def paint(self, appearance: Appearance) -> SkinTexture:
        """Returns the texture of one person."""
        random = generator(appearance.texture_seed, PURPOSE["skin"])
        linear = self._bare_skin(appearance, random)
        linear = self._with_lips(linear, appearance)
        segments = self._plain.copy()
        linear = _mixed(linear, 0.45 * linear, 0.8 * self._lid)
        linear = self._with_stubble(linear, appearance, random)
        linear = self._with_brows(linear, segments, appearance)
        linear = self._with_hair(linear, segments, appearance)
        linear = self._with_clothes(linear, segments, appearance)
        return SkinTexture(to_srgb(linear), segments)

    def _bare_skin(self, appearance: Appearance, random: np.random.Generator) -> Map:
        size = self._size
        coarse = smooth_noise(random, size, (9, 14)) + 0.6 * smooth_noise(random, size, (26, 40))
        fine = random.normal(0, 1, (size, size)).astype(np.float32)
        blotch = 0.06 * appearance.blotchiness
        melanin = appearance.melanin + blotch * coarse + 0.008 * fine
        haemoglobin = appearance.haemoglobin * (0.75 + 0.9 * self._flush) + 2.5 * blotch * np.roll(coarse, 71, axis=1)
        return skin_rgb(np.clip(melanin, 0, 1.1), np.clip(haemoglobin, 0, 2))

    def _with_lips(self, linear: Map, appearance: Appearance) -> Map:
        red = skin_rgb(appearance.melanin * 0.9 + 0.04, 1.0 + 1.6 * appearance.lip_redness)
        return _mixed(linear, red, self._lip * (0.55 + 0.4 * appearance.lip_redness))

    def _with_stubble(self, linear: Map, appearance: Appearance, random: np.random.Generator) -> Map:
        if appearance.stubble <= 0:
            return linear
        dots = random.uniform(0.55, 1.0, (self._size, self._size)).astype(np.float32)
        shade = hair_rgb(appearance.hair_melanin, 0.2) * 0.9 + 0.1 * linear
        return _mixed(linear, shade, self._beard * dots * (1 - self._lip) * appearance.stubble * 0.75)

    def _with_brows(self, linear: Map, segments: npt.NDArray[np.uint8], appearance: Appearance) -> Map:
        random = generator(appearance.texture_seed, PURPOSE["brow"])
        size = self._size
        hairs = 0.5 + 0.5 * smooth_noise(random, size, (size // 2, size // 6))
        colour = hair_rgb(min(1.0, appearance.hair_melanin + 0.12), appearance.hair_redness)
        for side, (along, across) in self._brow.items():
            thickness = 0.0022 + 0.0024 * appearance.brow_density
            body = smoothstep(1.25, 0.6, np.abs(across) / (thickness * _brow_profile(along)))
            body *= smoothstep(-0.08, 0.16, along) * smoothstep(1.1, 0.8, along)
            cover = np.clip(body * (0.62 + 0.38 * hairs) * (0.5 + 0.6 * appearance.brow_density), 0, 0.97)
            linear = _mixed(linear, colour, cover)
            segments[body > 0.5] = SEGMENT[f"{side}_brow"]
        return linear

    def _with_hair(self, linear: Map, segments: npt.NDArray[np.uint8], appearance: Appearance) -> Map:
        random = generator(appearance.texture_seed, PURPOSE["hair"])
        size = self._size
        ragged = 0.004 * smooth_noise(random, size, (40, 60)) + 0.003 * smooth_noise(random, size, (90, 160))
        inside = hairiness(self._position, 0.006, ragged)
        strands = smooth_noise(random, size, (14, 190)) * 0.6 + smooth_noise(random, size, (40, 300)) * 0.4
        colour = hair_rgb(appearance.hair_melanin, appearance.hair_redness)
        shaded = colour * np.exp(0.55 * strands)[..., None]
        segments[inside > 0.5] = SEGMENT["hair"]
        return _mixed(linear, shaded, inside * (0.45 + 0.5 * min(1.0, 3 * appearance.hair_length)))

    def _with_clothes(self, linear: Map, segments: npt.NDArray[np.uint8], appearance: Appearance) -> Map:
        random = generator(appearance.texture_seed, PURPOSE["cloth"])
        colour = to_linear(random.uniform(0.08, 0.85) * random.dirichlet([3, 3, 3]) * 2.2)
        x, y, _ = np.moveaxis(self._position, -1, 0)
        below = smoothstep(0.002, -0.002, y - COLLAR - 0.25 * np.maximum(np.abs(x) - 0.05, 0))
        weave = 1 + 0.12 * smooth_noise(random, self._size, (200, 200))
        segments[below > 0.5] = SEGMENT["clothing"]
        return _mixed(linear, np.clip(colour, 0.01, 0.8) * weave[..., None], below)

    def _soft_lip(self, weight: Map) -> Map:
        from scipy.ndimage import gaussian_filter

        return np.asarray(smoothstep(0.15, 0.85, gaussian_filter(weight, 1.5)))

    def _brow_maps(self, side: str) -> tuple[Map, Map]:
        """Returns per texel the place along the brow (0 inner to 1 outer end) and the signed distance across."""
        points = self._marks[17:22][::-1] if side == "right" else self._marks[22:27]
        return _polyline_maps(self._position, points[:, :2].astype(np.float64), extended=True)

    def _blob(self, centre: npt.NDArray[np.floating[Any]], radius: float) -> Map:
        distance = np.linalg.norm(self._position - centre.astype(np.float32), axis=-1)
        return np.asarray(np.exp(-((distance / radius) ** 2)), dtype=np.float32)

    def _flush_map(self) -> Map:
        marks = self._marks
        cheeks = [(marks[31 + shift] + marks[corner]) / 2 for shift, corner in ((0, 2), (4, 14))]
        blobs = [0.8 * self._blob(cheek, 0.028) for cheek in cheeks]
        blobs += [0.7 * self._blob(marks[30], 0.014), 0.25 * self._blob(marks[8], 0.02)]
        ears = smoothstep(0.072, 0.078, np.abs(self._position[..., 0])) * (self._position[..., 1] > 0.63)
        return np.asarray(np.sum(blobs, axis=0) + 0.6 * ears, dtype=np.float32)

    def _beard_map(self) -> Map:
        x, y, z = np.moveaxis(self._position, -1, 0)
        marks = self._marks
        top = marks[33, 1] - 0.002 + np.maximum(np.abs(x) - 0.03, 0) * 0.55
        jaw = smoothstep(0.0, -0.014, y - top) * smoothstep(0.572, 0.588, y) * smoothstep(0.03, 0.06, z)
        cheek = smoothstep(0.02, 0.045, np.hypot(x - np.sign(x) * 0.04, (y - 0.640) * 1.2))
        return np.asarray(jaw * cheek, dtype=np.float32)

    def _lid_map(self) -> Map:
        """Returns a thin dark line around both eye openings, where lashes root."""
        lines = []
        for first in (36, 42):
            ring = np.vstack([self._marks[first : first + 6], self._marks[first]])[:, :2].astype(np.float64)
            lines.append(smoothstep(0.0016, 0.0004, np.abs(_polyline_maps(self._position, ring, extended=False)[1])))
        return np.asarray(np.maximum(*lines) * (self._position[..., 2] > 0.09), dtype=np.float32)

    def _plain_segments(self) -> npt.NDArray[np.uint8]:
        x, y, z = np.moveaxis(self._position, -1, 0)
        marks = self._marks
        segments = np.full(x.shape, SEGMENT["skin"], dtype=np.uint8)
        chin = marks[8, 1] - 0.004 + np.clip((marks[8, 2] - z) * 0.55, 0, 0.075)
        segments[y < chin] = SEGMENT["neck"]
        half_width = np.interp(-y, (-marks[27, 1], -marks[33, 1]), (0.007, 0.0165))
        nose = (np.abs(x) < half_width) & (y < marks[27, 1]) & (y > marks[33, 1]) & (z > 0.1)
        segments[nose] = SEGMENT["nose"]
        ear = (np.abs(x) > 0.0715) & (y > 0.63) & (y < 0.702) & (z < 0.06)
        segments[ear & (x > 0)], segments[ear & (x < 0)] = SEGMENT["left_ear"], SEGMENT["right_ear"]
        middle = (marks[62, 1] + marks[66, 1]) / 2
        segments[(self._lip > 0.5) & (y >= middle)] = SEGMENT["upper_lip"]
        segments[(self._lip > 0.5) & (y < middle)] = SEGMENT["lower_lip"]
        return segments


def _mixed(under: Map, over: npt.NDArray[np.floating[Any]], weight: npt.NDArray[np.floating[Any]]) -> Map:
    return np.asarray(under + (over - under) * weight[..., None], dtype=np.float32)


def _brow_profile(along: Map) -> Map:
    """Returns the relative thickness of a brow: full at the inner half, thinning to the outer end."""
    return np.interp(along, (-0.1, 0.0, 0.3, 0.65, 1.0), (0.75, 0.85, 1.05, 0.9, 0.35)).astype(np.float32)


def _polyline_maps(position: Map, line: npt.NDArray[np.float64], extended: bool) -> tuple[Map, Map]:
    """Returns per texel the relative arc length of the nearest point of a polyline (x, y) and the distance to it.

    An extended line runs on straight beyond both ends; texels behind the face are infinitely far.
    """
    flat = position[..., :2].astype(np.float64)
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    starts = np.concatenate([[0.0], np.cumsum(lengths)])
    best = np.full(flat.shape[:2], np.inf)
    along = np.zeros(flat.shape[:2])
    for index, length in enumerate(lengths):
        direction = (line[index + 1] - line[index]) / length
        t = (flat - line[index]) @ direction
        low = -np.inf if extended and index == 0 else 0.0
        high = np.inf if extended and index == len(lengths) - 1 else length
        clipped = np.clip(t, low, high)
        distance = np.linalg.norm(flat - line[index] - clipped[..., None] * direction, axis=-1)
        nearer = distance < best
        best = np.where(nearer, distance, best)
        along = np.where(nearer, (starts[index] + clipped) / starts[-1], along)
    best = np.where(position[..., 2] > 0.06, best, np.inf)
    return along.astype(np.float32), best.astype(np.float32)
