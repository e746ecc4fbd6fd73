"""Draws sample specifications: who, which expression, from where, under which light.

Sample *i* of a set depends on the seed, the set's name and *i* alone: not on the number of samples, not on the
order, and a person's looks depend on the person alone.
"""

import itertools
from collections.abc import Container
from functools import lru_cache

import numpy as np

from faceset.spec import Appearance, CameraEffects, CameraSpec, Identity, SampleSpec
from facs.expression import NEUTRAL, Expression
from render.background import sample_background
from render.camera_effects import sample_camera_effects
from render.config import SamplingConfig
from render.expressions import sample_expression
from render.face_model import face_model
from render.lighting import sample_light
from render.occluders import sample_occluders
from render.people import demand, sample_appearance, sample_identity
from render.randomness import stream
from render.rigs.variety import variety


def sample_specs(
    config: SamplingConfig, seed: int, count: int, prefix: str, people: Container[int] | None = None
) -> list[SampleSpec]:
    """Returns ``count`` specifications and, after each, its twins.

    Keys are "<prefix>-<number>", of twins "<prefix>-<number>t<twin>", of neutral twins "<prefix>-<number>n". A
    person's samples stand together, since whoever renders them paints each person once.

    Args:
        config: what may be drawn.
        seed: of the whole data set.
        count: samples, their twins not counted.
        prefix: name of the set; it keeps the people of different sets apart.
        people: numbers of the people who are drawn; None draws all. Theirs are the same samples either way.
    """
    specs = []
    for index in (index for index in range(count) if people is None or index % config.identities in people):
        spec = sample_spec(config, seed, index, prefix)
        specs.append(spec)
        specs += [sample_twin(config, seed, spec, twin) for twin in range(config.twins_per_sample)]
        specs += [neutral_twin(spec)] if config.neutral == "sample" and spec.expression != NEUTRAL else []
    return sorted(specs, key=lambda spec: spec.identity.name)


def sample_spec(config: SamplingConfig, seed: int, index: int, prefix: str) -> SampleSpec:
    """Returns specification ``index`` of a set."""
    identity, appearance = _person(config.face_model, config.people, seed, prefix, index % config.identities)
    rests = config.neutral == "identity" and index < config.identities
    light = sample_light(stream(seed, f"{prefix}/light", index), config.environments)
    return SampleSpec(
        key=f"{prefix}-{index:07d}",
        identity=identity,
        expression=NEUTRAL if rests else _expression(config, seed, prefix, str(index)),
        gaze=_gaze(stream(seed, f"{prefix}/gaze", index), config.max_gaze),
        head_pose=_head_pose(stream(seed, f"{prefix}/pose", index), config),
        head_forward=_forward(stream(seed, f"{prefix}/forward", index), config.max_forward),
        camera=_camera(stream(seed, f"{prefix}/camera", index), config),
        light=light,
        background=sample_background(stream(seed, f"{prefix}/background", index), light),
        appearance=appearance,
        occluders=sample_occluders(stream(seed, f"{prefix}/occluders", index), config.occlusion),
        camera_effects=_camera_effects(stream(seed, f"{prefix}/camera effects", index), config),
        render_seed=int(stream(seed, f"{prefix}/render", index).integers(2**31)),
        face_model=config.face_model,
    )


@lru_cache(1024)
def _person(model: str, people: str, seed: int, prefix: str, number: int) -> tuple[Identity, Appearance]:
    """Returns who person ``number`` of a set is; the same value each time, so that a person is drawn once."""
    names = tuple(str(name) for name in face_model(model).basis.local_names)
    name = f"{prefix}-person-{number:05d}"
    wanted = demand(seed, prefix, number) if people == "balanced" else None
    identity = sample_identity(stream(seed, f"{prefix}/identity", number), name, names, variety(model), wanted)
    return identity, sample_appearance(stream(seed, f"{prefix}/appearance", number), identity, wanted)


def sample_twin(config: SamplingConfig, seed: int, spec: SampleSpec, twin: int) -> SampleSpec:
    """Returns twin number ``twin`` of a specification: another expression, nothing else.

    A twin is never the same picture: only the first may be neutral, and only where its sample is not and has no
    neutral twin besides.
    """
    prefix, number = spec.key.rsplit("-", 1)
    name = f"{int(number)}t{twin}"
    draws = (_expression(config, seed, prefix, f"{name}{'+' * again}") for again in itertools.count())
    may_be_neutral = twin == 0 and spec.expression != NEUTRAL and config.neutral != "sample"
    return spec.twin(f"{spec.key}t{twin}", next(drawn for drawn in draws if may_be_neutral or drawn != NEUTRAL))


def neutral_twin(spec: SampleSpec) -> SampleSpec:
    """Returns the twin of a specification in which the same face, as it stands there, rests."""
    return spec.twin(f"{spec.key}n", NEUTRAL)


def _expression(config: SamplingConfig, seed: int, prefix: str, index: str) -> Expression:
    random = stream(seed, f"{prefix}/expression", index)
    return sample_expression(random, config.expressions, config.action_units, config.asymmetry, config.statistics)


def _gaze(random: np.random.Generator, limit: float) -> tuple[float, float]:
    yaw, pitch = np.clip(random.normal(0, (0.45 * limit, 0.25 * limit)), -limit, limit)
    return float(yaw), float(pitch)


def _head_pose(random: np.random.Generator, config: SamplingConfig) -> tuple[float, float, float]:
    limits = (config.max_yaw, config.max_pitch, config.max_roll)
    yaw, pitch, roll = random.uniform(np.negative(limits), limits)
    return float(yaw), float(pitch), float(roll)


def _forward(random: np.random.Generator, limit: float) -> float:
    return float(limit * random.uniform(-1.0, 1.0))


def _camera(random: np.random.Generator, config: SamplingConfig) -> CameraSpec:
    near, far = np.log(config.distance)
    shift_x, shift_y = random.normal(0, 0.012, 2)
    return CameraSpec(
        distance=float(np.exp(random.uniform(near, far))),
        width=config.size,
        height=config.size,
        scale_jitter=float(np.exp(random.normal(0, 0.025))),
        shift_jitter=(float(shift_x), float(shift_y)),
        roll_jitter=float(random.normal(0, 0.02)),
    )


def _camera_effects(random: np.random.Generator, config: SamplingConfig) -> CameraEffects:
    taken = random.uniform() < config.camera_effects
    return sample_camera_effects(random, config.size) if taken else CameraEffects()
