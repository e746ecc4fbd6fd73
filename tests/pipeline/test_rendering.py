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

from faceset.errors import ShardError
from faceset.loading import ShardSet
from faceset.shards import write_shard
from faceset.spec import OccluderSpec, SampleSpec
from facs import CODES
from pipeline.children import worker_environment
from pipeline.chunks import Chunk, Outcome
from pipeline.errors import ExecutorError
from pipeline.executor import LocalExecutor
from pipeline.params import load
from pipeline.rendering import (
    RenderWork,
    backend_options,
    chunk_size_for,
    render,
    scratch_folder,
    store_companions,
    workers_for,
)
from pipeline.storing import counted, store, stored
from render.config import SamplingConfig
from render.pieces import Pieces, piece_path
from render.sample import SampleRenderer
from render.sampling import sample_specs
from render.worker import PieceWriter

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


def rendered(
    folder: Path, specs: list[SampleSpec], chunk_size: int, workers: int, max_lost: int = 0, backend: str = "raster"
) -> Outcome:
    work = RenderWork(specs, backend, ("segmentation", "flow"), folder / "scratch")
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
    again, first = (contents(tmp_path / name) for name in ("again", "in order/out"))
    assert {name for name in again if name.endswith(".h5")} == {"00000.h5", "00001.h5"}
    assert all(content == first[name] for name, content in again.items() if name.endswith(".h5"))


def test_a_face_that_cannot_be_rendered_is_set_apart(tmp_path: Path, specs: list[SampleSpec]) -> None:
    broken = [*specs[:2], replace(specs[2], occluders=(OccluderSpec("no such thing"),))]
    outcome = rendered(tmp_path, broken, chunk_size=3, workers=1, max_lost=1)
    assert [lost.index for lost in outcome.lost] == [2]
    assert broken[2].key in (tmp_path / "out" / "lost.jsonl").read_text(encoding="utf-8")
    assert [sample.key for sample in stored(tmp_path / "out")] == [spec.key for spec in broken[:2]]


