"""The second face: ICT-FaceKit (MIT), read from the folder ``FaceXModel`` that the user brings.

Wavefront OBJ, one whole mesh for each shape (a shape change is the shape minus the neutral mesh), centimetres, +Y up,
the face looks along +Z. Its identities are modes of a principal component analysis in units of their standard
deviation, so they are drawn normally; it has no macro part. The project draws its own eyeballs and lashes: lacrimal
fluid, eye blend, eye occlusion and lashes of the release are left out.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from render.appearance.noise import smoothstep
from render.errors import FaceModelError
from render.face_basis import PARTS, FaceBasis, cache_folder, load_basis, save_basis
from render.rigs.chest import with_chest
from render.rigs.measured import measured
from render.rigs.sections import MILLIMETRES, section
from render.rigs.surface import surface
from render.rigs.wavefront import fan, obj_polygons, obj_vertices

BASIS_VERSION = 7
METRES = 0.01
VARIABLE = "FACSMITH_ICT_FACEKIT"
WHERE = "https://github.com/USC-ICT/ICT-FaceKit (MIT)"
NEUTRAL_FILE, INDEX_FILE = "generic_neutral_mesh.obj", "vertex_indices.json"
NUM_VERTICES, NUM_POLYGONS = 26719, 26384
POLYGONS = {
    "skin": (0, 11144),
    "mouth_cavity": (11144, 13226),
    "eye_socket": (13226, 14034),
    "gums": (14034, 17006),
    "upper_teeth": (17006, 19250),
    "lower_teeth": (19250, 21496),
    "left_eye": (21496, 22296),
    "right_eye": (23094, 23894),
}
"""Polygons of each part, first and one past the last, as the release lists them; "gums" hold the tongue too."""
EYE_SIDE = 8
"""How many of an eyeball's vertices are kept on each of four sides."""
TONGUE_SIZE, TONGUE_ROOT, TONGUE_BACK, TONGUE_HEIGHT = (0.0205, 0.0495), 0.050, 0.034, (-0.049, -0.028)
"""Half a rounded oblong (half its width, its length) from the root forward, where it ends, and its heights; metres."""
OPENINGS = (
    ([62], [66], ("mouthLowerDown_L", "mouthLowerDown_R")),
    ([37, 38], [41, 40], ("eyeBlink_R",)),
    ([43, 44], [47, 46], ("eyeBlink_L",)),
)
"""Upper and lower landmarks of the mouth and of each eye, and the shapes that open or close it."""
LIP_OUTLINE = list(range(48, 60))
LIP_EDGE, LIP_DEPTH = 0.001, 0.01
"""Half the width of the lips' soft edge and how far behind their corners they end, metres."""


def ict_basis() -> FaceBasis:
    """Returns the compact basis, read from the cache file or built (about 20 s) and cached on first use.

    Raises:
        FaceModelError: the environment variable names no complete release.
    """
    folder = released_folder()
    path = cache_folder() / f"ict-{_digest(folder)}-basis-{BASIS_VERSION}.npz"
    if not path.is_file():
        save_basis(build_ict_basis(folder), path)
    return load_basis(path)


