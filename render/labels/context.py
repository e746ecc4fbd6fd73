"""What a label may look at: the specification, the posed face, the scene and its visibility buffer."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from faceset.spec import SampleSpec
from render.assembly import INNER_PARTS, PosedFace
from render.certificate import Certificate, certify
from render.face_model import FaceModel
from render.kernels.placing import projected
from render.kernels.surface import mapped, not_behind
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

    @cached_property
    def face_pixels(self) -> dict[str, tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]]:
        """By part of the face model that is seen: which pixels (n,) show it, and the model's vertices (n, 3) there.

        What is no part of it is left out, eyes too.
        """
        found, surface = {}, self.surface
        for mesh in surface.meshes:
            vertices = self.model_vertices(mesh)
            if vertices is not None and mesh.name in surface.shown:
                chosen = surface.shown[mesh.name]
                corners = mapped(surface.corners, chosen, surface.parts[mesh.name].start, vertices)
                found[mesh.name] = (chosen, corners)
        return found

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
        camera = self.scene.camera
        place = camera.to_camera(self.face.to_world(points))
        asked = np.concatenate([place, *(place + beside * way for way in ROUND)]) if beside else place
        clear = self._sight.clear(asked, IN_FRONT).reshape(-1, len(place)).any(axis=0)
        x, y = projected(place, camera.focal, camera.centre).T
        return np.asarray(clear & (x >= 0) & (x < camera.width) & (y >= 0) & (y < camera.height))

    def visible(self, points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.bool_]:
        """Returns per model point (n, 3) whether it is seen, as far as pixels can tell: for very many points."""
        camera = self.scene.camera
        place = camera.to_camera(self.face.to_world(points))
        furthest = _nearby_furthest(np.asarray(self.visibility["depth"]))
        return not_behind(place, furthest, camera.focal, camera.centre, VISIBLE_TOLERANCE)


def _nearby_furthest(depth: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Returns the furthest depth in the 3x3 pixels around each pixel: a point at a silhouette counts as seen."""
    known = np.where(np.isfinite(depth), depth, np.float32(-np.inf))
    return np.asarray(cv2.dilate(known, np.ones((3, 3), np.uint8)))
