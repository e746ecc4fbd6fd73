"""Checks every set against the quality gates, writes the quality page, and lists the twins."""

import json
import sys
from pathlib import Path
from typing import Any

from faceset.gates import worst_status
from faceset.twins import TwinPairs, write_twins
from pipeline import stage
from pipeline.files import whole_folder
from pipeline.params import Params
from pipeline.progress import say, track
from pipeline.quality.facts import Asked
from pipeline.quality.fill import Fill
from pipeline.quality.linking import linking_of
from pipeline.quality.sets import Broken, OpenedSet, SetSource, opened
from pipeline.quality.writing import PAGE, check_gates, write_page
from pipeline.report.set_names import SetName, set_names
from pipeline.storing import SPECS

SETS = ("real", "synthetic", "judge", "twins", "twins_emulated")
HELD_OUT = {"twins", "twins_emulated"}
"""Sets of people of whom nothing is trained on: all their twins are test pairs."""
PARTS = {"judge": "judge", **dict.fromkeys(HELD_OUT, "test")}
"""Sets that are one part as a whole; the others are split by identity."""
TWINS = "twins.parquet"
DRAWN_AS = {"real": "emulated"}
"""Whose specifications tell of a set, where those are not its own."""


def run(params: Params) -> None:
    """Writes ``<reports>/dataset``: the page, its numbers, ``<set>.json`` of each set, and ``twins.parquet``.

    The page is there even where a gate fails, since it says what is wrong. The table lists every edit whose result is
    known (``faceset.twins``), split by identity as the arms are.

    Raises:
        StageError: a gate failed.
    """
    folder = params.paths.reports / "dataset"
    asked = _asked(params)
    with whole_folder(folder) as out, track("check", len(SETS) + 1) as progress:
        found: list[OpenedSet | Broken] = []
        for number, source in enumerate(_sources(params), start=1):
            found.append(opened(source, params.quality, asked.linking.alike))
            progress(number)
        readable = [one for one in found if isinstance(one, OpenedSet)]
        for one in readable:
            _write_set(out / f"{one.key}.json", one)
        told = write_page(out, asked, readable, [one for one in found if isinstance(one, Broken)])
        write_twins(out / TWINS, [_twins(one, params) for one in readable])
        progress(len(SETS) + 1)
    _warn(told, folder / PAGE)
    check_gates(told, folder / PAGE)


def _sources(params: Params) -> list[SetSource]:
    names = {name.name: name for name in set_names(params)}
    return [_source(names[name], params) for name in SETS]


def _source(name: SetName, params: Params) -> SetSource:
    folder = params.paths.shards
    specs = folder / DRAWN_AS.get(name.name, name.name) / SPECS
    emulated = params.real.root is None
    if name.name == "real":
        kind = "emulated" if emulated else "photographs"
        return SetSource(name, folder / "real", kind, specs if emulated else None)  # type: ignore[arg-type]
    return SetSource(name, folder / name.name, "rendered", specs, PARTS.get(name.name, ""))


def _asked(params: Params) -> Asked:
    drawn = params.synthetic
    return Asked(
        title="Can this be trained on?",
        limits=params.quality,
        codes=params.action_units,
        linking=linking_of(params),
        command="dvc repro check_shards",
        drawn_with={
            "synthetic": Fill(
                section="synthetic",
                max_yaw_deg=drawn.max_yaw_deg,
                people=drawn.people,
                expressions=drawn.expressions,
                environments=drawn.environments,
                count=drawn.count,
                codes=params.action_units,
            )
        },
        quarantine=params.paths.quarantine,
        settings={"seed": params.seed, "action_units": list(params.action_units)},
    )


def _twins(one: OpenedSet, params: Params) -> TwinPairs:
    parts = {"test": 1.0} if one.key in HELD_OUT else params.splits.fractions
    return TwinPairs.of(one.faces, one.key, params.seed, parts)


def _write_set(path: Path, one: OpenedSet) -> None:
    verdict = {"status": worst_status(one.checks), "checks": [check.as_dict() for check in one.checks]}
    content = {"set": one.key, "verdict": verdict, "coverage": one.covered}
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _warn(told: dict[str, Any], where: Path) -> None:
    warned = [f"{gate['name']} ({gate['set']})" for gate in told["gates"] if gate["status"] == "warn"]
    if warned:
        say(f"facsmith: check: worth a look in {where}: {', '.join(warned)}")


if __name__ == "__main__":
    sys.exit(stage.main(run))
