"""The certificate of one face: that its mesh shows the Action Units that were asked for, measured on the mesh alone.

The activations are measured back from the drawn mesh by least squares on the rig's columns (``AuRig.measure``), without
the vertices that eyes or teeth have pushed away. A verifier needs the specification and nothing else.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from faceset.spec import SampleSpec
from facs.action_units import CODES, STILL, action_unit
from render.assembly import PosedFace, pose_face
from render.face_model import FaceModel, face_model

Row = npt.NDArray[np.float64]

MILLIMETRES = 1000.0


@dataclass(frozen=True)
class Certificate:
    """What was measured on one face.

    Attributes:
        left: (K,) activations found on the person's left, in the order of ``facs.CODES``.
        right: (K,) on the person's right.
        displacement: (K,) furthest that each AU moves a vertex of this face, on either side, millimetres.
        residual: largest |asked - measured| activation.
        unexplained: largest distance between the mesh and the face that the measured activations make, millimetres.
        in_eye: deepest place of a lid inside an eye, millimetres.
        in_teeth: deepest place of a lip inside the teeth, millimetres.
    """

    left: Row
    right: Row
    displacement: Row
    residual: float
    unexplained: float
    in_eye: float
    in_teeth: float

    @property
    def bounds(self) -> Row:
        """The (4,) residual, unexplained, in_eye and in_teeth: the channel ``certificate``."""
        return np.array([self.residual, self.unexplained, self.in_eye, self.in_teeth])


def certify(spec: SampleSpec, model: FaceModel | None = None, face: PosedFace | None = None) -> Certificate:
    """Returns the certificate of a specification's face.

    Raises:
        FaceModelError: the face model of the specification is not here.
        RecipeError: the specification asks for what the face model cannot show.
    """
    model = model or face_model(spec.face_model)
    face = face or pose_face(spec, model)
    asked = model.rig.weights(spec.expression)
    found = model.rig.measure(face.neutral, face.shown, face.touched)
    depths = model.contacts.depths(face.shown, face.eyes)
    products = np.abs(found.products - model.rig.products(asked)).max(initial=0.0)
    sides = [keys_of(model, side) for side in (0, -1)]
    moved = asked * model.rig.reach
    return Certificate(
        left=found.activations[sides[0]],
        right=found.activations[sides[1]],
        displacement=np.max([moved[side] for side in sides], axis=0) * MILLIMETRES,
        residual=float(max(np.abs(found.activations - asked).max(), products)),
        unexplained=found.unexplained * MILLIMETRES,
        in_eye=depths[0] * MILLIMETRES,
        in_teeth=depths[1] * MILLIMETRES,
    )


@lru_cache(8)
def keys_of(model: FaceModel, side: int) -> npt.NDArray[np.int64]:
    """Returns for each code of ``facs.CODES`` the index of its key on one side: 0 left, -1 right."""
    units = [action_unit(STILL.get(code, code)) for code in CODES]
    return np.array([model.rig.keys.index(unit.keys[side]) for unit in units], dtype=np.int64)
