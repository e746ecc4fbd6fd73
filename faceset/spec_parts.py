"""Parts of stored specifications, read without building the whole: for counts over hundreds of thousands of faces."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyarrow.parquet import ParquetFile

from faceset.errors import SpecError
from faceset.spec import Appearance, EnvironmentSpec, Identity, Lamp, LightSpec

BATCH = 2048
_DECODER = json.JSONDecoder()


def spec_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yields key and text of every stored specification, a few thousand in memory at a time.

    Raises:
        SpecError: the file cannot be read.
    """
    try:
        with ParquetFile(path, buffer_size=1 << 20) as file:  # buffered: not a whole column at once
            for batch in file.iter_batches(BATCH, columns=["key", "spec"]):
                yield from zip(*(batch.column(name).to_pylist() for name in ("key", "spec")), strict=True)
    except (OSError, KeyError, ValueError) as error:
        raise SpecError(f"{path}: expected specifications: {error}; draw them again") from error


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


def without_shape(text: str) -> str:
    """Returns a specification without the local changes of the head's shape: four fifths of the text, never counted."""
    head, mark, rest = text.partition('"shape":{')
    return f"{head}{mark}{rest[rest.find('}') :]}" if mark else text


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
