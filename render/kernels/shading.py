"""Colours of what is seen, each surface of each pixel shaded once: the loops of ``render.backends.raster``.

Lambert with a wrapped, reddened terminator for skin, spherical harmonics for the even light, GGX highlights and
mirrored surroundings, Kajiya and Kay's highlights on hair.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from render.kernels import inlined, kernel

Single = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int32]
Vector: TypeAlias = tuple[float, float, float]
Index: TypeAlias = np.integer[Any] | int
Around: TypeAlias = tuple[Double, Double, Double, Single]

HALF_TURN = 3.141592653589793

MAP_START = (0, 8192, 10240, 10752)
"""First texel of each level of ``render.environments.shiny``; the first level has 64 rows."""

SHOULDER = 0.8
"""``render.backends.film.KNEE``."""


class Surface(NamedTuple):
    """What shading asks a mesh.

    Attributes:
        corners: (F, 3) vertices of each triangle.
        points: (V, 3) places in the world.
        normals: (V, 3).
        uv: (V, 2).
        open: (V,) share of the even light, from closed (0) to open (1).
        lit: (V,) share of the first lamp.
        material: (4,) specular, roughness, subsurface, hair.
        texels: (n, 3) uint8 sRGB of all sizes of the texture, one after another.
        levels: (L, 3) first texel, height and width of each size.
        relief: (h, w, 3) rise along u and along v in metres per texture, darkness of creases; may be empty.
        window: (4,) u and v at which the relief begins, and its texels per unit of u and v.
        crease: (3,) share of the light that the darkest crease takes.
    """

    corners: Whole
    points: Single
    normals: Single
    uv: Single
    open: Single
    lit: Single
    material: Double
    texels: npt.NDArray[np.uint8]
    levels: Whole
    relief: Single
    window: Double
    crease: Double


class Light(NamedTuple):
    """What lights a scene, and who looks.

    Attributes:
        directions, radiance: (n, 3) of the lamps.
        even: (9, 3) of ``render.environments.harmonics``.
        sky, ground: (3,) radiance from above and from below.
        turn: (3,) strength of the surroundings, cosine and sine of their turn.
        mirrored: (n, 3) of ``render.environments.shiny``; may be empty.
        eye: (3,) place of the camera.
        pixel: size of a pixel at distance 1.
    """

    directions: Double
    radiance: Double
    even: Double
    sky: Double
    ground: Double
    turn: Double
    mirrored: Single
    eye: Double
    pixel: float


@kernel
def shade(
    surface: Surface,
    light: Light,
    pixel: Whole,
    triangle: Whole,
    weight: Whole,
    met: Double,
    linear: Double,
    decoded: Single,
) -> None:
    """Adds the light of one mesh to pixels.

    Args:
        surface: of the mesh.
        light: on it.
        pixel: (n,) which pixels.
        triangle: (n,) what each shows.
        weight: (n,) share of the pixel in sixteenths.
        met: (n, 4) weights of the triangle's corners, and depth.
        linear: (H W, 4) light in sixteenths, and cover; changed.
        decoded: (256,) linear light of each sRGB value.
    """
    material, corners, points, uvs = surface.material, surface.corners, surface.points, surface.uv
    relief, window, crease, normals = surface.relief, surface.window, surface.crease, surface.normals
    eye, around = (light.eye[0], light.eye[1], light.eye[2]), (light.ground, light.sky, light.turn, light.mirrored)
    roughness, hair = material[1], material[3]
    # Ribbons of hair are narrow: across them a pixel takes more of the texture than its mean extent says.
    sharper = np.sqrt(float(surface.levels[0, 1] * surface.levels[0, 2])) * 2.0 ** (0.35 + 1.2 * hair)
    for i in range(len(pixel)):
        # Unsigned indices: signed ones would be looked at first, whether they count from the end.
        t = np.uintp(triangle[i])
        p, q, r = np.uintp(corners[t, 0]), np.uintp(corners[t, 1]), np.uintp(corners[t, 2])
        a, b, c, away = met[i, 0], met[i, 1], met[i, 2], met[i, 3]
        p0 = _row(points, p)
        e1, e2 = _minus(_row(points, q), p0), _minus(_row(points, r), p0)
        face = _cross(e1, e2)
        v = _unit(_minus(eye, _between(points, p, q, r, a, b, c)))
        n = _unit(_between(normals, p, q, r, a, b, c))
        facing, area = _dot(face, v), max(_dot(face, face), 1e-20)
        # Seen from behind, the triangle's own side decides, as the rasteriser would: n may lean past the silhouette.
        # Normals of hair are those of its volume, whichever side a ribbon turns to the camera.
        if hair == 0.0 and facing < 0.0:
            n = (-n[0], -n[1], -n[2])
        u = a * uvs[p, 0] + b * uvs[q, 0] + c * uvs[r, 0]
        w = a * uvs[p, 1] + b * uvs[q, 1] + c * uvs[r, 1]
        d1, d2 = (uvs[q, 0] - uvs[p, 0], uvs[q, 1] - uvs[p, 1]), (uvs[r, 0] - uvs[p, 0], uvs[r, 1] - uvs[p, 1])
        turned = d1[0] * d2[1] - d2[0] * d1[1]
        size, over_area = light.pixel * away, 1 / np.sqrt(area)
        # Of a pixel in the texture.
        extent = np.sqrt(abs(turned) * over_area / max(abs(facing) * over_area, 0.3)) * size
        level = _level(extent * sharper, surface.levels.shape[0] - 1)
        base = _texel(surface.texels, surface.levels, level, u, w, decoded)
        rough = roughness
        if hair == 0.0:
            rough = _rougher(normals, p, q, r, e1, e2, size, roughness)
        if relief.shape[0] > 0:
            n, dark = _folded(relief, window, n, face, e1, e2, d1, d2, _sign(facing) / area, u, w, extent)
            base = base[0] * (1 - dark * crease[0]), base[1] * (1 - dark * crease[1]), base[2] * (1 - dark * crease[2])
        opened = min(max(a * surface.open[p] + b * surface.open[q] + c * surface.open[r], 0.0), 1.0)
        lit = a * surface.lit[p] + b * surface.lit[q] + c * surface.lit[r]
        nv = _dot(n, v)
        matt, shine = _even(light.even, n, opened), (0.0, 0.0, 0.0)
        if material[0] > 0.0 and hair < 1.0:
            shine = _reflection(around, material, n, v, nv, rough, opened)
        strand = (0.0, 0.0, 0.0)
        if hair > 0.0:
            f, g = (-d1[0], -d2[0]) if turned < 0.0 else (d1[0], d2[0])
            strand = _unit((f * e2[0] - g * e1[0], f * e2[1] - g * e1[1], f * e2[2] - g * e1[2]))
        for k in range(light.directions.shape[0]):
            way, share = _row(light.directions, k), lit if k == 0 else 1.0
            nl, plain, fibres, gloss, tinted = _answer(material, way, n, v, nv, rough, strand, opened)
            x, y, z = light.radiance[k, 0] * share, light.radiance[k, 1] * share, light.radiance[k, 2] * share
            matt = (
                matt[0] + x * (plain * _diffuse(nl, 0.2 * material[2]) + fibres),
                matt[1] + y * (plain * _diffuse(nl, 0.09 * material[2]) + fibres),
                matt[2] + z * (plain * _diffuse(nl, 0.06 * material[2]) + fibres),
            )
            shine = (
                shine[0] + x * (gloss + tinted * base[0]),
                shine[1] + y * (gloss + tinted * base[1]),
                shine[2] + z * (gloss + tinted * base[2]),
            )
        at, part = np.uintp(pixel[i]), float(weight[i])
        linear[at, 0] += part * _eased(base[0] * matt[0] + shine[0])
        linear[at, 1] += part * _eased(base[1] * matt[1] + shine[1])
        linear[at, 2] += part * _eased(base[2] * matt[2] + shine[2])
        linear[at, 3] += part


@inlined
def _between(rows: Any, p: Index, q: Index, r: Index, a: float, b: float, c: float) -> Vector:
    """Returns the mean of three rows with weights a, b, c."""
    return (
        a * rows[p, 0] + b * rows[q, 0] + c * rows[r, 0],
        a * rows[p, 1] + b * rows[q, 1] + c * rows[r, 1],
        a * rows[p, 2] + b * rows[q, 2] + c * rows[r, 2],
    )


@inlined
def _level(texels: float, last: int) -> int:
    """Returns the size of a texture in which a pixel that is so many texels wide is one or two wide."""
    level = 0
    while texels >= 2.0 and level < last:
        texels *= 0.5
        level += 1
    return level


@inlined
def _rougher(
    normals: Single, p: Index, q: Index, r: Index, e1: Vector, e2: Vector, size: float, roughness: float
) -> float:
    """Returns the roughness of a surface within a pixel: what bends mirrors as much as a rougher one that does not.

    Tokuyoshi and Kaplanyan, "Improved geometric specular antialiasing" (2019); fibres are lit by their own law.
    """
    n0 = _row(normals, p)
    b1, b2 = _minus(_row(normals, q), n0), _minus(_row(normals, r), n0)
    bend = max(_dot(b1, b1) / max(_dot(e1, e1), 1e-12), _dot(b2, b2) / max(_dot(e2, e2), 1e-12)) * size * size
    return float(np.sqrt(np.sqrt(roughness**4 + min(0.05 * bend, 0.18))))


@inlined
def _folded(
    relief: Single,
    window: Double,
    n: Vector,
    face: Vector,
    e1: Vector,
    e2: Vector,
    d1: tuple[float, float],
    d2: tuple[float, float],
    side: float,
    u: float,
    w: float,
    extent: float,
) -> tuple[Vector, float]:
    """Returns the normal of skin in folds, and how dark they are."""
    x, y = (u - window[0]) * window[2], (w - window[1]) * window[3]
    if x < 0 or y < 0 or x > relief.shape[1] or y > relief.shape[0]:
        return n, 0.0
    # Folds are finer than pixels: the mean of four places within the pixel.
    rise_u, rise_v, dark = _folds(relief, x, y, 0.25 * extent * window[2], 0.25 * extent * window[3])
    # The gradient over the surface of a function that is linear in the triangle.
    along, across, side = _cross(e2, face), _cross(face, e1), side * _sign(_dot(face, n))
    f, g = side * (rise_u * d1[0] + rise_v * d1[1]), side * (rise_u * d2[0] + rise_v * d2[1])
    turned = (
        n[0] - (f * along[0] + g * across[0]),
        n[1] - (f * along[1] + g * across[1]),
        n[2] - (f * along[2] + g * across[2]),
    )
    return _unit(turned), dark


@inlined
def _reflection(
    around: Around, material: Double, n: Vector, v: Vector, nv: float, rough: float, opened: float
) -> Vector:
    """Returns what a surface mirrors of all but the lamps."""
    specular, subsurface, hair = material[0], material[2], material[3]
    ray = 2.0 * nv * n[0] - v[0], 2.0 * nv * n[1] - v[1], 2.0 * nv * n[2] - v[2]
    found = _mirror(around, ray, rough)
    # Where skin turns away, what it would mirror is mostly the rest of the head.
    turned_away = 1.0 + subsurface * (min(max(0.15 + 2.0 * nv, 0.0), 1.0) - 1.0)
    much = _reflected(specular, rough, max(nv, 0.15)) * opened * (1.0 - hair) * turned_away
    return found[0] * much, found[1] * much, found[2] * much


@inlined
def _answer(
    material: Double, way: Vector, n: Vector, v: Vector, nv: float, rough: float, strand: Vector, opened: float
) -> tuple[float, float, float, float, float]:
    """Returns how a surface answers a lamp.

    Returns:
        The lamp's cosine, shares of skin's and of hair's matt light, shine as white as the lamp, shine in the
        surface's colour.
    """
    specular, hair = material[0], material[3]
    reach, nl = (0.35 + 0.65 * opened) * min(opened / 0.15, 1.0), _dot(n, way)
    fibres, gloss, tinted = 0.0, 0.0, 0.0
    if hair < 1.0:
        gloss = (1.0 - hair) * opened * _highlight(n, way, v, nl, nv, rough, specular)
    if hair > 0.0:
        fibres, first, second = _light_hair(strand, way, v, nl, rough)
        much = hair * specular * opened
        fibres, gloss, tinted = hair * reach * fibres, gloss + much * first, much * second
    return nl, (1.0 - hair) * reach, fibres, gloss, tinted


@kernel
def encoded(linear: Double, background: npt.NDArray[np.uint8], decoded: Single, table: npt.NDArray[np.uint8]) -> Any:
    """Returns the (H, W, 3) uint8 sRGB picture of light over a background.

    Args:
        linear: (H W, 4) light in sixteenths, and cover.
        background: (H, W, 3) uint8 sRGB.
        decoded: (256,) linear light of each sRGB value.
        table: sRGB of light from 0 to 1, in even steps.
    """
    height, width, _ = background.shape
    out = background.copy()
    steps = len(table) - 1
    for y in range(height):
        for x in range(width):
            at = y * width + x
            cover = linear[at, 3]
            if cover > 0.0:
                for c in range(3):
                    value = (linear[at, c] + (16.0 - cover) * decoded[background[y, x, c]]) / 16.0
                    out[y, x, c] = table[int(min(max(value, 0.0), 1.0) * steps + 0.5)]
    return out


@inlined
def _row(rows: Any, i: Index) -> Vector:
    return float(rows[i, 0]), float(rows[i, 1]), float(rows[i, 2])


@inlined
def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@inlined
def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@inlined
def _unit(a: Vector) -> Vector:
    over = 1 / np.sqrt(max(a[0] * a[0] + a[1] * a[1] + a[2] * a[2], 1e-40))
    return a[0] * over, a[1] * over, a[2] * over


@inlined
def _sign(a: float) -> float:
    return 1.0 if a > 0 else (-1.0 if a < 0 else 0.0)


@inlined
def _texel(texels: Any, levels: Whole, level: int, u: float, v: float, decoded: Single) -> Vector:
    """Returns the linear colour of a repeating texture, blended between four texels."""
    start, height, width = levels[level, 0], levels[level, 1], levels[level, 2]
    x, y = (u - np.floor(u)) * width - 0.5, (v - np.floor(v)) * height - 0.5
    left, top = np.floor(x), np.floor(y)
    fx, fy = x - left, y - top
    j, i = int(left), int(top)
    j0, i0 = j if j >= 0 else width - 1, i if i >= 0 else height - 1
    j1, i1 = j + 1 if j + 1 < width else 0, i + 1 if i + 1 < height else 0
    a, b = np.uintp(start + i0 * width + j0), np.uintp(start + i0 * width + j1)
    c, d = np.uintp(start + i1 * width + j0), np.uintp(start + i1 * width + j1)
    wa, wb, wc, wd = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    return (
        wa * decoded[texels[a, 0]]
        + wb * decoded[texels[b, 0]]
        + wc * decoded[texels[c, 0]]
        + wd * decoded[texels[d, 0]],
        wa * decoded[texels[a, 1]]
        + wb * decoded[texels[b, 1]]
        + wc * decoded[texels[c, 1]]
        + wd * decoded[texels[d, 1]],
        wa * decoded[texels[a, 2]]
        + wb * decoded[texels[b, 2]]
        + wc * decoded[texels[c, 2]]
        + wd * decoded[texels[d, 2]],
    )


@inlined
def _folds(relief: Single, x: float, y: float, qx: float, qy: float) -> Vector:
    """Returns the mean relief of four places around one, in texels."""
    a = _fold(relief, x + qx, y + qy)
    b = _fold(relief, x - qx, y - qy)
    c = _fold(relief, x + qx, y - qy)
    d = _fold(relief, x - qx, y + qy)
    return (
        0.25 * (a[0] + b[0] + c[0] + d[0]),
        0.25 * (a[1] + b[1] + c[1] + d[1]),
        0.25 * (a[2] + b[2] + c[2] + d[2]),
    )


@inlined
def _fold(relief: Single, x: float, y: float) -> Vector:
    height, width, _ = relief.shape
    x, y = min(max(x - 0.5, 0.0), width - 1.0), min(max(y - 0.5, 0.0), height - 1.0)
    column, row = int(x), int(y)
    fx, fy = x - column, y - row
    j, k = np.uintp(column), np.uintp(min(column + 1, width - 1))
    i, m = np.uintp(row), np.uintp(min(row + 1, height - 1))
    a, b, c, d = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    return (
        a * relief[i, j, 0] + b * relief[i, k, 0] + c * relief[m, j, 0] + d * relief[m, k, 0],
        a * relief[i, j, 1] + b * relief[i, k, 1] + c * relief[m, j, 1] + d * relief[m, k, 1],
        a * relief[i, j, 2] + b * relief[i, k, 2] + c * relief[m, j, 2] + d * relief[m, k, 2],
    )


@inlined
def _even(even: Double, n: Vector, opened: float) -> Vector:
    """Returns the even light of a white matt surface, its harmonics of degree 2."""
    x, y, z = n
    xy, yz, xz, yy, zx = x * y, y * z, x * z, 3.0 * y * y - 1.0, z * z - x * x
    return (
        opened * _harmonic(even, 0, x, y, z, xy, yz, xz, yy, zx),
        opened * _harmonic(even, 1, x, y, z, xy, yz, xz, yy, zx),
        opened * _harmonic(even, 2, x, y, z, xy, yz, xz, yy, zx),
    )


@inlined
def _harmonic(
    e: Double, c: int, x: float, y: float, z: float, xy: float, yz: float, xz: float, yy: float, zx: float
) -> float:
    first = e[0, c] + x * e[1, c] + y * e[2, c] + z * e[3, c]
    second = xy * e[4, c] + yz * e[5, c] + xz * e[6, c] + yy * e[7, c] + zx * e[8, c]
    return float(max(first + second, 0.0))


@inlined
def _diffuse(cosine: float, w: float) -> float:
    """Returns energy-conserving wrap lighting; red wraps furthest, as light scatters furthest in skin."""
    return max((cosine + w) / ((1.0 + w) * (1.0 + w)), 0.0)


@inlined
def _highlight(n: Vector, way: Vector, v: Vector, nl: float, nv: float, roughness: float, specular: float) -> float:
    """Returns GGX over pi for a lamp whose light is given as that of a white matt surface; lamps are a little wide."""
    if nl <= 0.0 or specular <= 0.0:
        return 0.0
    h = _unit((way[0] + v[0], way[1] + v[1], way[2] + v[2]))
    a = roughness * roughness + 0.035
    a2 = a * a
    nh, nv = max(_dot(n, h), 0.0), max(nv, 1e-3)
    q = nh * nh * (a2 - 1.0) + 1.0
    k = (roughness + 1.0) * (roughness + 1.0) / 8.0
    g = 0.25 / ((nl * (1.0 - k) + k) * (nv * (1.0 - k) + k))
    f = 1.0 - min(max(_dot(h, v), 0.0), 1.0)
    f5 = f * f * f * f * f
    return a2 / (q * q) * g * (0.04 * specular + min(specular, 1.0) * 0.96 * f5) * nl


@inlined
def _reflected(specular: float, roughness: float, nv: float) -> float:
    """Returns what a rough surface mirrors of even surroundings: Karis, "Physically based shading on mobile" (2014)."""
    rx, ry = 1.0 - roughness, 0.0425 - 0.0275 * roughness
    rz, rw = 1.04 - 0.572 * roughness, 0.022 * roughness - 0.04
    a = min(rx * rx, float(np.exp(-6.4324 * nv))) * rx + ry
    return float(0.04 * specular * (-1.04 * a + rz) + min(specular, 1.0) * (1.04 * a + rw))


@kernel
def _mirror(around: Around, r: Vector, roughness: float) -> Vector:
    """Returns the radiance that comes from (3,) r: ground, sky, and the surroundings with their strength and turn."""
    ground, sky, turn, mirrored = around
    up = 0.5 + 0.5 * r[1]
    red = ground[0] + up * (sky[0] - ground[0])
    green = ground[1] + up * (sky[1] - ground[1])
    blue = ground[2] + up * (sky[2] - ground[2])
    strength, c, s = turn
    if strength > 0.0:
        across, ahead = c * r[0] - s * r[2], s * r[0] + c * r[2]
        x, y = _turn(across, -ahead) * 0.15915494309189535 + 0.5, _tilt(r[1]) * 0.3183098861837907
        if roughness < 0.25:
            at = (roughness - 0.1) / 0.15
        elif roughness < 0.5:
            at = 1.0 + (roughness - 0.25) / 0.25
        else:
            at = 2.0 + (roughness - 0.5) / 0.3
        at = min(max(at, 0.0), 3.0)
        level = min(int(at), 2)
        part = at - level
        a, b = _around(mirrored, level, x, y), _around(mirrored, level + 1, x, y)
        red += strength * ((1 - part) * a[0] + part * b[0])
        green += strength * ((1 - part) * a[1] + part * b[1])
        blue += strength * ((1 - part) * a[2] + part * b[2])
    return red, green, blue


@inlined
def _turn(y: float, x: float) -> float:
    """Returns the angle of (x, y), radians, to 1e-5: Abramowitz and Stegun (1964), 4.4.49."""
    a, b = abs(x), abs(y)
    ratio = min(a, b) / max(a, b, 1e-30)
    s = ratio * ratio
    found = ratio * (0.9998660 + s * (-0.3302995 + s * (0.1801410 + s * (-0.0851330 + s * 0.0208351))))
    found = HALF_TURN / 2 - found if b > a else found
    found = HALF_TURN - found if x < 0 else found
    return -found if y < 0 else found


@inlined
def _tilt(y: float) -> float:
    """Returns the arc cosine of y, radians, to 1e-4: Abramowitz and Stegun (1964), 4.4.45."""
    x = min(abs(y), 1.0)
    found = np.sqrt(1 - x) * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - x * 0.0187293)))
    return float(HALF_TURN - found if y < 0 else found)


@inlined
def _around(mirrored: Single, level: int, x: float, y: float) -> Vector:
    """Returns one level of the surroundings at a place in [0, 1], blended between four texels."""
    start, height = MAP_START[level], 64 >> level
    width = 2 * height
    x, y = x * width - 0.5, min(max(y * height - 0.5, 0.0), height - 1.0)
    left = np.floor(x)
    j, i = int(left), int(y)
    fx, fy = x - left, y - i
    j0, j1 = j if j >= 0 else width - 1, j + 1 if j + 1 < width else 0
    i1 = min(i + 1, height - 1)
    a, b = np.uintp(start + i * width + j0), np.uintp(start + i * width + j1)
    c, d = np.uintp(start + i1 * width + j0), np.uintp(start + i1 * width + j1)
    wa, wb, wc, wd = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    return (
        wa * mirrored[a, 0] + wb * mirrored[b, 0] + wc * mirrored[c, 0] + wd * mirrored[d, 0],
        wa * mirrored[a, 1] + wb * mirrored[b, 1] + wc * mirrored[c, 1] + wd * mirrored[d, 1],
        wa * mirrored[a, 2] + wb * mirrored[b, 2] + wc * mirrored[c, 2] + wd * mirrored[d, 2],
    )


@kernel
def _light_hair(t: Vector, way: Vector, v: Vector, nl: float, roughness: float) -> Vector:
    """Returns the matt light of hair and its two highlights, the second to be tinted by its colour.

    Kajiya and Kay, "Rendering fur with three dimensional textures" (1989), with one highlight for each way that light
    leaves a hair: off its surface, and once through it, tinted and further to the tip.
    """
    tl, facing = _dot(t, way), min(max(0.35 + 0.65 * nl, 0.0), 1.0)
    matt = np.sqrt(max(1.0 - tl * tl, 0.0)) * facing * 0.75
    h = _unit((way[0] + v[0], way[1] + v[1], way[2] + v[2]))
    th, sharp = _dot(t, h), 1.3 / max(roughness * roughness, 0.01)
    first, second = np.exp(-sharp * (th + 0.10) ** 2), np.exp(-0.35 * sharp * (th - 0.14) ** 2)
    return matt, 0.06 * first * facing, 0.8 * second * facing


@inlined
def _eased(light: float) -> float:
    """Returns light with a soft shoulder, which keeps highlights from clipping to flat white: ``film.eased``."""
    room = 1.0 - SHOULDER
    return light if light < SHOULDER else 1.0 - room * float(np.exp((SHOULDER - light) / room))
