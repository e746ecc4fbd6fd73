"""The quality page: one HTML file that loads nothing, drawn from the values of report.json."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pipeline.quality import cell_charts, comparison_charts, issue_charts, label_charts
from pipeline.quality.sets import OpenedSet
from pipeline.quality.sheets import sheets
from pipeline.quality.tree import FILTERS, Node
from pipeline.quality.words import DRIFT_TERMS, KINDS, MEANS, PARTS, TERMS, drift_words, gate_title, verdict
from pipeline.report.circumstances_charts import circumstances_drawings
from pipeline.report.colours import arm_colours, colour_rules
from pipeline.report.drawing import Drawing
from pipeline.report.environment import environment, style
from pipeline.report.seen import SeenSet

FOLDER = Path(__file__).parent

MOST_DESCRIBED = 4
"""Sets that are shown at length; of others the page has counts and gates."""

Facts = Mapping[str, Any]


def page(facts: Facts, sets: Sequence[OpenedSet]) -> str:
    """Returns the page as one HTML document without an address to load."""
    made = environment(FOLDER)
    made.filters |= {**FILTERS, "gate_title": gate_title, "yaml": _yaml}
    main = [one.key for one in sets if not one.source.part][:MOST_DESCRIBED]
    titles = {each["name"]: each["title"] for each in facts["sets"]}
    kinds = {each["name"]: each["kind"] for each in facts["sets"]}
    audited = list((facts["audit"] or {}).get("sets", {}).values())
    return made.get_template("page.html").render(
        facts=Node(facts),
        main=main,
        titles=titles,
        kind_of=kinds,
        kinds=KINDS,
        parts=PARTS,
        means=MEANS,
        terms=TERMS,
        drift_terms=DRIFT_TERMS,
        drift_words=drift_words(facts, titles),
        verdict=verdict(facts),
        photographs="photographs" in kinds.values(),
        emulated="emulated" in kinds.values(),
        audit_codes=[code for code in facts["codes"] if any(code in each["units"] for each in audited)],
        issue_names=_issue_names(facts, main),
        drawings=_drawings(facts, main, sets),
        pictures=sheets(sets, facts),
        settings=_yaml({"quality": facts["reproduce"]["quality"], **facts["reproduce"]["settings"]}),
        style=style() + (FOLDER / "style.css").read_text(encoding="utf-8") + _colour_rules(),
    )


def _colour_rules() -> str:
    names = ("real", "synthetic", "mixed", "twins", "a", "b", "c")
    return colour_rules(arm_colours(names))


def _issue_names(facts: Facts, main: Sequence[str]) -> list[str]:
    return list(facts["described"][main[0]]["pixels"]["issues"]) if main else []


def _drawings(facts: Facts, main: Sequence[str], sets: Sequence[OpenedSet]) -> dict[str, Any]:
    described = facts["described"]
    return {
        **_label_drawings(facts, main if facts["codes"] else []),
        "grid": {key: cell_charts.grid(facts, key) if described[key]["cells"]["cells"] else () for key in main},
        "seen": {one.key: _seen(facts, one) for one in sets if one.key in main},
        "groups": {
            key: [cell_charts.group_shares(facts, key, name) for name in described[key]["groups"] or ()] for key in main
        },
        "issues": {key: _issue_drawings(facts, key) for key in main},
        "drift": comparison_charts.drifts(facts) if facts["drift"] else [],
        "audit": _audit_drawings(facts),
    }


def _label_drawings(facts: Facts, main: Sequence[str]) -> dict[str, Any]:
    sources = [(key, source) for key in main for source in facts["described"][key]["labels"]["sources"]]
    over_all = (label_charts.zero_mass, label_charts.overlay, label_charts.sides) if main else ()
    return {
        "labels": [draw(facts, main) for draw in over_all],
        "sources": [label_charts.label_parts(facts, key, source) for key, source in sources],
        "letters": [label_charts.letters(facts, key) for key in main],
        "together": [label_charts.together(facts, key) for key in main],
    }


def _issue_drawings(facts: Facts, key: str) -> dict[str, Drawing]:
    issues = facts["described"][key]["pixels"]["issues"]
    return {name: issue_charts.issue_histogram(facts, key, name) for name, issue in issues.items() if issue["known"]}


def _audit_drawings(facts: Facts) -> list[Drawing]:
    audit = facts["audit"]
    if not audit or not any(found["units"] for found in audit["sets"].values()):
        return []
    risen = [comparison_charts.motion(facts, key) for key, found in audit["sets"].items() if _rises(found)]
    return [comparison_charts.agreement(facts), *risen[:2]]


def _rises(found: Mapping[str, Any]) -> bool:
    return any(unit["monotone"] is not None for unit in found["units"].values())


def _seen(facts: Facts, one: OpenedSet) -> tuple[Drawing, ...]:
    """Returns the main report's drawings of directions, occlusion, light and distance."""
    covered = facts["described"][one.key]["coverage"]
    return circumstances_drawings(SeenSet(one.source.name, covered, tuple(facts["codes"])))


def _yaml(value: Any) -> str:
    plain = value.value if isinstance(value, Node) else value
    return yaml.safe_dump(_lists(plain), sort_keys=False, default_flow_style=None, width=72, allow_unicode=True)


def _lists(value: Any) -> Any:
    """Returns values that YAML writes without tags."""
    if isinstance(value, Mapping):
        return {str(key): _lists(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_lists(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value
