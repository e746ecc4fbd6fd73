"""A sample specification: everything that is needed to render one face, and nothing that has to be looked up.

A ``SampleSpec`` holds the *drawn* values, not the seed they were drawn with, so that image *i* can be rendered
alone, on any machine, in any order. It is stored as one row of a parquet file (``write_specs``): the columns a
person filters by, and the whole specification as canonical JSON.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from faceset.atomic import replacing
from faceset.errors import SpecError
from faceset.tables import read_table
from facs.expression import Expression

SPEC_VERSION = 3


@dataclass(frozen=True)
class Identity:
    """Who the face is: parameters of a face model.

    Attributes:
        name: unique name; splits are made by it.
        phenotype: macro parameters of the face model in [0, 1], for example {"age": 0.6, "gender": 0.1}.
        shape: local shape changes by name; 1 is a whole change, or a standard deviation where the face model's changes
            are the modes of a principal component analysis.
    """

    name: str
    phenotype: Mapping[str, float] = field(default_factory=dict)
    shape: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Appearance:
    """What the face's surfaces look like.

    Attributes:
        melanin: epidermal melanin in [0, 1], 0 the lightest skin.
        haemoglobin: redness of the skin in [0, 1].
        blotchiness: amplitude of the low-frequency skin variation in [0, 1].
        lip_redness: how far the lips differ from the skin, in [0, 1].
        hair_melanin: 0 blond to 1 black; brows, lashes and scalp share it.
        hair_redness: pheomelanin in [0, 1].
        hair_length: 0 shaved, 1 a full cap of hair.
        brow_density: 0 faint to 1 bushy.
        stubble: density of the beard shadow in [0, 1].
        iris_rgb: sRGB of the iris in [0, 1].
        texture_seed: seed of the skin's fine pattern.
        wrinkles: how deeply the skin folds, 0 a child's to 1 an old person's.
        pores: how coarse the fine relief of the skin is, in [0, 1].
        freckles: density of freckles in [0, 1].
        blemishes: density of moles, spots and scars in [0, 1].
        shine: how oily the skin is, in [0, 1].
        hair_style: key of ``render.hair.STYLES``.
        hair_curl: 0 straight to 1 coiled.
        hair_grey: share of hairs without pigment, in [0, 1].
        facial_hair: key of ``render.hair.FACIAL_HAIR``.
        lashes: length and density of the lashes in [0, 1].
        eye_redness: how far the veins of the sclera show, in [0, 1].
        teeth_shade: 0 white to 1 yellow.
    """

    melanin: float = 0.2
    haemoglobin: float = 0.5
    blotchiness: float = 0.3
    lip_redness: float = 0.5
    hair_melanin: float = 0.7
    hair_redness: float = 0.2
    hair_length: float = 1.0
    brow_density: float = 0.7
    stubble: float = 0.0
    iris_rgb: tuple[float, float, float] = (0.35, 0.22, 0.12)
    texture_seed: int = 0
    wrinkles: float = 0.5
    pores: float = 0.5
    freckles: float = 0.0
    blemishes: float = 0.0
    shine: float = 0.5
    hair_style: str = "short"
    hair_curl: float = 0.0
    hair_grey: float = 0.0
    facial_hair: str = "none"
    lashes: float = 0.5
    eye_redness: float = 0.2
    teeth_shade: float = 0.3


@dataclass(frozen=True)
class CameraSpec:
    """How the face is seen, before it is framed.

    Attributes:
        distance: from the camera to the middle of the eyes, metres.
        width: image width, pixels.
        height: image height, pixels.
        scale_jitter: factor on the aligned face size (1: as the aligner frames it).
        shift_jitter: (x, y) shift of the frame in fractions of the image size.
        roll_jitter: rotation left over by the aligner, radians.
    """

    distance: float = 1.5
    width: int = 128
    height: int = 128
    scale_jitter: float = 1.0
    shift_jitter: tuple[float, float] = (0.0, 0.0)
    roll_jitter: float = 0.0


@dataclass(frozen=True)
class Lamp:
    """One directional light.

    Attributes:
        direction: unit vector from the face towards the lamp, camera-aligned world frame (+Y up, +Z to camera).
        rgb: linear radiance.
    """

    direction: tuple[float, float, float]
    rgb: tuple[float, float, float]


@dataclass(frozen=True)
class EnvironmentSpec:
    """What surrounds the face and lights it from every side.

    Attributes:
        kind: key of ``render.environments.ENVIRONMENTS``, or "none".
        turn: by which it is turned about the vertical, radians.
        strength: mean linear radiance over all directions.
        seed: of what a procedural environment draws.
    """

    kind: str = "none"
    turn: float = 0.0
    strength: float = 0.5
    seed: int = 0


@dataclass(frozen=True)
class LightSpec:
    """All light; linear radiance, world frame.

    Attributes:
        lamps: directional lights; the first is the brightest and casts shadows in every renderer.
        sky_rgb: even ambient light from straight above.
        ground_rgb: even ambient light from straight below.
        environment: what is added to lamps, sky and ground.
    """

    lamps: tuple[Lamp, ...] = (Lamp((0.3, 0.4, 0.87), (0.9, 0.9, 0.9)),)
    sky_rgb: tuple[float, float, float] = (0.55, 0.55, 0.55)
    ground_rgb: tuple[float, float, float] = (0.3, 0.3, 0.3)
    environment: EnvironmentSpec = field(default_factory=EnvironmentSpec)


@dataclass(frozen=True)
class BackgroundSpec:
    """The backdrop.

    Attributes:
        kind: "gradient", vertical and with soft blobs; or "environment", what surrounds and lights the face, where
            there is one.
        top_rgb: sRGB of the gradient's upper end, in [0, 1].
        bottom_rgb: sRGB of its lower end.
        blobs: number of soft blobs.
        seed: of the blobs.
        view: angle of the environment that the picture's width takes, radians.
        blur: how far it is out of focus: radius of a point's image as a share of the picture's width.
    """

    kind: str = "gradient"
    top_rgb: tuple[float, float, float] = (0.6, 0.6, 0.6)
    bottom_rgb: tuple[float, float, float] = (0.4, 0.4, 0.4)
    blobs: int = 0
    seed: int = 0
    view: float = 0.9
    blur: float = 0.02


@dataclass(frozen=True)
class CameraEffects:
    """What lens, sensor and file do to the picture (``render.camera_effects``); by default nothing.

    Attributes:
        exposure: stops; +1 doubles the light.
        white_balance: factors on linear (red, green, blue) that the camera's white balance leaves over.
        vignetting: share of the light that the corners lose, in [0, 1).
        blur: standard deviation of the lens's point spread, pixels.
        motion: length of the movement while the shutter is open, pixels.
        motion_angle: its direction, radians from the right, anticlockwise.
        full_well: electrons of a pixel at white, few in little light (high ISO); 0 for no noise at all.
        read_noise: standard deviation of reading a pixel, electrons.
        contrast: slope of the tone curve at middle grey.
        saturation: factor on the distance of colours from grey.
        jpeg_quality: of Pillow, 1 to 95; 0 for no JPEG.
    """

    exposure: float = 0.0
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignetting: float = 0.0
    blur: float = 0.0
    motion: float = 0.0
    motion_angle: float = 0.0
    full_well: float = 0.0
    read_noise: float = 0.0
    contrast: float = 1.0
    saturation: float = 1.0
    jpeg_quality: int = 0


@dataclass(frozen=True)
class OccluderSpec:
    """One occluder: its kind (a key of ``render.occluders.OCCLUDERS``) and its drawn parameters."""

    kind: str
    params: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SampleSpec:
    """One labelled face, complete.

    Attributes:
        key: unique name of the sample, printable ASCII, at most 63 characters.
        identity: who.
        expression: activations in [0, 1], left and right.
        gaze: (yaw, pitch) of both eyes relative to the head, radians; +yaw towards the person's left, +pitch up.
        head_pose: (yaw, pitch, roll) of the head relative to the camera, radians; zero looks into the camera.
        head_forward: how far the head is thrust forward along its own axis, metres; the frame stays where it was.
        camera: where the camera is and how the face is framed.
        light: lamps and ambient light.
        background: the backdrop.
        appearance: skin, hair and eyes.
        occluders: what is in front of the face.
        camera_effects: what the camera does to the picture, and to no label.
        render_seed: seed of every noise a renderer may draw.
        twin_of: key of the sample that differs in its expression alone, or "" for none.
        face_model: whose identities and expressions these are: a key of ``render.rigs.FACE_MODELS``.
    """

    key: str
    identity: Identity
    expression: Expression = field(default_factory=Expression)
    gaze: tuple[float, float] = (0.0, 0.0)
    head_pose: tuple[float, float, float] = (0.0, 0.0, 0.0)
    head_forward: float = 0.0
    camera: CameraSpec = field(default_factory=CameraSpec)
    light: LightSpec = field(default_factory=LightSpec)
    background: BackgroundSpec = field(default_factory=BackgroundSpec)
    appearance: Appearance = field(default_factory=Appearance)
    occluders: tuple[OccluderSpec, ...] = ()
    camera_effects: CameraEffects = field(default_factory=CameraEffects)
    render_seed: int = 0
    twin_of: str = ""
    face_model: str = "anny"

    def twin(self, key: str, expression: Expression) -> "SampleSpec":
        """Returns the twin of this sample: the same specification with another expression."""
        return dataclasses.replace(self, key=key, expression=expression, twin_of=self.key)

    def to_json(self) -> str:
        """Returns the specification as canonical JSON: sorted keys, no spaces, floats that round-trip."""
        return json.dumps(_plain(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "SampleSpec":
        """Returns the specification that ``to_json`` wrote.

        Raises:
            SpecError: the text is not such a specification.
        """
        try:
            return _sample_spec(json.loads(text))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise SpecError(f"not a version {SPEC_VERSION} sample specification: {error!r}") from error


def write_specs(path: Path, specs: Iterable[SampleSpec]) -> None:
    """Writes specifications as parquet, one row each: key, identity, twin_of and the whole as JSON."""
    rows = [(spec.key, spec.identity.name, spec.twin_of, spec.to_json()) for spec in specs]
    frame = pd.DataFrame(rows, columns=["key", "identity", "twin_of", "spec"], dtype="str")
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False, compression="zstd")


def read_specs(path: Path) -> list[SampleSpec]:
    """Returns the specifications of a parquet file that ``write_specs`` wrote, in its order.

    Raises:
        SpecError: the file does not hold specifications.
    """
    try:
        texts: Sequence[str] = read_table(path, ["spec"])["spec"].tolist()
    except (OSError, ValueError) as error:
        raise SpecError(f"{path}: expected a parquet file of sample specifications: {error}") from error
    return [SampleSpec.from_json(text) for text in texts]


def _plain(value: Any) -> Any:
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Expression):
        return dict(value.intensity)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value


_FLAT = ("key", "gaze", "head_pose", "head_forward", "render_seed", "twin_of", "face_model")


def _tuples(value: Any) -> Any:
    return tuple(_tuples(entry) for entry in value) if isinstance(value, list) else value


def _fields(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _tuples(value) for key, value in mapping.items()}


def _sample_spec(tree: dict[str, Any]) -> SampleSpec:
    flat = {key: _tuples(tree[key]) for key in _FLAT}
    light = tree["light"]
    return SampleSpec(
        **flat,
        identity=Identity(**tree["identity"]),
        expression=Expression(tree["expression"]),
        camera=CameraSpec(**_fields(tree["camera"])),
        light=LightSpec(
            tuple(Lamp(**_fields(lamp)) for lamp in light["lamps"]),
            _tuples(light["sky_rgb"]),
            _tuples(light["ground_rgb"]),
            EnvironmentSpec(**_fields(light["environment"])),
        ),
        background=BackgroundSpec(**_fields(tree["background"])),
        appearance=Appearance(**_fields(tree["appearance"])),
        occluders=tuple(OccluderSpec(**occluder) for occluder in tree["occluders"]),
        camera_effects=CameraEffects(**_fields(tree["camera_effects"])),
    )
