"""For which movements edits come nearer to the truth: the gain over the pairs in which an AU changes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.report.metrics import GAIN
from pipeline.report.spread import Drawn, Estimate, Scores, estimate


def gain_by_au(frames: Mapping[str, pd.DataFrame], drawn: Drawn) -> dict[str, dict[str, Estimate]]:
    """Returns for each AU that some pair changes the gain of each arm over those pairs.

    Most pairs change several AUs, so that an AU's row tells also of those that change with it.

    Args:
        frames: pairs of each arm, sorted by training and the same for all.
        drawn: how intervals are drawn.
    """
    changed = next(iter(frames.values()))["aus"].str.split("+")
    codes = sorted({code for row in changed for code in row if code}, key=_number)
    return {code: _gains(code, frames, drawn) for code in codes}


def _gains(code: str, frames: Mapping[str, pd.DataFrame], drawn: Drawn) -> dict[str, Estimate]:
    found = {arm: estimate(_only(code, frame), drawn) for arm, frame in frames.items()}
    return {arm: each for arm, each in found.items() if each is not None}


def _only(code: str, frame: pd.DataFrame) -> Scores:
    """Returns the gain over the pairs that change an AU; the others have no score."""
    scores = GAIN.of(frame)
    changes = frame["aus"].str.split("+").map(lambda row: code in row).to_numpy(np.bool_)
    return Scores(np.where(changes.reshape(scores.values.shape), scores.values, np.nan), scores.people)


def _number(code: str) -> tuple[int, str]:
    """Returns where an AU stands in FACS order."""
    return int("".join(filter(str.isdigit, code)) or 0), code
