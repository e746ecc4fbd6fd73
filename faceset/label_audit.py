"""Whether labels agree with what landmarks do: an independent reading of every Action Unit from geometry.

On faces whose labels are exact, the way each AU moves the landmarks is fitted by least squares on one half of the
people; on the other half, and on any other set, the AUs are read back from how far landmarks have moved along those
ways. Readings and labels are then compared by rank, which needs no common scale.

Landmarks are brought to a common frame by the similarity that fits the eye corners and the bridge of the nose best
(Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 13, 1991). What is
left of a person's own shape is the mean over that person's faces, where there are enough.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from faceset.errors import SampleError
from faceset.intervals import Interval

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

RIGID = (27, 28, 29, 30, 36, 39, 42, 45)
"""Bridge of the nose and eye corners in iBUG-68: what moves least with expressions."""

FEWEST_FACES = 3
"""Faces of one person from which its own mean is taken; with fewer, the mean of all faces stands in."""

FEWEST_SHOWN = 20
"""Faces that show an AU, and of those that do not, without which nothing is said of it."""

FEWEST_PEOPLE = 2
"""People in each half, without which nothing is read."""

RIDGE = 1e-3
BINS = 5
"""Equal parts of (0, 1] over which the reading should rise."""


@dataclass(frozen=True, eq=False)
class Motion:
    """How landmarks move: the linear effect of each Action Unit, fitted on exact labels.

    Attributes:
        codes: K Action Units that moved enough faces to fit.
        way: (K + P, D) change of the aligned landmarks at full activation, in units of the distance of the outer eye
            corners; then that of P terms of the head's direction.
        reference: (68, 2 or 3) mean aligned landmarks.
    """

    codes: tuple[str, ...]
    way: Floats
    reference: Floats

    @property
    def reach(self) -> Floats:
        """How far each AU moves the landmark that it moves most, (K,), in distances of the outer eye corners."""
        points = self.way[: len(self.codes)].reshape(len(self.codes), 68, -1)
        return np.asarray(np.linalg.norm(points, axis=2).max(axis=1))

    def read(self, moved: Floats) -> Floats:
        """Returns the activations (N, K) that explain displacements (N, D) best, besides turns of the head."""
        gram = self.way @ self.way.T
        ridge = RIDGE * np.trace(gram) / max(len(gram), 1) * np.eye(len(gram))
        return np.asarray(np.linalg.solve(gram + ridge, self.way @ moved.T).T[:, : len(self.codes)])


def aligned(landmarks: Floats, reference: Floats | None = None) -> tuple[Floats, Floats]:
    """Returns landmarks (N, 68, D) in the frame of a reference (68, D), and that reference.

    Without a reference, the mean face of the set is made one: with the outer eye corners one unit apart.

    Raises:
        SampleError: there are no landmarks.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.ndim != 3 or points.shape[1] != 68 or not len(points):
        raise SampleError(f"expected landmarks (N, 68, 2 or 3), found {points.shape}")
    if reference is None:
        first = _normalised(points[:1])[0]
        for _ in range(2):
            first = _normalised(_fitted(points, first).mean(axis=0)[None])[0]
        reference = first
    return _fitted(points, reference), reference


def displacements(shapes: Floats, people: Integers) -> Floats:
    """Returns how far landmarks are from where the person's own mean face has them, (N, 68 * D).

    People with fewer than ``FEWEST_FACES`` faces are compared with the mean of all.
    """
    flat = shapes.reshape(len(shapes), -1)
    _, who, counts = np.unique(people, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), flat.shape[1]))
    np.add.at(sums, who, flat)
    means = np.where(counts[:, None] >= FEWEST_FACES, sums / counts[:, None], flat.mean(axis=0))
    return np.asarray(flat - means[who])


