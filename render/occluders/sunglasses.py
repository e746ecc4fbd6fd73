"""Sunglasses: a frame with dark or mirroring lenses, curved to the face."""

from collections.abc import Mapping

import numpy as np

from render.occluders.frames import AROUND, Frame, frame, rims, sample_frame, temples
from render.occluders.head import Head
from render.occluders.params import colour, named
from render.occluders.shapes import Part, joined, painted
from render.scene import Material, SceneMesh

RINGS = 6
DARK = ((0.03, 0.03, 0.035), (0.10, 0.065, 0.04), (0.05, 0.07, 0.06))
MIRROR = ((0.55, 0.60, 0.66), (0.30, 0.45, 0.70), (0.70, 0.45, 0.25))


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: those of a frame, more curved, larger and taller, colours of frame and lenses."""
    params = sample_frame(random)
    params["curve"] = float(random.uniform(0.8, 3.2))
    params["width"] = float(random.uniform(0.92, 1.04))
    params["tall"] = min(1.0, params["tall"] * float(random.uniform(1.0, 1.3)))
    mirror = random.uniform() < 0.2
    tints = MIRROR if mirror else DARK
    lens = np.clip(np.array(tints[int(random.integers(len(tints)))]) * random.uniform(0.7, 1.3), 0, 1)
    paint = np.clip(random.choice([0.03, 0.12, 0.6]) + random.normal(0, 0.03, 3), 0.02, 0.9)
    params |= named(("red", "green", "blue", "mirror"), (*paint, mirror))
    return params | named(("lens_red", "lens_green", "lens_blue"), lens)


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the sunglasses, resting on nose and ears.

    Args:
        params: as drawn by ``sample_params``.
        head: whom they are for.
    """
    worn = frame(params, head)
    parts = [part.in_world(head.axes) for part in (*rims(worn), *temples(worn, head))]
    parts += [_lens(worn, side).in_world(head.axes) for side in (1.0, -1.0)]
    paint = colour(params)
    lens = np.array([params["lens_red"], params["lens_green"], params["lens_blue"]])
    shine = Material(2.0, 0.08) if params["mirror"] else Material(1.4, 0.12)
    return joined("sunglasses", parts, painted([lens, paint, paint, 0.5 * paint + 0.3]), shine)


def _lens(worn: Frame, side: float) -> Part:
    """Returns one lens: rings from its middle to its rim."""
    share = np.linspace(0, 1, RINGS)[1:, None, None]
    places = (worn.centre + share * (worn.outline - worn.centre)).reshape(-1, 2)
    vertices = worn.on(np.concatenate([worn.centre[None], places]) * (side, 1))
    step, turn = np.arange(RINGS - 2)[:, None] * AROUND + 1, np.arange(AROUND)
    here, beside = step + turn, step + (turn + 1) % AROUND
    inner = np.stack([np.zeros(AROUND, int), 1 + turn, 1 + (turn + 1) % AROUND], axis=1)
    outer = [(here, here + AROUND, beside + AROUND), (here, beside + AROUND, beside)]
    faces = np.concatenate([inner, *(np.stack(corners, axis=-1).reshape(-1, 3) for corners in outer)])
    faces = faces if side > 0 else faces[:, ::-1]
    return Part(vertices, np.tile([0.5, 0.1], (len(vertices), 1)), faces.astype(np.int32))
