"""Parts of stored specifications, read without building the whole: for counts over hundreds of thousands of faces."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from faceset.errors import SpecError
from faceset.spec import Appearance, EnvironmentSpec, Identity, Lamp, LightSpec

_DECODER = json.JSONDecoder()


def spec_texts(path: Path, keys: Sequence[str]) -> list[str] | None:
    """Returns the stored text of the specification of each key; None where one of them has none.

    Raises:
        SpecError: the file cannot be read.
    """
    try:
        frame = pd.read_parquet(path, columns=["key", "spec"])
    except (OSError, KeyError, ValueError) as error:
        raise SpecError(f"{path}: expected specifications: {error}; draw them again") from error
    by_key = dict(zip(frame["key"].tolist(), frame["spec"].tolist(), strict=True))
    found = [by_key.get(key) for key in keys]
    return None if None in found else [text for text in found if text is not None]


def part(text: str, name: str) -> dict[str, Any]:
    """Returns the object called ``name`` in the canonical text of a specification (``SampleSpec.to_json``).

    Raises:
        SpecError: there is none.
    """
    mark = f'"{name}":'
    try:
        return dict(_DECODER.raw_decode(text, text.index(mark + "{") + len(mark))[0])
    except ValueError as error:
        raise SpecError(f"not a sample specification, it has no {name}: {text[:80]!r}") from error


def light_of(text: str) -> LightSpec:
    """Returns the light of a specification."""
    tree = part(text, "light")
    lamps = tuple(Lamp(tuple(lamp["direction"]), tuple(lamp["rgb"])) for lamp in tree["lamps"])
    environment = EnvironmentSpec(**tree["environment"])
    return LightSpec(lamps, tuple(tree["sky_rgb"]), tuple(tree["ground_rgb"]), environment)


def person_of(text: str, name: str) -> tuple[Identity, Appearance]:
    """Returns who a specification shows, without local changes of shape, and how the skin and hair look."""
    looks = part(text, "appearance")
    return Identity(name, part(text, "phenotype")), Appearance(**{**looks, "iris_rgb": tuple(looks["iris_rgb"])})
