"""Section: how often and how strongly each Action Unit is shown, what is unknown, and how unlike the two sides are."""

from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.gates import Check, Gates, held
from facs.action_units import CATALOGUE
from facs.intensity import LETTERS, ordinal
from pipeline.quality.sets import OpenedSet

BINS = 10


def intensities(
    one: OpenedSet, codes: tuple[str, ...], gates: Gates, asked: bool
) -> tuple[dict[str, Any], list[Check]]:
    """Returns per AU what its labels say, by source too; and whether every AU that is asked for is shown.

    Args:
        one: the set.
        codes: AUs to describe.
        gates: the limits.
        asked: whether the codes are those that the params ask for, so that each should be shown.
    """
    au, known = one.labels(codes)
    facts = {
        "units": {code: _unit(one, code, au[:, k], known[:, k]) for k, code in enumerate(codes)},
        "sources": _sources(one, codes, au, known),
        "elsewhere": _elsewhere(one, codes),
    }
    return facts, [_shown(facts["units"], gates)] if asked and len(codes) else []


def _unit(one: OpenedSet, code: str, au: npt.NDArray[np.float64], known: npt.NDArray[np.bool_]) -> dict[str, Any]:
    values = au[known]
    shown = values[values > 0]
    spread = one.covered["asymmetry"][code]
    return {
        "name": CATALOGUE[code].name,
        "known": len(values),
        "unknown": int(len(au) - len(values)),
        "zero": int(len(values) - len(shown)),
        "shown": len(shown),
        "shown_share": len(shown) / len(values) if len(values) else None,
        "zero_share": 1 - len(shown) / len(values) if len(values) else None,
        "mean_shown": float(shown.mean()) if len(shown) else None,
        "counts": np.histogram(shown, np.linspace(0.0, 1.0, BINS + 1))[0].tolist(),
        "letters": dict(zip(LETTERS, np.bincount(ordinal(shown), minlength=6)[1:].tolist(), strict=True)),
        "left_minus_right": spread["mean"],
        "apart": spread["mean_absolute"],
    }


def _sources(
    one: OpenedSet, codes: tuple[str, ...], au: npt.NDArray[np.float64], known: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    """Returns for each source of the faces how many labels are above 0, exactly 0 and unknown."""
    source = one.faces.labels("source")
    return {
        str(name): {
            code: {
                "shown": int((au[mine, k] > 0).sum()),
                "zero": int((known[mine, k] & (au[mine, k] == 0)).sum()),
                "unknown": int((~known[mine, k]).sum()),
            }
            for k, code in enumerate(codes)
        }
        for name in np.unique(source)
        for mine in [source == name]
    }


def _elsewhere(one: OpenedSet, codes: tuple[str, ...]) -> dict[str, list[str]]:
    """Returns the AUs that are not described: shown by some face, 0 everywhere, labelled by nobody."""
    by_code = one.covered["action_units"]["by_code"]
    others = {code: column for code, column in by_code.items() if code not in codes}
    return {
        "shown": [code for code, column in others.items() if column["known"] > column["zero"]],
        "zero": [code for code, column in others.items() if 0 < column["known"] == column["zero"]],
        "unknown": [code for code, column in others.items() if not column["known"]],
    }


def _shown(units: dict[str, Any], gates: Gates) -> Check:
    least = min(units, key=lambda code: units[code]["shown_share"] or 0.0)
    share = units[least]["shown_share"] or 0.0
    detail = f"{least} is shown least: in {units[least]['shown']:,} of {units[least]['known']:,} known labels"
    advice = "expressions: balanced shows every AU equally often; or take the AU out of action_units"
    return held(gates, "min_shown", "au_shown", share, detail, advice)
