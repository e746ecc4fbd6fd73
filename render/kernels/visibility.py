"""What is seen at every sample of a grid: the loops of ``render.backends.raster_visibility``.

Olano and Greer, "Triangle scan conversion using 2D homogeneous coordinates" (Graphics Hardware 1997): the sides of a
triangle are planes through the camera, so that nothing is divided by its distance before it is known to be in sight,
and nothing needs clipping. Neighbours share a side's numbers but for the sign, which rounding keeps: every sample on a
side belongs to exactly one of them.

Greene, Kass and Miller, "Hierarchical Z-buffer visibility" (SIGGRAPH 1993): what is nowhere nearer than the furthest
depth already drawn around it changes no sample.
"""

import numpy as np
import numpy.typing as npt

from render.kernels import inlined, kernel

Places = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Triangles = npt.NDArray[np.int32]

NEAR = 0.05
"""Metres: nothing nearer to the camera is seen."""

MESH_SHIFT = 24
"""What is seen is one number: the mesh times 2^24, and its triangle."""

MAX_MESHES, MAX_TRIANGLES = 2 ** (31 - MESH_SHIFT), 2**MESH_SHIFT

ROUNDING = 1e-6
"""Of a sample: how far dividing may move a corner."""

TINY = 5e-324
"""The smallest number above 0."""

TINY_STEP = 1e-300

LIMIT = np.float32(1 / NEAR)
"""Nothing seen is nearer."""

TILE_SHIFT = 3
"""Tiles of 8 x 8 samples."""

ROUNDS = 5
"""Most surfaces of a pixel; what is left is the last one's."""

DOWN = (1, 1, 1, 0, 2, 0, 0, 2, 2)
ACROSS = (1, 0, 2, 1, 1, 0, 2, 0, 2)
WEIGHT = (4, 2, 2, 2, 2, 1, 1, 1, 1)
"""Places of a pixel's nine samples, its centre first, and their weights in sixteenths."""


@kernel
def placed(vertices: Single, matrix: Places) -> Places:
    """Returns the (V, 5) homogeneous place (column w, row w, w) of each vertex, and its column and row."""
    out = np.empty((len(vertices), 5))
    for i in range(len(vertices)):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        for k in range(3):
            out[i, k] = matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] * z + matrix[k, 3]
        w = out[i, 2]
        if w > NEAR:
            out[i, 3] = out[i, 0] / w
            out[i, 4] = out[i, 1] / w
    return out


@kernel
def draw(
    place: Places,
    faces: Triangles,
    mesh: int,
    sides: int,
    seen: Triangles,
    nearness: Single,
    tiles: Single,
) -> None:
    """Draws the triangles of one mesh; of equally near ones the first stays.

    Args:
        place: (V, 5) of ``placed``.
        faces: (F, 3).
        mesh: its number.
        sides: 1 draws what is seen from its front, -1 from its back, 0 both.
        seen: (rows, columns) mesh and triangle at each sample, -1 for none; changed.
        nearness: (rows, columns) reciprocal of their depth, 1/m, 0 for none; changed.
        tiles: of ``furthest``, of what is drawn already: what lies behind it is left out early.
    """
    rows, columns = seen.shape
    for f in range(len(faces)):
        p, q, r = np.uintp(faces[f, 0]), np.uintp(faces[f, 1]), np.uintp(faces[f, 2])
        pw, qw, rw = place[p, 2], place[q, 2], place[r, 2]
        left, right, top, bottom = 0, columns - 1, 0, rows - 1
        closest, least = 2 / NEAR, 0.0
        if pw > NEAR and qw > NEAR and rw > NEAR:
            px, qx, rx = place[p, 3], place[q, 3], place[r, 3]
            low, high = np.ceil(min(px, qx, rx) - ROUNDING), np.floor(max(px, qx, rx) + ROUNDING)
            if low > high or high < 0 or low > right:
                continue
            left, right = max(0, int(low)), min(right, int(high))
            py, qy, ry = place[p, 4], place[q, 4], place[r, 4]
            low, high = np.ceil(min(py, qy, ry) - ROUNDING), np.floor(max(py, qy, ry) + ROUNDING)
            if low > high or high < 0 or low > bottom:
                continue
            top, bottom = max(0, int(low)), min(bottom, int(high))
            closest, least = 1 / min(pw, qw, rw), 1 / max(pw, qw, rw)
            if _hidden(tiles, left, right, top, bottom, closest):
                continue
        elif pw <= NEAR and qw <= NEAR and rw <= NEAR:
            continue
        pX, pY, qX, qY, rX, rY = place[p, 0], place[p, 1], place[q, 0], place[q, 1], place[r, 0], place[r, 1]
        # The side opposite to each corner.
        pa, pb, pc = qY * rw - qw * rY, qw * rX - qX * rw, qX * rY - qY * rX
        volume = pa * pX + pb * pY + pc * pw
        # Rows count downwards: fronts turn clockwise.
        if volume == 0.0 or volume * sides > 0.0:
            continue
        qa, qb, qc = rY * pw - rw * pY, rw * pX - rX * pw, rX * pY - rY * pX
        ra, rb, rc = pY * qw - pw * qY, pw * qX - pX * qw, pX * qY - pY * qX
        if volume < 0.0:
            volume = -volume
            pa, pb, pc, qa, qb, qc, ra, rb, rc = -pa, -pb, -pc, -qa, -qb, -qc, -ra, -rb, -rc
        # Samples on a side are the triangle's if the side faces right, or down.
        p_least = 0.0 if pa > 0 or (pa == 0 and pb > 0) else TINY
        q_least = 0.0 if qa > 0 or (qa == 0 and qb > 0) else TINY
        r_least = 0.0 if ra > 0 or (ra == 0 and rb > 0) else TINY
        p_over, q_over, r_over = _reciprocal(pa), _reciprocal(qa), _reciprocal(ra)
        na, nb, nc = (pa + qa + ra) / volume, (pb + qb + rb) / volume, (pc + qc + rc) / volume
        number = np.int32((mesh << MESH_SHIFT) | f)
        for row in range(top, bottom + 1):
            p_row, q_row, r_row = pb * row + pc, qb * row + qc, rb * row + rc
            first, last = float(left), float(right)
            first, last = _within(p_over, p_row, first, last)
            first, last = _within(q_over, q_row, first, last)
            first, last = _within(r_over, r_row, first, last)
            first, last = float(np.ceil(first)), float(np.floor(last))
            # Rounding is monotonic: between two samples inside, all are.
            while first <= last and not (
                pa * first + p_row >= p_least and qa * first + q_row >= q_least and ra * first + r_row >= r_least
            ):
                first += 1
            while first <= last and not (
                pa * last + p_row >= p_least and qa * last + q_row >= q_least and ra * last + r_row >= r_least
            ):
                last -= 1
            start = nb * row + nc
            # Unsigned indices: signed ones would be looked at first, whether they count from the end.
            line = np.uintp(row)
            for column in range(int(first), int(last) + 1):
                # In slivers rounding may exceed the corners.
                near = np.float32(min(max(na * column + start, least), closest))
                at = np.uintp(column)
                if near > nearness[line, at] and near < LIMIT:
                    nearness[line, at] = near
                    seen[line, at] = number


