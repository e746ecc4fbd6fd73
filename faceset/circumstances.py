"""What stands around the faces of a rendered set, counted from their specifications: light, distance and occluders.

Nothing is estimated from pixels: a specification holds what was drawn. Sets without specifications, as of photographs,
know nothing of it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.spec import EnvironmentSpec, LightSpec, SampleSpec

Array = npt.NDArray[np.float64]

LUMA = np.array([0.2126, 0.7152, 0.0722])
"""Weights of linear light in brightness (ITU-R BT.709)."""

NONE, SEVERAL = "none", "several"

AZIMUTH_EDGES = np.arange(-180, 181, 45)
ELEVATION_EDGES = np.arange(-90, 91, 30)
CONTRAST_EDGES = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 8.0, np.inf])
DISTANCE_EDGES = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, np.inf])


def circumstances(specs: Sequence[SampleSpec]) -> dict[str, Any]:
    """Returns ``n``, ``occluders``, ``light``, ``distance`` and ``camera_effects`` of a set, as plain values."""
    return {
        "n": len(specs),
        "occluders": occluder_counts(specs),
        "light": light_counts([spec.light for spec in specs]),
        "distance": distance_counts(np.array([spec.camera.distance for spec in specs])),
        "backgrounds": _counted(_background(spec) for spec in specs),
        "camera_effects": sum(spec.camera_effects != type(spec.camera_effects)() for spec in specs),
    }


def worn(spec: SampleSpec) -> str:
    """Returns what is in front of a face: the kind of its occluder, "none" or "several"."""
    kinds = sorted({occluder.kind for occluder in spec.occluders})
    return NONE if not kinds else kinds[0] if len(kinds) == 1 else SEVERAL


def occluder_counts(specs: Sequence[SampleSpec]) -> dict[str, Any]:
    """Returns ``covered`` faces, and faces ``by_kind``; a face with two kinds counts for both."""
    kinds = Counter(kind for spec in specs for kind in {occluder.kind for occluder in spec.occluders})
    return {"covered": sum(bool(spec.occluders) for spec in specs), "by_kind": dict(sorted(kinds.items()))}


def light_counts(lights: Sequence[LightSpec]) -> dict[str, Any]:
    """Returns kinds of environment, numbers of lamps, where the key lamp stands, and how deep shadows are.

    The key is the brightest lamp. ``key`` counts its azimuth (+ to the picture's right, 0 at the camera; rows) and
    elevation; ``contrast`` counts ``lighting_ratio``.
    """
    keys = np.array([_direction(light) for light in lights if light.lamps]).reshape(-1, 2)
    ratios = np.array([lighting_ratio(light) for light in lights])
    return {
        "environments": _counted(light.environment.kind for light in lights),
        "lamps": _counted(str(len(light.lamps)) for light in lights),
        "azimuth_edges_deg": AZIMUTH_EDGES.tolist(),
        "elevation_edges_deg": ELEVATION_EDGES.tolist(),
        "key": np.histogramdd(keys, (AZIMUTH_EDGES, ELEVATION_EDGES))[0].astype(int).tolist(),
        "contrast": _binned(ratios, CONTRAST_EDGES),
        "median_contrast": float(np.median(ratios)) if len(ratios) else None,
    }


def lighting_ratio(light: LightSpec) -> float:
    """Returns how much brighter skin that faces the key lamp is than the same skin in its shadow, 1 or more.

    What photographers call the lighting ratio, (key + fill) : fill; fill is what all other lamps, sky, ground and the
    mean of the environment give to a surface that faces the key.
    """
    if not light.lamps:
        return 1.0
    key = max(light.lamps, key=lambda lamp: float(LUMA @ np.array(lamp.rgb)))
    toward = np.array(key.direction)
    fill = sum(
        float(LUMA @ np.array(lamp.rgb)) * max(0.0, float(toward @ np.array(lamp.direction)))
        for lamp in light.lamps
        if lamp is not key
    )
    sky, ground = float(LUMA @ np.array(light.sky_rgb)), float(LUMA @ np.array(light.ground_rgb))
    around = light.environment.strength if light.environment.kind != EnvironmentSpec().kind else 0.0
    fill += (sky * (1.0 + toward[1]) + ground * (1.0 - toward[1])) / 2.0 + around
    return float(1.0 + float(LUMA @ np.array(key.rgb)) / max(fill, 1e-6))


def distance_counts(metres: Array) -> dict[str, Any]:
    """Returns how far cameras stand, with the 5th and 95th percentile."""
    ends = np.percentile(metres, [5, 95]).tolist() if len(metres) else None
    return {**_binned(metres, DISTANCE_EDGES), "percentiles_m": ends}


def _background(spec: SampleSpec) -> str:
    return spec.background.kind


def _direction(light: LightSpec) -> tuple[float, float]:
    """Returns azimuth and elevation of the key lamp, degrees."""
    x, y, z = max(light.lamps, key=lambda lamp: float(LUMA @ np.array(lamp.rgb))).direction
    return float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(np.clip(y, -1.0, 1.0))))


def _binned(values: Array, edges: Array) -> dict[str, Any]:
    """Returns counts between edges; the last edge, without end, is left out, since JSON has no infinity."""
    counts = np.histogram(np.minimum(values, np.finfo(np.float64).max), np.append(edges[:-1], np.finfo(np.float64).max))
    return {"edges": edges[:-1].tolist(), "counts": counts[0].tolist()}


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
