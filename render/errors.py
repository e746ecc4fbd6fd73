"""Errors of the rendering layer.

RenderError(ValueError)
├── FaceModelError      the face model's data is missing or not what was expected
├── RecipeError         an AU recipe that names an unknown shape or is malformed
├── BackendError        a renderer that cannot start or cannot deliver a pass
└── WorkerError         a rendering process that failed
"""


class RenderError(ValueError):
    """A face could not be rendered for a reason the user can act on."""


class FaceModelError(RenderError):
    """The face model's data is missing or not what was expected."""


class RecipeError(RenderError):
    """An AU recipe that names an unknown shape or is malformed."""


class BackendError(RenderError):
    """A renderer that cannot start or cannot deliver a pass."""


class WorkerError(RenderError):
    """A rendering process that failed."""
