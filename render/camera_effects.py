"""Camera effects: what a lens, a sensor and a file do to light, from the recorded values of a specification.

A renderer's picture is taken back to the light that reached the camera, and then passes what light passes in a
camera, in its order: aperture and lens (vignetting, defocus, motion), the sensor (noise of photons and of reading),
white balance, tone curve, encoding, JPEG. Nothing moves: labels are those of the picture without effects.
"""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from faceset.spec import CameraEffects
from render.appearance.colour import LINEAR
from render.backends.film import KNEE, uneased
from render.kernels.camera import exposed, noisy, smeared, toned
from render.randomness import stream

LIGHT = uneased(LINEAR).astype(np.float64)
"""Light of each 8-bit value."""

LUMA = np.array([0.2126, 0.7152, 0.0722])
"""Weights of linear light in brightness (ITU-R BT.709)."""

TONES = 4096
"""Steps of the tone curve, straight between them."""

BLUR_ENDS = 4.0
"""Standard deviations after which the lens's point spread is cut off."""

JPEG_BLOCK = 16
"""Pixels of a block of JPEG whose colours have half the resolution: a change reaches all of its block, and one pixel
beyond, where the decoder blends the colours of neighbours."""

PROFILE = 0.12, 1.2
"""What cameras' own picture profiles do on average: logarithm of the contrast, and saturation; by eye, on portraits."""

Light = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]


def photographed(image: Pixels, effects: CameraEffects, seed: int) -> Pixels:
    """Returns an (H, W, 3) uint8 sRGB picture as a camera with these effects takes it; itself where there are none.

    Noise depends on the seed and the place, so that what is equal in the pictures of twins stays equal, further from
    their change than ``reach``.
    """
    if effects == CameraEffects():
        return image
    # The corner's angle by the law of the cosine to the fourth.
    falloff = (1.0 - effects.vignetting) ** -0.5 - 1.0
    light = exposed(np.require(image, np.uint8, ("C", "W")), LIGHT, 2.0**effects.exposure, falloff)
    light = _moved(_blurred(light, effects.blur), effects.motion, effects.motion_angle)
    _add_noise(light, effects.full_well, effects.read_noise, seed)
    gains = np.array(effects.white_balance, dtype=np.float64)
    shown = toned(light, gains, LUMA, effects.saturation, KNEE, _curve(effects.contrast))
    return _filed(shown, effects.jpeg_quality)


def reach(effects: CameraEffects) -> int:
    """Returns how many pixels a change of one pixel can spread, JPEG's blocks not counted."""
    blur = int(BLUR_ENDS * effects.blur + 0.5)
    return blur + (_motion_radius(effects.motion) if effects.motion else 0)


def sample_camera_effects(random: np.random.Generator, size: int) -> CameraEffects:
    """Returns the effects of a photograph found in the wild, of an image of ``size`` pixels: most good, some poor."""
    return effects_of(random, size, float(random.beta(1.2, 2.2)))


def effects_of(random: np.random.Generator, size: int, poorness: float) -> CameraEffects:
    """Returns drawn effects: 0 a good photograph, 1 one that was small, dark, and saved many times.

    What spoils a photograph comes together: little light makes noise and long exposures, and small files are both
    blurred and compressed. What a photographer chooses (exposure, colour, contrast) does not depend on it.
    """
    noise, softness, file = np.clip(poorness + random.normal(0, 0.15, 3), 0, 1)
    warmth, tint = 0.05 * float(np.clip(random.standard_t(4), -4, 4)), random.normal(0, 0.02)
    gains = np.exp([warmth, tint, -warmth])
    gains /= gains @ LUMA
    moves, pixel = random.uniform() < 0.15, size / 128
    return CameraEffects(
        exposure=float(np.clip(random.normal(0, 0.35), -1, 0.8)),
        white_balance=(float(gains[0]), float(gains[1]), float(gains[2])),
        vignetting=float(0.4 * random.uniform() ** 2),
        blur=float(pixel * 0.3 * 4.0 ** (softness + random.normal(0, 0.15))),
        motion=float(pixel * random.uniform(1, 4)) if moves else 0.0,
        motion_angle=float(random.uniform(0, np.pi)) if moves else 0.0,
        full_well=float(20_000 * 0.025**noise),
        read_noise=float(random.uniform(1, 3)),
        contrast=float(np.exp(random.normal(PROFILE[0], 0.1))),
        saturation=float(np.clip(random.normal(PROFILE[1], 0.15), 0.6, 1.7)),
        jpeg_quality=int(np.rint(95 - 60 * file)),
    )


def _blurred(light: Light, deviation: float) -> Light:
    """Returns light after a Gaussian lens, whose point spread ends at ``BLUR_ENDS``."""
    if not deviation:
        return light
    radius = int(BLUR_ENDS * deviation + 0.5)
    step = np.arange(-radius, radius + 1)
    weight, still = np.exp(-0.5 * (step / deviation) ** 2), np.zeros_like(step)
    weight /= weight.sum()
    return smeared(smeared(light, step, still, weight), still, step, weight)


def _motion_radius(length: float) -> int:
    return int(np.ceil(length / 2)) + 1


def _moved(light: Light, length: float, angle: float) -> Light:
    """Returns light smeared along a straight line."""
    if not length:
        return light
    trace = _trace(length, angle)
    down, across = np.nonzero(trace)
    middle = _motion_radius(length)
    return smeared(light, middle - down, middle - across, trace[down, across])


def _trace(length: float, angle: float) -> Light:
    """Returns the (k, k) point spread of an even movement along a straight line, its sum 1."""
    radius = _motion_radius(length)
    along = (np.arange(64) + 0.5) / 64 - 0.5
    x, y = radius + length * along * np.cos(angle), radius - length * along * np.sin(angle)
    trace = np.zeros((2 * radius + 1, 2 * radius + 1))
    for dx in (0, 1):
        for dy in (0, 1):
            column, row = np.floor(x).astype(int) + dx, np.floor(y).astype(int) + dy
            np.add.at(trace, (row, column), (1 - np.abs(x - column)) * (1 - np.abs(y - row)) / 64)
    return trace


def _add_noise(light: Light, full_well: float, read_noise: float, seed: int) -> None:
    """Adds a sensor's noise; Foi et al., IEEE TIP 2008, eq. 3: variance = a * light + b.

    With N = full_well electrons at white, photons make a = 1 / N and reading makes b = (read_noise / N)^2.
    """
    if full_well:
        normal = stream(seed, "camera effects/noise").standard_normal(light.shape, dtype=np.float32)
        noisy(light, normal, 1 / full_well, (read_noise / full_well) ** 2)


@lru_cache(1)
def _encoded() -> Light:
    """Returns sRGB in [0, 1] of light from 0 to 1, in even steps."""
    linear = np.arange(TONES + 1) / TONES
    dark, bright = 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, dark, bright)


def _curve(contrast: float) -> Light:
    """Returns the 8-bit values of light from 0 to 1, in even steps, not rounded yet."""
    encoded = _encoded()
    if contrast != 1.0:
        # Seven digits are more than eight bits show.
        single = encoded.astype(np.float32)
        up, down = single**contrast, (1 - single) ** contrast
        encoded = np.asarray(up / (up + down), dtype=np.float64)
    return 255 * encoded


def _filed(image: Pixels, quality: int) -> Pixels:
    """Returns an image after JPEG of a quality, its colours at half the resolution, as most cameras save them."""
    if not quality:
        return image
    sampling = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    options = (cv2.IMWRITE_JPEG_QUALITY, quality, *sampling)
    _, file = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR_RGB), dtype=np.uint8)
