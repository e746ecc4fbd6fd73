"""The columns of the comparison table, in the order of their weight: the twin's word first, the judge's opinion after.

Each is made of the metrics that ``gan.metrics.METRICS`` names, as the stage evaluate_gan stores them for every pair.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.report.spread import Scores


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: of the column.
        title: on the page.
        unit: "dB", "activation", or "" for a pure number.
        digits: behind the point.
        higher_is_better: None where neither direction is better.
        about: what it measures, in one sentence.
        edited: the metric of an edit, or a function of a table of pairs.
        unedited: the same of the input, returned as it is; None where there is none.
    """

    name: str
    title: str
    unit: str
    digits: int
    higher_is_better: bool | None
    about: str
    edited: str | Callable[[pd.DataFrame], "pd.Series[float]"]
    unedited: str | None = None

    def of(self, pairs: pd.DataFrame) -> Scores:
        """Returns the scores of the edits in a table of pairs that is sorted by seed."""
        return _scores(pairs, pairs[self.edited] if isinstance(self.edited, str) else self.edited(pairs))

    def of_input(self, pairs: pd.DataFrame) -> Scores | None:
        """Returns the scores of the unedited input; it is the same for every training."""
        if self.unedited is None:
            return None
        first = pairs[pairs["seed"] == pairs["seed"].iloc[0]]
        return _scores(first, first[self.unedited])


GAIN = Column(
    "gain",
    "Gain over the input",
    "dB",
    2,
    True,
    "How much nearer to the exact twin the edit is than the unedited input: the difference of their PSNR where the "
    "twin differs from the input. 0 is what doing nothing scores.",
    lambda pairs: pairs["psnr_changed"] - pairs["input_psnr_changed"],
)
JUDGE_FLOOR = Column("judge_floor", "Judge's floor", "activation", 3, False, "", "judge_floor")

COLUMNS = (
    GAIN,
    Column(
        "psnr_changed",
        "PSNR inside",
        "dB",
        1,
        True,
        "Peak signal-to-noise ratio against the exact twin, over the pixels that truly change.",
        "psnr_changed",
        "input_psnr_changed",
    ),
    Column(
        "ssim_changed",
        "SSIM inside",
        "",
        3,
        True,
        "Structural similarity to the exact twin, over the pixels that truly change.",
        "ssim_changed",
        "input_ssim_changed",
    ),
    Column(
        "psnr",
        "PSNR whole",
        "dB",
        1,
        True,
        "The same over the whole image; most of it should not change, so the unedited input scores high.",
        "psnr",
        "input_psnr",
    ),
    Column("ssim", "SSIM whole", "", 3, True, "Structural similarity over the whole image.", "ssim", "input_ssim"),
    Column(
        "au_error",
        "AU error (judge)",
        "activation",
        3,
        False,
        "Mean distance between the AUs asked for and those the judge reads off the edit. A network can fool it.",
        "au_error",
        "input_au_error",
    ),
    Column(
        "attention_mean",
        "Attention",
        "",
        2,
        None,
        "Mean of the attention mask: 1 keeps the input everywhere, 0 repaints everything.",
        "attention_mean",
    ),
    Column(
        "attention_contrast",
        "Attention contrast",
        "",
        2,
        True,
        "Mean attention where nothing changes minus where something does: 1 is a perfect mask, 0 knows nothing.",
        "attention_contrast",
    ),
)
"""Of the comparison table."""

MAIN_COLUMNS = ("gain", "psnr_changed", "ssim_changed", "au_error")
"""Those that are drawn beside the table."""


def _scores(pairs: pd.DataFrame, values: "pd.Series[float]") -> Scores:
    trainings = pairs["seed"].nunique()
    table = values.to_numpy(np.float64).reshape(trainings, -1)
    return Scores(table, pairs["identity"].to_numpy(np.str_)[: table.shape[1]])
