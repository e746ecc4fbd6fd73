"""Walls: the compiled loop against the same wall in numpy, and what a patch does to one."""

import numpy as np
import numpy.typing as npt
import pytest

from render.background import EDGE
from render.kernels.background import ENDS, FINE, lit_wall

TOP, BOTTOM = np.array([0.7, 0.6, 0.5]), np.array([0.5, 0.55, 0.6])


def drawn_patches(seed: int, count: int) -> npt.NDArray[np.float64]:
    random = np.random.default_rng(seed)
    low = (-0.2, -0.2, -4.0, -4.0, -4.0, -4.0, 2.0, -0.3)
    return random.uniform(low, (1.2, 1.2, 4.0, 4.0, 4.0, 4.0, 12.5, 0.5), (count, 8))


def in_numpy(patches: npt.NDArray[np.float64], width: int, height: int) -> npt.NDArray[np.float64]:
    """Returns the (H, W, 3) unrounded wall, edges by their formula and not from a table."""
    y, x = np.meshgrid((np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij")
    wall = TOP * (1 - y[..., None]) + BOTTOM * y[..., None]
    for cx, cy, c1, s1, c2, s2, sharp, brighter in patches:
        beyond = (np.hypot((x - cx) * c1 + (y - cy) * s1, (y - cy) * c2 - (x - cx) * s2) - 1) * sharp
        wall = wall * (1 + brighter / (1 + np.exp(beyond)))[..., None]
    return np.asarray(np.minimum(255 * wall, 255))


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_wall_is_that_of_its_formula(count: int) -> None:
    patches = drawn_patches(count, count)
    found = lit_wall(TOP, BOTTOM, patches, EDGE, 61, 47)
    assert found.shape == (47, 61, 3)
    # Half a step of rounding, and what the table of edges is off by.
    assert np.abs(found - in_numpy(patches, 61, 47)).max() < 0.51


def test_edges_end_where_the_table_does() -> None:
    assert len(EDGE) == 2 * ENDS * FINE + 1
    np.testing.assert_allclose(EDGE[[0, int(ENDS * FINE), -1]], (1.0, 0.5, 0.0), atol=3e-6)
