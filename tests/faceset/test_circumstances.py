"""What stands around faces, against loops and light whose ratio is known."""

import json
from dataclasses import replace
from math import cos, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceset.circumstances import circumstances, lighting_ratio, worn
from faceset.coverage import coverage
from faceset.directions import gaze_directions, head_directions
from faceset.label_quality import accuracy, levels
from faceset.loading import ShardSet
from faceset.shards import write_shard
from faceset.spec import CameraEffects, CameraSpec, EnvironmentSpec, Identity, Lamp, LightSpec, OccluderSpec, SampleSpec
from faceset.visibility import visibility
from facs.action_units import CODES
from facs.expression import Expression

DARK = LightSpec(lamps=(), sky_rgb=(0, 0, 0), ground_rgb=(0, 0, 0))


def spec(number: int, **changes: Any) -> SampleSpec:
    return replace(SampleSpec(f"set-{number}", Identity("somebody")), **changes)


def lamp(power: float, azimuth: float = 0.0, elevation: float = 0.0) -> Lamp:
    flat = cos(elevation)
    return Lamp((sin(azimuth) * flat, sin(elevation), cos(azimuth) * flat), (power, power, power))


def test_even_light_has_a_ratio_of_1_and_a_lamp_adds_its_share() -> None:
    even = replace(DARK, sky_rgb=(0.5, 0.5, 0.5), ground_rgb=(0.5, 0.5, 0.5))
    assert lighting_ratio(even) == lighting_ratio(DARK) == 1.0
    assert lighting_ratio(replace(even, lamps=(lamp(1.0),))) == pytest.approx(3.0)
    assert lighting_ratio(replace(even, lamps=(lamp(1.0), lamp(0.5)))) == pytest.approx(2.0)
    behind = replace(even, lamps=(lamp(1.0), lamp(0.5, azimuth=np.pi)))
    assert lighting_ratio(behind) == pytest.approx(3.0)
    room = replace(even, lamps=(lamp(1.0),), environment=EnvironmentSpec("room", strength=0.5))
    assert lighting_ratio(room) == pytest.approx(2.0)


@given(st.floats(0.0, 1.0), st.floats(0.01, 1.0), st.floats(-1.5, 1.5), st.floats(1.1, 5.0))
def test_the_ratio_is_that_of_the_light_not_of_its_brightness(sky: float, key: float, up: float, factor: float) -> None:
    def light(scale: float) -> LightSpec:
        return LightSpec((lamp(scale * key, 0.3, up),), (scale * sky,) * 3, (scale * 0.1,) * 3)

    assert lighting_ratio(light(factor)) == pytest.approx(lighting_ratio(light(1.0)))
    assert lighting_ratio(light(1.0)) > 1.0


def test_every_face_is_counted_once() -> None:
    cup, mask = OccluderSpec("cup"), OccluderSpec("mask")
    specs = [
        spec(0, camera=CameraSpec(distance=0.2), light=replace(DARK, lamps=(lamp(1, 0.6, 0.6), lamp(2, -2.0)))),
        spec(1, camera=CameraSpec(distance=9.0), occluders=(cup,)),
        spec(2, occluders=(cup, mask), light=LightSpec(environment=EnvironmentSpec("sky"))),
        spec(3, occluders=(mask, mask), camera_effects=CameraEffects(blur=1.0)),
    ]
    found = circumstances(specs)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["occluders"] == {"covered": 3, "by_kind": {"cup": 2, "mask": 2}}
    assert [worn(each) for each in specs] == ["none", "cup", "several", "mask"]
    assert found["camera_effects"] == 1
    light, distance = found["light"], found["distance"]
    assert light["environments"] == {"none": 3, "sky": 1}
    assert light["lamps"] == {"1": 3, "2": 1}
    assert np.sum(light["key"]) == sum(light["contrast"]["counts"]) == sum(distance["counts"]) == 4
    assert (distance["counts"][0], distance["counts"][-1]) == (1, 1)
    assert light["key"][1][3] == 1  # the brighter lamp stands behind, at -2 rad


