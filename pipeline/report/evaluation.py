"""What the exact twins say: every arm on every test bed, metric by metric, on the same pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import StageError
from pipeline.report.by_au import gain_by_au
from pipeline.report.inputs import needed, read_json
from pipeline.report.metrics import COLUMNS, GAIN, JUDGE_FLOOR, Column
from pipeline.report.names import ArmName
from pipeline.report.set_names import SetName
from pipeline.report.spread import Drawn, Estimate, Scores, difference, estimate


@dataclass(frozen=True)
class AuAgreement:
    """How the judge's reading of one AU follows what was asked: a correlation in [-1, 1] with its interval."""

    code: str
    pcc: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False)
class ArmScores:
    """One arm on one bed.

    Attributes:
        arm: which.
        estimates: by column of the table; None where the metric does not apply.
        behind: by column, how far the best arm is better, over the same pairs; None for the best one.
        ahead: by column, how much better it is than the unedited input; None where that has no score.
        agreement: of the judge with what was asked, for each AU.
    """

    arm: ArmName
    estimates: Mapping[str, Estimate | None]
    behind: Mapping[str, Estimate | None]
    ahead: Mapping[str, Estimate | None]
    agreement: tuple[AuAgreement, ...]


@dataclass(frozen=True, eq=False)
class Bed:
    """One set of test pairs.

    Attributes:
        name: of the set.
        num_pairs: that were scored.
        num_people: that they show.
        arms: in the order of params.yaml.
        unedited: the same table for the input, returned as it is.
        judge_floor: the judge's error on the exact twins: what it gets wrong by itself.
        ceiling: the judge's agreement on the exact twins, for each AU.
        differences: of the gain, of each two arms: (first, second) to first minus second.
        by_au: for each AU the gain of each arm over the pairs in which it changes, beside others.
    """

    name: SetName
    num_pairs: int
    num_people: int
    arms: tuple[ArmScores, ...]
    unedited: Mapping[str, Estimate | None]
    judge_floor: Estimate | None
    ceiling: tuple[AuAgreement, ...]
    differences: Mapping[tuple[str, str], Estimate]
    by_au: Mapping[str, Mapping[str, Estimate]]

    def to_json(self) -> dict[str, Any]:
        """Returns the table as plain values."""
        return {
            "set": self.name.name,
            "pairs": self.num_pairs,
            "people": self.num_people,
            "unedited": _plain(self.unedited),
            "judge_floor": None if self.judge_floor is None else asdict(self.judge_floor),
            "arms": {each.arm.name: _plain(each.estimates) for each in self.arms},
            "gain_differences": {f"{one} - {two}": asdict(found) for (one, two), found in self.differences.items()},
            "gain_by_au": {code: _plain(gains) for code, gains in self.by_au.items()},
            "judge_correlation": {
                **{each.arm.name: [asdict(au) for au in each.agreement] for each in self.arms},
                "exact twins": [asdict(au) for au in self.ceiling],
            },
        }


@dataclass(frozen=True, eq=False)
class _Tables:
    """Files of every arm: pairs and measurements."""

    pairs: Mapping[str, pd.DataFrame]
    measurements: Mapping[str, pd.DataFrame]


def read_beds(runs: Path, arms: Sequence[ArmName], sets: Sequence[SetName], drawn: Drawn) -> tuple[Bed, ...]:
    """Returns the scores of every arm on every bed that the stage evaluate_gan scored.

    Raises:
        StageError: an arm has not been evaluated, or arms were scored on other pairs.
    """
    tables = _Tables(
        {arm.name: _pairs(runs, arm.name) for arm in arms},
        {arm.name: _measurements(runs, arm.name) for arm in arms},
    )
    scored = set.intersection(*(set(frame["set"]) for frame in tables.pairs.values()))
    return tuple(_bed(name, arms, tables, drawn) for name in sets if name.name in scored)


def _pairs(runs: Path, arm: str) -> pd.DataFrame:
    path = runs / arm / "evaluation" / "pairs.parquet"
    return pd.read_parquet(needed(path, f"the scored pairs of the arm {arm}", f"evaluate_gan --arm {arm}"))


def _measurements(runs: Path, arm: str) -> pd.DataFrame:
    path = runs / arm / "evaluation" / "measurements.json"
    rows = read_json(path, f"the measurements of the arm {arm}", f"evaluate_gan --arm {arm}")
    return pd.DataFrame(rows).astype({"value": float, "ci_low": float, "ci_high": float})


def _bed(name: SetName, arms: Sequence[ArmName], tables: _Tables, drawn: Drawn) -> Bed:
    chosen = {arm: frame[frame["set"] == name.name] for arm, frame in tables.pairs.items()}
    frames = {arm: _aligned(frame, arm) for arm, frame in chosen.items()}
    _check_same_pairs(name.name, frames)
    first = next(iter(frames.values()))
    agreements = {arm: frame[frame["set"] == name.name] for arm, frame in tables.measurements.items()}
    reference = {column.name: column.of_input(first) for column in COLUMNS}
    return Bed(
        name=name,
        num_pairs=first["key_target"].nunique(),
        num_people=first["identity"].nunique(),
        arms=_arms(arms, frames, agreements, drawn),
        unedited={key: None if found is None else _estimated(found, drawn) for key, found in reference.items()},
        judge_floor=_estimated(JUDGE_FLOOR.of(first), drawn),
        ceiling=_agreement(next(iter(agreements.values())), "target"),
        differences=_differences({arm: GAIN.of(frame) for arm, frame in frames.items()}, drawn),
        by_au=gain_by_au(frames, drawn),
    )