def released_folder() -> Path:
    """Returns the folder ``FaceXModel`` of the release that the environment variable names.

    Raises:
        FaceModelError: the variable is not set, or what it names holds no release.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        raise FaceModelError(f"the face model ict needs ICT-FaceKit: get {WHERE} and set {VARIABLE} to its folder")
    inside = [folder for folder in (Path(named), Path(named) / "FaceXModel") if (folder / NEUTRAL_FILE).is_file()]
    if not inside:
        raise FaceModelError(
            f"{VARIABLE}={named}: expected the folder of ICT-FaceKit, with FaceXModel/{NEUTRAL_FILE}, found none; "
            f"get {WHERE}"
        )
    return inside[0]


def build_ict_basis(folder: Path) -> FaceBasis:
    """Returns the basis read from a folder ``FaceXModel``.

    Raises:
        FaceModelError: a file of the release is absent or not as released.
    """
    index = _index(folder)
    whole, polygons = _neutral(folder)
    triangles, parts = _drawn(whole, polygons)
    kept = np.unique(triangles)
    faces = np.searchsorted(kept, triangles).astype(np.int32)
    average = (whole[kept] + _shift(whole[kept], faces, parts)).astype(np.float32)
    marks = np.searchsorted(kept, np.array(index["idx_to_landmark_verts"], dtype=np.int64))
    modes = sorted(path.stem for path in folder.glob("identity*.obj"))
    local, action = (_changes(folder, names, whole, kept) for names in (modes, index["expressions"]))
    local = _at_rest(local, index["expressions"], action, marks)
    lip = _lip_weight(average, average[marks])
    lip[np.setdiff1d(np.arange(len(lip)), faces[parts == PARTS.index("skin")])] = 0.0
    basis = FaceBasis(
        template=average,
        faces=faces,
        part=parts,
        macro=np.zeros((0, *average.shape), np.float32),
        macro_names=np.zeros(0, "U1"),
        local=np.stack([local, -local], axis=1),
        local_names=np.array(modes),
        action=action,
        action_names=np.array(index["expressions"]),
        **measured(average, faces, parts, lip, _at_vertices(marks), surface("ict").axis_z),
    )
    return with_chest(basis, surface("ict").collar)


def _at_vertices(marks: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Returns landmarks that are vertices (68,) as weighted means of three."""
    weights = np.zeros((len(marks), 3), np.float32)
    weights[:, 0] = 1.0
    return np.repeat(marks[:, None], 3, axis=1).astype(np.int32), weights


def _digest(folder: Path) -> str:
    listed = sorted((path.name, path.stat().st_size) for path in folder.iterdir() if path.is_file())
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:12]


def _index(folder: Path) -> dict[str, list[Any]]:
    """Returns the release's own index: the names of its expressions and its landmark vertices."""
    path = folder / INDEX_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: found[name] for name in ("expressions", "idx_to_landmark_verts")}
    except (OSError, ValueError, KeyError) as error:
        raise FaceModelError(f"{path}: expected the index of ICT-FaceKit, found {error!r}; get {WHERE}") from error


def _neutral(folder: Path) -> tuple[npt.NDArray[np.float64], list[tuple[int, ...]]]:
    path = folder / NEUTRAL_FILE
    vertices, polygons = obj_vertices(path), obj_polygons(path)
    if (len(vertices), len(polygons)) != (NUM_VERTICES, NUM_POLYGONS):
        raise FaceModelError(
            f"{path}: expected {NUM_VERTICES} vertices and {NUM_POLYGONS} polygons, "
            f"found {len(vertices)} and {len(polygons)}; get {WHERE}"
        )
    return vertices * METRES, polygons


