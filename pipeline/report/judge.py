"""How good the judge is: the AU estimator's agreement with exact labels on people it has not seen."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facs.action_units import CATALOGUE
from pipeline.report.inputs import needed


@dataclass(frozen=True)
class JudgeAu:
    """One AU: its code and name, faces it was measured on, mean absolute error, correlation and ICC(3,1)."""

    code: str
    name: str
    n: int
    mae: float | None
    pcc: float | None
    icc: float | None


@dataclass(frozen=True)
class Judge:
    """The judge's agreement for each AU."""

    action_units: tuple[JudgeAu, ...]

    @property
    def mean_pcc(self) -> float | None:
        """Mean correlation over the AUs that have one."""
        found = [each.pcc for each in self.action_units if each.pcc is not None]
        return float(np.mean(found)) if found else None

    def to_json(self) -> dict[str, Any]:
        """Returns plain values."""
        return {"mean_pcc": self.mean_pcc, "action_units": [asdict(each) for each in self.action_units]}


def read_judge(runs: Path) -> Judge:
    """Returns the agreement on people that the stage train_estimator kept out.

    Raises:
        StageError: there is no judge yet.
    """
    path = runs / "estimator" / "training" / "agreement.csv"
    table = pd.read_csv(needed(path, "the judge's agreement with exact labels", "train_estimator"))
    return Judge(tuple(_au(row) for row in table.to_dict("records")))


def _au(row: dict[Any, Any]) -> JudgeAu:
    numbers = {name: None if np.isnan(row[name]) else float(row[name]) for name in ("mae", "pcc", "icc")}
    return JudgeAu(str(row["au"]), CATALOGUE[row["au"]].name, int(row["n"]), **numbers)
