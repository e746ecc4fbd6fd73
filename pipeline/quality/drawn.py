"""What specifications say of the faces of a set: exact for renders, unknown for photographs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from faceset.circumstances import lighting_ratio
from faceset.loading import ShardSet
from faceset.spec import SampleSpec
from faceset.spec_parts import light_of, person_of, spec_texts, without_shape
from pipeline.quality.sampled import sampled
from render.people import Person, describe

Floats = npt.NDArray[np.float64]

MOST_SPECS = 10_000
"""Specifications that are read whole; of larger sets as many, drawn at random. Shares are then right within 1 %."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a set was drawn with.

    Attributes:
        people: everybody once.
        tone: skin of each face on the Monk scale, (N,).
        years: age, (N,).
        female: 1 or 0, (N,).
        contrast: lighting ratio, (N,).
        rows: faces whose specification was read whole.
        specs: these specifications, without local changes of shape.
    """

    people: list[Person]
    tone: Floats
    years: Floats
    female: Floats
    contrast: Floats
    rows: npt.NDArray[np.int64]
    specs: list[SampleSpec]


def drawn(path: Path | None, faces: ShardSet) -> Drawn | None:
    """Returns what the faces were drawn with; None where that is not known of all of them.

    Raises:
        SpecError: the specifications are damaged.
    """
    if path is None or not path.is_file():
        return None
    names, first, who = np.unique(faces.labels("identity"), return_index=True, return_inverse=True)
    rows = sampled(len(faces), MOST_SPECS)
    kept, firsts = set(rows.tolist()), dict(zip(first.tolist(), names.tolist(), strict=True))
    place = {key: row for row, key in enumerate(faces.labels("sample_key").tolist())}
    contrast = np.full(len(faces), np.nan)
    people: dict[str, Person] = {}
    specs: dict[int, SampleSpec] = {}
    for key, text in spec_texts(path):
        row = place.get(key)
        if row is None:
            continue
        contrast[row] = lighting_ratio(light_of(text))
        if row in firsts:
            people[firsts[row]] = describe(*person_of(text, firsts[row]))
        if row in kept:
            specs[row] = SampleSpec.from_json(without_shape(text))
    if np.isnan(contrast).any():
        return None
    everybody = [people[name] for name in names.tolist()]
    traits = np.array([(one.tone, one.years, one.sex == "female") for one in everybody], dtype=np.float64)
    tone, years, female = traits[who].T
    return Drawn(everybody, tone, years, female, contrast, rows, [specs[row] for row in rows.tolist()])
