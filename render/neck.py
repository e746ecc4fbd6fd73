"""The neck: it bends and twists between a head that is turned and shoulders that mostly are not.

Vertices below the chin follow the shoulders the more the lower they lie (linear blend skinning about one joint). The
face itself, everything above the chin, stays rigid, so that landmarks and Action Units know nothing of it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.pose import rotation
from render.appearance.noise import smoothstep
from render.face_basis import FaceBasis
from render.kernels.placing import bent

Vertices = npt.NDArray[np.float64]

SHOULDERS = (0.35, 0.2, 0.3)
"""Share of the head's yaw, pitch and roll that the shoulders take part in."""

FURTHEST = 1.0
"""Angle by which shoulders stay behind at most, radians: what a neck can turn."""

BELOW_CHIN = 0.008
"""How far below the chin the neck begins to bend, metres."""

RING = 0.012
"""Half the height of the ring of skin whose middle is the joint, metres."""


def shoulders(head_pose: tuple[float, float, float]) -> tuple[float, float, float]:
    """Returns yaw, pitch and roll of the shoulders of a person with a turned head, radians."""
    behind = ((1 - share) * angle for share, angle in zip(SHOULDERS, head_pose, strict=True))
    kept = (float(np.clip(angle, -FURTHEST, FURTHEST)) for angle in behind)
    yaw, pitch, roll = (angle - stay for angle, stay in zip(head_pose, kept, strict=True))
    return yaw, pitch, roll


@dataclass(frozen=True)
class Neck:
    """How far each vertex of a face model follows the shoulders.

    Attributes:
        share: (V, 1) 0 head to 1 shoulders.
        joint: (3,) about which the neck bends, model frame, metres.
        ends: heights on the average face at which the neck begins to bend and at which the shoulders begin, metres.
    """

    share: Vertices
    joint: Vertices
    ends: tuple[float, float]

    @classmethod
    def of(cls, basis: FaceBasis, average: npt.NDArray[np.float32], collar: float) -> "Neck":
        """Returns the neck of a face model.

        Args:
            basis: the face model.
            average: (V, 3) its average face.
            collar: height at which clothes begin, metres.
        """
        top = float(basis.landmarks(average)[8, 1]) - BELOW_CHIN
        share = share_at(average[:, 1], (top, collar))
        skin = average[np.unique(basis.faces_of("skin"))]
        ring = skin[np.abs(skin[:, 1] - top) < RING]
        return cls(share, np.array([0.0, top, (ring[:, 2].min() + ring[:, 2].max()) / 2]), (top, collar))

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """Which vertices (V,) follow the shoulders at all."""
        return np.asarray(self.share[:, 0] > 0)

    def bent(self, vertices: Vertices, head_pose: tuple[float, float, float]) -> Vertices:
        """Returns the vertices (V, 3) in the frame of a head that is turned while the shoulders stay behind."""
        return self.bent_by(self.share, vertices, head_pose, self.joint)

    def bent_by(
        self, share: Vertices, vertices: Vertices, head_pose: tuple[float, float, float], joint: Vertices
    ) -> Vertices:
        """Returns what is bent with the neck: points, or directions with the joint 0, whose shares (V, 1) are given."""
        if not any(head_pose):
            return vertices
        return bent(vertices, share, _relative(head_pose), joint)


@lru_cache(8)
def _relative(head_pose: tuple[float, float, float]) -> Vertices:
    """Returns the (3, 3) turn of the shoulders in the frame of a turned head."""
    return np.ascontiguousarray(rotation(*head_pose).T @ rotation(*shoulders(head_pose)))


def share_at(height: npt.NDArray[np.floating[Any]], ends: tuple[float, float]) -> Vertices:
    """Returns how far (n, 1) places at heights (n,) on the average face follow the shoulders."""
    return smoothstep(*ends, height).astype(np.float64)[:, None]
