"""Draws who is shown, with which expression, pose and light: one specification for each face of every rendered set."""

import sys
from math import radians
from pathlib import Path

from faceset.cooccurrence import Cooccurrence
from faceset.spec import SampleSpec, write_specs
from pipeline import stage
from pipeline.files import whole
from pipeline.params import FaceSet, Params, TwinPairs
from render.config import SamplingConfig
from render.sampling import sample_specs


def run(params: Params) -> None:
    """Writes ``<specs>/<set>.parquet`` for every rendered set."""
    for name, entry in rendered_sets(params).items():
        specs = [] if entry is None else _drawn(params, entry, name)
        with whole(params.paths.specs / f"{name}.parquet") as path:
            write_specs(path, specs)


def sampling_config(entry: FaceSet, codes: tuple[str, ...], size: int, natural: Path | None = None) -> SamplingConfig:
    """Returns the sampler's knobs of one section of params.yaml, degrees as radians.

    Args:
        entry: the section.
        codes: AUs that may be active.
        size: width and height of the images, pixels.
        natural: the statistics that natural expressions follow; None for those that come with facsmith.

    Raises:
        StatisticsError: the statistics are needed and cannot be read.
    """
    return SamplingConfig(
        action_units=codes,
        identities=entry.identities,
        size=size,
        expressions=entry.expressions,
        statistics=Cooccurrence.load(natural) if natural and entry.expressions == "natural" else None,
        neutral=entry.neutral,
        max_yaw=radians(entry.max_yaw_deg),
        max_pitch=radians(entry.max_pitch_deg),
        max_roll=radians(entry.max_roll_deg),
        max_gaze=radians(entry.max_gaze_deg),
        max_forward=entry.max_forward_m,
        occlusion=entry.occlusion,
        camera_effects=entry.camera_effects,
        twins_per_sample=entry.twins_per_sample,
        distance=(entry.min_distance_m, entry.max_distance_m),
        environments=entry.environments,
        people=entry.people,
        face_model=entry.face_model,
    )


def pair_set(entry: FaceSet, pairs: TwinPairs) -> FaceSet:
    """Returns a set of test pairs that is drawn like ``entry``: each sample with one twin."""
    return FaceSet(
        max_yaw_deg=entry.max_yaw_deg,
        max_pitch_deg=entry.max_pitch_deg,
        max_roll_deg=entry.max_roll_deg,
        max_gaze_deg=entry.max_gaze_deg,
        max_forward_m=entry.max_forward_m,
        count=pairs.identities * pairs.pairs_per_identity,
        identities=pairs.identities,
        face_model=entry.face_model,
        backend=entry.backend,
        expressions=entry.expressions,
        neutral="identity",
        people=entry.people,
        min_distance_m=entry.min_distance_m,
        max_distance_m=entry.max_distance_m,
        environments=entry.environments,
        occlusion=entry.occlusion,
        camera_effects=entry.camera_effects,
        twins_per_sample=1,
    )


def rendered_sets(params: Params) -> dict[str, FaceSet | None]:
    """Returns the rendered sets; None stands for the one that photographs replace."""
    return {
        "synthetic": params.synthetic,
        "emulated": params.emulated if params.real.root is None else None,
        "judge": params.judge,
        "twins": pair_set(params.synthetic, params.twins),
        "twins_emulated": pair_set(params.emulated, params.twins),
    }


def _drawn(params: Params, entry: FaceSet, name: str) -> list[SampleSpec]:
    config = sampling_config(entry, params.action_units, params.image.size, params.paths.natural)
    return sample_specs(config, params.seed, entry.count, name)


if __name__ == "__main__":
    sys.exit(stage.main(run))
