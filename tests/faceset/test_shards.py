"""Shards: what is written is read back, the same samples give the same bytes, and foreign files are refused."""

import hashlib
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.channels import CHANNELS
from faceset.errors import SampleError, ShardError
from faceset.manifest import MANIFEST, read_manifest
from faceset.sample import Sample
from faceset.shards import Shard, shard_paths, write_shard
from facs.action_units import CODES

NAMES = st.text(st.characters(blacklist_characters="\0", codec="utf-8"), min_size=1, max_size=8)


@settings(deadline=None, max_examples=20)
@given(
    data=st.data(),
    count=st.integers(1, 5),
    size=st.integers(1, 9),
    full=st.booleans(),
    attrs=st.dictionaries(st.text(max_size=9), st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=4))),
)
def test_what_is_written_is_read_back(
    tmp_path_factory: Any, make_sample: Any, data: Any, count: int, size: int, full: bool, attrs: dict[str, Any]
) -> None:
    keys = data.draw(st.lists(NAMES, min_size=count, max_size=count, unique=True))
    samples = [make_sample(row, size, full, sample_key=key, identity=key[::-1]) for row, key in enumerate(keys)]
    path = tmp_path_factory.mktemp("round") / "a.h5"
    record = write_shard(path, samples, attrs)
    shard = Shard.open(path, verify=True)
    assert (shard.num_samples, shard.image_shape, shard.au_codes) == (count, (size, size, 3), CODES)
    assert shard.attrs == attrs
    assert (record.num_samples, record.size) == (count, path.stat().st_size)
    for name in samples[0]:
        stored = shard.pixels(name) if CHANNELS[name].per_pixel else shard.labels(name)
        assert np.array_equal(stored, np.array([sample[name] for sample in samples])), name
    assert all(
        np.array_equal(shard.sample(row)[name], value) for row in range(count) for name, value in samples[row].items()
    )


def test_arrays_are_contiguous_uncompressed_and_page_aligned(tmp_path: Path, make_sample: Any) -> None:
    write_shard(tmp_path / "a.h5", [make_sample(row, size=48, full=True) for row in range(9)])
    with h5py.File(tmp_path / "a.h5") as file:
        for name, dataset in file.items():
            assert (dataset.chunks, dataset.compression) == (None, None)
            if dataset.nbytes >= 4096:
                assert dataset.id.get_offset() % 4096 == 0, name
        assert np.array_equal(file["image"][3], make_sample(3, size=48)["image"])
        assert dict(file["depth"].attrs)["unit"] == b"m"


def test_the_same_samples_give_the_same_bytes(tmp_path: Path, make_sample: Any) -> None:
    samples = [make_sample(row, full=True) for row in range(5)]
    first = write_shard(tmp_path / "one" / "a.h5", samples, {"b": 1, "a": 2})
    again = write_shard(tmp_path / "two" / "other.h5", samples, {"a": 2, "b": 1})
    assert first.sha256 == again.sha256 == hashlib.sha256((tmp_path / "one/a.h5").read_bytes()).hexdigest()


_WRITE = """
import sys; from pathlib import Path
import importlib.util
spec = importlib.util.spec_from_file_location("makers", sys.argv[1]); makers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(makers)
from faceset.sample import Sample; from faceset.shards import write_shard
write_shard(Path(sys.argv[2]), [Sample(makers.random_arrays(row, full=True)) for row in range(5)], {"a": [str(3)]})
"""


def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    makers = Path(__file__).with_name("conftest.py")
    for seed in ("1", "2"):
        command = [sys.executable, "-c", _WRITE, str(makers), str(tmp_path / seed / "a.h5")]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed, "MALLOC_PERTURB_": seed})
    assert (tmp_path / "1/a.h5").read_bytes() == (tmp_path / "2/a.h5").read_bytes()


def test_the_folder_does_not_depend_on_the_order_of_writing(tmp_path: Path, make_sample: Any) -> None:
    for folder, order in (("one", (0, 1, 2)), ("two", (2, 0, 1))):
        for number in order:
            write_shard(tmp_path / folder / f"{number}.h5", [make_sample(number)])
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")]
    assert contents[0] == contents[1]


def test_writing_a_shard_again_lists_it_once(folder: Path, make_sample: Any) -> None:
    before = (folder / MANIFEST).read_bytes()
    write_shard(folder / "part-0.h5", [make_sample(row) for row in range(6)], {"seed": 0})
    assert (folder / MANIFEST).read_bytes() == before
    write_shard(folder / "part-0.h5", [make_sample(99)])
    assert [record.num_samples for record in read_manifest(folder).values()] == [1, 5, 4]
    Shard.open(folder / "part-0.h5", verify=True)


