"""Rooms: walls, windows, lamps, doors and furniture as boxes, seen from where the head is. All numbers by eye."""

import numpy as np
import numpy.typing as npt

from render.environments.maps import Map, Values, directions
from render.environments.patterns import clouds, drawn, inside, outside
from render.planck import planckian

Index = npt.NDArray[np.intp]

WALLS = np.array([[0.72, 0.70, 0.66], [0.78, 0.78, 0.77], [0.60, 0.56, 0.48], [0.50, 0.55, 0.56], [0.66, 0.58, 0.50]])
FLOORS = np.array([[0.30, 0.19, 0.11], [0.24, 0.23, 0.22], [0.42, 0.33, 0.23], [0.20, 0.16, 0.14]])
THINGS = np.array([[0.10, 0.08, 0.07], [0.34, 0.22, 0.13], [0.45, 0.43, 0.40], [0.12, 0.17, 0.24], [0.28, 0.11, 0.09]])


def room(seed: int) -> Map:
    """Returns the (256, 512, 3) radiance in a room."""
    random = drawn(seed, "room")
    way = directions(256, 512)
    low, high = -random.uniform((1.2, 1.1, 1.2), (4, 1.7, 4)), random.uniform((1.2, 1.0, 1.2), (4, 1.9, 4))
    distance, axis, side = inside(low, high, way)
    place = way * distance[..., None]
    day = random.uniform() < 0.7
    picture = _walls(random, place, axis, side, low, high)
    windows = _windows(random, place, axis, low, high) if day else np.zeros(distance.shape)
    lamps = _lamps(random, place, axis, side, not day)
    picture = picture * (0.7 + 0.45 * clouds(random, windows.shape, 1)[..., None])
    picture = _furnished(random, way, distance, picture, low)
    outdoors = (
        random.uniform(3, 9)
        * planckian(random.uniform(5500, 8500))
        * (0.6 + 0.4 * clouds(random, windows.shape))[..., None]
    )
    glow = random.uniform(6, 22) * planckian(random.uniform(2600, 4200))
    picture = picture * (1 - windows[..., None]) + outdoors * windows[..., None]
    return np.asarray(picture + glow * lamps[..., None], dtype=np.float32)


def _walls(random: np.random.Generator, place: Values, axis: Index, side: Index, low: Values, high: Values) -> Values:
    wall, floor = WALLS[random.integers(len(WALLS))], FLOORS[random.integers(len(FLOORS))]
    colour = np.broadcast_to(wall * random.uniform(0.75, 1.0), place.shape).copy()
    colour[(axis == 1) & (side == 0)] = floor
    colour[(axis == 1) & (side == 1)] = 0.8
    accent = (axis == random.choice([0, 2])) & (side == random.integers(2))
    if random.uniform() < 0.4:
        colour[accent] = THINGS[random.integers(len(THINGS))] + 0.08
    # Edges are darker: less of the room sees them.
    gap = np.sort(np.minimum(place - low, high - place), axis=-1)[..., 1]
    skirting = (axis != 1) & (place[..., 1] < low[1] + 0.09)
    colour[skirting] = colour[skirting] * 0.6 + 0.25
    return np.asarray(0.5 * colour * (1 - 0.45 * np.exp(-gap / 0.35))[..., None])


def _windows(random: np.random.Generator, place: Values, axis: Index, low: Values, high: Values) -> Values:
    """Returns (h, w) how much of each texel is glass, with frames left out."""
    out = np.zeros(axis.shape)
    for _ in range(random.integers(1, 4)):
        across = int(random.choice([0, 2]))
        along = 2 - across
        behind = place[..., across] > 0 if random.uniform() < 0.5 else place[..., across] < 0
        left = random.uniform(0.9 * low[along], 0.5 * high[along])
        wide, top = random.uniform(0.7, 2.0), random.uniform(0.4, 0.9) * high[1]
        bottom = random.choice([low[1] + 0.1, top - random.uniform(0.8, 1.5)])
        u, v = (place[..., along] - left) / wide, (place[..., 1] - bottom) / (top - bottom)
        glass = (u > 0) & (u < 1) & (v > 0) & (v < 1) & (axis == across) & behind
        panes = random.integers(1, 4, 2)
        frame = np.minimum(np.abs((u * panes[0]) % 1 - 0.5), np.abs((v * panes[1]) % 1 - 0.5) + 0.02)
        out = np.maximum(out, glass & (np.abs((u * panes[0]) % 1 - 0.5) < 0.47) & (frame < 0.47))
    return out


def _lamps(random: np.random.Generator, place: Values, axis: Index, side: Index, needed: bool) -> Values:
    """Returns (h, w) where ceiling panels, spots or standing lamps glow."""
    out = np.zeros(axis.shape)
    for _ in range(random.integers(1 if needed else 0, 4)):
        if random.uniform() < 0.6:
            size = random.uniform(0.06, 0.5, 2)
            apart = np.abs(place[..., [0, 2]] - random.uniform(-1.8, 1.8, 2)) / size
            out = np.maximum(out, (apart.max(axis=-1) < 1) & (axis == 1) & (side == 1))
        else:
            turn = random.uniform(-np.pi, np.pi)
            where = np.array([np.sin(turn), random.uniform(-0.1, 0.35), -np.cos(turn)])
            unit = place / np.linalg.norm(place, axis=-1, keepdims=True)
            out = np.maximum(out, (unit @ (where / np.linalg.norm(where)) > np.cos(random.uniform(0.04, 0.11))))
    return out


def _furnished(random: np.random.Generator, way: Values, behind: Values, picture: Values, low: Values) -> Values:
    """Returns the picture with shelves, tables, doors and pictures as boxes in front of the walls."""
    depth = behind.copy()
    for _ in range(random.integers(4, 11)):
        turn, far = random.uniform(-np.pi, np.pi), random.uniform(1.2, 3.2)
        middle = np.array([far * np.sin(turn), 0.0, -far * np.cos(turn)])
        size = random.uniform((0.15, 0.3, 0.15), (0.7, 1.9, 0.7))
        corner = middle - size / 2
        corner[1] = low[1] if random.uniform() < 0.75 else random.uniform(-0.4, 0.4)
        enters, axis = outside(corner, corner + size, way)
        shown = (enters < depth) & (enters < 1e6)
        colour = THINGS[random.integers(len(THINGS))] * random.uniform(0.6, 1.8)
        shade = np.array([0.42, 0.62, 0.34])[axis]
        picture = np.where(shown[..., None], colour * shade[..., None], picture)
        depth = np.where(shown, enters, depth)
    return picture
