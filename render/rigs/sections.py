"""The recipe file of a face model, section by section: ``render/rigs/<model>.yaml``."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from render.errors import RecipeError

MILLIMETRES = 1000
"""Recipe files say millimetres; a number divided by this is metres."""


def section(model: str, name: str) -> dict[str, Any]:
    """Returns one section of a model's recipe file as it is written there.

    Raises:
        RecipeError: the file has no such section.
    """
    tree = _tree(model)
    if not isinstance(tree.get(name), dict):
        raise RecipeError(f"render/rigs/{model}.yaml: expected a section {name!r}, found {', '.join(tree)}")
    return dict(tree[name])


@lru_cache
def _tree(model: str) -> dict[str, Any]:
    text = (files("render.rigs") / f"{model}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))
