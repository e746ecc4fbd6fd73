"""One number with its uncertainty, unit and direction."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """A metric's value on a set of samples.

    Attributes:
        metric: name, for example "psnr_changed".
        value: the statistic on all samples.
        ci_low: lower end of its 95 % interval.
        ci_high: upper end.
        unit: for example "dB"; "" for a pure number.
        higher_is_better: None where neither direction is better.
        n: samples that took part.
    """

    metric: str
    value: float
    ci_low: float
    ci_high: float
    unit: str
    higher_is_better: bool | None
    n: int

    def to_json(self) -> dict[str, Any]:
        """Returns plain values that JSON can hold; not a number becomes None."""
        return {key: None if value != value else value for key, value in asdict(self).items()}
