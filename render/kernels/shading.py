"""Colours of what is seen, each surface of each pixel shaded once: the loops of ``render.backends.raster``.

Lambert with a wrapped, reddened terminator for skin, spherical harmonics for the even light, GGX highlights and
mirrored surroundings, Kajiya and Kay's highlights on hair.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Single = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int32]
Vector: TypeAlias = tuple[float, float, float]


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
    specular, roughness, subsurface, hair = surface.material
    sharper = np.sqrt(float(surface.levels[0, 1] * surface.levels[0, 2])) * 2.0 ** (0.35 + 1.2 * hair)
    corners, points, uvs = surface.corners, surface.points, surface.uv
    has_relief = surface.relief.shape[0] > 0
    for i in range(len(pixel)):
        # Unsigned indices: signed ones would be looked at first, whether they count from the end.
        t = np.uintp(triangle[i])
        p, q, r = np.uintp(corners[t, 0]), np.uintp(corners[t, 1]), np.uintp(corners[t, 2])
        wp, wq, wr, away = met[i, 0], met[i, 1], met[i, 2], met[i, 3]
        p0, p1, p2 = _row(points, p), _row(points, q), _row(points, r)
        e1, e2 = _minus(p1, p0), _minus(p2, p0)
        face = _cross(e1, e2)
        v = _unit(
            (
                light.eye[0] - (wp * p0[0] + wq * p1[0] + wr * p2[0]),
                light.eye[1] - (wp * p0[1] + wq * p1[1] + wr * p2[1]),
                light.eye[2] - (wp * p0[2] + wq * p1[2] + wr * p2[2]),
            )
        )
        n0, n1, n2 = _row(surface.normals, p), _row(surface.normals, q), _row(surface.normals, r)
        n = _unit(
            (
                wp * n0[0] + wq * n1[0] + wr * n2[0],
                wp * n0[1] + wq * n1[1] + wr * n2[1],
                wp * n0[2] + wq * n1[2] + wr * n2[2],
            )
        )
        u = wp * uvs[p, 0] + wq * uvs[q, 0] + wr * uvs[r, 0]
        w = wp * uvs[p, 1] + wq * uvs[q, 1] + wr * uvs[r, 1]
        d1x, d1y = uvs[q, 0] - uvs[p, 0], uvs[q, 1] - uvs[p, 1]
        d2x, d2y = uvs[r, 0] - uvs[p, 0], uvs[r, 1] - uvs[p, 1]
        facing = _dot(face, v)
        # Seen from behind, the triangle's own side decides, as the rasteriser would: n may lean past the silhouette.
        # Normals of hair are those of its volume, whichever side a ribbon turns to the camera.
        if hair == 0.0 and facing < 0.0:
            n = (-n[0], -n[1], -n[2])
        area = max(_dot(face, face), 1e-20)
        over_area = 1 / np.sqrt(area)
        turned = d1x * d2y - d2x * d1y
        size = light.pixel * away
        # Of a pixel in the texture.
        extent = np.sqrt(abs(turned) * over_area / max(abs(facing) * over_area, 0.3)) * size
        # Ribbons of hair are narrow: across them a pixel takes more of the texture than its mean extent says.
        wide, level = extent * sharper, 0
        while wide >= 2.0 and level < surface.levels.shape[0] - 1:
            wide *= 0.5
            level += 1
        red, green, blue = _texel(surface.texels, surface.levels, level, u, w, decoded)
        rough = roughness
        if hair == 0.0:
            # What bends within a pixel mirrors as much as a rougher surface that does not (Tokuyoshi and Kaplanyan,
            # "Improved geometric specular antialiasing", 2019); fibres are lit by their own law.
            b1, b2 = _minus(n1, n0), _minus(n2, n0)
            bend = max(_dot(b1, b1) / max(_dot(e1, e1), 1e-12), _dot(b2, b2) / max(_dot(e2, e2), 1e-12)) * size * size
            rough = np.sqrt(np.sqrt(roughness**4 + min(0.05 * bend, 0.18)))
        if has_relief:
            # Folds are finer than pixels: the mean of four places within the pixel.
            x = (u - surface.window[0]) * surface.window[2]
            y = (w - surface.window[1]) * surface.window[3]
            if 0 <= x <= surface.relief.shape[1] and 0 <= y <= surface.relief.shape[0]:
                qx, qy = 0.25 * extent * surface.window[2], 0.25 * extent * surface.window[3]
                rise_u, rise_v, dark = _folds(surface.relief, x, y, qx, qy)
                # The gradient over the surface of a function that is linear in the triangle.
                along, across = _cross(e2, face), _cross(face, e1)
                f, g = rise_u * d1x + rise_v * d1y, rise_u * d2x + rise_v * d2y
                side = _sign(_dot(face, n)) * _sign(facing) / area
                n = _unit(
                    (
                        n[0] - side * (f * along[0] + g * across[0]),
                        n[1] - side * (f * along[1] + g * across[1]),
                        n[2] - side * (f * along[2] + g * across[2]),
                    )
                )
                red *= 1 - dark * surface.crease[0]
                green *= 1 - dark * surface.crease[1]
                blue *= 1 - dark * surface.crease[2]
        opened = min(max(wp * surface.open[p] + wq * surface.open[q] + wr * surface.open[r], 0.0), 1.0)
        lit = wp * surface.lit[p] + wq * surface.lit[q] + wr * surface.lit[r]
        nv = _dot(n, v)
        matt = _even(light.even, n, opened)
        shine = (0.0, 0.0, 0.0)
        if specular > 0.0 and hair < 1.0:
            found = _mirror(light, _reflected_ray(n, v, nv), rough)
            # Where skin turns away, what it would mirror is mostly the rest of the head.
            turned_away = 1.0 + subsurface * (min(max(0.15 + 2.0 * nv, 0.0), 1.0) - 1.0)
            much = _reflected(specular, rough, max(nv, 0.15)) * opened * (1.0 - hair) * turned_away
            shine = (found[0] * much, found[1] * much, found[2] * much)
        reach_all = (0.35 + 0.65 * opened) * min(max(opened / 0.15, 0.0), 1.0)
        strand = (0.0, 0.0, 0.0)
        if hair > 0.0:
            sign = -1.0 if turned < 0.0 else 1.0
            f, g = sign * d1x, sign * d2x
            strand = _unit((f * e2[0] - g * e1[0], f * e2[1] - g * e1[1], f * e2[2] - g * e1[2]))
        for k in range(light.directions.shape[0]):
            way, lamp = _row(light.directions, k), _row(light.radiance, k)
            share = lit if k == 0 else 1.0
            reach = reach_all * share
            nl = _dot(n, way)
            plain = (1.0 - hair) * reach
            gloss = 0.0
            if hair < 1.0:
                gloss = share * (1.0 - hair) * opened * _highlight(n, way, v, nl, nv, rough, specular)
            glint_r, glint_g, glint_b, hairy = 0.0, 0.0, 0.0, 0.0
            if hair > 0.0:
                hairy, first, second = _light_hair(strand, way, v, nl, rough)
                hairy *= hair * reach
                much = hair * specular * opened * share
                glint_r, glint_g, glint_b = (
                    much * (first + second * red),
                    much * (first + second * green),
                    much * (first + second * blue),
                )
            matt = (
                matt[0] + lamp[0] * (plain * _diffuse(nl, 0.2 * subsurface) + hairy),
                matt[1] + lamp[1] * (plain * _diffuse(nl, 0.09 * subsurface) + hairy),
                matt[2] + lamp[2] * (plain * _diffuse(nl, 0.06 * subsurface) + hairy),
            )
            shine = (
                shine[0] + lamp[0] * (gloss + glint_r),
                shine[1] + lamp[1] * (gloss + glint_g),
                shine[2] + lamp[2] * (gloss + glint_b),
            )
        at, part = pixel[i], float(weight[i])
        linear[at, 0] += part * _eased(red * matt[0] + shine[0])
        linear[at, 1] += part * _eased(green * matt[1] + shine[1])
        linear[at, 2] += part * _eased(blue * matt[2] + shine[2])
        linear[at, 3] += part


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


@kernel
def _row(rows: Any, i: np.integer[Any] | int) -> Vector:
    return float(rows[i, 0]), float(rows[i, 1]), float(rows[i, 2])


@kernel
def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@kernel
def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@kernel
def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@kernel
def _unit(a: Vector) -> Vector:
    over = 1 / np.sqrt(max(a[0] * a[0] + a[1] * a[1] + a[2] * a[2], 1e-40))
    return a[0] * over, a[1] * over, a[2] * over


@kernel
def _sign(a: float) -> float:
    return 1.0 if a > 0 else (-1.0 if a < 0 else 0.0)


@kernel
def _texel(texels: Any, levels: Whole, level: int, u: float, v: float, decoded: Single) -> Vector:
    """Returns the linear colour of a repeating texture, blended between four texels."""
    start, height, width = levels[level, 0], levels[level, 1], levels[level, 2]
    x, y = (u - np.floor(u)) * width - 0.5, (v - np.floor(v)) * height - 0.5
    left, top = np.floor(x), np.floor(y)
    fx, fy = x - left, y - top
    j, i = int(left), int(top)
    j0, i0 = j if j >= 0 else width - 1, i if i >= 0 else height - 1
    j1, i1 = j + 1 if j + 1 < width else 0, i + 1 if i + 1 < height else 0
    a, b = start + i0 * width + j0, start + i0 * width + j1
    c, d = start + i1 * width + j0, start + i1 * width + j1
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


@kernel
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


@kernel
def _fold(relief: Single, x: float, y: float) -> Vector:
    height, width, _ = relief.shape
    x, y = min(max(x - 0.5, 0.0), width - 1.0), min(max(y - 0.5, 0.0), height - 1.0)
    j, i = int(x), int(y)
    fx, fy = x - j, y - i
    k, m = min(j + 1, width - 1), min(i + 1, height - 1)
    a, b, c, d = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    return (
        a * relief[i, j, 0] + b * relief[i, k, 0] + c * relief[m, j, 0] + d * relief[m, k, 0],
        a * relief[i, j, 1] + b * relief[i, k, 1] + c * relief[m, j, 1] + d * relief[m, k, 1],
        a * relief[i, j, 2] + b * relief[i, k, 2] + c * relief[m, j, 2] + d * relief[m, k, 2],
    )


@kernel
def _even(even: Double, n: Vector, opened: float) -> Vector:
    """Returns the even light of a white matt surface, its harmonics of degree 2."""
    x, y, z = n
    xy, yz, xz, yy, zx = x * y, y * z, x * z, 3.0 * y * y - 1.0, z * z - x * x
    return (
        opened * _harmonic(even, 0, x, y, z, xy, yz, xz, yy, zx),
        opened * _harmonic(even, 1, x, y, z, xy, yz, xz, yy, zx),
        opened * _harmonic(even, 2, x, y, z, xy, yz, xz, yy, zx),
    )


@kernel
def _harmonic(
    e: Double, c: int, x: float, y: float, z: float, xy: float, yz: float, xz: float, yy: float, zx: float
) -> float:
    first = e[0, c] + x * e[1, c] + y * e[2, c] + z * e[3, c]
    second = xy * e[4, c] + yz * e[5, c] + xz * e[6, c] + yy * e[7, c] + zx * e[8, c]
    return float(max(first + second, 0.0))


@kernel
def _diffuse(cosine: float, w: float) -> float:
    """Returns energy-conserving wrap lighting; red wraps furthest, as light scatters furthest in skin."""
    return max((cosine + w) / ((1.0 + w) * (1.0 + w)), 0.0)


@kernel
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


@kernel
def _reflected(specular: float, roughness: float, nv: float) -> float:
    """Returns what a rough surface mirrors of even surroundings: Karis, "Physically based shading on mobile" (2014)."""
    rx, ry = 1.0 - roughness, 0.0425 - 0.0275 * roughness
    rz, rw = 1.04 - 0.572 * roughness, 0.022 * roughness - 0.04
    a = min(rx * rx, float(np.exp(-6.4324 * nv))) * rx + ry
    return float(0.04 * specular * (-1.04 * a + rz) + min(specular, 1.0) * (1.04 * a + rw))


@kernel
def _reflected_ray(n: Vector, v: Vector, nv: float) -> Vector:
    return 2.0 * nv * n[0] - v[0], 2.0 * nv * n[1] - v[1], 2.0 * nv * n[2] - v[2]


@kernel
def _mirror(light: Light, r: Vector, roughness: float) -> Vector:
    up = 0.5 + 0.5 * r[1]
    red = light.ground[0] + up * (light.sky[0] - light.ground[0])
    green = light.ground[1] + up * (light.sky[1] - light.ground[1])
    blue = light.ground[2] + up * (light.sky[2] - light.ground[2])
    strength, c, s = light.turn
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
        a, b = _around(light.mirrored, level, x, y), _around(light.mirrored, level + 1, x, y)
        red += strength * ((1 - part) * a[0] + part * b[0])
        green += strength * ((1 - part) * a[1] + part * b[1])
        blue += strength * ((1 - part) * a[2] + part * b[2])
    return red, green, blue


@kernel
def _turn(y: float, x: float) -> float:
    """Returns the angle of (x, y), radians, to 1e-5: Abramowitz and Stegun (1964), 4.4.49."""
    a, b = abs(x), abs(y)
    ratio = min(a, b) / max(a, b, 1e-30)
    s = ratio * ratio
    found = ratio * (0.9998660 + s * (-0.3302995 + s * (0.1801410 + s * (-0.0851330 + s * 0.0208351))))
    found = HALF_TURN / 2 - found if b > a else found
    found = HALF_TURN - found if x < 0 else found
    return -found if y < 0 else found


@kernel
def _tilt(y: float) -> float:
    """Returns the arc cosine of y, radians, to 1e-4: Abramowitz and Stegun (1964), 4.4.45."""
    x = min(abs(y), 1.0)
    found = np.sqrt(1 - x) * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - x * 0.0187293)))
    return float(HALF_TURN - found if y < 0 else found)


HALF_TURN = 3.141592653589793
MAP_START = (0, 8192, 10240, 10752)


@kernel
def _around(mirrored: Single, level: int, x: float, y: float) -> Vector:
    """Returns one level of the surroundings at a place in [0, 1], blended between four texels."""
    start, height = MAP_START[level], 64 >> level
    width = 2 * height
    x, y = x * width - 0.5, min(max(y * height - 0.5, 0.0), height - 1.0)
    left = np.floor(x)
    j, i = int(left), int(y)
    fx, fy = x - left, y - i
    j0, j1 = j % width, (j + 1) % width
    i1 = min(i + 1, height - 1)
    a, b = start + i * width + j0, start + i * width + j1
    c, d = start + i1 * width + j0, start + i1 * width + j1
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


@kernel
def _eased(light: float) -> float:
    """Returns light with a soft shoulder, which keeps highlights from clipping to flat white: ``film.eased``."""
    return light if light < 0.8 else 1.0 - 0.2 * float(np.exp((0.8 - light) / 0.2))
