"""Colours of glowing bodies: tungsten to skylight."""

import numpy as np
import numpy.typing as npt

TO_SRGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
"""CIE XYZ to linear sRGB (IEC 61966-2-1)."""


def planckian(temperature: float) -> npt.NDArray[np.float64]:
    """Returns the (3,) linear sRGB colour, of brightness 1, of a black body of 1,667 to 25,000 kelvins.

    Chromaticity by the cubic splines of Kim et al., "Design of advanced color temperature control system for HDTV
    applications" (Journal of the Korean Physical Society 41, 2002).
    """
    t = 1e3 / float(np.clip(temperature, 1667, 25000))
    if temperature < 4000:
        x = np.polyval([-0.2661239, -0.2343589, 0.8776956, 0.179910], t)
    else:
        x = np.polyval([-3.0258469, 2.1070379, 0.2226347, 0.240390], t)
    if temperature < 2222:
        y = np.polyval([-1.1063814, -1.34811020, 2.18555832, -0.20219683], x)
    elif temperature < 4000:
        y = np.polyval([-0.9549476, -1.37418593, 2.09137015, -0.16748867], x)
    else:
        y = np.polyval([3.0817580, -5.87338670, 3.75112997, -0.37001483], x)
    return np.asarray(np.maximum(TO_SRGB @ [x / y, 1.0, (1 - x - y) / y], 0.0))
