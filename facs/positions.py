"""Positions of head and eyes as Action Units: 51 to 58 and 61 to 64, as activations of angles and back.

Opposite codes lie on one axis, so that a face can never show both. FACS scores positions A to E without numbers; the
full scales below are this project's convention: about as far as people turn head and eyes without turning the body.
Signs: yaw towards the person's left, pitch up, roll towards the person's right shoulder, distance towards the viewer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import radians

from facs.action_units import action_unit
from facs.errors import IntensityError


@dataclass(frozen=True)
class Axis:
    """One axis of movement and the two codes that share it.

    Attributes:
        positive: code of movement in the positive direction.
        negative: code of the opposite movement.
        full: angle (radians) or distance (metres) of activation 1.
    """

    positive: str
    negative: str
    full: float

    def activations(self, value: float) -> dict[str, float]:
        """Returns the activation of both codes, in [0, 1]; movements beyond the full scale count as 1."""
        share = min(abs(value) / self.full, 1.0)
        return {self.positive: share if value > 0 else 0.0, self.negative: share if value < 0 else 0.0}

    def value(self, activations: Mapping[str, float]) -> float:
        """Returns the angle or distance of the activations of this axis's codes.

        Raises:
            IntensityError: both codes are active, or one lies outside [0, 1].
        """
        up, down = activations.get(self.positive, 0.0), activations.get(self.negative, 0.0)
        if up and down:
            raise IntensityError(f"{self.positive} and {self.negative} are opposite positions: give one of them")
        if not 0.0 <= max(up, down) <= 1.0 or min(up, down) < 0.0:
            raise IntensityError(f"{self.positive}, {self.negative}: the activation must lie in [0, 1]")
        return self.full * (up - down)


HEAD_AXES = (
    Axis("AU51", "AU52", radians(60)),
    Axis("AU53", "AU54", radians(35)),
    Axis("AU56", "AU55", radians(35)),
)
"""Yaw, pitch and roll of the head, in the order of ``SampleSpec.head_pose``; radians."""

FORWARD_AXIS = Axis("AU57", "AU58", 0.08)
"""The head forward and back along its own axis; metres."""

GAZE_AXES = (Axis("AU61", "AU62", radians(35)), Axis("AU63", "AU64", radians(30)))
"""Yaw and pitch of the eyes, in the order of ``SampleSpec.gaze``; radians."""


@dataclass(frozen=True)
class Positions:
    """Where head and eyes are.

    Attributes:
        head_pose: (yaw, pitch, roll), radians.
        head_forward: metres.
        gaze: (yaw, pitch), radians.
    """

    head_pose: tuple[float, float, float] = (0.0, 0.0, 0.0)
    head_forward: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of(cls, activations: Mapping[str, float]) -> "Positions":
        """Returns the positions of activations by code, for example {"AU51": 0.5, "AU64": 1.0}.

        Raises:
            UnknownActionUnitError: a code that the catalogue does not hold.
            IntensityError: a code that is no position, opposite codes, or an activation outside [0, 1].
        """
        for code in activations:
            if not action_unit(code).position:
                raise IntensityError(f"{code} is not a position of head or eyes; put it into an Expression")
        yaw, pitch, roll = (axis.value(activations) for axis in HEAD_AXES)
        sideways, up = (axis.value(activations) for axis in GAZE_AXES)
        return cls((yaw, pitch, roll), FORWARD_AXIS.value(activations), (sideways, up))

    @property
    def activations(self) -> dict[str, float]:
        """The activation of every position code, in FACS order."""
        axes = (*HEAD_AXES, FORWARD_AXIS, *GAZE_AXES)
        values = (*self.head_pose, self.head_forward, *self.gaze)
        shares: dict[str, float] = {}
        for axis, value in zip(axes, values, strict=True):
            shares |= axis.activations(value)
        return dict(sorted(shares.items()))