@inlined
def _reciprocal(a: float) -> float:
    return 1 / a if abs(a) > TINY_STEP else 0.0


@inlined
def _within(over: float, b: float, first: float, last: float) -> tuple[float, float]:
    """Returns the part of ``first`` to ``last`` in which x / over + b may be 0 or more."""
    at = -b * over
    if over > 0:
        first = max(first, at - ROUNDING)
    elif over < 0:
        last = min(last, at + ROUNDING)
    return first, last


@inlined
def _hidden(tiles: Single, left: int, right: int, top: int, bottom: int, closest: float) -> bool:
    """Returns whether what is drawn already is nearer everywhere in a rectangle of samples."""
    for row in range(top >> TILE_SHIFT, (bottom >> TILE_SHIFT) + 1):
        for column in range(left >> TILE_SHIFT, (right >> TILE_SHIFT) + 1):
            if closest >= tiles[np.uintp(row), np.uintp(column)]:
                return False
    return True


@kernel
def furthest(nearness: Single, tiles: Single) -> None:
    """Writes the smallest nearness of each tile of samples into ``tiles``."""
    rows, columns = nearness.shape
    side = 1 << TILE_SHIFT
    for i in range(tiles.shape[0]):
        for j in range(tiles.shape[1]):
            least = np.float32(np.inf)
            for row in range(i * side, min(rows, (i + 1) * side)):
                for column in range(j * side, min(columns, (j + 1) * side)):
                    least = min(least, nearness[row, column])
            tiles[i, j] = least


@kernel
def centres(
    place: Places,
    faces: Triangles,
    mesh: int,
    first: int,
    seen: Triangles,
    index: Triangles,
    weights: Single,
    depth: Single,
) -> None:
    """Writes what pixels show of one mesh at their centres.

    Args:
        place: (V, 5) of ``placed``.
        faces: (F, 3).
        mesh: its number.
        first: number of its first triangle over all meshes.
        seen: (2 H + 1, 2 W + 1) mesh and triangle at each sample.
        index: (H, W) triangle over all meshes; changed.
        weights: (H, W, 2) of the triangle's first two corners; changed.
        depth: (H, W) along the axis, metres; changed.
    """
    height, width = index.shape
    for i in range(height):
        for j in range(width):
            found = seen[2 * i + 1, 2 * j + 1]
            if found >= 0 and found >> MESH_SHIFT == mesh:
                triangle = found & (MAX_TRIANGLES - 1)
                p, q, _, away = _met(place, faces[triangle], 2 * i + 1.0, 2 * j + 1.0)
                index[i, j] = first + triangle
                weights[i, j, 0], weights[i, j, 1], depth[i, j] = p, q, away


