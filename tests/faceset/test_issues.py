"""Every issue finds the image that was made for it, and orders the worst first."""

from dataclasses import replace
from typing import Any

import numpy as np

from faceset.gates import DEFAULTS
from faceset.issues import eye_distance, looks_of
from faceset.loading import ShardSet
from faceset.shards import write_shard


def images() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    ramp = np.linspace(60, 190, 32)[None, :, None].repeat(32, 0).repeat(3, 2)
    noisy = [np.clip(ramp + rng.normal(0, 25, ramp.shape), 0, 255) for _ in range(6)]
    made = {f"sound{number}": image for number, image in enumerate(noisy)}
    made |= {
        "dark": noisy[0] * 0.06,
        "bright": 245 + noisy[1] * 0.03,
        "flat": np.full_like(ramp, 120.0) + rng.normal(0, 4, ramp.shape),
        "blurred": ramp,
        "empty": np.where(np.arange(32)[None, :, None] < 16, 60.0, 200.0) * np.ones((32, 1, 3)),
    }
    return {name: np.round(image).astype(np.uint8) for name, image in made.items()}


def opened(tmp_path: Any, make_sample: Any, **changes: Any) -> tuple[ShardSet, list[str]]:
    made = images()
    samples = [
        make_sample(number, size=32, image=image, sample_key=name, **changes)
        for number, (name, image) in enumerate(made.items())
    ]
    write_shard(tmp_path / "a.h5", samples)
    return ShardSet.from_folder(tmp_path), list(made)


def test_each_issue_finds_its_image(tmp_path: Any, make_sample: Any) -> None:
    faces, names = opened(tmp_path, make_sample)
    looks = looks_of(faces, DEFAULTS)
    found = {name: [names[row] for row in np.flatnonzero(issue.found)] for name, issue in looks.issues.items()}
    assert found["dark"] == ["dark"]
    assert found["bright"] == ["bright"]
    assert "flat" in found["low_contrast"]
    assert "blurred" in found["blurred"]
    assert "empty" in found["low_information"]
    assert not [name for kind in found.values() for name in kind if name.startswith("sound")]
    assert names[looks.issues["dark"].worst[0]] == "dark"
    assert names[looks.issues["bright"].worst[0]] == "bright"
    assert not np.isfinite(looks.issues["odd_face_size"].measure).any()
    assert looks.exact == [] and looks.repeated == 0


def test_twins_are_no_near_duplicates_and_copies_of_others_are(tmp_path: Any, make_sample: Any) -> None:
    base = images()["sound0"]
    near = base.copy()
    near[0, 0] ^= 1
    texts = [("a", ""), ("b", "a"), ("c", ""), ("d", "")]
    samples = [
        make_sample(number, size=32, image=image, sample_key=key, twin_of=twin)
        for number, ((key, twin), image) in enumerate(zip(texts, (base, near, images()["sound3"], near), strict=True))
    ]
    write_shard(tmp_path / "a.h5", samples)
    looks = looks_of(ShardSet.from_folder(tmp_path), DEFAULTS)
    assert [group.tolist() for group in looks.exact] == [[1, 3]]
    assert looks.repeated == 1
    assert [group.tolist() for group in looks.near] == [[0, 1, 3]]
    strict = looks_of(ShardSet.from_folder(tmp_path).subset([0, 1, 2]), DEFAULTS)
    assert strict.near == []


def test_a_face_of_odd_size_is_found_whichever_way_it_looks(tmp_path: Any, make_sample: Any) -> None:
    yaw = np.radians([0, 0, 0, 0, 60, 0])
    width = np.array([10, 10, 11, 10, 5, 22])
    samples = []
    for number in range(6):
        points = np.zeros((68, 2), np.float32)
        points[36], points[45] = (4, 9), (4 + width[number], 9)
        pose = np.array([yaw[number], 0, 0], np.float32)
        samples.append(make_sample(number, size=32, landmarks=points, head_pose=pose))
    write_shard(tmp_path / "a.h5", samples)
    faces = ShardSet.from_folder(tmp_path)
    np.testing.assert_allclose(eye_distance(faces) * 32, [10, 10, 11, 10, 10, 22], rtol=1e-5)
    odd = looks_of(faces, replace(DEFAULTS, odd_face_size=1.8)).issues["odd_face_size"]
    assert np.flatnonzero(odd.found).tolist() == [5]
    assert odd.worst[0] == 5
