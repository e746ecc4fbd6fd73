"""The distances between two sets of images, as a table: how far renders are from photographs.

This table is the registry of metrics that look at two whole populations; ``gan.metrics.METRICS`` holds those that look
at one edit. Names carry the features or the classifier on which they depend.
"""

from collections.abc import Callable

from gan.metrics import looks
from gan.metrics.classifiers import CLASSIFIERS
from gan.metrics.features import FEATURES, Images
from gan.metrics.intervals import Interval, mean_interval
from gan.metrics.kid import kid
from gan.metrics.measurement import Measurement
from gan.metrics.population import Population
from gan.metrics.telling_apart import told_apart

EXPLANATIONS: dict[str, Callable[[Images], looks.PerImage]] = {
    "spectral_slope": looks.spectral_slope,
    "brightness": looks.brightness,
    "contrast": looks.contrast,
    "saturation": looks.saturation,
}
"""Numbers of single images, compared by their means."""


Distance = Callable[[Population, Population], list[Measurement]]
"""Photographs and renders to what was measured between them."""


def distances(photographs: Population, renders: Population) -> list[Measurement]:
    """Returns every distance of the table."""
    return [found for measure in DISTANCES.values() for found in measure(photographs, renders)]


def _kid(name: str) -> Distance:
    def compute(first: Population, second: Population) -> list[Measurement]:
        found = kid(FEATURES[name](first.images), FEATURES[name](second.images), first.identities, second.identities)
        return [_measurement(f"KID-{name}", found, better_when_higher=False)]

    return compute


def _told_apart(name: str) -> Distance:
    def compute(first: Population, second: Population) -> list[Measurement]:
        found = told_apart(first, second, name)
        return [_measurement(f"{name}_{measure}", each, better_when_higher=False) for measure, each in found.items()]

    return compute


def _explanations(first: Population, second: Population) -> list[Measurement]:
    means = [
        _measurement(f"{name}_{kind}", mean_interval(of(each.images), each.identities))
        for name, of in EXPLANATIONS.items()
        for kind, each in (("photographs", first), ("renders", second))
    ]
    value = looks.colour_distance(first.images, second.images)
    count = len(first) + len(second)
    return [*means, Measurement("colour_distance", value, float("nan"), float("nan"), "", False, count)]


def _measurement(metric: str, found: Interval, better_when_higher: bool | None = None) -> Measurement:
    return Measurement(metric, found.value, found.low, found.high, "", better_when_higher, found.n)


DISTANCES: dict[str, Distance] = {
    **{f"KID-{name}": _kid(name) for name in FEATURES},
    **{name: _told_apart(name) for name in CLASSIFIERS},
    "explanations": _explanations,
}
"""Every distance between populations by name."""
