"""Checks every set, and that no person is in two of them, counts what each covers, and lists the twins."""

import json
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from faceset.checks import Verdict, check_shards
from faceset.coverage import coverage
from faceset.demography import demography
from faceset.loading import ShardSet
from faceset.spec import SampleSpec, read_specs
from faceset.twins import TwinPairs, write_twins
from pipeline import stage
from pipeline.errors import StageError
from pipeline.files import whole_folder
from pipeline.params import Params
from pipeline.progress import say, track
from pipeline.storing import SPECS
from render.people import Person, describe

SETS = ("real", "synthetic", "judge", "twins", "twins_emulated")
HELD_OUT = {"twins", "twins_emulated"}
"""Sets of people of whom nothing is trained on: all their twins are test pairs."""
TWINS = "twins.parquet"
DRAWN_AS = {"real": "emulated"}
"""Whose specifications tell of a set, where those are not its own."""


def run(params: Params) -> None:
    """Writes ``<reports>/dataset/<set>.json``, the verdict and the coverage of each set, and ``twins.parquet``.

    The table lists every edit whose result is known (``faceset.twins``), split by identity as the arms are.

    Raises:
        StageError: a check failed, or a person is in two sets.
    """
    people: dict[str, set[str]] = {}
    twins: list[TwinPairs] = []
    with whole_folder(params.paths.reports / "dataset") as out, track("check", len(SETS)) as progress:
        for number, name in enumerate(SETS, start=1):
            faces = _checked(name, params.paths.shards, out / f"{name}.json")
            people[name] = set(np.unique(faces.labels("identity")).tolist())
            parts = {"test": 1.0} if name in HELD_OUT else params.splits.fractions
            twins.append(TwinPairs.of(faces, name, params.seed, parts))
            progress(number)
        check_disjoint(people)
        write_twins(out / TWINS, twins)


def check_disjoint(people: dict[str, set[str]]) -> None:
    """Checks that sets of identities have nobody in common.

    Raises:
        StageError: somebody is in two sets.
    """
    for (one, these), (other, those) in combinations(people.items(), 2):
        if both := sorted(these & those):
            raise StageError(f"expected other people in {other} than in {one}, found {both[0]} in both ({len(both)})")


def _checked(name: str, shards: Path, report: Path) -> ShardSet:
    verdict = check_shards(shards / name)
    _tell(name, verdict)
    faces = ShardSet.from_folder(shards / name)
    specs = specifications(shards, name, faces)
    covered = coverage(faces, specs=specs)
    if specs is not None:
        covered["people"] = demography(people_of(specs))
    _write_json(report, {"set": name, "verdict": verdict.as_dict(), "coverage": covered})
    return faces


def specifications(shards: Path, name: str, faces: ShardSet) -> list[SampleSpec] | None:
    """Returns what each face of a set was drawn with; None where that is not known of all, as of photographs.

    Rendered faces that stand in for photographs are known by their keys.

    Raises:
        SpecError: the specifications beside the shards are damaged.
    """
    path = shards / DRAWN_AS.get(name, name) / SPECS
    if not path.exists():
        return None
    by_key = {spec.key: spec for spec in read_specs(path)}
    keys = faces.labels("sample_key").tolist()
    return [by_key[key] for key in keys] if all(key in by_key for key in keys) else None


def people_of(specs: Sequence[SampleSpec]) -> list[Person]:
    """Returns everybody in a set once, as they were drawn."""
    looks = {spec.identity.name: spec for spec in specs}
    return [describe(spec.identity, spec.appearance) for spec in looks.values()]


def _tell(name: str, verdict: Verdict) -> None:
    warned = [check.name for check in verdict.checks if check.status == "warn"]
    if warned:
        say(f"facsmith: check {name}: worth a look in the report: {', '.join(warned)}")
    failed = [f"{check.name}: {check.detail}" for check in verdict.checks if check.status == "fail"]
    if failed:
        raise StageError(f"{name}: {'; '.join(failed)}")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(stage.main(run))
