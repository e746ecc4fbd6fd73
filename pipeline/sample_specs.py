"""Draws who is shown, with which expression, pose and light: one specification for each face of every rendered set."""

import sys
from math import radians

from faceset.spec import SampleSpec, write_specs
from pipeline import stage
from pipeline.files import whole
from pipeline.params import FaceSet, Params, TwinPairs
from render.config import SamplingConfig
from render.sampling import sample_specs


def run(params: Params) -> None:
    """Writes ``<specs>/<set>.parquet`` for every rendered set."""
    codes, size, seed, pairs = params.action_units, params.image.size, params.seed, params.twins
    sets = {name: _drawn(entry, codes, size, seed, name) for name, entry in _sets(params).items()}
    sets["twins"] = _drawn_pairs(params.synthetic, pairs, codes, size, seed, "twins")
    sets["twins_emulated"] = _drawn_pairs(params.emulated, pairs, codes, size, seed, "twins_emulated")
    for name, specs in sets.items():
        with whole(params.paths.specs / f"{name}.parquet") as path:
            write_specs(path, specs)


def sampling_config(entry: FaceSet, codes: tuple[str, ...], size: int) -> SamplingConfig:
    """Returns the sampler's knobs of one section of params.yaml, degrees as radians."""
    return SamplingConfig(
        action_units=codes,
        identities=entry.identities,
        size=size,
        expressions=entry.expressions,
        max_yaw=radians(entry.max_yaw_deg),
        max_pitch=radians(entry.max_pitch_deg),
        max_roll=radians(entry.max_roll_deg),
        occlusion=entry.occlusion,
        twins_per_sample=entry.twins_per_sample,
    )


def pair_set(entry: FaceSet, pairs: TwinPairs) -> FaceSet:
    """Returns a set of test pairs that is drawn like ``entry``: each sample with one twin."""
    return FaceSet(
        max_yaw_deg=entry.max_yaw_deg,
        max_pitch_deg=entry.max_pitch_deg,
        max_roll_deg=entry.max_roll_deg,
        count=pairs.identities * pairs.pairs_per_identity,
        identities=pairs.identities,
        backend=entry.backend,
        expressions=entry.expressions,
        occlusion=entry.occlusion,
        twins_per_sample=1,
    )


def _sets(params: Params) -> dict[str, FaceSet | None]:
    """Returns the rendered sets; None stands for the one that photographs replace."""
    stand_in = params.emulated if params.real.root is None else None
    return {"synthetic": params.synthetic, "emulated": stand_in, "judge": params.judge}


def _drawn(entry: FaceSet | None, codes: tuple[str, ...], size: int, seed: int, name: str) -> list[SampleSpec]:
    return [] if entry is None else sample_specs(sampling_config(entry, codes, size), seed, entry.count, name)


def _drawn_pairs(
    entry: FaceSet, pairs: TwinPairs, codes: tuple[str, ...], size: int, seed: int, name: str
) -> list[SampleSpec]:
    return _drawn(pair_set(entry, pairs), codes, size, seed, name)


if __name__ == "__main__":
    sys.exit(stage.main(run))
