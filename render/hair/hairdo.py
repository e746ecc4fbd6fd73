"""One person's scalp hair on the average head: the curves of a style, as its wearer's looks want them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.noise import generator
from render.hair.bound import BUN, TAIL, bun, tail_roots
from render.hair.growth import FRINGE_END, Grown, Roots, grow, inner, lengths
from render.hair.hairline import thinned
from render.hair.scalp import Scalp
from render.hair.skull import Points, Skull
from render.hair.style import Style
from render.kernels.growth import Cuts, arcs, finished, first_cut, trimmed, waved
from render.rigs.surface import Surface

PURPOSE = 5
STRAY = -1
"""Root of what hangs from other hair."""

SIDEBURN = 0.675
"""Height at which hair before the ears ends, where it does not cover them."""

NAPE = 0.012
"""How much higher hair is cut at the sides than behind, metres."""


@dataclass(frozen=True, eq=False)
class Dresser:
    """What hairdos of one face model share.

    Attributes:
        skull: the average head.
        scalp: where hair roots.
        surface: where ears and hairline lie.
    """

    skull: Skull
    scalp: Scalp
    surface: Surface

    def dress(self, style: Style, person: Appearance) -> Grown:
        """Returns a person's hair on the average head."""
        random = generator(person.texture_seed, PURPOSE)
        side = 1.0 if random.uniform() < 0.65 else -1.0
        parts = [self._from_scalp(style, person, side, random)]
        if style.gather is not None:
            parts.append(self._bound(style, person, side, random))
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _from_scalp(self, style: Style, person: Appearance, side: float, random: np.random.Generator) -> Grown:
        scalp = self.scalp
        which = np.arange(min(style.clumps, len(scalp.place)))
        draws = random.uniform(-1, 1, (len(which), 6))
        kept = thinned(style, scalp.inside[which], scalp.azimuth[which]) > 0.5 + 0.4 * draws[:, 5]
        ragged = 0.5 * (draws[:, 4] + 1) * 0.004
        kept &= scalp.inside[which] > ragged
        which, draws = which[kept], draws[kept]
        roots = Roots(scalp.place[which], scalp.normal[which], scalp.inside[which])
        length = lengths(style, roots, person.hair_length, 0.5 + 0.5 * draws[:, 3])
        curves = grow(style, roots, length, side, draws[:, :3], self.skull)
        curves = self._curled(style, person, curves, draws)
        first = first_cut(curves, self._cuts(style, person), np.ascontiguousarray(draws[:, 3]))
        curves = trimmed(curves, first, np.linspace(0, 1, style.points))
        return self._finished(style, curves, which.astype(np.int64), draws[:, 4])

    def _bound(self, style: Style, person: Appearance, side: float, random: np.random.Generator) -> Grown:
        if style.tail <= 0:
            curves, draws = bun(style, random), random.uniform(-1, 1, (BUN, 6))
        else:
            draws = random.uniform(-1, 1, (TAIL, 6))
            hanging = Style(
                0, 0, top=style.tail, lift=0.8, fall=0.05, fuzz=0.10, volume=0.03, sweep=(0.0, 0.0, -1.0), away=0.0
            )
            length = style.tail * (0.65 + 0.7 * person.hair_length) * (0.7 + 0.3 * draws[:, 3] ** 2)
            curves = grow(hanging, tail_roots(style, random), length, side, draws[:, :3] * (1, 0.3, 1), self.skull)
            curves = self._curled(style, person, curves, draws)
        uncut = np.full(len(curves), curves.shape[1] - 1)
        curves = trimmed(curves, uncut, np.linspace(0, 1, style.points))
        return self._finished(style, curves, np.full(len(curves), STRAY), draws[:, 4])

    def _curled(self, style: Style, person: Appearance, curves: Points, draws: Points) -> Points:
        """Returns curves with the person's curl: long waves first, then ever tighter coils."""
        curl = person.hair_curl
        size = style.wave + 0.006 * curl * min(1.0, 12 * style.top)
        if size <= 0:
            return curves
        arc = arcs(curves)
        # A turn of a coil takes some points to be drawn as one.
        pitch = max(0.085 - 0.05 * curl, 3.6 * float(arc[:, -1].max(initial=0.0)) / style.points)
        # Neighbours wave together as long as they wave; coils go each their own way.
        together = 25 * curves[:, 0, 0] + 40 * curves[:, 0, 1]
        return waved(curves, arc, size, pitch, together + (0.6 + 2.5 * curl) * draws[:, 0])

    def _cuts(self, style: Style, person: Appearance) -> Cuts:
        """Returns where a person's hair is cut: at the style's height, before brows and ears, at a knot."""
        ears = self.surface.ears
        level = 0.70 - (0.70 - style.cut) * (0.75 + 0.5 * person.hair_length) if style.cut > 0 else 0.0
        return Cuts(
            level=level,
            nape=NAPE,
            fringe=FRINGE_END if style.fringe else 0.0,
            sideburn=0.0 if style.over_ears else SIDEBURN,
            beside=(ears.beyond, ears.low, ears.high, ears.depth[1]),
            bound=style.gather is not None,
            knot=(0.0, *(style.gather or (0.0, 0.0))),
        )

    def _finished(self, style: Style, curves: Points, which: npt.NDArray[np.int64], draws: Points) -> Grown:
        """Returns curves that the curl has not taken into the head, with their way out and their depth in the hair."""
        draws, volume = np.ascontiguousarray(draws), max(style.volume, 0.004)
        kept, outward, depth = finished(self.skull.grid, curves, draws, style.fringe, volume)
        width = style.width * (1 + 0.3 * draws) * np.where(inner(len(curves)), 1.8, 1.0)
        return Grown(kept, outward, depth, which, width)


def _joined(parts: list[Grown]) -> Grown:
    return Grown(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("points", "outward", "depth", "root", "width")
        )
    )
