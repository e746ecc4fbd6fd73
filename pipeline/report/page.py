"""The page: facts, drawings and pictures poured into one HTML file that loads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.report.circumstances_charts import circumstances_drawings
from pipeline.report.colours import arm_colours, colour_rules
from pipeline.report.coverage_charts import coverage_drawings, coverage_notes, shown_shares
from pipeline.report.drawing import Drawing
from pipeline.report.edits import StripCard, TwinCard
from pipeline.report.environment import environment, style
from pipeline.report.evaluation import ArmScores, Bed
from pipeline.report.evaluation_charts import (
    Colours,
    agreement_drawing,
    by_au_drawing,
    difference_drawing,
    metric_drawing,
)
from pipeline.report.facts import Facts
from pipeline.report.glossary import TERMS
from pipeline.report.judge_charts import judge_drawing
from pipeline.report.metrics import COLUMNS, MAIN_COLUMNS, Column
from pipeline.report.training_charts import training_drawings

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Pictures:
    """Faces on the page.

    Attributes:
        twins: by bed, pairs beside the exact truth.
        strips: by set, one AU at several intensities.
    """

    twins: Mapping[str, tuple[TwinCard, ...]]
    strips: Mapping[str, tuple[StripCard, ...]]


@dataclass(frozen=True)
class Mark:
    """The mark of a cell: a class of the style sheet and a text; "" for none."""

    style: str
    text: str


def page(facts: Facts, pictures: Pictures, settings_text: str) -> str:
    """Returns the report as one HTML document without an address to load."""
    colours = arm_colours([arm.name for arm in facts.arms])
    template = environment(FOLDER).get_template("page.html")
    return template.render(
        facts=facts,
        pictures=pictures,
        settings=settings_text,
        style=style() + colour_rules(colours),
        columns=COLUMNS,
        drawings=_drawings(facts, colours),
        mark=mark,
        notes={each.name.name: coverage_notes(each) for each in facts.sets},
        terms=TERMS,
    )


def mark(row: ArmScores, column: Column, bed: Bed) -> Mark:
    """Returns the mark of one cell of the comparison table.

    The best arm, and those that cannot be told from it, are marked; with a colour only where they are also better
    than the unedited input.
    """
    behind = row.behind[column.name]
    if column.higher_is_better is None or row.estimates[column.name] is None or (behind and behind.above_zero):
        return Mark("", "")
    others = [other.behind[column.name] for other in bed.arms if other is not row]
    alone = behind is None and all(each is None or each.above_zero for each in others)
    ahead = row.ahead[column.name]
    if ahead is not None and not ahead.above_zero:
        return Mark("worse", "best arm" if alone else "≈ best arm")
    return Mark("best" if alone else "tied", "best" if alone else "≈ best")


def _drawings(facts: Facts, colours: Colours) -> dict[str, Any]:
    trained = [each for each in facts.sets if each.name.name in ("real", "synthetic")]
    return {
        "beds": {bed.name.name: _bed_drawings(bed, colours) for bed in facts.beds},
        "training": training_drawings(facts.trainings, colours),
        "judge": judge_drawing(facts.judge),
        "sets": {each.name.name: coverage_drawings(each) for each in facts.sets},
        "seen": {each.name.name: circumstances_drawings(each) for each in facts.sets},
        "compared": shown_shares([(each.name.title, each) for each in trained]),
    }


def _bed_drawings(bed: Bed, colours: Colours) -> tuple[Drawing, ...]:
    columns = {column.name: column for column in COLUMNS}
    shown = [columns[name] for name in MAIN_COLUMNS if any(each.estimates[name] for each in bed.arms)]
    gain, *others = [metric_drawing(bed, column, colours) for column in shown]
    drawn = (gain, difference_drawing(bed), by_au_drawing(bed, colours), *others, agreement_drawing(bed, colours))
    return tuple(each for each in drawn if each is not None)
