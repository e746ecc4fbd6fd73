"""What an estimate is made of: people as the stage meets them, chunks taken up in turn, shards as they are laid out."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StageError
from pipeline.estimating import answer_estimates, block_of, estimates, line, makespan
from pipeline.farm import places_of
from pipeline.params import Params, load
from pipeline.rendering import even_chunk_size
from pipeline.sample_specs import sampling_config
from render.sampling import sample_specs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def params() -> Params:
    params = load(ROOT / "params.yaml")
    small = replace(params.synthetic, count=24, identities=6, twins_per_sample=1)
    return replace(params, synthetic=small, image=replace(params.image, size=32))


def test_the_faces_are_those_of_the_set_in_its_order(params: Params) -> None:
    entry = params.synthetic
    config = sampling_config(entry, params.action_units, params.image.size, params.paths.natural)
    whole = [spec.key for spec in sample_specs(config, params.seed, entry.count, "synthetic")]
    block = [spec.key for spec in block_of(params, "synthetic", entry, wanted=10)]
    assert len(block) == 16, "two people, four faces each, and their twins"
    start = whole.index(block[0])
    assert start > 0 and whole[start : start + 16] == block
    assert [spec.key for spec in block_of(params, "synthetic", entry, wanted=10**6)] == whole


def test_chunks_are_taken_up_in_turn() -> None:
    assert makespan(10, 10, 1, start_s=2.0, sample_s=0.5) == pytest.approx(7.0)
    assert makespan(10, 5, 2, start_s=2.0, sample_s=0.5) == pytest.approx(4.5)
    assert makespan(15, 5, 2, start_s=2.0, sample_s=0.5) == pytest.approx(9.0), "two rounds"
    assert makespan(11, 5, 2, start_s=2.0, sample_s=0.5) == pytest.approx(7.0), "the last chunk has one face"


@given(st.integers(1, 5000), st.integers(1, 300), st.integers(1, 20))
def test_shares_are_even_and_no_larger_than_allowed(count: int, most: int, workers: int) -> None:
    size = even_chunk_size(count, most, workers)
    assert 1 <= size <= most
    rounds = -(-count // (most * workers))
    assert size * rounds * workers >= count, "no more rounds than chunks of the most would need"
    assert makespan(count, size, workers, 0.0, 1.0) < count / workers + rounds + 1, "all end nearly together"


def test_two_lengths_tell_the_start_from_the_faces() -> None:
    assert line({4: 5.0, 32: 12.0}) == pytest.approx((4.0, 0.25))
    assert sum(line({1: 3.0})) == pytest.approx(3.0), "chunks of one face"
    assert line({4: 5.0, 8: 4.9})[1] > 0.0, "noise makes no negative time"


@given(st.integers(1, 500), st.integers(1, 50), st.integers(1, 9), st.floats(0.0, 9.0), st.floats(0.001, 9.0))
def test_no_schedule_is_shorter_than_its_work(count: int, size: int, workers: int, start: float, each: float) -> None:
    chunks = -(-count // size)
    work = chunks * start + count * each
    found = makespan(count, size, workers, start, each)
    assert work / workers <= found * (1 + 1e-9)
    assert found <= work / workers + start + size * each + 1e-9


def test_a_batch_systems_cores_are_the_workers(params: Params) -> None:
    batch = replace(params.farm.batch, system="slurm", jobs=5, cores=8)
    farm = replace(params.farm, executor="dask", batch=batch)
    assert places_of(params.farm, here=2) == 2
    assert places_of(farm, here=2) == 40
    assert places_of(replace(farm, batch=replace(batch, system="none")), here=2) == 2
    assert places_of(replace(farm, scheduler="tcp://x:1"), here=2) == 2


def test_an_unknown_set_is_named(params: Params) -> None:
    with pytest.raises(StageError, match="expected sets of synthetic, emulated, judge, twins, twins_emulated, found x"):
        answer_estimates(params, ["x"])


def test_an_estimate_is_of_the_whole_set(params: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.estimating.stage_start_s", lambda: 1.0)
    one = replace(params, render=replace(params.render, workers=1, chunk_size=4, shard_size=10))
    (found,) = estimates(one, ["synthetic"])
    assert (found.name, found.samples, found.workers) == ("synthetic", 48, 1)
    drawing = makespan(48, 4, 1, found.start_s, found.sample_s)
    assert found.seconds == pytest.approx(found.stage_s + drawing) and found.stage_s > 1.0
    assert 48 * 32 * 32 * 3 < found.gigabytes * 1e9 < 48 * 32 * 32 * 3 + 10**6
