"""What specifications say of the faces of a set: exact for renders, unknown for photographs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from faceset.circumstances import lighting_ratio
from faceset.loading import ShardSet
from faceset.spec import SampleSpec
from faceset.spec_parts import light_of, person_of, spec_texts
from pipeline.quality.sampled import sampled
from render.people import Person, describe

Floats = npt.NDArray[np.float64]

MOST_SPECS = 20_000
"""Specifications that are read whole; of larger sets as many, drawn at random. Shares are then right within 0.7 %."""


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
        specs: these specifications.
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
    texts = spec_texts(path, faces.labels("sample_key").tolist()) if path is not None and path.is_file() else None
    if texts is None:
        return None
    names, first, who = np.unique(faces.labels("identity"), return_index=True, return_inverse=True)
    people = [describe(*person_of(texts[row], str(name))) for name, row in zip(names, first.tolist(), strict=True)]
    rows = sampled(len(texts), MOST_SPECS)
    traits = np.array([(person.tone, person.years, person.sex == "female") for person in people], dtype=np.float64)
    tone, years, female = traits[who].T
    contrast = np.array([lighting_ratio(light_of(text)) for text in texts])
    return Drawn(people, tone, years, female, contrast, rows, [SampleSpec.from_json(texts[row]) for row in rows])