def test_directions_fill_a_grid_of_15_degrees() -> None:
    found = head_directions(
        np.radians([[0.5, 0.5, 0.0], [89.0, -44.0, 29.0], [100.0, -80.0, -99.0], [-31.0, 14.0, 0.0]])
    )
    grid = np.array(found["yaw_pitch"])
    assert grid.shape == (12, 6)
    assert (grid[6, 3], grid[11, 0], grid[3, 3], grid.sum()) == (1, 2, 1, 4)
    assert (found["occupied"], found["cells"]) == (3, 72)
    assert found["turned"] == {"15": 3, "30": 3, "45": 2, "60": 2}
    assert sum(found["roll"]) == 4
    eyes = gaze_directions(np.radians([[5.0, -15.0], [-50.0, 0.0]]))
    assert (eyes["yaw"][4], eyes["yaw"][0], eyes["pitch"][2]) == (1, 1, 1)


def with_labels(folder: Path, make_sample: Any, au: np.ndarray, known: np.ndarray | None = None) -> ShardSet:
    known = np.ones_like(au) if known is None else known
    samples = [
        make_sample(row, au=values, au_left=values, au_right=values, au_known=mask.astype(np.uint8))
        for row, (values, mask) in enumerate(zip(au.astype(np.float32), known, strict=True))
    ]
    write_shard(folder / "a.h5", samples)
    return ShardSet.from_folder(folder)


def test_wrong_labels_are_counted_against_the_truth(tmp_path: Path, make_sample: Any) -> None:
    truth = np.random.default_rng(0).random((20, len(CODES)))
    labels, known = np.floor(truth + 0.5), np.random.default_rng(1).random(truth.shape) < 0.6
    wrong = np.random.default_rng(2).random(truth.shape) < 0.3
    faces = with_labels(tmp_path, make_sample, np.where(wrong, 1 - labels, labels) * known, known)
    found = accuracy(faces, truth)
    assert found is not None
    assert found["labels"] == known.sum()
    assert found["wrong"] == pytest.approx(wrong[known].mean())
    assert found["measured"] is None
    assert levels(faces)["steps"] == 1
    assert accuracy(faces, None) is None


def test_exact_labels_are_exact_and_graded(tmp_path: Path, make_sample: Any) -> None:
    truth = np.random.default_rng(0).random((20, len(CODES)))
    faces = with_labels(tmp_path, make_sample, truth)
    found = accuracy(faces, truth)
    assert found is not None
    assert (found["wrong"], found["exact"]) == (0.0, 1.0)
    assert levels(faces)["steps"] is None
    assert levels(faces)["values"] > 100


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_discrete_labels_tell_their_levels(tmp_path: Path, make_sample: Any, steps: int) -> None:
    au = np.random.default_rng(0).integers(0, steps + 1, (20, len(CODES))) / steps
    found = levels(with_labels(tmp_path, make_sample, au))
    assert (found["values"], found["steps"]) == (steps, steps)


def test_coverage_knows_what_specifications_know(tmp_path: Path, make_sample: Any) -> None:
    write_shard(tmp_path / "a.h5", [make_sample(row, full=True) for row in range(6)])
    faces = ShardSet.from_folder(tmp_path)
    specs = [
        spec(row, expression=Expression({}), gaze=(0.1 * row, 0.0), occluders=(OccluderSpec("cup"),) * (row % 2))
        for row in range(6)
    ]
    found = coverage(faces, specs=specs)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["circumstances"]["n"] == found["gaze"]["n"] == found["directions"]["n"] == 6
    seen = faces.labels("au_visible").astype(float)
    assert found["visibility"]["mean"] == pytest.approx(seen.mean())
    assert found["visibility"]["by_occluder"]["cup"]["mean"]["AU12"] == pytest.approx(
        seen[1::2, faces.au_codes.index("AU12")].mean()
    )
    assert sum(found["brightness"]["counts"]) == 6
    without = coverage(faces)
    assert not {"circumstances", "accuracy"} & set(without)
    assert "by_occluder" not in without["visibility"]
    assert visibility(faces)["n"] == 6
