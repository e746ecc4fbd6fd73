"""Errors of what every GAN shares.

GanError(ValueError)
├── DataError           faces that a method cannot be trained on
├── CheckpointError     a checkpoint that is damaged or belongs to another run
├── DivergenceError     a loss that is no longer a finite number
└── MetricError         values that a metric cannot be computed from
"""


class GanError(ValueError):
    """A GAN cannot be trained or scored as asked."""


class DataError(GanError):
    """Faces that a method cannot be trained on."""


class CheckpointError(GanError):
    """A checkpoint that is damaged or belongs to another run."""


class DivergenceError(GanError):
    """A loss that is no longer a finite number."""


class MetricError(GanError):
    """Values that a metric cannot be computed from."""