def fitted_motion(
    moved: Floats, au: Floats, turns: Floats, people: Integers, codes: tuple[str, ...], reference: Floats
) -> Motion:
    """Returns how landmarks move with each AU that enough faces show, and with the head.

    Args:
        moved: (N, D) displacements.
        au: (N, K) exact activations.
        turns: (N, P) terms of the head's direction (``turn_terms``).
        people: number of the person of each face, (N,).
        codes: the K columns.
        reference: the frame.
    """
    shown = ((au > 0).sum(axis=0) >= FEWEST_SHOWN) & ((au == 0).sum(axis=0) >= FEWEST_SHOWN)
    design = displacements(np.concatenate([au[:, shown], turns], axis=1), people)
    gram = design.T @ design
    ridge = RIDGE * np.diag(np.diagonal(gram)) + 1e-9 * np.eye(len(gram))
    way = np.linalg.solve(gram + ridge, design.T @ moved)
    return Motion(tuple(code for code, kept in zip(codes, shown, strict=True) if kept), way, reference)


def turn_terms(head_pose: Floats) -> Floats:
    """Returns what of yaw and pitch (N, 2 or more), radians, moves flat landmarks: both, their squares and product."""
    yaw, pitch = np.sin(np.asarray(head_pose, dtype=np.float64)[:, :2].T)
    return np.stack([yaw, pitch, yaw**2, pitch**2, yaw * pitch], axis=1)


def motion_of(landmarks: Floats, au: Floats, turns: Floats, people: Integers, codes: tuple[str, ...]) -> Motion:
    """Returns how the landmarks of a set with exact labels move."""
    shapes, reference = aligned(landmarks)
    return fitted_motion(displacements(shapes, people), au, turns, people, codes, reference)


def audit(
    landmarks: Floats,
    au: Floats,
    known: Mask,
    turns: Floats,
    people: Integers,
    codes: tuple[str, ...],
    motion: Motion | None = None,
) -> tuple[dict[str, Any], Floats]:
    """Returns how well labels agree with landmarks, and how far off each label is.

    Args:
        landmarks: (N, 68, 2 or 3).
        au: (N, K) labels.
        known: (N, K) whether each label is known.
        turns: (N, P) terms of the head's direction; not read where ``motion`` is given.
        people: number of the person of each face, (N,).
        codes: the K columns.
        motion: how landmarks move, from another set; None: from this set's own labels, each half of the people read
            with what the other half taught.

    Returns:
        Per code: ``n``; ``shown``; ``correlation``, Spearman's, of label and reading with its interval; ``means``, the
        mean reading at exactly 0 and in each fifth of the intensities; ``monotone``, whether these rise (a fall within
        two standard errors is none), None where fewer than three hold enough faces; ``reach``. And (N, K) robust
        z-scores of label minus reading, NaN where nothing can be said.
    """
    shapes, reference = aligned(landmarks, None if motion is None else motion.reference)
    moved = displacements(shapes, people)
    readings, reach = _readings(moved, au, turns, people, codes, reference, motion)
    rows: dict[str, Any] = {}
    off = np.full(au.shape, np.nan)
    relative = displacements(np.where(known, au, 0.0), people)
    for k, code in enumerate(codes):
        use = known[:, k] & np.isfinite(readings[:, k])
        shown = int((au[use, k] > 0).sum())
        if shown < FEWEST_SHOWN or use.sum() - shown < FEWEST_SHOWN:
            continue
        rows[code] = {**_agreement(au[use, k], relative[use, k], readings[use, k]), "reach": reach[code]}
        off[use, k] = _off(relative[use, k], readings[use, k])
    return rows, off


def worst(off: Floats, believed: Mask, count: int) -> tuple[Integers, Integers]:
    """Returns rows and columns of the labels that are furthest off, one per face, the worst first.

    Args:
        off: (N, K) z-scores of ``audit``.
        believed: (K,) AUs whose reading agrees well enough with labels to accuse one.
        count: at most so many.
    """
    size = np.where(believed & np.isfinite(off), np.abs(off), -1.0)
    column = size.argmax(axis=1)
    row = np.argsort(-size[np.arange(len(size)), column], kind="stable")[:count]
    row = row[size[row, column[row]] > 0]
    return row, column[row]


def rank_correlation(first: Floats, second: Floats) -> float:
    """Returns Spearman's rank correlation of two samples (N,); not a number where one is constant."""
    one, other = (rankdata(each) - (len(each) + 1) / 2 for each in (first, second))
    scale = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / scale) if scale > 0 else float("nan")


