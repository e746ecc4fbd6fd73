"""Coverage against counts made by plain loops."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceset.coverage import asymmetry, au_histograms, co_occurrence, coverage, pose_histogram
from faceset.loading import ShardSet
from faceset.shards import Shard, shard_paths, write_shard
from facs.action_units import CODES


@pytest.fixture(scope="module")
def faces(tmp_path_factory: Any, make_sample: Any) -> ShardSet:
    folder = tmp_path_factory.mktemp("coverage")
    write_shard(folder / "a.h5", [make_sample(row, full=True, source="rendered") for row in range(12)])
    write_shard(folder / "b.h5", [make_sample(row, source="photographed") for row in range(12, 17)])
    return ShardSet.from_folder(folder)


@pytest.fixture(scope="module")
def samples(faces: ShardSet) -> list[Any]:
    paths = shard_paths(faces.shards[0].path.parent)
    return [shard.sample(row) for shard in map(Shard.open, paths) for row in range(shard.num_samples)]


def test_the_report_is_plain(faces: ShardSet) -> None:
    report = coverage(faces)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["num_samples"] == 17
    assert report["sources"] == {"photographed": 5, "rendered": 12}
    assert report["identities"] == {"number": 5, "fewest_faces": 3, "median_faces": 3.0, "most_faces": 4}
    assert sum(report["head_pose"]["yaw"]) == 12


def test_a_set_without_poses_reports_none(folder: Path) -> None:
    assert "head_pose" not in coverage(ShardSet.from_folder(folder))


def test_zero_and_unknown_are_told_apart(faces: ShardSet, samples: list[Any]) -> None:
    columns = au_histograms(faces, 4)["by_code"]
    for k, code in enumerate(faces.au_codes):
        known = [float(sample["au"][k]) for sample in samples if sample["au_known"][k]]
        counts = [sum(low < value <= low + 0.25 for value in known) for low in (0, 0.25, 0.5, 0.75)]
        assert columns[code]["known"] == len(known)
        assert columns[code]["zero"] == sum(value == 0 for value in known)
        assert columns[code]["zero"] + sum(columns[code]["counts"]) == len(known)
        assert columns[code]["counts"] == counts
        assert columns[code]["mean"] == pytest.approx(sum(known) / len(known))


def test_co_occurrence_counts_known_pairs_alone(faces: ShardSet, samples: list[Any]) -> None:
    found = co_occurrence(faces, active=0.4)
    for i in (0, 3, 16):
        for j in (0, 5, 16):
            both = [sample for sample in samples if sample["au_known"][i] and sample["au_known"][j]]
            together = [sample for sample in both if sample["au"][i] >= 0.4 and sample["au"][j] >= 0.4]
            assert (found["known"][i][j], found["together"][i][j]) == (len(both), len(together))


def test_asymmetry_is_left_minus_right(faces: ShardSet, samples: list[Any]) -> None:
    column = asymmetry(faces)["AU12"]
    k = faces.au_codes.index("AU12")
    rows = [float(sample["au_left"][k]) - float(sample["au_right"][k]) for sample in samples if sample["au_known"][k]]
    assert column["mean"] == pytest.approx(np.mean(rows))
    assert column["mean_absolute"] == pytest.approx(np.mean(np.abs(rows)))
    assert column["largest"] == pytest.approx(np.max(np.abs(rows)))


def test_an_au_that_nobody_knows_has_no_mean(tmp_path: Path, make_sample: Any) -> None:
    nothing = np.zeros(len(CODES), np.float32)
    unknown = {"au": nothing, "au_left": nothing, "au_right": nothing, "au_known": nothing.astype(np.uint8)}
    write_shard(tmp_path / "a.h5", [make_sample(0, **unknown)])
    report = coverage(ShardSet.from_folder(tmp_path))
    assert report["action_units"]["by_code"]["AU1"] == {"known": 0, "zero": 0, "mean": None, "counts": [0] * 10}
    assert report["asymmetry"]["AU1"] == {"mean": None, "mean_absolute": None, "largest": None}


def test_poses_are_binned_by_yaw_and_pitch() -> None:
    degrees = np.array([[-75, 15, 0], [0.5, -25, 5], [100, 200, -300], [89, 89, -89]], np.float32)
    found = pose_histogram(np.radians(degrees), 18)
    assert found["edges"][0] == pytest.approx(-np.pi / 2)
    joint = np.array(found["yaw_pitch"])
    assert joint.sum() == 4
    assert (joint[1, 10], joint[9, 6], joint[17, 17]) == (1, 1, 2)
    assert (found["yaw"][17], found["pitch"][17], found["roll"][0]) == (2, 2, 2)