def test_a_missing_library_stops_at_once(
    tmp_path: Path, specs: list[SampleSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = 'raise ImportError("libSM.so.6: cannot open shared object file")'
    (tmp_path / "bpy.py").write_text(broken, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(ExecutorError, match=r"libSM\.so\.6.*facsmith doctor") as caught:
        rendered(tmp_path, specs, chunk_size=6, workers=1, backend="blender")
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_damaged_results_do_not_count_as_done(tmp_path: Path, specs: list[SampleSpec]) -> None:
    work = RenderWork(specs, "raster", (), tmp_path)
    assert work.missing(Chunk(0, 2)) == 2
    piece_path(tmp_path, 0, 2).parent.mkdir()
    piece_path(tmp_path, 0, 2).write_bytes(b"\x89HDF\r\n\x1a\n")
    assert work.missing(Chunk(0, 2)) == 2


def test_a_piece_with_one_altered_byte_is_rendered_again(tmp_path: Path, specs: list[SampleSpec]) -> None:
    rendered(tmp_path / "whole", specs[:4], chunk_size=2, workers=1)
    scratch = tmp_path / "whole" / "scratch"
    content = bytearray(piece_path(scratch, 2, 4).read_bytes())
    content[len(content) // 2] ^= 1
    piece_path(scratch, 2, 4).write_bytes(content)
    pieces = Pieces(scratch)
    assert pieces.missing(0, 4) == [2, 3]
    assert [sample.key for sample in pieces.samples(0, 2)] == [spec.key for spec in specs[:2]]
    with pytest.raises(ShardError, match="holds no sample 2"):
        list(pieces.samples(1, 4))
    work = RenderWork(specs[:4], "raster", ("segmentation", "flow"), scratch)
    render(work, LocalExecutor(1, deadline_s=120, max_lost=0), 4, lambda done: None)
    assert Pieces(scratch).missing(0, 4) == []


def test_pieces_may_overlap_and_end_anywhere(tmp_path: Path, specs: list[SampleSpec]) -> None:
    renderer = SampleRenderer()
    samples = [renderer.render(spec) for spec in specs]
    renderer.close()
    for start, stop in ((0, 3), (2, 5), (5, 6)):
        write_shard(piece_path(tmp_path, start, stop), samples[start:stop])
    pieces = Pieces(tmp_path)
    assert pieces.missing(0, 9) == [6, 7, 8]
    for start, stop in ((0, 6), (1, 4), (4, 5)):
        found = [sample.key for sample in pieces.samples(start, stop)]
        assert found == [spec.key for spec in specs[start:stop]]


def test_no_piece_reaches_into_another_block(
    tmp_path: Path, specs: list[SampleSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("render.pieces.BLOCK", 4)
    renderer, writer = SampleRenderer(), PieceWriter(tmp_path, 1, "raster")
    for sample in [renderer.render(spec) for spec in specs]:
        writer.add(sample)
    writer.store()
    renderer.close()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("0*.h5")) == [
        "00000/00000001-00000004.h5",
        "00001/00000004-00000007.h5",
    ]
    pieces = Pieces(tmp_path)
    assert pieces.missing(0, 9) == [0, 7, 8]
    assert [pieces.promised(start, stop) for start, stop in ((0, 9), (2, 5), (7, 9))] == [6, 3, 0]
    assert [sample.key for sample in pieces.samples(2, 6)] == [spec.key for spec in specs[1:5]]


def test_a_worker_that_grew_too_large_hands_over(tmp_path: Path, specs: list[SampleSpec]) -> None:
    told: list[str] = []
    work = RenderWork(specs[:3], "raster", (), tmp_path, max_memory_mb=1.0)
    outcome = render(work, LocalExecutor(1, 120, max_lost=0, notice=told.append), 3, lambda done: None)
    assert outcome.done == (Chunk(0, 3),) and told == []
    # No process is so small: each draws the one face that it may always draw.
    assert sorted(path.stem for path in tmp_path.rglob("0*.h5")) == [f"{n:08d}-{n + 1:08d}" for n in range(3)]


def test_what_was_finished_before_a_fault_stays(tmp_path: Path, specs: list[SampleSpec]) -> None:
    broken = [*specs[:2], replace(specs[2], occluders=(OccluderSpec("no such thing"),)), *specs[3:]]
    told: list[str] = []
    outcome = render(
        RenderWork(broken, "raster", (), tmp_path),
        LocalExecutor(1, 120, max_lost=1, backoff_s=0.01, notice=told.append),
        6,
        lambda done: None,
    )
    assert [lost.index for lost in outcome.lost] == [2]
    assert "4 are missing" in told[0]
    assert Pieces(tmp_path).missing(0, 6) == [2]


def test_the_scratch_folder_is_for_this_work_alone(tmp_path: Path, specs: list[SampleSpec]) -> None:
    folders = {
        scratch_folder(tmp_path, specs, "raster", ()),
        scratch_folder(tmp_path, specs[:-1], "raster", ()),
        scratch_folder(tmp_path, specs, "pyrender", ()),
        scratch_folder(tmp_path, specs, "raster", ("depth",)),
        scratch_folder(tmp_path, specs, "blender", (), {"samples": 16}),
        scratch_folder(tmp_path, specs, "blender", (), {"samples": 32}),
    }
    assert len(folders) == 6
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
        while not list(scratch.rglob("0*.h5")) and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        process.send_signal(kill)
    kept = {path.name for path in scratch.rglob("0*.h5")}
    assert kept, "a finished chunk outlives the run"
    if (tmp_path / "run" / "out").exists():
        pytest.skip("the run was over before it could be killed")
    rendered(tmp_path / "run", specs, chunk_size=2, workers=1)
    rendered(tmp_path / "whole", specs, chunk_size=6, workers=1)
    assert contents(tmp_path / "run" / "out") == contents(tmp_path / "whole" / "out")


def test_workers_share_the_cores() -> None:
    assert dict(worker_environment(2, cores=8))["LP_NUM_THREADS"] == "4"
    assert dict(worker_environment(4, cores=2))["OMP_NUM_THREADS"] == "1"
    assert dict(worker_environment(1, cores=8))["OPENBLAS_NUM_THREADS"] == "1", "sums are the same everywhere"


def test_blender_is_told_what_params_say_of_it() -> None:
    params = load(ROOT / "params.yaml")
    assert backend_options(params, "raster") == {}
    blender = replace(params.render.blender, samples=7, noise=0.5, device="optix", workers=3, chunk_size=5)
    params = replace(params, render=replace(params.render, blender=blender))
    assert backend_options(params, "blender") == {"samples": 7, "noise": 0.5, "device": "optix"}
    assert (workers_for(params, "blender"), chunk_size_for(params, "blender")) == (3, 5)
    assert chunk_size_for(params, "raster") == params.render.chunk_size


def test_an_empty_stream_makes_no_shard(tmp_path: Path) -> None:
    assert store([], tmp_path, 4, {}) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_stream_is_counted_as_it_passes(tmp_path: Path, specs: list[SampleSpec]) -> None:
    rendered(tmp_path, specs[:2], chunk_size=2, workers=1)
    seen: list[int] = []
    assert len(list(counted(stored(tmp_path / "out"), lambda done: seen.append(done)))) == 2
    assert seen == [1, 2]
