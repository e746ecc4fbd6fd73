"""The learning rate as a pure function of the step."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LinearDecay:
    """A factor that stays 1 and then falls to 0 on a line.

    Attributes:
        constant_steps: steps at factor 1.
        decay_steps: steps over which it falls; 0 for a factor that never falls.
        stair: the factor changes only on multiples of this many steps (the length of an epoch, in published code).

    Raises:
        ValueError: a number of steps is negative, or the stair is not positive.
    """

    constant_steps: int
    decay_steps: int
    stair: int = 1

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if self.constant_steps < 0 or self.decay_steps < 0 or self.stair < 1:
            raise ValueError(f"a schedule needs steps >= 0 and stair >= 1, found {self}")

    @property
    def steps(self) -> int:
        """All steps of the schedule."""
        return self.constant_steps + self.decay_steps

    def factor(self, step: int) -> float:
        """Returns the factor at a step, in [0, 1]; the first step is 0."""
        if not self.decay_steps:
            return 1.0
        remaining = self.steps - step // self.stair * self.stair
        return min(1.0, max(0.0, remaining / self.decay_steps))
