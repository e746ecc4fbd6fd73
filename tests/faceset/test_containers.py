"""Complete exports read back by the libraries they are for: every value and every pixel as in the shards."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from faceset.channels import CHANNELS
from faceset.errors import ExportError
from faceset.export import CONTAINERS
from faceset.export.container import write_container
from faceset.export.contents import Contents
from faceset.export.rle import run_lengths
from faceset.facts import DatasetFacts, read_facts
from faceset.loading import ShardSet
from faceset.sample import Sample
from faceset.shards import write_shard
from faceset.splits import SPLITS, Split

ROOT = Path(__file__).parents[2]
SEGMENTS = ["background", "skin", "hair", "nose", "left_ear", "cap"]
PER_FILE = 4
Tree = dict[str, bytes]


def split_of(identity: str) -> Split:
    """People 0 to 2 train, 3 validate, 4 test."""
    return SPLITS[max(0, int(identity.rsplit(maxsplit=1)[-1]) - 2)]


@pytest.fixture(scope="module")
def facts() -> DatasetFacts:
    return read_facts(ROOT / "dataset.yaml")


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory, make_sample: Callable[..., Sample]) -> ShardSet:
    """Two shards with every channel and one, of photographs, with the required ones."""
    folder = tmp_path_factory.mktemp("shards")
    for number in range(2):
        full = [make_sample(7 * number + row, full=True) for row in range(7)]
        write_shard(folder / f"{number}.h5", full, {"segments": SEGMENTS})
    write_shard(folder / "2.h5", [make_sample(14 + row, source="photo ä/1") for row in range(5)])
    return ShardSet.from_folder(folder)


@pytest.fixture(scope="module")
def samples(faces: ShardSet) -> dict[str, Sample]:
    """The truth, read one by one."""
    each = (shard.sample(row) for shard in faces.shards for row in range(shard.num_samples))
    return {sample.key: sample for sample in each}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, faces: ShardSet, facts: DatasetFacts) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def export(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            write_container(made[name], Contents.of(faces, split_of, PER_FILE), name, facts)
        return made[name]

    return export


def tree(folder: Path) -> Tree:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def same(sample: Sample, read: Mapping[str, Any], names: set[str]) -> None:
    """Compares channels exactly, in the stored type."""
    assert names <= set(sample)
    for name in names:
        stored, found = sample[name], read[name]
        if CHANNELS[name].is_text:
            assert found == stored, name
        else:
            found = np.asarray(found)
            back = found.astype(stored.dtype)
            assert np.array_equal(back.astype(found.dtype), found), f"{name} lost its precision"
            assert found.shape == stored.shape and np.array_equal(back, stored), name


def of_codes(value: Mapping[str, Any], codes: tuple[str, ...]) -> list[Any]:
    assert tuple(value) == codes
    return [value[code] for code in codes]


# --- WebDataset


def tar_samples(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import webdataset as wds

    index = json.loads((folder / "index.json").read_text())
    for listed in index["shardlist"]:
        stream = wds.WebDataset(str(folder / listed["url"]), shardshuffle=False).decode("rgb8")
        found = list(stream)
        assert len(found) == listed["nsamples"] and (folder / listed["url"]).stat().st_size == listed["filesize"]
        for each in found:
            yield listed["split"], each


# The library leaves its tar files to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_every_value_back(
    exported: Callable[[str], Path], samples: dict[str, Sample], faces: ShardSet
) -> None:
    seen = []
    for split, each in tar_samples(exported("webdataset")):
        labels = each["json"]
        sample = samples[labels["sample_key"]]
        read = {
            name: of_codes(value, faces.au_codes) if isinstance(value, dict) else value
            for name, value in labels.items()
        }
        read |= {name.removesuffix(".npy"): value for name, value in each.items() if name.endswith(".npy")}
        read["image"] = each["png"]
        same(sample, read, set(sample))
        assert set(read) == set(sample)
        assert split == split_of(sample["identity"])
        assert list(samples).index(sample.key) == int(each["__key__"])
        seen.append(sample.key)
    assert sorted(seen) == sorted(samples)


def test_tar_files_hold_a_fixed_number(exported: Callable[[str], Path]) -> None:
    listed = json.loads((exported("webdataset") / "index.json").read_text())["shardlist"]
    for split in SPLITS:
        counts = [each["nsamples"] for each in listed if each["split"] == split]
        assert all(count == PER_FILE for count in counts[:-1]) and 0 < counts[-1] <= PER_FILE


# --- Hugging Face


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    yield tmp_path / "cache"


def test_datasets_reads_every_value_back(
    exported: Callable[[str], Path], samples: dict[str, Sample], faces: ShardSet, offline: Path
) -> None:
    import datasets

    loaded = datasets.load_dataset(str(exported("huggingface")), cache_dir=str(offline))
    assert sorted(loaded) == ["test", "train", "validation"]
    assert loaded["train"].features["source"].names == ["photo ä/1", "test"]
    seen = []
    for split, table in loaded.items():
        for row in table:
            sample = samples[row["sample_key"]]
            assert split_of(sample["identity"])[:3] == split[:3]
            assert all(row[name] is None for name in set(row) - set(sample))
            read = {name: _read_value(name, row[name], faces, table.features) for name in sample}
            same(sample, read, set(sample))
            seen.append(sample.key)
    assert sorted(seen) == sorted(samples)


def _read_value(name: str, value: Any, faces: ShardSet, features: Any) -> Any:
    if name == "source":
        return features["source"].int2str(value)
    return of_codes(value, faces.au_codes) if CHANNELS[name].shape == ("K",) else value


def test_columns_are_typed(exported: Callable[[str], Path], offline: Path) -> None:
    import datasets

    table = datasets.load_dataset(
        "parquet", data_files=[str(path) for path in exported("huggingface").glob("data/train*.parquet")],
        split="train", cache_dir=str(offline),
    )  # fmt: skip
    features = table.features
    assert isinstance(features["image"], datasets.Image) and isinstance(features["segmentation"], datasets.Image)
    assert isinstance(features["source"], datasets.ClassLabel)
    assert features["au"]["AU12"] == datasets.Value("float32") and features["au_known"]["AU12"] == datasets.Value(
        "bool"
    )
    # Some faces lack these, so their lengths are open.
    assert features["landmarks"] == datasets.List(datasets.List(datasets.Value("float32")))
    assert features["landmark_visible"] == datasets.List(datasets.Value("bool"))
    assert features["checksum"] == datasets.Value("uint64")


def test_lengths_are_typed_where_every_face_has_them(
    tmp_path: Path, make_sample: Callable[..., Sample], facts: DatasetFacts, offline: Path
) -> None:
    import datasets

    sample = make_sample(0, full=True)
    write_shard(tmp_path / "shards/0.h5", [sample], {"segments": SEGMENTS})
    contents = Contents.of(ShardSet.from_folder(tmp_path / "shards"), split_of)
    (tmp_path / "out").mkdir()
    write_container(tmp_path / "out", contents, "huggingface", facts)
    table = datasets.load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(offline))
    pair = datasets.List(datasets.Value("float32"), length=2)
    assert table.features["landmarks"] == datasets.List(pair, length=68)
    arrays = table.with_format("numpy")[0]
    assert np.array_equal(arrays["landmarks"], sample["landmarks"]) and arrays["depth"].shape == (8, 8)
    assert np.array_equal(arrays["normal_camera"], sample["normal_camera"])


# --- COCO


def coco(folder: Path, split: str) -> dict[str, Any]:
    return dict(json.loads((folder / f"annotations/faces_{split}.json").read_text(encoding="utf-8")))


def unrolled(segmentation: Mapping[str, Any]) -> Any:
    """Decodes run lengths as the format defines them, pixel by pixel."""
    height, width = segmentation["size"]
    pixels, inside = [], False
    for count in segmentation["counts"]:
        pixels += [inside] * count
        inside = not inside
    return np.array(pixels).reshape(width, height).T


def test_coco_reads_every_value_back(
    exported: Callable[[str], Path], samples: dict[str, Sample], faces: ShardSet
) -> None:
    folder, seen, ids = exported("coco"), [], []
    for split in SPLITS:
        content = coco(folder, split)
        names = {each["id"]: each["name"] for each in content["categories"]}
        by_image: dict[int, list[dict[str, Any]]] = {each["id"]: [] for each in content["images"]}
        for annotation in content["annotations"]:
            by_image[annotation["image_id"]].append(annotation)
            ids.append(annotation["id"])
        for image in content["images"]:
            (face,) = (each for each in by_image[image["id"]] if names[each["category_id"]] == "face")
            sample = samples[face["attributes"]["sample_key"]]
            assert split_of(sample["identity"]) == split
            _same_face(folder, image, face, sample, faces)
            segments = [each for each in by_image[image["id"]] if each is not face]
            _same_segments(segments, names, sample)
            seen.append(sample.key)
    assert sorted(seen) == sorted(samples) and len(set(ids)) == len(ids)


def _same_face(
    folder: Path, image: Mapping[str, Any], face: Mapping[str, Any], sample: Sample, faces: ShardSet
) -> None:
    read = {
        name: of_codes(value, faces.au_codes) if isinstance(value, dict) else value
        for name, value in face["attributes"].items()
    }
    read["image"] = np.asarray(Image.open(folder / image["file_name"]))
    assert (image["height"], image["width"]) == read["image"].shape[:2]
    points = np.array(face["keypoints"]).reshape(68, 3)
    if "landmarks" in sample:
        read["landmarks"], read["landmark_visible"] = points[:, :2], (points[:, 2] == 2).astype(np.uint8)
        low, high = points[:, :2].clip(0, 8).min(axis=0), points[:, :2].clip(0, 8).max(axis=0)
        assert np.allclose(face["bbox"], [*low, *(high - low)]) and face["num_keypoints"] == 68
    else:
        assert not points.any() and face["num_keypoints"] == 0 and face["bbox"] == [0, 0, 8, 8]
    maps = {name for name in sample if CHANNELS[name].per_pixel or name.startswith("dense")}
    same(sample, read, (set(sample) - maps) | {"image"})
    assert set(read) == (set(sample) - maps) | {"image"}


def _same_segments(annotations: list[dict[str, Any]], names: Mapping[int, str], sample: Sample) -> None:
    found = np.zeros((8, 8), np.uint8)
    for each in annotations:
        mask = unrolled(each["segmentation"])
        assert not found[mask].any() and mask.sum() == each["area"]
        x, y, width, height = map(int, each["bbox"])
        assert mask[y : y + height, x : x + width].sum() == mask.sum()
        assert mask[y].any() and mask[:, x].any() and mask[y + height - 1].any() and mask[:, x + width - 1].any()
        found[mask] = SEGMENTS.index(names[each["category_id"]])
    assert np.array_equal(found, sample["segmentation"]) if "segmentation" in sample else not annotations


@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 2**49 - 1))
def test_run_lengths_are_a_code(height: int, width: int, bits: int) -> None:
    mask = np.array([bits >> place & 1 for place in range(height * width)], bool).reshape(height, width)
    rolled = run_lengths(mask)
    assert np.array_equal(unrolled(rolled), mask) and all(count > 0 for count in rolled["counts"][1:])


# --- every container


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_same_shards_give_the_same_bytes(
    tmp_path: Path, exported: Callable[[str], Path], faces: ShardSet, facts: DatasetFacts, name: str
) -> None:
    write_container(tmp_path, Contents.of(faces, split_of, PER_FILE), name, facts)
    assert tree(tmp_path) == tree(exported(name))


@pytest.mark.parametrize("name", CONTAINERS)
def test_nobody_is_in_two_splits_and_nobody_is_lost(name: str, faces: ShardSet) -> None:
    contents = Contents.of(faces, split_of, PER_FILE)
    rows = np.concatenate(list(contents.splits.values()))
    assert sorted(rows.tolist()) == list(range(len(faces)))
    people = [set(faces.labels("identity")[rows]) for rows in contents.splits.values()]
    assert sum(map(len, people)) == len(set.union(*people))


@pytest.mark.parametrize("name", CONTAINERS)
def test_progress_counts_every_face(tmp_path: Path, faces: ShardSet, facts: DatasetFacts, name: str) -> None:
    told: list[int] = []
    write_container(tmp_path, Contents.of(faces, split_of, PER_FILE, told.append), name, facts)
    assert told == sorted(set(told)) and told[-1] == len(faces)


@pytest.mark.parametrize("name", CONTAINERS)
def test_memory_does_not_grow_with_the_set(
    tmp_path: Path, faces: ShardSet, facts: DatasetFacts, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more pixels are asked for at once than a block holds, whatever the number of faces."""
    from faceset.export import contents

    asked: list[int] = []
    original = ShardSet.pixels

    def counted(self: ShardSet, channel: str, indices: Any, out: Any = None) -> Any:
        asked.append(len(indices))
        return original(self, channel, indices, out)

    monkeypatch.setattr(ShardSet, "pixels", counted)
    monkeypatch.setattr(contents, "BLOCK", 2)
    write_container(tmp_path, Contents.of(faces, split_of, PER_FILE), name, facts)
    assert max(asked) == 2


def test_shards_that_name_segments_otherwise_are_refused(
    tmp_path: Path, make_sample: Callable[..., Sample], facts: DatasetFacts
) -> None:
    for number, names in enumerate((["background", "skin"], ["background", "hair"])):
        write_shard(tmp_path / f"{number}.h5", [make_sample(number, full=True)], {"segments": names})
    contents = Contents.of(ShardSet.from_folder(tmp_path), split_of)
    with pytest.raises(ExportError, match="same segments"):
        write_container(tmp_path / "out", contents, "webdataset", facts)


def test_an_unknown_container_is_named(tmp_path: Path, faces: ShardSet, facts: DatasetFacts) -> None:
    with pytest.raises(ExportError, match="unknown format 'zip'; known: webdataset, huggingface, coco"):
        write_container(tmp_path, Contents.of(faces, split_of), "zip", facts)
    with pytest.raises(ExportError, match="at least 1"):
        Contents.of(faces, split_of, 0)
