"""``facsmith verify``: whoever alters a shard, a label or a specification is found out."""

from pathlib import Path

import numpy as np
import pytest

from faceset.sample import Sample
from faceset.shards import Shard, write_shard
from faceset.spec import CameraEffects, SampleSpec, read_specs, write_specs
from facs import CODES
from pipeline.errors import StageError
from pipeline.rendering import SPECS_DIGEST, specs_digest
from pipeline.storing import SPECS, store
from pipeline.verifying import verify_folder
from render.config import SamplingConfig
from render.sample import SampleRenderer
from render.sampling import sample_specs


@pytest.fixture(scope="module")
def made() -> tuple[list[SampleSpec], list[Sample]]:
    config = SamplingConfig(action_units=CODES, identities=2, size=48, twins_per_sample=1, camera_effects=0.5)
    specs = sample_specs(config, seed=2, count=4, prefix="verified")
    renderer = SampleRenderer(channels=("segmentation", "flow"))
    samples = [renderer.render(spec) for spec in specs]
    renderer.close()
    return specs, samples


@pytest.fixture
def folder(made: tuple[list[SampleSpec], list[Sample]], tmp_path: Path) -> Path:
    specs, samples = made
    store(samples, tmp_path, 3, {"backend": "raster", SPECS_DIGEST: specs_digest(specs)})
    write_specs(tmp_path / SPECS, specs)
    return tmp_path


def test_shards_pass_and_the_worst_case_is_stated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = [spec.camera_effects != CameraEffects() for spec in read_specs(folder / SPECS)]
    assert {*taken} == {True, False}, "with and without a camera's effects"
    verify_folder(folder, images=True)
    said = capsys.readouterr().out
    assert "8 faces measured again from their specifications, all labels as stored" in said
    assert "largest |asked - measured| activation" in said


def test_one_flipped_bit_anywhere_in_a_shard_is_found(folder: Path) -> None:
    path = folder / "00000.h5"
    raw = path.read_bytes()
    random = np.random.default_rng(0)
    for position in random.integers(0, len(raw), 40):
        damaged = bytearray(raw)
        damaged[position] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        with pytest.raises((StageError, ValueError)):
            verify_folder(folder)
    path.write_bytes(raw)
    verify_folder(folder)


def test_a_label_that_was_altered_with_all_its_checksums_is_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shard = Shard.open(folder / "00000.h5")
    samples = [shard.sample(row) for row in range(shard.num_samples)]
    arrays = {name: value for name, value in samples[1].items() if name != "checksum"}
    samples[1] = Sample({**arrays, "landmarks": arrays["landmarks"] + np.float32(0.01)})
    write_shard(folder / "00000.h5", samples, dict(shard.attrs))
    with pytest.raises(StageError, match="labels are not what their specification makes"):
        verify_folder(folder)
    assert f"{samples[1].key}: landmarks: 136 of 136 values differ" in capsys.readouterr().out


def test_an_image_of_another_face_is_found_on_request(folder: Path) -> None:
    shard = Shard.open(folder / "00000.h5")
    samples = [shard.sample(row) for row in range(shard.num_samples)]
    arrays = {name: value for name, value in samples[0].items() if name != "checksum"}
    samples[0] = Sample({**arrays, "image": 255 - arrays["image"]})
    write_shard(folder / "00000.h5", samples, dict(shard.attrs))
    verify_folder(folder)
    with pytest.raises(StageError):
        verify_folder(folder, images=True)


def test_altered_specifications_are_found(folder: Path) -> None:
    specs = read_specs(folder / SPECS)
    write_specs(folder / SPECS, [*specs[:-1], specs[-1].twin(specs[-1].key, specs[-2].expression)])
    with pytest.raises(StageError, match=r"specs.parquet: altered since 00000.h5 was written"):
        verify_folder(folder)


def test_a_face_without_specification_and_a_specification_without_face_are_found(
    made: tuple[list[SampleSpec], list[Sample]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs, samples = made
    store(samples[1:], tmp_path, 3, {"backend": "raster"})
    write_specs(tmp_path / SPECS, specs[:-1])
    with pytest.raises(StageError):
        verify_folder(tmp_path)
    said = capsys.readouterr().out
    assert f"{specs[0].key}: sample_key: is in specs.parquet and in no shard" in said
    assert f"{specs[-1].key}: sample_key: has no specification" in said
