"""Contract of the occluders: every kind in the registry."""

import numpy as np
import pytest

from render.occluders import OCCLUDERS
from render.scene import SEGMENT, SEGMENT_SWAP, SEGMENTS


@pytest.mark.parametrize("kind", sorted(OCCLUDERS))
def test_every_occluder_has_a_segmentation_class_of_its_own(kind, model):
    occluder = OCCLUDERS[kind]
    marks = model.basis.landmarks(model.average).astype(np.float64)
    mesh = occluder.build(occluder.sample_params(np.random.default_rng(3)), marks)
    assert set(np.unique(mesh.segments)) == {SEGMENT[kind]}
    assert SEGMENTS.index(kind) > SEGMENTS.index("clothing")


def test_left_and_right_classes_change_places_and_no_others():
    named = {SEGMENTS[one]: SEGMENTS[other] for one, other in SEGMENT_SWAP.items()}
    assert named == {"left_brow": "right_brow", "left_eye": "right_eye", "left_ear": "right_ear"}