def _drawn(
    vertices: npt.NDArray[np.float64], polygons: list[tuple[int, ...]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Returns the (F, 3) triangles that are kept and the (F,) part of each."""
    groups = {name: _triangles(polygons[start:stop]) for name, (start, stop) in POLYGONS.items()}
    for eye in ("left_eye", "right_eye"):
        groups[eye] = _outermost(vertices, np.unique(groups[eye]))
    tongue = _is_tongue(vertices[groups["gums"]])
    groups["tongue"], groups["gums"] = groups["gums"][tongue], groups["gums"][~tongue]
    parts = [np.full(len(faces), PARTS.index(name), np.uint8) for name, faces in groups.items()]
    return np.concatenate(list(groups.values())), np.concatenate(parts)


def _triangles(polygons: list[tuple[int, ...]]) -> npt.NDArray[np.int64]:
    return np.array([triangle for polygon in polygons for triangle in fan(polygon)])


def _outermost(vertices: npt.NDArray[np.float64], ball: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Returns triangles over the vertices of an eyeball that lie outermost on four sides: their mean is its centre.

    The project draws its own eyeball; of the model's, the centre is all it needs.
    """
    x, y, _ = vertices[ball].T
    sides = [ball[np.argsort(key, kind="stable")[:EYE_SIDE]] for key in (x, y, -x, -y)]
    return np.concatenate([np.stack([sides[0], sides[step], sides[step + 1]], axis=1) for step in (1, 2)])


def _is_tongue(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Returns which triangles (F, 3, 3) of gums and tongue, one sheet in the release, are the tongue's.

    Seen from above the tongue lies within the lower arch, half a rounded oblong, and it is convex: its triangles face
    away from the line through its middle, those of the gums and of the floor of the mouth towards it.
    """
    middle = corners.mean(axis=1)
    x, y, z = middle.T
    width, length = TONGUE_SIZE
    below = np.abs(x / width) ** 2.5 + (np.maximum(z - TONGUE_ROOT, 0.0) / length) ** 2.5 < 1
    low, high = TONGUE_HEIGHT
    axis = np.stack([0 * x, np.full_like(y, (low + high) / 2), np.minimum(z, TONGUE_ROOT + 0.75 * length)], axis=1)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    away = np.einsum("fd,fd->f", normal, middle - axis) > 0
    return np.asarray(below & away & (y > low) & (y < high) & (z > TONGUE_BACK))


def _shift(
    vertices: npt.NDArray[np.float64], faces: npt.NDArray[np.int32], parts: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Returns the translation (3,) that takes the point between the eyes to where the recipe wants it, metres."""
    eyes = [vertices[np.unique(faces[parts == PARTS.index(name)])].mean(axis=0) for name in ("left_eye", "right_eye")]
    wanted = np.array(section("ict", "frame")["eyes"], dtype=np.float64) / MILLIMETRES
    return np.asarray(wanted - np.mean(eyes, axis=0))


def _changes(
    folder: Path, names: list[str], neutral: npt.NDArray[np.float64], kept: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Returns the (N, V, 3) deltas of some shapes, metres."""
    deltas = np.zeros((len(names), len(kept), 3), np.float32)
    for index, name in enumerate(names):
        shape = obj_vertices(folder / f"{name}.obj")
        if shape.shape != neutral.shape:
            raise FaceModelError(f"{folder / name}.obj: expected {len(neutral)} vertices, found {len(shape)}")
        deltas[index] = (shape * METRES - neutral)[kept]
    return deltas


def _at_rest(
    local: npt.NDArray[np.float32],
    names: list[str],
    action: npt.NDArray[np.float32],
    marks: npt.NDArray[np.int64],
) -> npt.NDArray[np.float32]:
    """Returns the identity modes (N, V, 3) without what they do to the openings of mouth and eyes.

    Not all scanned people had closed lips and eyes equally open, so that the modes part the lips by up to 2 mm and lids
    by 3 mm: a neutral face would show AU25 and AU5, and no blink would close every eye. What a mode does to an opening
    is taken back with the shape that changes it.
    """
    for upper, lower, shapes in OPENINGS:
        shape = np.sum([action[names.index(name)] for name in shapes], axis=0)
        opened = (local[:, marks[upper], 1] - local[:, marks[lower], 1]).mean(axis=1)
        by_shape = float((shape[marks[upper], 1] - shape[marks[lower], 1]).mean())
        local = local - (opened / by_shape)[:, None, None] * shape
    return local


def _lip_weight(average: npt.NDArray[np.float32], marks: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Returns the (V,) weight of the lips: what lies within a smooth curve through the outer lip landmarks.

    The release marks no lips. The curve is taken as seen from the front, on the front of the face.
    """
    outline = np.vstack([marks[LIP_OUTLINE], marks[LIP_OUTLINE[:1]]])[:, :2].astype(np.float64)
    ring = CubicSpline(np.arange(len(outline)), outline, bc_type="periodic")(np.linspace(0, len(outline) - 1, 241))
    offset = average[:, None, :2] - ring[None, :-1]
    distance = np.linalg.norm(offset, axis=2).min(axis=1)
    signed = np.where(_within(average[:, :2], ring), distance, -distance)
    front = average[:, 2] > marks[LIP_OUTLINE, 2].min() - LIP_DEPTH
    return np.asarray(smoothstep(-LIP_EDGE, LIP_EDGE, signed) * front)


def _within(points: npt.NDArray[np.floating[Any]], ring: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Returns which points (n, 2) lie within a closed ring (m, 2), by counting the edges to their right."""
    (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
    x, y = points[:, :1].astype(np.float64), points[:, 1:].astype(np.float64)
    straddles = (y0 > y) != (y1 > y)
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    return np.asarray((straddles & (x < x0 + (y - y0) / rise * (x1 - x0))).sum(axis=1) % 2 == 1)
