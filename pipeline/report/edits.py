"""Edits to look at: beside the exact truth where there is one, and strips of one AU at rising intensity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facs.action_units import action_unit
from pipeline.errors import StageError
from pipeline.report.inputs import needed
from pipeline.report.names import ArmName
from pipeline.report.pictures import Picture, picture

Arrays = Mapping[str, npt.NDArray[Any]]

ERROR_GAIN = 3.0
"""Differences are drawn this much larger: white is a third of the whole range."""

STRIP_SIDE = 64
"""Largest side of a picture in a strip, pixels: there are many."""

MAX_PICTURES = 720
"""Pictures of strips on the page, at about 2 kB each; one face for each AU is always shown."""

VISIBLE = 12
"""Grey levels; a pair that differs nowhere by more has nothing to show."""


@dataclass(frozen=True)
class EditRow:
    """One arm's edit: the picture, its attention mask and what is left to the truth."""

    arm: ArmName
    edited: Picture
    attention: Picture
    error: Picture


@dataclass(frozen=True)
class TwinCard:
    """One test pair.

    Attributes:
        asked: the expression asked for, in words.
        source: the input.
        target: the exact truth.
        change: what separates the two.
        rows: one for each arm.
    """

    asked: str
    source: Picture
    target: Picture
    change: Picture
    rows: tuple[EditRow, ...]


@dataclass(frozen=True)
class StripRow:
    """One arm's edits at every level, and mask and colours of the last."""

    arm: ArmName
    edited: tuple[Picture, ...]
    attention: Picture
    colour: Picture


@dataclass(frozen=True)
class StripCard:
    """One face with one AU, its code and name, at several intensities."""

    code: str
    name: str
    source: Picture
    levels: tuple[float, ...]
    rows: tuple[StripRow, ...]


def read_twin_cards(runs: Path, arms: Sequence[ArmName], bed: str) -> tuple[TwinCard, ...]:
    """Returns the test pairs of one bed that the stage evaluate_gan kept pictures of.

    Raises:
        StageError: an arm has none, or other ones.
    """
    found = _read(runs, arms, f"edits_{bed}.npz")
    first = found[arms[0].name]
    changing = [index for index in range(len(first["source"])) if _change(first, index) > VISIBLE]
    return tuple(_twin_card(index, first, found, arms) for index in changing)


def read_strips(runs: Path, arms: Sequence[ArmName], name: str) -> tuple[StripCard, ...]:
    """Returns strips of one set, every AU on one face after another until the page's share is used up.

    Each AU begins with another face, so that few strips show many faces.

    Raises:
        StageError: an arm has none, or other ones.
    """
    found = _read(runs, arms, f"strips_{name}.npz")
    first = found[arms[0].name]
    faces, codes, levels = first["images"].shape[:3]
    most = max(1, MAX_PICTURES // (3 * codes * len(arms) * (levels + 2)))
    chosen = [((k + turn) % faces, k) for turn in range(min(most, faces)) for k in range(codes)]
    return tuple(_strip_card(face, k, first, found, arms) for face, k in chosen)


def _read(runs: Path, arms: Sequence[ArmName], name: str) -> dict[str, Arrays]:
    found = {arm.name: _arrays(runs / arm.name / "evaluation" / name, arm.name) for arm in arms}
    keys = found[arms[0].name]["keys"].tolist()
    odd = [arm for arm, arrays in found.items() if arrays["keys"].tolist() != keys]
    if odd:
        raise StageError(
            f"{runs / odd[0] / 'evaluation' / name}: expected the faces of the other arms, found other ones; "
            f"run: python -m pipeline.evaluate_gan --arm {odd[0]}"
        )
    return found


def _arrays(path: Path, arm: str) -> Arrays:
    with np.load(needed(path, f"pictures of edits of the arm {arm}", f"evaluate_gan --arm {arm}")) as file:
        return {name: file[name] for name in file.files}


def _change(arrays: Arrays, index: int) -> int:
    source, target = (arrays[name][index].astype(np.int16) for name in ("source", "target"))
    return int(np.abs(source - target).max())


def _twin_card(index: int, first: Arrays, found: Mapping[str, Arrays], arms: Sequence[ArmName]) -> TwinCard:
    source, target = first["source"][index], first["target"][index]
    asked = _expression(first["aus"].tolist(), first["asked"][index].tolist())
    rows = tuple(
        EditRow(
            arm,
            picture(found[arm.name]["edited"][index], f"edit of {arm.label} towards {asked}"),
            picture(_mask(found[arm.name]["attention"][index]), f"attention of {arm.label}; white keeps the input"),
            picture(_error(found[arm.name]["edited"][index], target), f"what separates {arm.label} from the truth"),
        )
        for arm in arms
    )
    return TwinCard(
        asked,
        picture(source, "the input"),
        picture(target, f"the exact twin: {asked}"),
        picture(_error(source, target), "what separates the input from the truth"),
        rows,
    )


def _strip_card(face: int, au: int, first: Arrays, found: Mapping[str, Arrays], arms: Sequence[ArmName]) -> StripCard:
    code, levels = str(first["aus"][au]), tuple(float(level) for level in first["levels"])
    rows = tuple(_strip_row(arm, found[arm.name], face, au, code, levels) for arm in arms)
    return StripCard(code, action_unit(code).name, picture(first["source"][face], "the input"), levels, rows)


def _strip_row(arm: ArmName, arrays: Arrays, face: int, au: int, code: str, levels: tuple[float, ...]) -> StripRow:
    images, attention, colours = (arrays[name][face, au] for name in ("images", "attention", "colours"))
    last = f"at {code} {levels[-1]:g}"

    def shown(pixels: npt.NDArray[Any], alt: str) -> Picture:
        return picture(pixels, f"{arm.label}: {alt}", side=STRIP_SIDE)

    return StripRow(
        arm,
        tuple(shown(image, f"{code} at {level:g}") for image, level in zip(images, levels, strict=True)),
        shown(_mask(attention[-1]), f"attention {last}; white keeps the input"),
        shown(colours[-1], f"colours painted {last}"),
    )


def _mask(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    return levels.astype(np.float64) / 255.0


def _error(found: npt.NDArray[np.uint8], wanted: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Returns the largest difference over the channels, (H, W), enlarged."""
    distance = np.abs(found.astype(np.float64) - wanted.astype(np.float64)).max(axis=2)
    return np.asarray(np.minimum(distance / 255.0 * ERROR_GAIN, 1.0))


def _expression(codes: Sequence[str], asked: Sequence[float]) -> str:
    shown = [f"{code} {value:.2f}" for code, value in zip(codes, asked, strict=True) if value >= 0.005]
    return ", ".join(shown) or "neutral"
