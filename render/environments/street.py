"""Streets: facades with windows on both sides, a strip of sky, pavement. All numbers by eye."""

import numpy as np

from render.appearance.noise import smoothstep
from render.environments.maps import Map, Values, directions
from render.environments.patterns import clouds, drawn, outside
from render.planck import planckian

FACADES = np.array([[0.45, 0.32, 0.26], [0.55, 0.50, 0.42], [0.36, 0.37, 0.38], [0.62, 0.60, 0.56], [0.40, 0.26, 0.20]])


def street(seed: int) -> Map:
    """Returns the (256, 512, 3) radiance in a street."""
    random = drawn(seed, "street")
    way = directions(256, 512)
    run = random.uniform(-np.pi, np.pi)
    c, s = np.cos(run), np.sin(run)
    way = way @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    picture, depth = _open(random, way)
    sun = random.uniform(0.3, 1.0) * planckian(random.uniform(5000, 7000))
    for side in (-1, 1):
        start = -60.0
        while start < 60:
            long, tall = random.uniform(8, 22), random.uniform(5, 26)
            front = random.uniform(4, 9)
            low = np.array([front if side > 0 else -front - 14, -1.6, start])
            picture, depth = _built(random, way, picture, depth, (low, low + np.array([14, tall, long])), sun, side)
            start += long + (random.uniform(3, 12) if random.uniform() < 0.25 else 0)
    return np.asarray(_cars(random, way, picture, depth), dtype=np.float32)


def _open(random: np.random.Generator, way: Values) -> tuple[Values, Values]:
    """Returns the street without houses, and how far away the ground is."""
    up = np.clip(way[..., 1:2], 0, 1)
    grey = random.uniform(0, 1)
    zenith = np.array([0.30, 0.48, 0.85]) * (1 - grey) + 0.9 * grey
    sky = (zenith + (1.0 - zenith) * (1 - up) ** 3) * (0.8 + 0.4 * clouds(random, way.shape))[..., None]
    depth = np.where(way[..., 1] < -1e-3, -1.6 / np.minimum(way[..., 1], -1e-3), np.inf)
    near = np.where(np.isfinite(depth), depth, 0.0)
    pavement = np.abs(way[..., 0] * near) > 3.2
    ground = np.where(pavement[..., None], 0.26, 0.15) * (0.8 + 0.5 * clouds(random, way.shape, 20))[..., None]
    haze = (1 - np.exp(-near / 40))[..., None]
    ground = ground * (1 - haze) + 0.5 * haze
    horizon = smoothstep(-0.004, 0.004, way[..., 1])[..., None]
    return np.asarray(sky * horizon + ground * (1 - horizon) * random.uniform(0.8, 1.3)), depth


def _built(
    random: np.random.Generator,
    way: Values,
    picture: Values,
    depth: Values,
    box: tuple[Values, Values],
    sun: Values,
    side: int,
) -> tuple[Values, Values]:
    """Returns picture and distances with one more house."""
    enters, axis = outside(box[0], box[1], way)
    shown = enters < np.minimum(depth, 1e6)
    place = way * np.where(shown, enters, 0.0)[..., None]
    along = np.where(axis == 0, place[..., 2] - box[0][2], place[..., 0] - box[0][0])
    u, v = along / random.uniform(1.6, 3.0), (place[..., 1] + 1.6) / random.uniform(2.7, 3.6)
    window = (np.abs(u % 1 - 0.5) < random.uniform(0.2, 0.4)) & (np.abs(v % 1 - 0.55) < 0.28) & (axis != 1)
    lit = 0.45 + (0.9 if side < 0 else 0.15) * (axis == 0)
    colour = FACADES[random.integers(len(FACADES))] * lit[..., None] * sun
    glass = np.where(random.uniform(0, 1, (97, 89))[u.astype(int) % 97, v.astype(int) % 89] < 0.25, 0.45, 0.08)
    colour = np.where(window[..., None], glass[..., None] * np.array([0.8, 0.95, 1.1]), colour)
    haze = (1 - np.exp(-np.where(shown, enters, 0.0) / 70))[..., None]
    colour = colour * (1 - haze) + 0.7 * haze
    return np.where(shown[..., None], colour, picture), np.where(shown, enters, depth)


def _cars(random: np.random.Generator, way: Values, picture: Values, depth: Values) -> Values:
    """Returns the picture with parked cars, boxes of two storeys."""
    for _ in range(random.integers(2, 9)):
        side, start = random.choice([-1, 1]), random.uniform(-25, 25)
        if abs(start) < 3:
            continue
        paint = random.choice([0.05, 0.12, 0.35, 0.6]) * random.uniform(0.6, 1.2, 3) ** 0.5
        for low, high in (((2.2, -1.4, 0), (3.9, -0.75, 4.2)), ((2.35, -0.75, 0.8), (3.75, -0.2, 3.2))):
            one, other = np.array(low, float), np.array(high, float)
            if side < 0:
                one[0], other[0] = -high[0], -low[0]
            enters, axis = outside(one + np.array([0, 0, start]), other + np.array([0, 0, start]), way)
            shown = enters < np.minimum(depth, 1e6)
            picture = np.where(shown[..., None], paint * np.array([0.6, 1.5, 0.6])[axis][..., None], picture)
            depth = np.where(shown, enters, depth)
    return picture
