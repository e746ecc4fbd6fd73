"""What a label may look at: the specification, the posed face, the scene and its visibility buffer."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.spec import SampleSpec
from render.assembly import INNER_PARTS, PosedFace
from render.camera import Camera
from render.certificate import Certificate, certify
from render.face_model import FaceModel
from render.labels.moved_skin import moved_skin
from render.labels.surface import Surface
from render.scene import Frame, Scene, SceneMesh
from render.sight import Sight

LabelValue = npt.NDArray[Any] | str

VISIBLE_TOLERANCE = 0.004
"""How far behind the visible surface a point may lie and still count as seen, metres: half a pixel on a slope."""


IN_FRONT = 0.002
"""How far in front of a point a surface may lie and still be its own, metres."""

ROUND = np.array([(np.cos(turn), np.sin(turn), 0.0) for turn in np.arange(8) * np.pi / 4])
"""Eight directions around a point of the picture."""


@dataclass(frozen=True, eq=False)
class LabelContext:
    """One rendered sample before its labels.

    Attributes:
        spec: what was asked for.
        model: the face model.
        face: the posed face.
        scene: what was drawn.
        visibility: passes ``face_index``, ``barycentric`` and ``depth`` of the rasteriser.
    """

    spec: SampleSpec
    model: FaceModel
    face: PosedFace
    scene: Scene
    visibility: Frame

    @cached_property
    def certificate(self) -> Certificate:
        """What was measured on the mesh."""
        return certify(self.spec, self.model, self.face)

    @cached_property
    def surface(self) -> Surface:
        """What the pixels show."""
        return Surface.of(self.scene.labelled, self.visibility["face_index"], self.visibility["barycentric"])

    @cached_property
    def region_visible(self) -> npt.NDArray[np.float64]:
        """The (3, K) shares of each AU's region on the left, the right and both sides that are seen."""
        moved = moved_skin(self.model.name)
        return moved.shares(self.visible(self.face.shown[moved.vertices]))

    def model_vertices(self, mesh: SceneMesh) -> npt.NDArray[np.integer[Any]] | None:
        """Returns the vertices (V,) of the face model that a mesh draws; None for what is no part of it, eyes too."""
        if mesh.name == "skin":
            return self.model.basis.skin_index
        return self.model.part_vertices[mesh.name] if mesh.name in INNER_PARTS else None

    @cached_property
    def _sight(self) -> Sight:
        return Sight(self.scene.labelled, self.scene.camera)

    def in_sight(self, points: npt.NDArray[np.floating[Any]], beside: float = 0.0) -> npt.NDArray[np.bool_]:
        """Returns per model point (n, 3) whether it lies in the picture and nothing hides it, however few the pixels.

        Args:
            points: of the posed face, model frame.
            beside: a point also counts as seen if nothing hides it this far beside it in the picture, metres.
        """
        camera, world = self.scene.camera, self.face.to_world(points)
        pixel, place = camera.project(world), camera.to_camera(world)
        clear = self._sight.clear(place, IN_FRONT)
        if beside and not clear.all():
            around = (place[~clear] + beside * ROUND[:, None]).reshape(-1, 3)
            clear[~clear] = self._sight.clear(around, IN_FRONT).reshape(len(ROUND), -1).any(axis=0)
        return np.asarray(clear & _inside(pixel, camera))

    def visible(self, points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.bool_]:
        """Returns per model point (n, 3) whether it is seen, as far as pixels can tell: for very many points."""
        camera, world = self.scene.camera, self.face.to_world(points)
        pixel = np.floor(camera.project(world)).astype(np.int64)
        inside = _inside(pixel, camera)
        column, row = np.clip(pixel, 0, (camera.width - 1, camera.height - 1)).T
        surface = _nearby_furthest(np.asarray(self.visibility["depth"]))[row, column]
        depth = -camera.to_camera(world)[:, 2]
        return np.asarray(inside & (depth <= surface + VISIBLE_TOLERANCE))


def _inside(pixel: npt.NDArray[Any], camera: Camera) -> npt.NDArray[np.bool_]:
    """Returns (n,) whether places (n, 2) lie in the picture."""
    x, y = pixel.T
    return np.asarray((x >= 0) & (x < camera.width) & (y >= 0) & (y < camera.height))


def _nearby_furthest(depth: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Returns the furthest depth in the 3x3 pixels around each pixel: a point at a silhouette counts as seen."""
    padded = np.pad(np.where(np.isfinite(depth), depth, -np.inf), 1, mode="edge")
    across = np.maximum(np.maximum(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    return np.asarray(np.maximum(np.maximum(across[:-2], across[1:-1]), across[2:]))
