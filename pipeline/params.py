"""Everything that params.yaml may say: one frozen dataclass for each section, read by one strict loader.

The meaning of each key is the comment beside it in params.yaml. Angles are degrees here (``_deg``) and nowhere
below. A stage reads the sections it names in dvc.yaml and no other; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from faceset.gates import Quality
from facs.action_units import CODES
from facs.combinations import undrawable
from pipeline.errors import ParamsError
from pipeline.strict import read

PARAMS_FILE = "params.yaml"

Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Share = Annotated[float, Field(gt=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Degrees = Annotated[float, Field(ge=0.0, le=90.0)]
Distance = Annotated[float, Field(ge=0.15, le=10.0)]
BackendName = Literal["raster", "pyrender", "blender"]
FaceModelName = Literal["anny", "ict"]
ArmName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
SourceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
TEST_SETS = ("judge", "twins", "twins_emulated")
"""Sets that nothing may be trained on: they judge what was."""


@dataclass(frozen=True)
class Paths:
    """Where everything lies, relative to the folder of params.yaml."""

    specs: Path
    shards: Path
    quarantine: Path
    merged: Path
    runs: Path
    reports: Path
    scratch: Path
    natural: Path
    same_people: Path


@dataclass(frozen=True)
class Image:
    """The size of every image."""

    size: Annotated[int, Field(ge=16, le=1024, multiple_of=16)]


ExtraLabel = Literal[
    "segmentation",
    "depth",
    "normal_camera",
    "uv",
    "face_index",
    "barycentric",
    "flow",
    "au_region",
    "dense_landmarks",
    "dense_visible",
    "dense_landmarks_3d",
]
"""The keys of ``render.labels.LABELS_ON_REQUEST``, which is too heavy to import here."""


@dataclass(frozen=True)
class Blender:
    """How Blender draws, and how its work is spread."""

    samples: Count
    noise: Fraction
    device: Literal["cpu", "cuda", "optix"]
    workers: Whole
    chunk_size: Count


@dataclass(frozen=True)
class Render:
    """How rendering is spread over processes."""

    workers: Whole
    chunk_size: Count
    shard_size: Count
    deadline_s: Positive
    max_memory_mb: Positive
    max_lost_rate: Fraction
    extra_labels: tuple[ExtraLabel, ...]
    blender: Blender


@dataclass(frozen=True)
class Batch:
    """Jobs of a batch system, each with one dask worker."""

    system: Literal["none", "slurm", "pbs", "lsf"]
    jobs: Count
    cores: Count
    memory_gb: Positive
    walltime: Annotated[str, Field(pattern=r"^\d{1,3}:[0-5]\d:[0-5]\d$")]
    queue: str | None
    account: str | None
    directives: tuple[str, ...]
    prologue: tuple[str, ...]
    interface: str | None


@dataclass(frozen=True)
class Farm:
    """Where rendering runs."""

    executor: Literal["local", "dask"]
    scheduler: str | None
    python: str | None
    batch: Batch


@dataclass(frozen=True)
class Poses:
    """How far heads and eyes turn, degrees to either side, and how far heads come forward."""

    max_yaw_deg: Degrees
    max_pitch_deg: Degrees
    max_roll_deg: Degrees
    max_gaze_deg: Degrees
    max_forward_m: Annotated[float, Field(ge=0.0, le=0.15)]


@dataclass(frozen=True)
class FaceSet(Poses):
    """One set of rendered faces."""

    count: Count
    identities: Count
    face_model: FaceModelName
    backend: BackendName
    expressions: Literal["balanced", "prototypes", "natural"]
    neutral: Literal["identity", "sample", "none"]
    people: Literal["natural", "balanced"]
    min_distance_m: Distance
    max_distance_m: Distance
    environments: Fraction
    occlusion: Fraction
    camera_effects: Fraction
    twins_per_sample: Whole

    def __post_init__(self) -> None:
        """Checks that there are enough faces for the identities."""
        if self.identities > self.count:
            raise ValueError(f"identities: expected at most count = {self.count}, found {self.identities}")
        if self.min_distance_m > self.max_distance_m:
            raise ValueError(f"min_distance_m: expected at most max_distance_m, found {self.min_distance_m:g}")


@dataclass(frozen=True)
class EmulatedSet(FaceSet):
    """The stand-in for photographs: a rendered set with the limits that real labels have."""

    label_error: Fraction
    intensity_levels: Annotated[int, Field(ge=2, le=101)]


@dataclass(frozen=True)
class TwinPairs:
    """The test pairs: photographs whose exact edit is known."""

    identities: Count
    pairs_per_identity: Count


@dataclass(frozen=True)
class Real:
    """The photographs."""

    root: Path | None
    identities: Literal["folder", "image"]
    max_quarantine_rate: Fraction


@dataclass(frozen=True)
class Splits:
    """Which part of the identities is held out, and who is held out together."""

    validation: Fraction
    test: Fraction
    same_names: bool
    near_distance: Annotated[int, Field(ge=0, le=63)] | None
    near_correlation: Fraction

    def __post_init__(self) -> None:
        """Checks that something is left to train on."""
        if self.validation + self.test >= 1.0:
            raise ValueError(f"validation + test: expected < 1, found {self.validation + self.test:g}")

    @property
    def fractions(self) -> Mapping[str, float]:
        """The share of each part, as ``faceset.splits`` names them."""
        return {"train": 1.0 - self.validation - self.test, "val": self.validation, "test": self.test}


@dataclass(frozen=True)
class Estimator:
    """The AU estimator that scores edited faces."""

    steps: Annotated[int, Field(ge=2)]
    batch_size: Annotated[int, Field(ge=2)]
    learning_rate: Positive
    validation: Annotated[float, Field(gt=0.0, lt=1.0)]


@dataclass(frozen=True)
class Arm:
    """One training set and how GANimation learns from it."""

    sources: Mapping[SourceName, Share]
    count: Count | None
    max_per_identity: Count | None
    duplicates: Literal["keep", "exact", "near"]
    balance: tuple[Literal[CODES], ...]  # type: ignore[valid-type]
    twin_fraction: Fraction
    twin_weight: NotNegative

    def __post_init__(self) -> None:
        """Checks that the shares are shares, of sets that may be trained on."""
        if test := sorted(set(self.sources) & set(TEST_SETS)):
            raise ValueError(f"sources: expected sets to train on, found {test[0]}, which judges what was trained")
        if not isclose(sum(self.sources.values()), 1.0):
            raise ValueError(f"sources: expected shares whose sum is 1, found {dict(self.sources)}")
        if self.twin_fraction > 0.0 and "real" in self.sources:
            raise ValueError("twin_fraction: expected 0 with real sources, photographs have no exact twins")


@dataclass(frozen=True)
class Train:
    """How GANimation is trained, the same for every arm."""

    preset: Literal["paper", "small", "demo"]
    steps: Count | None
    batch_size: Count | None
    seeds: Annotated[tuple[Whole, ...], Field(min_length=1)]
    checkpoint_every: Count


@dataclass(frozen=True)
class Evaluate:
    """How edits are scored."""

    max_pairs: Count
    strips: Count
    strip_levels: Annotated[tuple[Fraction, ...], Field(min_length=2)]
    resamples: Annotated[int, Field(ge=100)]


@dataclass(frozen=True)
class Report:
    """What the report shows."""

    title: str
    contact_sheet: Count


@dataclass(frozen=True)
class Params:
    """The whole of params.yaml."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    paths: Paths
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    image: Image
    action_units: Annotated[tuple[Literal[CODES], ...], Field(min_length=1)]  # type: ignore[valid-type]
    render: Render
    farm: Farm
    real: Real
    emulated: EmulatedSet
    synthetic: FaceSet
    judge: FaceSet
    twins: TwinPairs
    splits: Splits
    quality: Quality
    estimator: Estimator
    arms: Annotated[Mapping[ArmName, Arm], Field(min_length=1)]
    train: Train
    evaluate: Evaluate
    report: Report

    def __post_init__(self) -> None:
        """Checks that the Action Units can be drawn, and that near duplicates are looked for where they matter."""
        if faults := undrawable(self.action_units):
            raise ValueError(f"action_units: {faults[0]}")
        blind = [name for name, arm in self.arms.items() if arm.duplicates == "near"]
        if blind and self.splits.near_distance is None:
            raise ValueError(f"arms.{blind[0]}: duplicates: near needs splits.near_distance, found null")

    def arm(self, name: str) -> Arm:
        """Returns the arm called ``name``.

        Raises:
            ParamsError: there is none.
        """
        if name not in self.arms:
            raise ParamsError(f"{PARAMS_FILE}: arms: expected one of {', '.join(self.arms)}, found {name}")
        return self.arms[name]


def load(path: Path, changes: Mapping[str, object] | None = None) -> Params:
    """Returns the parameters in ``path``, those of ``changes`` (by key with dots) replaced.

    Raises:
        ParamsError: the file is absent, not YAML, or says something unknown, mistyped or impossible.
    """
    return read(path, Params, changes)