def test_several_processes_may_write_to_one_folder(tmp_path: Path, make_sample: Any) -> None:
    context = multiprocessing.get_context("fork")
    writers = [
        context.Process(target=write_shard, args=(tmp_path / f"{number}.h5", [make_sample(number)]))
        for number in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [path.name for path in shard_paths(tmp_path)] == [f"{number}.h5" for number in range(8)]


def test_a_shard_survives_pickling_and_forking(folder: Path) -> None:
    shard = Shard.open(folder / "part-0.h5")
    pixels = np.array(shard.pixels())
    assert np.array_equal(pickle.loads(pickle.dumps(shard)).pixels(), pixels)  # noqa: S301  our own bytes
    results = multiprocessing.get_context("fork").Queue()
    child = multiprocessing.get_context("fork").Process(target=lambda: results.put(np.array(shard.pixels())))
    child.start()
    assert np.array_equal(results.get(timeout=60), pixels)
    child.join()


def test_pixels_are_read_only(folder: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        Shard.open(folder / "part-0.h5").pixels()[0] = 0


def test_channels_are_named_when_absent_or_of_the_other_kind(folder: Path) -> None:
    shard = Shard.open(folder / "part-0.h5")
    with pytest.raises(ShardError, match="no channel 'depth'; it holds image, au,"):
        shard.pixels("depth")
    with pytest.raises(ShardError, match=r"image is per pixel; read it with pixels\(\)"):
        shard.labels("image")
    with pytest.raises(ShardError, match=r"au is not per pixel; read it with labels\(\)"):
        shard.pixels("au")
    with pytest.raises(ShardError, match="expected a row from 0 to 5, found 6"):
        shard.sample(6)


def test_samples_that_do_not_fit_together_are_refused(tmp_path: Path, make_sample: Any) -> None:
    path = tmp_path / "a.h5"
    cases: list[tuple[list[Sample], str]] = [
        ([], "at least one sample"),
        ([make_sample(1), make_sample(1)], "keys must be distinct"),
        ([make_sample(1), make_sample(2, size=9)], "image size"),
        ([make_sample(1), make_sample(2, full=True)], "channels"),
    ]
    for samples, message in cases:
        with pytest.raises(SampleError, match=message):
            write_shard(path, samples)
    with pytest.raises(SampleError, match=f"has {len(CODES)} AUs, expected 1"):
        write_shard(path, [make_sample(1)], au_codes=["AU1"])
    with pytest.raises(ShardError, match="unknown: \\['AU1x'\\]"):
        write_shard(path, [make_sample(1)], au_codes=["AU1x", *CODES[1:]])
    with pytest.raises(ShardError, match="attrs take"):
        write_shard(path, [make_sample(1)], {"long": "x" * 70_000})
    with pytest.raises(ShardError, match=r"ends in \.h5"):
        write_shard(tmp_path / "a.hdf5", [make_sample(1)])
    assert list(tmp_path.iterdir()) == []


def _set_attr(name: str, value: Any) -> Callable[[Any], None]:
    return lambda file: file.attrs.__setitem__(name, value)


def _replace(name: str, **options: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        values, attrs = file[name][()], dict(file[name].attrs)
        del file[name]
        dataset = file.create_dataset(name, **{"data": values, **options})
        dataset.attrs.update(attrs)

    return change


def _link(file: Any) -> None:
    del file["au"]
    file["au"] = h5py.ExternalLink("/etc/passwd", "/au")


def _write(name: str, index: Any, value: Any) -> Callable[[Any], None]:
    return lambda file: file[name].__setitem__(index, value)


FOREIGN: dict[str, tuple[Callable[[Any], Any], str]] = {
    "another format": (_set_attr("format", b"other"), "expected the format 'facsmith.shard', found 'other'"),
    "another version": (_set_attr("schema_version", 2), "expected schema version 1, found 2"),
    "no AU names": (lambda file: file.attrs.__delitem__("au_codes"), "HDF5 cannot read it"),
    "wrong AU names": (_set_attr("au_codes", np.array([b"AU1", b"AU99"])), "found AU1, AU99"),
    "repeated AU names": (_set_attr("au_codes", np.array([b"AU1"] * len(CODES))), "distinct Action Unit codes"),
    "too few AU names": (
        _set_attr("au_codes", np.array([b"AU1"])),
        rf"au must have the shape \(6, 1\), found \(6, {len(CODES)}\)",
    ),
    "chunks": (_replace("image", chunks=True), "contiguous, uncompressed array, found chunks="),
    "compression": (_replace("image", chunks=True, compression="gzip"), "contiguous, uncompressed array"),
    "another type": (_replace("au", dtype="float64"), "expected float32 in 'activation', found float64"),
    "another unit": (lambda file: file["au"].attrs.__setitem__("unit", b"%"), "found float32 in '%'"),
    "no unit": (lambda file: file["au"].attrs.__delitem__("unit"), "HDF5 cannot read it"),
    "a link elsewhere": (_link, "found a link to elsewhere"),
    "a missing channel": (lambda file: file.__delitem__("au_known"), r"missing \['au_known'\]"),
    "an extra channel": (lambda file: file.create_dataset("age", data=[1]), r"extra \['age'\]"),
    "too few rows": (
        _replace("au", data=np.zeros((2, len(CODES)), "f4")),
        rf"au must have the shape \(6, {len(CODES)}\), found \(2, {len(CODES)}\)",
    ),
    "a broken description": (_set_attr("attrs", b"{"), "HDF5 cannot read it"),
    "an AU of 999": (_write("au", (0, 0), 999), r"au must lie in \[0, 1\], found 0 to 999"),
    "an AU that is not a number": (_write("au_left", (0, 0), np.nan), "au_left must lie in"),
    "a value under the mask": (_write("au_known", slice(None), 0), "values where au_known is 0"),
    "repeated keys": (_write("sample_key", slice(None), b"x"), "6 distinct sample keys"),
    "a name that is no text": (_write("identity", 0, b"\xff\xfe"), "identity is not UTF-8 text"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_foreign_or_altered_shard_is_refused_with_one_message(case: str, folder: Path) -> None:
    change, message = FOREIGN[case]
    path = folder / "part-0.h5"
    with h5py.File(path, "r+", libver=("v110", "v110")) as file:
        change(file)
    with pytest.raises(ShardError, match=message) as caught:
        Shard.open(path)
    assert str(path) in str(caught.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    random = tmp_path / "random.h5"
    random.write_bytes(np.random.default_rng(0).bytes(9000))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with h5py.File(tmp_path / "modern.h5", "w", libver=("v110", "v110")) as file:
        file["x"] = 1
    (tmp_path / "empty.h5").touch()
    for name, message in {
        "random": "found other bytes",
        "empty": "found other bytes",
        "other": "another kind of HDF5",
        "modern": "not a shard",
        "absent": "no such shard",
    }.items():
        with pytest.raises(ShardError, match=message):
            Shard.open(tmp_path / f"{name}.h5")


def test_the_manifest_decides_what_is_a_shard(folder: Path) -> None:
    (folder / "foreign.h5").write_bytes((folder / "part-0.h5").read_bytes())
    assert [path.name for path in shard_paths(folder)] == ["part-0.h5", "part-1.h5", "part-2.h5"]
    with pytest.raises(ShardError, match="does not list it"):
        Shard.open(folder / "foreign.h5", verify=True)
    (folder / "part-1.h5").unlink()
    with pytest.raises(ShardError, match=r"lists part-1\.h5, which the folder lacks"):
        shard_paths(folder)
    with pytest.raises(ShardError, match="expected a folder of shards"):
        shard_paths(folder / "nowhere")
    assert shard_paths(folder.parent) == []


def test_a_torn_last_line_is_tolerated_and_mended(folder: Path, make_sample: Any) -> None:
    with (folder / MANIFEST).open("a") as file:
        file.write('{"num_samples": 3, "sha2')
    assert len(shard_paths(folder)) == 3
    write_shard(folder / "part-3.h5", [make_sample(77)])
    assert len([json.loads(line) for line in (folder / MANIFEST).read_text().splitlines()]) == 4


@pytest.mark.parametrize("line", ["{}", "[1]", "{", '{"shard": "../x.h5", "num_samples": 1, "sha256": "", "size": 1}'])
def test_a_broken_line_of_the_manifest_is_named(folder: Path, line: str) -> None:
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(line + "\n" + text)
    with pytest.raises(ShardError, match=r"manifest\.jsonl, line 1: expected"):
        shard_paths(folder)


def resident(path: Path) -> int:
    """Returns the bytes of a file that this process holds in memory."""
    lines = iter(Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines())
    return sum(_kilobytes(lines) * 1024 for line in lines if line.endswith(str(path)))


def _kilobytes(lines: Any) -> int:
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


def test_released_pages_are_no_longer_ours_and_come_back(tmp_path: Path, make_sample: Any) -> None:
    samples = [make_sample(number, size=128) for number in range(8)]
    write_shard(tmp_path / "a.h5", samples)
    shard = Shard.open(tmp_path / "a.h5", verify=True)
    assert resident(tmp_path / "a.h5") == 0
    assert shard.pixels().sum() == sum(int(sample["image"].sum()) for sample in samples)
    assert resident(tmp_path / "a.h5") >= 8 * 128 * 128 * 3
    shard.release()
    assert resident(tmp_path / "a.h5") == 0
    assert np.array_equal(shard.pixels()[7], samples[7]["image"])
