"""Rendering through real workers: the same bytes however the work is cut, taken up after a kill, poison set apart."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceset.loading import ShardSet
from faceset.spec import OccluderSpec, SampleSpec
from facs import CODES
from pipeline.errors import ExecutorError
from pipeline.executor import Chunk, LocalExecutor, Outcome
from pipeline.rendering import RenderWork, render, scratch_folder, store_companions, worker_environment
from pipeline.storing import counted, store, stored
from render.config import SamplingConfig
from render.sampling import sample_specs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def specs() -> list[SampleSpec]:
    return drawn_specs()


def drawn_specs() -> list[SampleSpec]:
    """Six faces of three people that show anything the rig can, with things in front of some."""
    config = SamplingConfig(action_units=CODES, identities=3, size=32, max_yaw=0.1, occlusion=0.5)
    return sample_specs(config, seed=1, count=6, prefix="face")


@pytest.fixture(scope="module", autouse=True)
def _two_threads() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(dict(worker_environment(1, cores=1)))
    yield
    os.environ.clear()
    os.environ.update(before)


def rendered(folder: Path, specs: list[SampleSpec], chunk_size: int, workers: int, max_lost: int = 0) -> Outcome:
    work = RenderWork(specs, "raster", ("segmentation", "flow"), folder / "scratch")
    executor = LocalExecutor(workers, deadline_s=120, max_lost=max_lost, backoff_s=0.01)
    outcome = render(work, executor, chunk_size, lambda done: None)
    (folder / "out").mkdir(parents=True)
    store(work.samples(outcome), folder / "out", shard_size=4, attrs={"set": "test"})
    store_companions(work, outcome, folder / "out")
    return outcome


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_neither_workers_nor_chunks_change_a_byte(tmp_path: Path, specs: list[SampleSpec]) -> None:
    rendered(tmp_path / "one", specs, chunk_size=6, workers=1)
    whole = contents(tmp_path / "one" / "out")
    for workers, chunk_size in ((2, 4), (4, 1)):
        rendered(tmp_path / f"{workers}", specs, chunk_size, workers)
        assert contents(tmp_path / f"{workers}" / "out") == whole, f"{workers} workers"
    faces = ShardSet.from_folder(tmp_path / "one" / "out")
    assert faces.labels("sample_key").tolist() == [spec.key for spec in specs]
    assert [shard.num_samples for shard in faces.shards] == [4, 2]


def test_the_order_of_rendering_changes_no_byte(tmp_path: Path, specs: list[SampleSpec]) -> None:
    rendered(tmp_path / "in order", specs, chunk_size=3, workers=1)
    rendered(tmp_path / "shuffled", [specs[index] for index in (4, 1, 5, 0, 3, 2)], chunk_size=3, workers=2)
    ordered = {sample.key: sample for sample in stored(tmp_path / "in order" / "out")}
    for sample in stored(tmp_path / "shuffled" / "out"):
        assert all(np.array_equal(value, ordered[sample.key][name]) for name, value in sample.items()), sample.key
    store((ordered[spec.key] for spec in specs), tmp_path / "again", shard_size=4, attrs={"set": "test"})
    again = contents(tmp_path / "again")
    assert again == {
        name: content for name, content in contents(tmp_path / "in order" / "out").items() if name in again
    }


def test_a_face_that_cannot_be_rendered_is_set_apart(tmp_path: Path, specs: list[SampleSpec]) -> None:
    broken = [*specs[:2], replace(specs[2], occluders=(OccluderSpec("no such thing"),))]
    outcome = rendered(tmp_path, broken, chunk_size=3, workers=1, max_lost=1)
    assert [lost.index for lost in outcome.lost] == [2]
    assert broken[2].key in (tmp_path / "out" / "lost.jsonl").read_text(encoding="utf-8")
    assert [sample.key for sample in stored(tmp_path / "out")] == [spec.key for spec in broken[:2]]


def test_a_missing_library_stops_at_once(
    tmp_path: Path, specs: list[SampleSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLCONTEXT_LINUX_LIBEGL", "/nonexistent/libEGL.so")
    with pytest.raises(ExecutorError, match="cannot start OpenGL") as caught:
        rendered(tmp_path, specs, chunk_size=6, workers=1)
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_damaged_results_do_not_count_as_done(tmp_path: Path, specs: list[SampleSpec]) -> None:
    work = RenderWork(specs, "raster", (), tmp_path)
    assert not work.is_done(Chunk(0, 2))
    work.result(Chunk(0, 2)).write_bytes(b"\x89HDF\r\n\x1a\n")
    assert not work.is_done(Chunk(0, 2))


def test_the_scratch_folder_is_for_this_work_alone(tmp_path: Path, specs: list[SampleSpec]) -> None:
    folders = {
        scratch_folder(tmp_path, specs, "raster", ()),
        scratch_folder(tmp_path, specs[:-1], "raster", ()),
        scratch_folder(tmp_path, specs, "pyrender", ()),
        scratch_folder(tmp_path, specs, "raster", ("depth",)),
    }
    assert len(folders) == 4
    assert scratch_folder(tmp_path, specs, "raster", ()) in folders


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from rendering_parts import *
rendered(Path(sys.argv[1]), drawn_specs(), 2, 1)
"""


@pytest.mark.parametrize("kill", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_run_is_taken_up_and_ends_with_the_same_bytes(
    tmp_path: Path, specs: list[SampleSpec], kill: signal.Signals
) -> None:
    (tmp_path / "rendering_parts.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    scratch = tmp_path / "run" / "scratch"
    arguments = [sys.executable, "-c", KILLED, str(tmp_path / "run"), str(tmp_path)]
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 100
        while not list(scratch.glob("0*.h5")) and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        process.send_signal(kill)
    kept = {path.name for path in scratch.glob("0*.h5")}
    assert kept, "a finished chunk outlives the run"
    if (tmp_path / "run" / "out").exists():
        pytest.skip("the run was over before it could be killed")
    rendered(tmp_path / "run", specs, chunk_size=2, workers=1)
    rendered(tmp_path / "whole", specs, chunk_size=6, workers=1)
    assert contents(tmp_path / "run" / "out") == contents(tmp_path / "whole" / "out")


def test_workers_share_the_cores() -> None:
    assert dict(worker_environment(2, cores=8))["LP_NUM_THREADS"] == "4"
    assert dict(worker_environment(4, cores=2))["OMP_NUM_THREADS"] == "1"


def test_an_empty_stream_makes_no_shard(tmp_path: Path) -> None:
    assert store([], tmp_path, 4, {}) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_stream_is_counted_as_it_passes(tmp_path: Path, specs: list[SampleSpec]) -> None:
    rendered(tmp_path, specs[:2], chunk_size=2, workers=1)
    seen: list[int] = []
    assert len(list(counted(stored(tmp_path / "out"), lambda done: seen.append(done)))) == 2
    assert seen == [1, 2]
