"""What is drawn for a set of faces: the knobs of the samplers."""

from dataclasses import dataclass, field
from typing import Literal

from faceset.cooccurrence import Cooccurrence
from facs.action_units import OPENFACE17
from facs.combinations import undrawable


@dataclass(frozen=True)
class SamplingConfig:
    """How the specifications of one set are drawn; angles in radians, lengths in metres.

    Attributes:
        action_units: codes that may be active.
        identities: number of people.
        size: image width and height, pixels.
        expressions: "balanced", "prototypes" or "natural" (``render.expressions``).
        statistics: what natural expressions follow; None for those that come with facsmith.
        neutral: whom a neutral face is sure of: "identity", the first sample of each person is neutral; "sample", each
            sample has a neutral twin; "none", nobody.
        max_yaw: largest head turn to either side.
        max_pitch: largest head pitch.
        max_roll: largest head roll, before the aligner removes it.
        max_gaze: largest eye turn relative to the head.
        max_forward: furthest that a head is thrust forward or drawn back.
        occlusion: probability that something is in front of the face.
        camera_effects: probability that a camera's effects (``render.camera_effects``) are on the image.
        asymmetry: probability that the two sides of a face differ.
        twins_per_sample: further samples that differ from each sample in their expression alone.
        distance: nearest and furthest camera; heads look broad-nosed from nearby and flat from afar.
        environments: probability that a face is lit by an environment, and not by lamps alone.
        people: "natural", skin, age and sex as they come; "balanced", each tone, age and sex equally often.
        face_model: key of ``render.rigs.FACE_MODELS``.

    Raises:
        ValueError: a value outside its range.
    """

    action_units: tuple[str, ...] = OPENFACE17
    identities: int = 100
    size: int = 128
    expressions: Literal["balanced", "prototypes", "natural"] = "balanced"
    statistics: Cooccurrence | None = None
    neutral: Literal["identity", "sample", "none"] = "identity"
    max_yaw: float = 0.35
    max_pitch: float = 0.2
    max_roll: float = 0.15
    max_gaze: float = 0.25
    max_forward: float = 0.0
    occlusion: float = 0.0
    camera_effects: float = 0.0
    asymmetry: float = 0.3
    twins_per_sample: int = 0
    distance: tuple[float, float] = field(default=(0.7, 2.5))
    environments: float = 0.0
    people: Literal["natural", "balanced"] = "natural"
    face_model: str = "anny"

    def __post_init__(self) -> None:
        """Checks the ranges."""
        faults = undrawable(self.action_units)
        if faults:
            raise ValueError(f"action_units: {faults[0]}")
        if self.identities < 1 or self.size < 16 or self.twins_per_sample < 0:
            raise ValueError("expected identities >= 1, size >= 16 and twins_per_sample >= 0")
        for name in ("occlusion", "camera_effects", "environments", "asymmetry"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name}: expected a probability in [0, 1], found {getattr(self, name)}")
        if not 0.1 <= self.distance[0] <= self.distance[1]:
            raise ValueError(f"distance: expected 0.1 m <= nearest <= furthest, found {self.distance}")
