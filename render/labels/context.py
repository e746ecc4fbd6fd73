"""What a label may look at: the specification, the posed face, the scene and its visibility buffer."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.spec import SampleSpec
from render.assembly import PosedFace
from render.face_model import FaceModel
from render.scene import Frame, Scene, SceneMesh

LabelValue = npt.NDArray[Any] | str

VISIBLE_TOLERANCE = 0.004
"""How far behind the visible surface a point may lie and still count as seen, metres: half a pixel on a slope."""


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
    def mesh_starts(self) -> npt.NDArray[np.int64]:
        """The first triangle index of each mesh of the scene, and the total."""
        return np.cumsum([0] + [len(mesh.faces) for mesh in self.scene.meshes])

    def seen(self, index: int) -> tuple[SceneMesh, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
        """Returns mesh ``index``, the (H, W) pixels that show it and the (n,) triangle at each of them."""
        found = self.visibility["face_index"]
        start, stop = self.mesh_starts[index], self.mesh_starts[index + 1]
        mask = (found >= start) & (found < stop)
        return self.scene.meshes[index], np.asarray(mask), np.asarray(found[mask] - start, dtype=np.int64)

    def interpolated(self, values: npt.NDArray[Any], mesh: SceneMesh, mask: Any, triangle: Any) -> npt.NDArray[Any]:
        """Returns the (n, C) per-vertex ``values`` (V, C) of a mesh at the pixels that show it."""
        first = np.asarray(self.visibility["barycentric"])[mask]
        weights = np.concatenate([first, 1 - first.sum(axis=1, keepdims=True)], axis=1)
        return np.asarray(np.einsum("nk,nkc->nc", weights, values[mesh.faces[triangle]]))

    def visible(self, points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.bool_]:
        """Returns per model point (n, 3) whether it lies in the picture and nothing hides it."""
        world = self.face.to_world(points)
        camera = self.scene.camera
        pixel = np.floor(camera.project(world)).astype(int)
        inside = ((pixel >= 0) & (pixel < (camera.width, camera.height))).all(axis=1)
        column, row = np.clip(pixel, 0, (camera.width - 1, camera.height - 1)).T
        surface = _nearby_furthest(np.asarray(self.visibility["depth"]), row, column)
        depth = -camera.to_camera(world)[:, 2]
        return np.asarray(inside & (depth <= surface + VISIBLE_TOLERANCE))


def _nearby_furthest(depth: npt.NDArray[Any], row: npt.NDArray[Any], column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Returns the furthest depth in the 3x3 pixels around each place: a point at a silhouette counts as seen."""
    padded = np.pad(np.where(np.isfinite(depth), depth, -np.inf), 1, mode="edge")
    around = [padded[row + dy, column + dx] for dy in range(3) for dx in range(3)]
    return np.asarray(np.max(around, axis=0))
