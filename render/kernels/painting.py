"""Textures painted texel by texel in one pass: the loops of ``render.appearance``.

Noise that everybody shares (``render.appearance.noise.shared_noise``) comes with the (3,) int64 ``at`` which gives each
person another part of it: rows and columns by which it is moved, and whether it is mirrored.
"""

import numpy as np
import numpy.typing as npt

from render.kernels import inlined, kernel

Single = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int64]

BRIGHTEST = 2.0
"""Largest factor on the colour of what covers the skin."""


@inlined
def _step(low: float, high: float, value: float) -> float:
    """Returns 0 below ``low``, 1 above ``high`` and the cubic in between; ``low`` may exceed ``high``."""
    t = min(max((value - low) * (1 / (high - low)), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@inlined
def _moved(noise: Single, at: Whole, row: int, left: int, out: Single) -> None:
    """Writes moved noise into (w,) ``out``: the texels of one row of a window that begins at column ``left``."""
    size, width = len(noise), len(out)
    row += at[0]
    line = noise[row - size if row >= size else row]
    start = left + at[1]
    start = start - size if start >= size else start
    # Parts of arrays, counted from 0 on: the compiler then copies several texels at once.
    before, after = line[start : start + width], line[: max(0, start + width - size)]
    if at[2]:
        mirrored = out[::-1]
        for x in range(len(before)):
            mirrored[x] = before[x]
        rest = mirrored[len(before) :]
        for x in range(len(after)):
            rest[x] = after[x]
    else:
        for x in range(len(before)):
            out[x] = before[x]
        following = out[len(before) :]
        for x in range(len(after)):
            following[x] = after[x]


@kernel
def pigmented(
    maps: Single,
    noises: tuple[Single, Single, Single],
    at: Whole,
    melanin: tuple[np.float32, ...],
    haemoglobin: tuple[np.float32, ...],
) -> tuple[Single, Single]:
    """Returns the (T, T) melanin and haemoglobin of bare skin.

    Args:
        maps: (3, T, T) shade, flush, and hollows under the eyes.
        noises: (T, T) clouds of melanin, mottling of haemoglobin, and grain.
        at: (3, 3) of each noise.
        melanin: (5,) mean, and amounts of shade, clouds, grain and hollows.
        haemoglobin: (4,) mean, and amounts of flush, mottling and hollows.
    """
    _, size, _ = maps.shape
    brown, red = np.empty((size, size), np.float32), np.empty((size, size), np.float32)
    clouds, mottling, grain = noises
    cloud, mottle, grainy = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32)
    m0, m1, m2, m3, m4 = melanin
    h0, h1, h2, h3 = haemoglobin
    for y in range(size):
        _moved(clouds, at[0], y, 0, cloud)
        _moved(mottling, at[1], y, 0, mottle)
        _moved(grain, at[2], y, 0, grainy)
        shade, flush, hollow, own_brown, own_red = maps[0, y], maps[1, y], maps[2, y], brown[y], red[y]
        for x in range(size):
            own_brown[x] = m0 + m1 * shade[x] + m2 * cloud[x] + m3 * grainy[x] + m4 * hollow[x]
        for x in range(size):
            own_red[x] = h0 + h1 * flush[x] + h2 * mottle[x] + h3 * hollow[x]
    return brown, red


@kernel
def coloured(melanin: Single, haemoglobin: Single, steps: tuple[float, float], table: Pixels) -> Pixels:
    """Returns the (T, T, 3) uint8 sRGB colours of pigments.

    Args:
        melanin: (T, T).
        haemoglobin: (T, T).
        steps: of the table per unit of each.
        table: (m, h, 3) uint8 colour of each pair of amounts; the nearest counts.
    """
    height, width = melanin.shape
    m_last, h_last = table.shape[0] - 1, table.shape[1] - 1
    out = np.empty((height, width, 3), np.uint8)
    for y in range(height):
        for x in range(width):
            m = np.uintp(min(max(melanin[y, x] * steps[0] + 0.5, 0.0), float(m_last)))
            h = np.uintp(min(max(haemoglobin[y, x] * steps[1] + 0.5, 0.0), float(h_last)))
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = table[m, h, 0], table[m, h, 1], table[m, h, 2]
    return out


@kernel
def mixed(
    albedo: Pixels, over: Single, weight: Single, corner: tuple[int, int], decoded: Single, encoded: Pixels
) -> None:
    """Mixes one linear colour into sRGB texels, in place.

    Args:
        albedo: (T, T, 3) texture.
        over: (3,) linear colour.
        weight: (h, w) share of it.
        corner: row and column of the first texel.
        decoded: (256,) linear light of each sRGB value.
        encoded: sRGB of light from 0 to 1, in even steps.
    """
    for y in range(weight.shape[0]):
        for x in range(weight.shape[1]):
            share = weight[y, x]
            if share > 0:
                for c in range(3):
                    below = decoded[albedo[corner[0] + y, corner[1] + x, c]]
                    albedo[corner[0] + y, corner[1] + x, c] = _encoded(below + (over[c] - below) * share, encoded)


@inlined
def _encoded(light: float, encoded: Pixels) -> int:
    last = len(encoded) - 1
    return int(encoded[np.uintp(min(max(light, 0.0), 1.0) * last + 0.5)])


@kernel
def shaven(
    albedo: Pixels,
    share: Single,
    corner: tuple[int, int],
    grain: Single,
    at: Whole,
    amounts: tuple[float, float, float, float],
    shadow: Single,
    hair: Single,
    decoded: Single,
    encoded: Pixels,
) -> None:
    """Darkens skin where a beard is shaven or short, in place.

    Args:
        albedo: (T, T, 3) texture.
        share: (h, w) how much of a beard grows.
        corner: row and column of the first texel.
        grain: (T, T) noise.
        at: of the noise.
        amounts: of the roots' shadow, of what covers the skin, of the dots, and from which grain on there are dots.
        shadow: (3,) what skin over the roots reflects.
        hair: (3,) linear colour of the hair.
        decoded: (256,) linear light of each sRGB value.
        encoded: sRGB of light from 0 to 1, in even steps.
    """
    height, width = share.shape
    darkness, covered, dotted, least = amounts
    noise = np.empty(width, np.float32)
    for y in range(height):
        _moved(grain, at, corner[0] + y, corner[1], noise)
        for x in range(width):
            grows = share[y, x]
            if grows > 0:
                dark = grows * darkness * (1 + 0.1 * noise[x])
                cover = grows * grows * covered
                dot = grows * dotted * min(max(noise[x] - least, 0.0), 1.0)
                for c in range(3):
                    light = decoded[albedo[corner[0] + y, corner[1] + x, c]]
                    light += light * (shadow[c] - 1) * dark
                    light += (hair[c] - light) * cover
                    light += (hair[c] - light) * dot
                    albedo[corner[0] + y, corner[1] + x, c] = _encoded(light, encoded)


@inlined
def _cover(texels: Pixels, y: int, x: int, shade: float, weight: float, table: Pixels) -> None:
    """Covers one texel with cloth or hair; edges are mixed as encoded."""
    index, row, column = np.uintp(min(shade * (255 / BRIGHTEST) + 0.5, 255.0)), np.uintp(y), np.uintp(x)
    for c in range(3):
        above = table[index, c]
        if weight >= 1:
            texels[row, column, c] = above
        else:
            texels[row, column, c] = np.uint8(weight * above + (1 - weight) * texels[row, column, c] + 0.5)


@inlined
def _window(
    albedo: Pixels, segments: Pixels, corner: tuple[int, int], height: int, width: int
) -> tuple[Pixels, Pixels]:
    rows, columns = slice(corner[0], corner[0] + height), slice(corner[1], corner[1] + width)
    return albedo[rows, columns], segments[rows, columns]


@kernel
def haired(
    albedo: Pixels,
    segments: Pixels,
    number: int,
    inside: Single,
    thickness: Single,
    corner: tuple[int, int],
    noises: tuple[Single, Single],
    at: Whole,
    paint: float,
    table: Pixels,
) -> None:
    """Paints hair on a scalp and numbers its texels, in place.

    Args:
        albedo: (T, T, 3) texture.
        segments: (T, T).
        number: of hair.
        inside: (h, w) height above the hairline, metres.
        thickness: (h, w) share of the hair that is left.
        corner: row and column of the first texel.
        noises: (T, T) of the hairline, and of strands.
        at: (2, 3) of each noise.
        paint: how much of the skin hair hides.
        table: (256, 3) colour of factors up to ``BRIGHTEST``.
    """
    height, width = inside.shape
    texels, numbers = _window(albedo, segments, corner, height, width)
    ragged, strands = noises
    edge, streaks = np.empty(width, np.float32), np.empty(width, np.float32)
    for y in range(height):
        _moved(ragged, at[0], corner[0] + y, corner[1], edge)
        _moved(strands, at[1], corner[0] + y, corner[1], streaks)
        for x in range(width):
            share = _step(-0.004, 0.004, inside[y, x] - 0.004 * edge[x]) * thickness[y, x]
            if share > 0:
                if share > 0.5:
                    numbers[y, x] = number
                _cover(texels, y, x, 1 + 0.35 * streaks[x], share * paint, table)


@kernel
def clothed(
    albedo: Pixels,
    segments: Pixels,
    number: int,
    height_of: Single,
    middle: Single,
    corner: tuple[int, int],
    noises: tuple[Single, Single],
    at: Whole,
    cut: tuple[float, float, float, float, float],
    table: Pixels,
) -> None:
    """Paints cloth from a neckline down and numbers its texels, in place.

    Args:
        albedo: (T, T, 3) texture.
        segments: (T, T).
        number: of clothing.
        height_of: (h, w) height over the collar, metres.
        middle: (h, w) how near the middle of the chest, in [0, 1].
        corner: row and column of the first texel.
        noises: (T, T) fine and coarse weave.
        at: (2, 3) of each noise.
        cut: how far the neckline lies below the collar and how much further in the middle, the width and brightness
            of its border, and half the width of the seam below it, metres.
        table: (256, 3) colour of factors up to ``BRIGHTEST``.
    """
    height, width = height_of.shape
    texels, numbers = _window(albedo, segments, corner, height, width)
    fine, coarse = noises
    lower, pointed, band, tone, seam = cut
    threads, patches = np.empty(width, np.float32), np.empty(width, np.float32)
    for y in range(height):
        _moved(fine, at[0], corner[0] + y, corner[1], threads)
        _moved(coarse, at[1], corner[0] + y, corner[1], patches)
        for x in range(width):
            below = -lower - pointed * middle[y, x] - height_of[y, x]
            share = _step(-0.0008, 0.0008, below)
            if share > 0:
                shade = 1 + 0.10 * threads[x] + 0.06 * patches[x]
                past = (below - band) * (1 / seam)
                if past < 0:
                    shade *= tone
                shade *= 1 - 0.35 * max(0.0, 1 - past * past)
                if share > 0.5:
                    numbers[y, x] = number
                _cover(texels, y, x, shade, share, table)


@kernel
def eye(
    maps: Single,
    turn: Whole,
    veins: Pixels,
    fibres: Single,
    white: Single,
    blood: tuple[float, float],
    iris: Single,
    pupil: float,
    warmth: float,
    widest: float,
) -> Single:
    """Returns the (T, T, 3) linear colours of an eye.

    Args:
        maps: (4, T, T) angle from the axis; how near the corners of the eye, how much iris, and light of its dark ring,
            in [0, 1].
        turn: (T, T) column of the fibres in this direction.
        veins: (T, T), 255 in the middle of a vein.
        fibres: (n, columns) from the pupil outwards.
        white: (2, 3) linear reflectance of the white, and what blood leaves of it.
        blood: amounts of blood in the corners, and of blood in veins.
        iris: (2, 3) linear colours of the iris, and of what is warmer around the pupil.
        pupil: radius, radians.
        warmth: of the ring around the pupil, in [0, 1].
        widest: radius of the iris, radians.
    """
    _, size, _ = maps.shape
    out = np.empty((size, size, 3), np.float32)
    last = len(fibres) - 1
    for y in range(size):
        for x in range(size):
            angle, corner, much, ring = maps[0, y, x], maps[1, y, x], maps[2, y, x], maps[3, y, x]
            share = min(max(blood[0] * corner + blood[1] * veins[y, x] / 255, 0.0), 0.85)
            around, light = 0.0, 0.0
            if much > 0:
                around = np.exp(-(((angle - pupil - 0.07) / 0.06) ** 2))
                row = np.uintp(min(max((angle - pupil) / (widest - pupil) * last, 0.0), float(last)))
                light = (1 + 0.30 * fibres[row, np.uintp(turn[y, x])]) * ring * (1 + 0.25 * around)
            dark = 1 - 0.99 * _step(pupil + 0.02, pupil - 0.02, angle)
            for c in range(3):
                colour = white[0, c] * (1 - share * (1 - white[1, c]))
                coloured_ = (iris[0, c] + (iris[1, c] - iris[0, c]) * around * warmth) * light
                out[y, x, c] = (colour + (coloured_ - colour) * much) * dark
    return out
