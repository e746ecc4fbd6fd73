"""Face models: the registry. An entry returns the model's compact basis; heavy imports stay inside it."""

from collections.abc import Callable

from render.face_basis import FaceBasis


def _anny() -> FaceBasis:
    from render.rigs.anny import anny_basis

    return anny_basis()


def _ict() -> FaceBasis:
    from render.rigs.ict import ict_basis

    return ict_basis()


FACE_MODELS: dict[str, Callable[[], FaceBasis]] = {"anny": _anny, "ict": _ict}
"""Face models by name; each has a recipe file ``render/rigs/<name>.yaml``."""