@kernel
def met(place: Places, faces: Triangles, triangle: Triangles, sample: Triangles, columns: int) -> Places:
    """Returns (n, 4): the weights of the three corners where triangles meet samples, and the depth there.

    Args:
        place: (V, 5) of ``placed``.
        faces: (F, 3).
        triangle: (n,) of them.
        sample: (n,) index of a sample that each covers.
        columns: of the grid of samples.
    """
    out = np.empty((len(triangle), 4))
    for i in range(len(triangle)):
        row, column = float(sample[i] // columns), float(sample[i] % columns)
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = _met(place, faces[triangle[i]], row, column)
    return out


@inlined
def _met(place: Places, corners: Triangles, row: float, column: float) -> tuple[float, float, float, float]:
    """Returns the weights of a triangle's corners where a sample meets it, and the depth there."""
    p, q, r = place[corners[0]], place[corners[1]], place[corners[2]]
    a, b = p[0] - column * p[2], p[1] - row * p[2]
    c, d = q[0] - column * q[2], q[1] - row * q[2]
    e, f = r[0] - column * r[2], r[1] - row * r[2]
    wp, wq, wr = c * f - d * e, e * b - f * a, a * d - b * c
    total = wp + wq + wr
    if abs(total) < 1e-30:
        wp, wq, wr, total = 1.0, 1.0, 1.0, 3.0
    # Rounding may have met a triangle just beyond its sides.
    wp, wq, wr = max(wp / total, 0.0), max(wq / total, 0.0), max(wr / total, 0.0)
    over = 1 / (wp + wq + wr)
    wp, wq, wr = wp * over, wq * over, wr * over
    return wp, wq, wr, wp * p[2] + wq * q[2] + wr * r[2]


@inlined
def _is_alone(seen: Triangles, nearness: Single, middle: np.uintp, columns: int, close: float) -> bool:
    """Returns whether the nine samples around a pixel's centre show one surface, or none of them anything."""
    mesh, near = seen[middle] >> MESH_SHIFT, nearness[middle]
    for k in range(3):
        first = middle + np.uintp(k * columns) - np.uintp(columns + 1)
        for at in (first, first + np.uintp(1), first + np.uintp(2)):
            if seen[at] >> MESH_SHIFT != mesh or abs(nearness[at] - near) > close:
                return False
    return True


@kernel
def surfaces_of(
    seen: Triangles, nearness: Single, apart: float, meshes: int
) -> tuple[Triangles, Triangles, Triangles, Triangles, Triangles]:
    """Returns the surfaces of each pixel, the mean of nine samples on it and its border (the trapezoidal rule).

    Args:
        seen: (2 H + 1, 2 W + 1) mesh and triangle of each sample.
        nearness: reciprocals of their depths.
        apart: samples of one mesh whose depths differ by a smaller share are of one surface.
        meshes: how many there are.

    Returns:
        Sorted by mesh, (n,) each: the pixel's index, the triangle, the index of the sample that shows it, the share of
        the pixel in sixteenths; and (meshes + 1,) where each mesh begins.
    """
    rows, columns = seen.shape
    height, width = rows // 2, columns // 2
    most = ROUNDS * height * width
    pixel, triangle, sample = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32)
    weight, mesh_of = np.empty(most, np.int32), np.empty(most, np.int32)
    count = np.zeros(meshes + 1, np.int32)
    flat, near_by = seen.reshape(-1), nearness.reshape(-1)
    n = 0
    for y in range(height):
        for x in range(width):
            middle = np.uintp((2 * y + 1) * columns + 2 * x + 1)
            one, near = flat[middle], near_by[middle]
            if _is_alone(flat, near_by, middle, columns, apart * near):
                # Most pixels: nothing, or one surface.
                if one >= 0:
                    pixel[n], sample[n], weight[n] = y * width + x, middle, 16
                    triangle[n], mesh_of[n] = one & 0xFFFFFF, one >> 24
                    count[(one >> 24) + 1] += 1
                    n += 1
                continue
            left = 0
            for k in range(9):
                if seen[2 * y + DOWN[k], 2 * x + ACROSS[k]] >= 0:
                    left |= 1 << k
            for turn in range(ROUNDS):
                if left == 0:
                    break
                k = 0
                while not left >> k & 1:
                    k += 1
                row, column = 2 * y + DOWN[k], 2 * x + ACROSS[k]
                one, near = seen[row, column], nearness[row, column]
                mesh = one >> 24
                close, part = apart * near, 0
                for j in range(k, 9):
                    if left >> j & 1:
                        r, c = 2 * y + DOWN[j], 2 * x + ACROSS[j]
                        if turn == ROUNDS - 1 or (seen[r, c] >> 24 == mesh and abs(nearness[r, c] - near) <= close):
                            part += WEIGHT[j]
                            left &= ~(1 << j)
                pixel[n], sample[n], weight[n] = y * width + x, row * columns + column, part
                triangle[n], mesh_of[n] = one & 0xFFFFFF, mesh
                count[mesh + 1] += 1
                n += 1
    first = np.cumsum(count).astype(np.int32)
    following = first.copy()
    order = np.empty(n, np.int32)
    for i in range(n):
        order[following[mesh_of[i]]] = i
        following[mesh_of[i]] += 1
    return pixel[order], triangle[order], sample[order], weight[order], first
