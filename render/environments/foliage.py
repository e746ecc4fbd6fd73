"""Under trees: leaves in many sizes with gaps of sky between them, grass below. All colours by eye."""

import numpy as np

from render.appearance.noise import smoothstep
from render.environments.maps import Map, directions
from render.environments.patterns import clouds, drawn
from render.planck import planckian


def foliage(seed: int) -> Map:
    """Returns the (256, 512, 3) radiance in a park or at the edge of a wood."""
    random = drawn(seed, "foliage")
    shape = (256, 512)
    up = directions(*shape)[..., 1]
    leaf = random.choice(np.array([[0.10, 0.17, 0.04], [0.16, 0.20, 0.05], [0.07, 0.12, 0.05], [0.22, 0.17, 0.05]]))
    depth, fine = clouds(random, shape, 5), clouds(random, shape, 18)
    leaves = leaf * (0.25 + 1.6 * fine * depth)[..., None] + np.array([0.5, 0.6, 0.2]) * (0.25 * fine**4)[..., None]
    sky = (
        random.uniform(1.0, 2.2)
        * planckian(random.uniform(6000, 9000))
        * (0.8 + 0.4 * clouds(random, shape))[..., None]
    )
    openness = random.uniform(0.35, 0.75)
    above = smoothstep(openness, openness + 0.12, 0.55 * fine + 0.45 * depth + 0.25 * np.clip(up, -1, 1))[..., None]
    picture = leaves * (1 - above) + sky * above
    trunk = clouds(random, (1, 512), 9)[0] > 0.78
    stems = (trunk[None] & (np.abs(up - 0.1) < 0.35) & (fine < 0.65))[..., None]
    picture = np.where(stems, np.array([0.09, 0.07, 0.05]) * (0.5 + fine[..., None]), picture)
    ground = leaf * random.uniform(0.8, 1.8) * (0.4 + clouds(random, shape, 26))[..., None]
    below = smoothstep(-0.05, -0.12, up)[..., None]
    return np.asarray(picture * (1 - below) + ground * below, dtype=np.float32)
