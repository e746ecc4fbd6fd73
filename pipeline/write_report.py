"""Writes the report: one page that needs no server, and the same facts for machines."""

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline import stage
from pipeline.errors import StageError
from pipeline.files import whole
from pipeline.params import Params
from pipeline.progress import track
from pipeline.report.edits import read_strips, read_twin_cards
from pipeline.report.facts import Facts, read_facts
from pipeline.report.page import Pictures, page
from pipeline.report.provenance import provenance

MAX_BYTES = 5_000_000
"""Of the page: what an e-mail carries and a phone opens."""


def run(params: Params) -> None:
    """Writes ``<reports>/index.html`` and ``<reports>/report.json``.

    Raises:
        StageError: a stage has not been run, or the page would be too large.
    """
    settings = settings_of(params)
    with track("report", 3) as progress:
        facts = read_facts(params, settings, provenance(Path(__file__).parent))
        progress(1)
        pictures = _pictures(params, facts)
        progress(2)
        text = page(facts, pictures, _yaml(settings))
        progress(3)
    _check_size(text)
    with whole(params.paths.reports / "report.json") as path:
        content = json.dumps(plain(facts.to_json()), indent=1, allow_nan=False, ensure_ascii=False)
        path.write_text(content + "\n", encoding="utf-8")
    with whole(params.paths.reports / "index.html") as path:
        path.write_text(text, encoding="utf-8")


def _check_size(text: str) -> None:
    if len(text.encode()) > MAX_BYTES:
        raise StageError(
            f"the page takes {len(text.encode()) / 1e6:.1f} MB, expected at most {MAX_BYTES / 1e6:.0f}; "
            "lower report.contact_sheet or evaluate.strips"
        )


def settings_of(params: Params) -> dict[str, Any]:
    """Returns everything in params.yaml that decides what comes out, by section, as plain values."""
    sections = {
        "seed": params.seed,
        "image": params.image,
        "action_units": params.action_units,
        "real": params.real,
        "emulated": params.emulated,
        "synthetic": params.synthetic,
        "judge": params.judge,
        "twins": params.twins,
        "splits": params.splits,
        "estimator": params.estimator,
        "arms": params.arms,
        "train": params.train,
        "evaluate": params.evaluate,
        "report": params.report,
    }
    return {name: plain(section) for name, section in sections.items()}


def plain(value: Any) -> Any:
    """Returns values that JSON and YAML can hold; what is not a number becomes None."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, Path):
        return value.as_posix()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _pictures(params: Params, facts: Facts) -> Pictures:
    """Returns the edits to look at; a set of strips that the evaluation did not make is left out."""
    runs, beds = params.paths.runs, [bed.name.name for bed in facts.beds]
    return Pictures(
        twins={bed: read_twin_cards(runs, facts.arms, bed) for bed in beds},
        strips={name: read_strips(runs, facts.arms, name) for name in ("real", *beds)},
    )


def _yaml(settings: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(settings), sort_keys=False, default_flow_style=None, width=72, allow_unicode=True)


if __name__ == "__main__":
    sys.exit(stage.main(run))