def _aligned(frame: pd.DataFrame, arm: str) -> pd.DataFrame:
    """Returns the rows by training and pair, so that every arm has the same order."""
    if frame.groupby("seed").size().nunique() != 1:
        raise StageError(f"{arm}: its trainings were scored on other pairs; run: python -m pipeline.evaluate_gan")
    return frame.sort_values(["seed", "key_source", "key_target"], kind="stable", ignore_index=True)


def _check_same_pairs(bed: str, frames: Mapping[str, pd.DataFrame]) -> None:
    pairs = {arm: list(zip(frame["key_source"], frame["key_target"], strict=True)) for arm, frame in frames.items()}
    trainings = {arm: frame["seed"].nunique() for arm, frame in frames.items()}
    first = next(iter(frames))
    once = pairs[first][: len(pairs[first]) // trainings[first]]
    odd = [arm for arm in frames if pairs[arm] != once * trainings[arm]]
    if odd:
        raise StageError(
            f"{bed}: expected every arm on the same pairs, found others for {', '.join(odd)}; "
            f"run: python -m pipeline.evaluate_gan --arm {odd[0]}"
        )


def _arms(
    arms: Sequence[ArmName],
    frames: Mapping[str, pd.DataFrame],
    measurements: Mapping[str, pd.DataFrame],
    drawn: Drawn,
) -> tuple[ArmScores, ...]:
    scores = {arm.name: {column.name: column.of(frames[arm.name]) for column in COLUMNS} for arm in arms}
    estimates = {
        arm: {column: _estimated(found, drawn) for column, found in columns.items()} for arm, columns in scores.items()
    }
    best = {column.name: _best(column, estimates) for column in COLUMNS}
    return tuple(
        ArmScores(
            arm=arm,
            estimates=estimates[arm.name],
            behind={column.name: _behind(column, best[column.name], arm.name, scores, drawn) for column in COLUMNS},
            ahead={column.name: _ahead(column, frames[arm.name], drawn) for column in COLUMNS},
            agreement=_agreement(measurements[arm.name], "edited"),
        )
        for arm in arms
    )


def _best(column: Column, estimates: Mapping[str, Mapping[str, Estimate | None]]) -> str | None:
    """Returns the arm with the best mean; None where no direction is better or nothing was measured."""
    found = {arm: each for arm, columns in estimates.items() if (each := columns[column.name]) is not None}
    if column.higher_is_better is None or not found:
        return None
    return (max if column.higher_is_better else min)(found, key=lambda arm: found[arm].value)


def _behind(
    column: Column, best: str | None, arm: str, scores: Mapping[str, Mapping[str, Scores]], drawn: Drawn
) -> Estimate | None:
    if best is None or best == arm:
        return None
    return _lead(column, scores[best][column.name], scores[arm][column.name], drawn)


def _ahead(column: Column, pairs: pd.DataFrame, drawn: Drawn) -> Estimate | None:
    unedited = column.of_input(pairs)
    if column is GAIN:
        return _estimated(column.of(pairs), drawn)
    return None if unedited is None else _lead(column, column.of(pairs), unedited, drawn)


def _lead(column: Column, one: Scores, other: Scores, drawn: Drawn) -> Estimate | None:
    """Returns how much better ``one`` is than ``other``."""
    better, worse = (one, other) if column.higher_is_better else (other, one)
    return difference(better, worse, drawn)


def _differences(gains: Mapping[str, Scores], drawn: Drawn) -> dict[tuple[str, str], Estimate]:
    found = {(one, two): difference(gains[one], gains[two], drawn) for one in gains for two in gains if one != two}
    return {pair: each for pair, each in found.items() if each is not None}


def _estimated(scores: Scores, drawn: Drawn) -> Estimate | None:
    return estimate(scores, drawn)


def _agreement(rows: pd.DataFrame, read: str) -> tuple[AuAgreement, ...]:
    """Returns the judge's correlation per AU, the mean over trainings; the interval is the mean interval's."""
    prefix = f"{read}_pcc_"
    chosen = rows[rows["metric"].str.startswith(prefix)]
    table = chosen.groupby("metric", sort=False)[["value", "ci_low", "ci_high"]].mean()
    return tuple(
        AuAgreement(str(metric).removeprefix(prefix), *(_number(float(value)) for value in row))
        for metric, row in zip(table.index, table.to_numpy(), strict=True)
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _plain(estimates: Mapping[str, Estimate | None]) -> dict[str, Any]:
    return {name: None if each is None else asdict(each) for name, each in estimates.items()}
