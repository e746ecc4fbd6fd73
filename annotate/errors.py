"""Errors of the annotation layer.

AnnotateError(ValueError)
├── AlignmentError      landmarks from which no frame can be computed
├── DetectorError       the face detector cannot be started, or was given something that is no image
├── ImportSetupError    the options of an import, or the folder that it reads, cannot be used
├── WeightsError        a file of network weights that is damaged or of another kind
└── TrainingError       faces that an estimator cannot be trained on
"""


class AnnotateError(ValueError):
    """A photograph cannot be annotated in the way that was asked."""


class AlignmentError(AnnotateError):
    """Landmarks from which no frame can be computed."""


class DetectorError(AnnotateError):
    """The face detector cannot be started, or was given something that is no image."""


class ImportSetupError(AnnotateError):
    """The options of an import, or the folder that it reads, cannot be used."""


class WeightsError(AnnotateError):
    """A file of network weights that is damaged or of another kind."""


class TrainingError(AnnotateError):
    """Faces that an estimator cannot be trained on."""
