"""Parity: the labels against another renderer's own depth and classes, over varied scenes."""

import dataclasses

import numpy as np
import pytest

from render.parity import LARGE, agreement, labelled, parity_specs
from render.scene import SEGMENTS

PASSES = ("segmentation", "depth")


@pytest.fixture(scope="module", params=[128, 256])
def pairs(request, raster, pyrender_backend):
    """What two renderers show of twelve scenes."""
    scenes = [labelled(spec, raster) for spec in parity_specs(12, request.param)]
    return [(labels, pyrender_backend.render(scene, PASSES).passes) for scene, labels in scenes]


def test_regions_agree(pairs):
    found = [agreement(*pair).iou for pair in pairs]
    worst = {name: min(each.get(name, 1.0) for each in found) for name in set().union(*found)}
    assert {"background", "skin", "nose", "hair", "neck", "clothing", "glasses", "card"} <= set(worst)
    assert min(worst.values()) >= 0.99, worst


def test_depth_and_silhouette_agree(pairs):
    found = [agreement(*pair) for pair in pairs]
    assert min(each.depth for each in found) >= 0.999
    assert min(each.silhouette for each in found) >= 0.99


def test_the_scenes_are_varied(pairs):
    shown = [set(np.unique(labels["segmentation"])) for labels, _ in pairs]
    for name in ("teeth", "tongue", "left_ear", "right_ear", "glasses", "card"):
        assert any(SEGMENTS.index(name) in each for each in shown), name
    assert len({labels["segmentation"].tobytes() for labels, _ in pairs}) == 12


def test_a_shift_of_half_a_pixel_and_a_millimetre_would_be_noticed(raster, pyrender_backend):
    scene, labels = labelled(parity_specs(3, 128)[1], raster)
    camera = scene.camera
    beside = dataclasses.replace(camera, centre=(camera.centre[0] + 0.5, camera.centre[1]))
    shifted = pyrender_backend.render(dataclasses.replace(scene, camera=beside), PASSES).passes
    assert min(agreement(labels, shifted).iou.values()) < 0.99
    away = camera.world_to_camera.copy()
    away[2, 3] -= 0.001
    farther = dataclasses.replace(scene, camera=dataclasses.replace(camera, world_to_camera=away))
    assert agreement(labels, pyrender_backend.render(farther, PASSES).passes).depth < 0.1


def test_small_regions_are_not_compared(raster):
    _, labels = labelled(parity_specs(3, 64)[0], raster)
    counts = np.bincount(labels["segmentation"].ravel(), minlength=len(SEGMENTS))
    assert set(agreement(labels, labels).iou) == {SEGMENTS[index] for index in np.flatnonzero(counts >= LARGE)}
    assert agreement(labels, labels).iou["skin"] == 1
