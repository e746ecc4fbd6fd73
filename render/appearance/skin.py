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
from render.hair.hairline import style_of, thinned
from render.rigs.surface import Surface
from render.scene import SEGMENT

Map = npt.NDArray[np.float32]

EYE_DEPTH = 0.03
"""What lies this far behind the outer eye corner is not the front of the face, metres."""
PURPOSE = {"skin": 1, "brow": 2, "hair": 3, "cloth": 4}


@dataclass(frozen=True)
class SkinTexture:
    """A painted skin: (T, T, 3) uint8 sRGB and (T, T) uint8 segments."""

    albedo: npt.NDArray[np.uint8]
    segments: npt.NDArray[np.uint8]


Window = tuple[slice, slice]


@dataclass(frozen=True)
class BrowMap:
    """Where one brow may lie.

    Attributes:
        window: the texels around it.
        along: place along the brow, 0 at its inner end and 1 at its outer.
        across: distance from its line, metres.
    """

    window: Window
    along: Map
    across: Map


class SkinPainter:
    """Paints skin textures for one face model; the maps that every person shares are made once."""

    def __init__(self, basis: FaceBasis, average: npt.NDArray[np.float32], surface: Surface) -> None:
        self._surface = surface
        self._position = basis.texel_position
        self._size = basis.texel_lip.shape[0]
        self._marks = basis.landmarks(average)
        self._front = float(self._marks[36, 2]) - EYE_DEPTH
        self._lip = self._soft_lip(basis.texel_lip)
        self._flush = self._flush_map()
        self._beard = self._beard_map() * (1 - self._lip)
        self._lid = self._lid_map()
        self._cloth = self._cloth_map()
        self._above_hairline, self._ear = surface.above_hairline(self._position), surface.is_ear(self._position)
        self._azimuth = surface.azimuth(self._position)
        self._brow = {side: self._brow_map(side) for side in ("right", "left")}
        self._plain = self._plain_segments()
        self._lip_window, self._lid_window = _window(self._lip), _window(self._lid)
        self._beard_window, self._cloth_window = _window(self._beard), _window(self._cloth)
        self._hair_window = _window((self._above_hairline > -0.02).astype(np.float32))

    def paint(self, appearance: Appearance) -> SkinTexture:
        """Returns the texture of one person."""
        random = generator(appearance.texture_seed, PURPOSE["skin"])
        linear, segments = self._bare_skin(appearance, random), self._plain.copy()
        self._add_lips(linear, appearance)
        self._add_lid_lines(linear)
        self._add_stubble(linear, appearance, random)
        self._add_brows(linear, segments, appearance)
        self._add_hair(linear, segments, appearance)
        self._add_clothes(linear, segments, appearance)
        return SkinTexture(to_srgb(linear), segments)

    def _bare_skin(self, appearance: Appearance, random: np.random.Generator) -> Map:
        size = self._size
        coarse = smooth_noise(random, size, (9, 14)) + 0.6 * smooth_noise(random, size, (26, 40))
        fine = random.standard_normal((size, size), dtype=np.float32)
        blotch = 0.06 * appearance.blotchiness
        melanin = appearance.melanin + blotch * coarse + 0.008 * fine
        haemoglobin = appearance.haemoglobin * (0.75 + 0.9 * self._flush) + 2.5 * blotch * np.roll(coarse, 71, axis=1)
        return skin_rgb(np.clip(melanin, 0, 1.1), np.clip(haemoglobin, 0, 2))

    def _add_lips(self, linear: Map, appearance: Appearance) -> None:
        red = skin_rgb(appearance.melanin * 0.9 + 0.04, 1.0 + 1.6 * appearance.lip_redness)
        _blend(linear, red, self._lip * (0.55 + 0.4 * appearance.lip_redness), self._lip_window)

    def _add_lid_lines(self, linear: Map) -> None:
        window = self._lid_window
        _blend(linear, 0.45 * linear[window], 0.8 * self._lid, window)

    def _add_stubble(self, linear: Map, appearance: Appearance, random: np.random.Generator) -> None:
        if appearance.stubble <= 0:
            return
        window = self._beard_window
        dots = random.random((self._size, self._size), dtype=np.float32) * 0.45 + 0.55
        shade = hair_rgb(appearance.hair_melanin, 0.2) * 0.9 + 0.1 * linear[window]
        _blend(linear, shade, self._beard * dots * (0.75 * appearance.stubble), window)

    def _add_brows(self, linear: Map, segments: npt.NDArray[np.uint8], appearance: Appearance) -> None:
        random = generator(appearance.texture_seed, PURPOSE["brow"])
        size = self._size
        hairs = 0.5 + 0.5 * smooth_noise(random, size, (size // 2, size // 6))
        colour = hair_rgb(min(1.0, appearance.hair_melanin + 0.12), appearance.hair_redness)
        thickness = 0.0022 + 0.0024 * appearance.brow_density
        for side, brow in self._brow.items():
            body = smoothstep(1.25, 0.6, brow.across / (thickness * _brow_profile(brow.along)))
            body *= smoothstep(-0.08, 0.16, brow.along) * smoothstep(1.1, 0.8, brow.along)
            strokes = (0.62 + 0.38 * hairs[brow.window]) * (0.5 + 0.6 * appearance.brow_density)
            part = linear[brow.window]
            part += (colour - part) * np.clip(body * strokes, 0, 0.97)[..., None]
            segments[brow.window][body > 0.5] = SEGMENT[f"{side}_brow"]

    def _add_hair(self, linear: Map, segments: npt.NDArray[np.uint8], appearance: Appearance) -> None:
        random = generator(appearance.texture_seed, PURPOSE["hair"])
        size, window = self._size, self._hair_window
        ragged = 0.004 * smooth_noise(random, size, (40, 60)) + 0.003 * smooth_noise(random, size, (90, 160))
        style = style_of(appearance)
        inside = np.where(self._ear, 0, smoothstep(-0.003, 0.003, self._above_hairline - ragged)).astype(np.float32)
        inside *= thinned(style, self._above_hairline, self._azimuth) * (style.paint > 0)
        strands = smooth_noise(random, size, (14, 190)) * 0.6 + smooth_noise(random, size, (40, 300)) * 0.4
        colour = hair_rgb(appearance.hair_melanin, appearance.hair_redness)
        shaded = colour * np.exp(0.55 * strands[window])[..., None]
        segments[inside > 0.5] = SEGMENT["hair"]
        _blend(linear, shaded, inside * style.paint, window)

    def _add_clothes(self, linear: Map, segments: npt.NDArray[np.uint8], appearance: Appearance) -> None:
        random = generator(appearance.texture_seed, PURPOSE["cloth"])
        colour = to_linear(np.clip(random.uniform(0.08, 0.8) + random.normal(0, 0.09, 3), 0.03, 0.9))
        window = self._cloth_window
        weave = 1 + 0.12 * smooth_noise(random, self._size, (200, 200))[window]
        segments[self._cloth > 0.5] = SEGMENT["clothing"]
        _blend(linear, np.clip(colour, 0.01, 0.8) * weave[..., None], self._cloth, window)

    def _soft_lip(self, weight: Map) -> Map:
        from scipy.ndimage import gaussian_filter

        return np.asarray(smoothstep(0.15, 0.85, gaussian_filter(weight, 1.5)))

    def _brow_map(self, side: str) -> BrowMap:
        points = self._marks[17:22][::-1] if side == "right" else self._marks[22:27]
        along, across = _polyline_maps(self._position, points[:, :2].astype(np.float64), self._front, extended=True)
        near = (across < 0.012) & (along > -0.3) & (along < 1.3)
        window = _window(near.astype(np.float32))
        return BrowMap(window, along[window], across[window])

    def _cloth_map(self) -> Map:
        x, y, _ = np.moveaxis(self._position, -1, 0)
        return smoothstep(0.002, -0.002, y - self._surface.collar - 0.25 * np.maximum(np.abs(x) - 0.05, 0))

    def _blob(self, centre: npt.NDArray[np.floating[Any]], radius: float) -> Map:
        distance = np.linalg.norm(self._position - centre.astype(np.float32), axis=-1)
        return np.asarray(np.exp(-((distance / radius) ** 2)), dtype=np.float32)

    def _flush_map(self) -> Map:
        marks, ear = self._marks, self._surface.ears
        cheeks = [(marks[31 + shift] + marks[corner]) / 2 for shift, corner in ((0, 2), (4, 14))]
        blobs = [0.8 * self._blob(cheek, 0.028) for cheek in cheeks]
        blobs += [0.7 * self._blob(marks[30], 0.014), 0.25 * self._blob(marks[8], 0.02)]
        ears = smoothstep(*ear.flush, np.abs(self._position[..., 0])) * (self._position[..., 1] > ear.low)
        return np.asarray(np.sum(blobs, axis=0) + 0.6 * ears, dtype=np.float32)

    def _beard_map(self) -> Map:
        x, y, z = np.moveaxis(self._position, -1, 0)
        marks, beard = self._marks, self._surface.beard
        top = marks[33, 1] - 0.002 + np.maximum(np.abs(x) - 0.03, 0) * 0.55
        jaw = (
            smoothstep(0.0, -0.014, y - top)
            * smoothstep(*beard.throat, y)
            * smoothstep(-0.025, 0.005, z - self._surface.axis_z)
        )
        cheek = smoothstep(0.02, 0.045, np.hypot(x - np.sign(x) * beard.cheek[0], (y - beard.cheek[1]) * 1.2))
        return np.asarray(jaw * cheek, dtype=np.float32)

    def _lid_map(self) -> Map:
        """Returns a thin dark line around both eye openings, where lashes root."""
        lines = []
        for first in (36, 42):
            ring = np.vstack([self._marks[first : first + 6], self._marks[first]])[:, :2].astype(np.float64)
            distance = _polyline_maps(self._position, ring, self._front, extended=False)[1]
            lines.append(smoothstep(0.0016, 0.0004, distance))
        return np.asarray(np.maximum(*lines), dtype=np.float32)

    def _plain_segments(self) -> npt.NDArray[np.uint8]:
        x, y, z = np.moveaxis(self._position, -1, 0)
        marks = self._marks
        segments = np.full(x.shape, SEGMENT["skin"], dtype=np.uint8)
        chin = marks[8, 1] - 0.004 + np.clip((marks[8, 2] - z) * 0.55, 0, 0.075)
        segments[y < chin] = SEGMENT["neck"]
        half_width = np.interp(-y, (-marks[27, 1], -marks[33, 1]), (0.007, 0.0165))
        nose = (np.abs(x) < half_width) & (y < marks[27, 1]) & (y > marks[33, 1]) & (z > marks[27, 2] - 0.04)
        segments[nose] = SEGMENT["nose"]
        segments[self._ear & (x > 0)], segments[self._ear & (x < 0)] = SEGMENT["left_ear"], SEGMENT["right_ear"]
        middle = (marks[62, 1] + marks[66, 1]) / 2
        segments[(self._lip > 0.5) & (y >= middle)] = SEGMENT["upper_lip"]
        segments[(self._lip > 0.5) & (y < middle)] = SEGMENT["lower_lip"]
        return segments


def _window(weight: Map) -> Window:
    """Returns the smallest rectangle of texels that holds every weight above 0."""
    rows, columns = np.flatnonzero(weight.any(axis=1)), np.flatnonzero(weight.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _blend(linear: Map, over: Map, weight: Map, window: Window) -> None:
    """Mixes ``over``, one colour or the window's colours, into ``linear`` in place."""
    part = linear[window]
    part += (over - part) * weight[window][..., None]


def _brow_profile(along: Map) -> Map:
    """Returns the relative thickness of a brow: full at the inner half, thinning to the outer end."""
    return np.interp(along, (-0.1, 0.0, 0.3, 0.65, 1.0), (0.75, 0.85, 1.05, 0.9, 0.35)).astype(np.float32)


def _polyline_maps(position: Map, line: npt.NDArray[np.float64], front: float, extended: bool) -> tuple[Map, Map]:
    """Returns per texel the relative arc length of the nearest point of a polyline (x, y) and the distance to it.

    An extended line runs on straight beyond both ends; texels no further forward than ``front`` are infinitely far.
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
    best = np.where(position[..., 2] > front, best, np.inf)
    return along.astype(np.float32), best.astype(np.float32)
