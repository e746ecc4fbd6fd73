"""Each check finds the fault that it is named after, and nothing in a sound set."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

from faceset.checks import Check, Verdict, check_shards, check_splits
from faceset.errors import ShardError
from faceset.gates import DEFAULTS, Gate
from faceset.loading import ShardSet
from faceset.merge import MergeSource, merge_shards
from faceset.shards import write_shard
from facs.action_units import CODES

ONES, ZEROS = np.ones(len(CODES), np.float32), np.zeros(len(CODES), np.float32)


def _status(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.status for check in verdict.checks if check.status != "pass"}


def test_a_sound_set_passes(tmp_path: Path, make_sample: Any) -> None:
    inside = {"landmarks": np.full((68, 2), 4.0, np.float32)}
    write_shard(tmp_path / "s" / "a.h5", [make_sample(row, size=16, full=True, **inside) for row in range(20)])
    merge_shards(tmp_path / "index.parquet", [MergeSource(tmp_path / "s")], 0)
    verdict = check_shards(tmp_path / "s", index=tmp_path / "index.parquet")
    assert _status(verdict) == {}
    assert (verdict.status, verdict.passed) == ("pass", True)
    assert [check.name for check in verdict.checks] == [
        "shards_open", "checksums", "faces", "au_known_fraction", "au_range", "au_constant",
        "au_is_higher_side", "twin_identity", "certificate_residual", "certificate_contact",
        "certificate_scorable", "duplicates", "near_duplicates", "images_dark", "images_bright",
        "images_low_contrast", "images_blurred", "images_low_information", "images_odd_face_size",
        "landmarks_inside", "identity_leak", "image_leak", "near_image_leak",
    ]  # fmt: skip
    assert json.loads(json.dumps(verdict.as_dict(), allow_nan=False))["status"] == "pass"


def test_broken_shards_are_reported(folder: Path) -> None:
    (folder / "part-0.h5").write_bytes(b"nothing")
    content = bytearray((folder / "part-1.h5").read_bytes())
    with h5py.File(folder / "part-1.h5") as file:
        content[file["image"].id.get_offset()] ^= 1
    (folder / "part-1.h5").write_bytes(content)
    verdict = check_shards(folder)
    assert {name: status for name, status in _status(verdict).items() if status == "fail"} == {
        "shards_open": "fail",
        "checksums": "fail",
    }
    details = {check.name: check.detail for check in verdict.checks}
    assert "part-0.h5" in details["shards_open"]
    assert "part-1.h5" in details["checksums"]
    assert "9 faces" in details["faces"]
    assert "checksums" not in _status(check_shards(folder, verify=False))


@pytest.mark.parametrize("prepare", ["absent", "empty", "missing shard"])
def test_nothing_to_check_fails(folder: Path, prepare: str) -> None:
    if prepare == "missing shard":
        (folder / "part-0.h5").unlink()
    else:
        folder = folder.parent / prepare
        if prepare == "empty":
            folder.mkdir()
    verdict = check_shards(folder)
    assert not verdict.passed
    assert _status(verdict)["faces"] == "fail"


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "au_known_fraction": (
        {"au_known": ZEROS.astype(np.uint8), "au": ZEROS, "au_left": ZEROS, "au_right": ZEROS},
        "warn",
    ),
    "au_constant": ({"au_known": ONES.astype(np.uint8), "au": ONES, "au_left": ONES, "au_right": ONES}, "fail"),
    "au_is_higher_side": ({"au_known": ONES.astype(np.uint8), "au": ONES}, "warn"),
    "duplicates": ({"image": np.arange(768, dtype=np.uint16).reshape(16, 16, 3).astype(np.uint8)}, "fail"),
    "images_dark": ({"image": np.zeros((16, 16, 3), np.uint8)}, "fail"),
    "images_bright": ({"image": np.full((16, 16, 3), 255, np.uint8)}, "fail"),
    "images_low_contrast": ({"image": np.full((16, 16, 3), 128, np.uint8)}, "fail"),
    "landmarks_inside": ({"landmarks": np.full((68, 2), -1, np.float32)}, "warn"),
    "twin_identity": ({"twin_of": "base"}, "fail"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str, tmp_path: Path, make_sample: Any) -> None:
    changes, status = FAULTS[name]
    base = make_sample(99, size=16, sample_key="base", identity="another", **_landmarks(changes))
    write_shard(
        tmp_path / "a.h5",
        [
            base
            if name == "twin_identity"
            else make_sample(
                98,
                16,
                **_landmarks(changes),
                **{key: value for key, value in changes.items() if key != "landmarks" and name == "au_constant"},
            ),
            *(make_sample(row, size=16, **changes) for row in range(29)),
        ],
    )
    assert _status(check_shards(tmp_path)).get(name) == status


def _landmarks(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name == "landmarks"}


def test_too_few_faces_fail(folder: Path) -> None:
    gates = replace(DEFAULTS.gates, min_faces=Gate(None, 16))
    verdict = check_shards(folder, replace(DEFAULTS, gates=gates))
    assert _status(verdict) == {"faces": "fail"}


def test_an_au_that_rests_everywhere_is_fine_and_one_that_never_rests_is_not(tmp_path: Path, make_sample: Any) -> None:
    def write(name: str, value: float) -> Path:
        samples = []
        for number in range(25):
            au = np.random.default_rng(number).random(len(CODES)).astype(np.float32)
            au[0] = value
            known = ONES.astype(np.uint8)
            samples.append(make_sample(number, size=16, au=au, au_left=au, au_right=au, au_known=known))
        write_shard(tmp_path / name / "a.h5", samples)
        return tmp_path / name

    assert "au_constant" not in _status(check_shards(write("rests", 0.0)))
    verdict = check_shards(write("stuck", 0.5))
    assert _status(verdict)["au_constant"] == "warn"
    assert CODES[0] in next(check.detail for check in verdict.checks if check.name == "au_constant")


def test_leaks_between_splits_are_found(tmp_path: Path, make_sample: Any) -> None:
    same = make_sample(0)["image"]
    write_shard(tmp_path / "s" / "a.h5", [make_sample(0), make_sample(5), make_sample(1, image=same)])
    merge_shards(tmp_path / "i.parquet", [MergeSource(tmp_path / "s")], 0)
    frame = pd.read_parquet(tmp_path / "i.parquet")
    frame["split"] = ["train", "test", "test"]
    frame.to_parquet(tmp_path / "i.parquet", index=False)
    identity, image, near = check_splits(tmp_path / "i.parquet").checks
    assert (identity.status, identity.found, identity.detail) == ("fail", 1, "1 lie in two splits: person 0")
    assert (image.status, image.found) == ("fail", 1)
    assert (near.status, near.found, near.detail) == ("fail", 1, "1 lie in two splits: sample 0 like sample 1")
    assert not check_shards(tmp_path / "s", index=tmp_path / "i.parquet").passed
    with pytest.raises(ShardError):
        check_splits(tmp_path / "absent.parquet")


def test_photographs_without_landmarks_are_not_judged_by_them(folder: Path) -> None:
    assert "landmarks" not in ShardSet.from_folder(folder).channels
    assert "landmarks_inside" not in {check.name for check in check_shards(folder).checks}


def test_the_worst_status_decides() -> None:
    def check(status: Any) -> Check:
        return Check("x", status, 0, 0, "")

    assert Verdict(()).status == "pass"
    assert Verdict((check("warn"), check("pass"))).status == "warn"
    assert Verdict((check("warn"), check("fail"), check("pass"))).status == "fail"


def test_the_certificate_states_the_worst_case_and_fails_beyond_it(tmp_path: Path, make_sample: Any) -> None:
    bounds = np.array([[1e-9, 0.1, 0.2, 0.3], [2e-9, 0.0, 0.4, 0.1], [0.0, 0.0, 0.0, 0.0]], np.float32)
    scorable = np.ones(len(CODES), np.uint8)
    scorable[:4] = 0
    samples = [make_sample(row, certificate=bound, au_scorable=scorable) for row, bound in enumerate(bounds)]
    write_shard(tmp_path / "good" / "a.h5", samples)
    found = {check.name: check for check in check_shards(tmp_path / "good").checks}
    assert found["certificate_residual"].status == "pass"
    assert f"activation 2e-09 ({samples[1].key})" in found["certificate_residual"].detail
    assert f"in teeth ({samples[0].key})" in found["certificate_contact"].detail
    assert found["certificate_scorable"].found == 12
    worse = make_sample(9, certificate=np.array([2e-5, 0, 1.5, 0], np.float32), au_scorable=scorable)
    write_shard(tmp_path / "bad" / "a.h5", [*samples, worse])
    statuses = {check.name: check.status for check in check_shards(tmp_path / "bad").checks}
    assert (statuses["certificate_residual"], statuses["certificate_contact"]) == ("fail", "warn")
