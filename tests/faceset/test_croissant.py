"""Croissant metadata: accepted by mlcroissant without a network, and records read through it are the shards'."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from faceset.channels import CHANNELS
from faceset.composition import Composition
from faceset.croissant import SHARDS, croissant, data_files
from faceset.export.container import write_container
from faceset.export.contents import Contents
from faceset.facts import DatasetFacts, read_facts
from faceset.loading import ShardSet
from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import CODES

# The library's own calls of rdflib.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlcroissant", "ignore::DeprecationWarning:rdflib")

FEW = CODES[:3]
ROOT = Path(__file__).parents[2]
MINIMAL_RAI = (
    "data_collection", "data_limitations", "data_biases", "data_use_cases",
    "personal_sensitive_information", "data_annotation_protocol", "data_social_impact",
)  # fmt: skip


@pytest.fixture(scope="module")
def facts() -> DatasetFacts:
    return read_facts(ROOT / "dataset.yaml")


@pytest.fixture
def composition(folder: Path) -> Composition:
    return Composition.of(ShardSet.from_folder(folder), {"train": 12, "val": 3})


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every attempt to reach a network fail."""
    import socket

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("a test reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def _of_few_aus(sample: Sample) -> Sample:
    """Keeps the first columns: a field for each of thirty takes the library seconds."""
    return Sample(
        {name: value[: len(FEW)] if CHANNELS[name].shape == ("K",) else value for name, value in sample.items()}
    )


def loaded(folder: Path) -> Any:
    """Returns the data set as mlcroissant sees it; it validates on reading."""
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert (set(issues.errors), set(issues.warnings)) == (set(), set())
    return dataset


def test_mlcroissant_accepts_the_shards(
    facts: DatasetFacts, folder: Path, composition: Composition, unreachable: None
) -> None:
    files = data_files(folder, ("*.h5", "manifest.jsonl"))
    (folder / "croissant.json").write_text(croissant(facts, composition, CODES, files, SHARDS), encoding="utf-8")
    metadata = loaded(folder).metadata
    assert "http://mlcommons.org/croissant/1.1" in json.loads((folder / "croissant.json").read_text())["conformsTo"]
    assert all(getattr(metadata, name) for name in MINIMAL_RAI)
    written = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
    assert [each["@id"] for each in written["prov:wasDerivedFrom"]] == list(facts.derived_from)
    assert (
        written["prov:wasGeneratedBy"][0]["sc:description"] == facts.origin and written["rai:hasSyntheticData"] is True
    )
    assert metadata.data_biases == list(facts.biases) and metadata.license == [facts.licence_page]
    listed = {each.name: each.sha256 for each in metadata.file_objects}
    recorded = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    assert {each["shard"]: each["sha256"] for each in recorded}.items() <= listed.items()
    assert {field.name.split("/")[1] for field in metadata.record_sets[0].fields} == set(composition.channels)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, make_sample: Any) -> ShardSet:
    folder = tmp_path_factory.mktemp("full")
    faces = [_of_few_aus(make_sample(row, full=True)) for row in range(6)]
    write_shard(folder / "0.h5", faces, {"segments": ["a"] * 6}, FEW)
    return ShardSet.from_folder(folder)


@pytest.mark.parametrize("name", ["webdataset", "huggingface", "coco"])
def test_mlcroissant_accepts_the_exports(
    tmp_path: Path, facts: DatasetFacts, full: ShardSet, name: str, unreachable: None
) -> None:
    write_container(tmp_path, Contents.of(full, lambda _: "train", 4), name, facts)
    metadata = loaded(tmp_path).metadata
    fields = [field for records in metadata.record_sets for field in records.fields]
    described = {field.name.split("/")[1] for field in fields} - {"file"}
    lost = {each for each in full.channels if each.startswith("dense") or each in
            {"depth", "normal_camera", "uv", "face_index", "barycentric", "flow", "au_region"}}  # fmt: skip
    assert described == set(full.channels) - (lost if name == "coco" else set())


def test_mlcroissant_reads_the_records_of_the_parquet_export(
    tmp_path: Path, facts: DatasetFacts, full: ShardSet, unreachable: None
) -> None:
    write_container(tmp_path, Contents.of(full, lambda _: "train", 4), "huggingface", facts)
    records = list(loaded(tmp_path).records("faces"))
    assert len(records) == 6
    for row, record in enumerate(records):
        _same(full.shards[0].sample(row), record)


def _same(sample: Sample, record: dict[str, Any]) -> None:
    for name, value in _values(record):
        stored = sample[name]
        if isinstance(stored, str):
            assert name == "source" or value == stored, name
        else:
            found = np.asarray(value)
            assert np.array_equal(found.astype(stored.dtype), stored), name
    assert {name for name, _ in _values(record)} == set(sample)


def _values(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for field, value in record.items():
        name = field.removeprefix("faces/")
        if isinstance(value, dict):
            assert [key.rsplit("/")[-1] for key in value] == list(FEW)
            yield name, list(value.values())
        elif isinstance(value, bytes):
            yield name, value.decode() if not value.startswith(b"\x89PNG") else np.asarray(Image.open(BytesIO(value)))
        else:
            yield name, value
