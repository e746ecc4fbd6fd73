"""COCO-style JSON: ``annotations/faces_train.json`` and so on, beside ``images/train/000000000043.png``.

Every face is an annotation of category 1, ``face``: ``bbox`` (x, y, width, height) around its landmarks, else around
its segments, else the whole image; ``keypoints``, the 68 landmarks of iBUG, each x, y and 2 where it is seen, 1 where
something hides it, 0 where it is not known. Where the shards hold a segmentation, every class but the first (the
background) is an annotation of its own with ``segmentation`` as run lengths and a category named in ``categories``.

Beyond COCO: ``attributes`` of a face's annotation holds every label that is not a map of pixels; Action Units by code,
0 where ``au_known`` is 0. Coordinates are ours: the top-left corner of the image is (0, 0), pixel centres lie at .5.
Maps of pixels other than the segmentation, and the dense landmarks, have no place in COCO and are left out.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from faceset.channels import CHANNELS, IMAGE, Array, Channel
from faceset.croissant import Layout, Source
from faceset.export.contents import Contents, Face, plain_value
from faceset.export.png import png
from faceset.export.rle import run_lengths
from faceset.splits import Split

FACE = 1
MOST_CATEGORIES = 1000
"""More than a byte of segments and the face."""
KEPT_ELSEWHERE = frozenset({IMAGE, "landmarks", "landmark_visible", "segmentation"})
OF_THE_FACE = frozenset({
    "skin", "left_brow", "right_brow", "left_eye", "right_eye",
    "nose", "upper_lip", "lower_lip", "inner_mouth", "teeth", "tongue",
})  # fmt: skip
"""Segments around which a face without landmarks is boxed."""
_PARTS = (
    ("jaw", 17), ("right_brow", 5), ("left_brow", 5), ("nose_bridge", 4), ("nose_base", 5),
    ("right_eye", 6), ("left_eye", 6), ("outer_lips", 12), ("inner_lips", 8),
)  # fmt: skip
KEYPOINTS = tuple(f"{part}_{number}" for part, count in _PARTS for number in range(1, count + 1))
"""Names of the 68 landmarks in the order of iBUG."""


def write(folder: Path, contents: Contents) -> None:
    """Writes a file of annotations for each split, and the images."""
    done = 0
    for split in contents.splits:
        done = _write_split(folder, split, contents, done)


def _write_split(folder: Path, split: Split, contents: Contents, done: int) -> int:
    """Writes one split, image by image, and returns how many faces have been written in all."""
    path, later = folder / f"annotations/faces_{split}.json", folder / f"annotations/.faces_{split}.part"
    path.parent.mkdir(exist_ok=True)
    (folder / "images" / split).mkdir(parents=True)
    with path.open("w", encoding="utf-8") as file, later.open("w+", encoding="utf-8") as annotations:
        file.write(f'{{"categories": {json.dumps(_categories(contents))},\n"images": [\n')
        images, written = 0, 0
        for face in _faces(contents, split):
            name = f"images/{split}/{face['number'] + 1:012d}.png"
            (folder / name).write_bytes(png(face[IMAGE]))
            images = _append(file, _image(face, name), images)
            for annotation in _annotations(face, contents):
                # Unique in all splits, and the same whichever faces lie before.
                annotation["id"] = (face["number"] + 1) * MOST_CATEGORIES + annotation["category_id"]
                written = _append(annotations, annotation, written)
            done += 1
            contents.progress(done)
        file.write('\n],\n"annotations": [\n')
        annotations.seek(0)
        file.writelines(annotations)
        file.write("\n]}\n")
    later.unlink()
    return done


def _faces(contents: Contents, split: Split) -> Iterator[Face]:
    for file in contents.files():
        if file.split == split:
            yield from file


def _append(file: IO[str], value: Any, count: int) -> int:
    """Writes one more value of a JSON array and returns their number."""
    file.write((",\n" if count else "") + json.dumps(value, allow_nan=False, ensure_ascii=False))
    return count + 1


def _categories(contents: Contents) -> list[dict[str, Any]]:
    face = {"id": FACE, "name": "face", "supercategory": "person", "keypoints": list(KEYPOINTS), "skeleton": []}
    segments = enumerate(contents.segments[1:], start=FACE + 1)
    return [face, *({"id": number, "name": name, "supercategory": "segment"} for number, name in segments)]


def _image(face: Face, name: str) -> dict[str, Any]:
    height, width, _ = face[IMAGE].shape
    return {"id": face["number"] + 1, "file_name": name, "width": width, "height": height}


def _annotations(face: Face, contents: Contents) -> Iterator[dict[str, Any]]:
    image = {"image_id": face["number"] + 1, "iscrowd": 0}
    box = _box(face, contents.segments)
    yield {
        **image,
        "category_id": FACE,
        "bbox": box,
        "area": box[2] * box[3],
        "segmentation": [],
        **_keypoints(face),
        "attributes": _attributes(face, contents.faces.au_codes),
    }
    if "segmentation" in face:
        for number in np.unique(face["segmentation"]).tolist():
            if number:
                mask = face["segmentation"] == number
                found = {"bbox": _around(mask), "area": int(mask.sum()), "segmentation": run_lengths(mask)}
                yield {**image, "category_id": FACE + number, **found}


def _keypoints(face: Face) -> dict[str, Any]:
    if "landmarks" not in face:
        return {"keypoints": [0] * 3 * len(KEYPOINTS), "num_keypoints": 0}
    points = face["landmarks"].tolist()
    # Without a mask of its own, a landmark is where somebody saw it.
    visible = face["landmark_visible"].tolist() if "landmark_visible" in face else [1] * len(points)
    flat = [value for (x, y), seen in zip(points, visible, strict=True) for value in (x, y, 1 + seen)]
    return {"keypoints": flat, "num_keypoints": len(points)}


def _attributes(face: Face, codes: tuple[str, ...]) -> dict[str, Any]:
    values = {}
    for name, value in face.items():
        channel = CHANNELS.get(name)
        if channel is None or not _is_attribute(channel):
            continue
        plain = plain_value(name, value)
        values[name] = dict(zip(codes, plain, strict=True)) if channel.shape == ("K",) else plain
    return values


def _box(face: Face, segments: tuple[str, ...]) -> list[float]:
    height, width, _ = face[IMAGE].shape
    if "landmarks" in face:
        points = np.clip(face["landmarks"].astype(np.float64), 0, [width, height])
        corner, size = points.min(axis=0), np.ptp(points, axis=0)
        return [*corner.tolist(), *size.tolist()]
    shown = [number for number, name in enumerate(segments) if name in OF_THE_FACE]
    mask = np.isin(face["segmentation"], shown) if "segmentation" in face else np.zeros((height, width), bool)
    return _around(mask) if mask.any() else [0.0, 0.0, float(width), float(height)]


def _around(mask: Array) -> list[float]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [float(columns[0]), float(rows[0]), float(np.ptp(columns) + 1), float(np.ptp(rows) + 1)]


def _is_attribute(channel: Channel) -> bool:
    return not (channel.per_pixel or channel.name in KEPT_ELSEWHERE or channel.name.startswith("dense_"))


def _croissant_source(channel: Channel, code: str | None) -> Source | None:
    if channel.name == IMAGE:
        return {"fileSet": {"@id": "images"}, "extract": {"fileProperty": "content"}}
    places = {"landmarks": "keypoints", "landmark_visible": "keypoints", "segmentation": "segmentation"}
    place = f"attributes.{channel.name}" if _is_attribute(channel) else places.get(channel.name)
    if place is None:
        return None
    path = ".".join(["$.annotations[*]", place, *([code] if code else [])])
    return {"fileSet": {"@id": "annotations"}, "extract": {"jsonPath": path}}


LAYOUT = Layout({"annotations": "annotations/*.json", "images": "images/*/*.png"}, _croissant_source, by_code=True)
"""Where Croissant finds the channels."""
