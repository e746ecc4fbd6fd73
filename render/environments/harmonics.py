"""Irradiance of surroundings as nine numbers.

Ramamoorthi and Hanrahan, "An efficient representation for irradiance environment maps" (SIGGRAPH 2001): a matt surface
sees so blurred a picture of its surroundings that spherical harmonics of degree 2 show it to about 1 %.
"""

import numpy as np
import numpy.typing as npt

from faceset.spec import LightSpec
from render.environments.maps import Map, Values, directions, solid_angles

NORM = np.array([0.282095, *(0.488603,) * 3, *(1.092548,) * 3, 0.315392, 0.546274])
"""Factors that make ``polynomials`` orthonormal over the sphere."""

COSINE = np.array([1.0, *(2 / 3,) * 3, *(1 / 4,) * 5])
"""What the cosine of a matt surface leaves of each degree, over pi (their equation 8)."""


def polynomials(normals: npt.ArrayLike) -> Values:
    """Returns the (..., 9) polynomials 1, x, y, z, xy, yz, xz, 3yy - 1, zz - xx of (..., 3) unit vectors."""
    x, y, z = np.moveaxis(np.asarray(normals, dtype=np.float64), -1, 0)
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, x * z, 3 * y * y - 1, z * z - x * x], axis=-1)


def harmonics(radiance: Map) -> Values:
    """Returns the (9, 3) factors of ``polynomials`` that sum to the light of a white matt surface: irradiance / pi."""
    basis = polynomials(directions(*radiance.shape[:2])) * solid_angles(*radiance.shape[:2])[..., None]
    projected = np.einsum("hwk,hwc->kc", basis, radiance.astype(np.float64))
    return np.asarray(projected * (NORM**2 * COSINE)[:, None])


def gradient(light: LightSpec) -> Values:
    """Returns the (9, 3) factors of a sky whose radiance rises evenly from straight below to straight above."""
    sky, ground = np.array(light.sky_rgb), np.array(light.ground_rgb)
    out = np.zeros((9, 3))
    out[0], out[2] = (sky + ground) / 2, COSINE[2] * (sky - ground) / 2
    return out


def turned_harmonics(factors: Values, angle: float) -> Values:
    """Returns the (9, 3) factors of light turned about the vertical, anticlockwise from above."""
    c, s = np.cos(angle), np.sin(angle)
    out = factors.copy()
    out[1], out[3] = c * factors[1] + s * factors[3], c * factors[3] - s * factors[1]
    out[4], out[5] = c * factors[4] + s * factors[5], c * factors[5] - s * factors[4]
    c, s = np.cos(2 * angle), np.sin(2 * angle)
    # xz and (zz - xx) / 2 are the sine and the cosine of twice the azimuth.
    out[6], out[8] = c * factors[6] + 2 * s * factors[8], c * factors[8] - s * factors[6] / 2
    return out


def irradiance(factors: Values, normals: npt.ArrayLike) -> Values:
    """Returns the (..., 3) light of a white matt surface with (..., 3) normals: irradiance / pi, never negative."""
    return np.maximum(polynomials(normals) @ factors, 0.0)
