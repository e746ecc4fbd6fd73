"""Fits the statistics that natural expressions follow."""

from pathlib import Path

from faceset.au_labels import read_au_labels
from faceset.cooccurrence import Cooccurrence
from pipeline.errors import StageError
from pipeline.progress import say
from render.expressions import prototype_statistics

PROTOTYPES = "prototypes"
"""Stands for facsmith's own mixture of prototypes in place of labels."""
LITTLE = 1000
"""Faces from which on statistics are worth trusting."""


def fit_expressions(labels: Path, out: Path) -> None:
    """Writes the co-occurrence of the AUs in ``labels`` (see ``faceset.au_labels``), or of the prototypes.

    Raises:
        StageError: ``out`` is no .json file.
        SourceError: the labels cannot be read.
        StatisticsError: no face knows an AU.
    """
    if out.suffix != ".json":
        raise StageError(f"{out}: expected a name that ends in .json")
    found = prototype_statistics() if str(labels) == PROTOTYPES else _fitted(labels)
    found.save(out)
    say(f"facsmith: fitted {len(found.codes)} AUs to {found.fitted_to}")
    if found.known.max() < LITTLE:
        say(f"facsmith: no AU is known in {LITTLE} faces or more; correlations of rare AUs are shrunk towards 0")


def _fitted(path: Path) -> Cooccurrence:
    labels = read_au_labels(path)
    if not labels.graded:
        say("facsmith: the labels are presences; intensities follow the default (mostly slight to marked)")
    return Cooccurrence.fitted(labels.au, labels.known, labels.codes, labels.origin, labels.graded)
