"""Where a directional lamp stands, for renderers that take lamps as posed objects shining along their -Z."""

import numpy as np
import numpy.typing as npt


def looking_from(direction: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Returns the (4, 4) lamp-to-world pose of a lamp that shines from a direction; +Z points at the lamp's side."""
    z = np.array(direction) / np.linalg.norm(direction)
    x = np.cross((0.0, 1.0, 0.0) if abs(z[1]) < 0.9 else (1.0, 0.0, 0.0), z)
    x = x / np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    return pose