def _readings(
    moved: Floats,
    au: Floats,
    turns: Floats,
    people: Integers,
    codes: tuple[str, ...],
    reference: Floats,
    motion: Motion | None,
) -> tuple[Floats, dict[str, float]]:
    """Returns the activations read from landmarks, (N, K), NaN where an AU cannot be read; and each AU's reach."""
    found = np.full(au.shape, np.nan)
    reach: dict[str, float] = {}
    half = np.unique(people, return_inverse=True)[1] % 2
    for part in (0, 1) if motion is None else (None,):
        rows = np.arange(len(au)) if part is None else np.flatnonzero(half == part)
        others = np.flatnonzero(half != part)
        if motion is None and min(np.unique(people[each]).size for each in (rows, others)) < FEWEST_PEOPLE:
            continue
        way = motion or fitted_motion(moved[others], au[others], turns[others], people[others], codes, reference)
        columns = [codes.index(code) for code in way.codes if code in codes]
        kept = [k for k, code in enumerate(way.codes) if code in codes]
        if kept and len(rows):
            found[rows[:, None], np.array(columns)] = way.read(moved[rows])[:, kept]
            reach |= {way.codes[k]: float(way.reach[k]) for k in kept}
    return found, reach


def _agreement(label: Floats, relative: Floats, reading: Floats) -> dict[str, Any]:
    correlation = rank_correlation(relative, reading)
    bins = np.ceil(label * BINS).astype(np.int64)
    counts, sums, squares = (
        np.bincount(bins, weight, minlength=BINS + 1) for weight in (np.ones(len(label)), reading, reading**2)
    )
    enough = counts >= FEWEST_SHOWN // 4
    means = np.where(enough, sums / np.maximum(counts, 1), np.nan)
    noise = np.maximum(squares / np.maximum(counts, 1) - np.nan_to_num(means) ** 2, 0.0)[enough] / counts[enough]
    rises = np.diff(means[enough]) + 2 * np.sqrt(noise[1:] + noise[:-1])
    return {
        "n": len(label),
        "shown": int((label > 0).sum()),
        "correlation": _fisher(correlation, len(label)).as_dict(),
        "monotone": bool((rises > 0).all()) if len(rises) > 1 else None,
        "means": [None if np.isnan(mean) else float(mean) for mean in means],
    }


def _fisher(correlation: float, count: int) -> Interval:
    """Returns a rank correlation with Fisher's interval (Bonett & Wright, Psychometrika 65, 2000, equation 3)."""
    if not np.isfinite(correlation) or count < 5:
        return Interval(None, None, None)
    half = 1.96 * np.sqrt((1 + correlation**2 / 2) / (count - 3))
    z = np.arctanh(np.clip(correlation, -0.999999, 0.999999))
    return Interval(correlation, float(np.tanh(z - half)), float(np.tanh(z + half)))


def _off(label: Floats, reading: Floats) -> Floats:
    """Returns robust z-scores of what a line from reading to label leaves."""
    slope = np.cov(label, reading)[0, 1] / max(float(reading.var(ddof=1)), 1e-12)
    rest = label - slope * reading
    rest = rest - np.median(rest)
    scale = 1.4826 * np.median(np.abs(rest))
    return np.asarray(rest / max(float(scale), 1e-3))


def _normalised(shapes: Floats) -> Floats:
    middle = shapes[:, RIGID].mean(axis=1, keepdims=True)
    width = np.linalg.norm(shapes[:, 45] - shapes[:, 36], axis=1)[:, None, None]
    return np.asarray((shapes - middle) / np.maximum(width, 1e-9))


def _fitted(points: Floats, reference: Floats) -> Floats:
    """Returns points (N, 68, D) after the similarity that brings their rigid landmarks nearest to the reference's."""
    rigid = points[:, RIGID]
    middle, goal = rigid.mean(axis=1, keepdims=True), reference[list(RIGID)].mean(axis=0)
    one, other = rigid - middle, reference[list(RIGID)] - goal
    u, s, vt = np.linalg.svd(np.einsum("nij,ik->njk", one, other))
    sign = np.ones_like(s)
    sign[:, -1] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[:, None, :]) @ vt
    scale = (s * sign).sum(axis=1) / np.maximum((one**2).sum(axis=(1, 2)), 1e-18)
    return np.asarray(scale[:, None, None] * ((points - middle) @ rotation) + goal)
