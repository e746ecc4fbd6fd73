"""The compiled loops of hair against the same steps in numpy, whole arrays at a time."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from render.appearance.noise import smoothstep
from render.hair.growth import SHORT, Roots, comb, grow, inner, lengths, unit
from render.hair.ribbons import ribbons, strip_uv
from render.hair.skull import COARSE, LOW, Skull
from render.hair.styles import STYLES
from render.kernels.growth import FACE, FACE_DEPTH, FACE_SIZE, FLOOR, TEMPLES, arcs, combed, trimmed, waved
from render.kernels.ribbons import ROUND, ball_frames, blended, carried, ridden, rooted, triangle_frames

DOWN = np.array([0.0, -1.0, 0.0])
NAMES = ["short", "fringe", "afro", "long_wavy", "ponytail", "bob"]


@pytest.fixture
def roots(any_model):
    scalp, random = any_model.salon.dresser.scalp, np.random.default_rng(5)
    which = random.choice(len(scalp.place), 60, replace=False)
    draws = random.uniform(-1, 1, (60, 3))
    return Roots(scalp.place[which], scalp.normal[which], scalp.inside[which]), draws


def combed_ways(style, side, points):
    """Which way hair at points is combed."""
    kept = comb(style, side)
    start, line = np.array(kept.start), np.array(kept.line)
    if kept.bound:
        return unit(start - points)
    offset = points - start
    t = np.clip(offset @ line / max(line @ line, 1e-9), 0, 1)
    return unit(kept.away * unit(offset - t[:, None] * line) + kept.sweep)


def kept_out(points, floor, skull, fringe, draws):
    """Points moved out of face and head."""
    if not fringe:
        x, y, z = points.T
        across, up, size = x - FACE[0], y - FACE[1], 1 + 0.1 * np.abs(draws)
        nearness = np.hypot(across / (FACE_SIZE[0] * size), up / (FACE_SIZE[1] * size))
        push = np.where((nearness < 1) & (z > FACE_DEPTH), 1 / np.maximum(nearness, 1e-6) - 1, 0)
        furthest = np.interp(y, *np.transpose(TEMPLES)) + 0.010 * draws + 0.08 * smoothstep(0.055, 0.03, np.abs(x))
        points = np.stack([x + push * across, y + push * up, np.minimum(z, furthest)], axis=1)
    distance, outward = skull.at(points)
    return points + np.maximum(floor - distance, 0)[:, None] * outward


def grown(style, roots, length, side, draws, skull):
    """Curves that grow from roots, step by step, all at once."""
    steps = 12 if max(style.top, style.sides) < SHORT else 24
    pace = np.linspace(0.3, 1.7, steps - 1) / (steps - 1)
    own, now, arc = style.fuzz * draws, roots.place, np.zeros(len(length))
    layer = (0.35 + 0.65 * smoothstep(0.62, 0.78, now[:, 1])) * np.where(inner(len(length)), 0.4, 1)
    way = combed_ways(style, side, now) + own
    way = unit(way - (way * roots.normal).sum(axis=1, keepdims=True) * roots.normal)
    way, rise = unit((1 - style.lift) * way + style.lift * roots.normal), np.clip(0.4 * length, 0.02, 0.14)
    out = [now]
    for share in pace:
        step = length * share
        arc = arc + step
        target = style.volume * layer * smoothstep(0, 1, arc / rise)
        distance, outward = skull.at(now)
        hangs = (1 - np.exp(-arc / style.fall) if style.fall > 0 else 0 * arc)[:, None]
        wanted = (1 - hangs) * combed_ways(style, side, now) + hangs * DOWN + own
        near = smoothstep(0.050, 0.015, distance - target)
        lift = np.clip((target - distance) / np.maximum(2.5 * step, 1e-4), -0.7, 0.7)
        wanted = wanted + (near * (lift - (wanted * outward).sum(axis=1)))[:, None] * outward
        wanted = outward + 0.5 * own if style.lift > 0.85 else wanted
        way = unit(0.45 * way + 0.55 * unit(wanted))
        now = kept_out(now + step[:, None] * way, np.minimum(FLOOR, 0.6 * arc), skull, style.fringe, draws[:, 1])
        out.append(now)
    return np.stack(out, axis=1)


@pytest.mark.parametrize("name", NAMES)
def test_hair_grows_as_whole_arrays_do(name, any_model, roots):
    style, skull = STYLES[name], any_model.salon.dresser.skull
    length = lengths(style, roots[0], 0.5, np.full(60, 0.5))
    found = grow(style, roots[0], length, -1.0, roots[1], skull)
    # A step that ends between two points of the skull's grid may be rounded to either.
    apart = np.linalg.norm(found - grown(style, roots[0], length, -1.0, roots[1], skull), axis=2).max(axis=1)
    assert np.quantile(apart, 0.95) < 1e-6 and apart.max() < 0.002


@pytest.mark.parametrize("name", NAMES)
def test_a_place_is_combed_as_whole_arrays_are(name):
    points = np.array([0.0, 0.72, 0.0]) + np.random.default_rng(2).uniform(-0.1, 0.1, (50, 3))
    for side in (-1.0, 1.0):
        found = np.array([combed(comb(STYLES[name], side), *point) for point in points.tolist()])
        np.testing.assert_allclose(found, combed_ways(STYLES[name], side, points), atol=1e-12)


def random_curves(seed, count=20, points=9):
    """Curves that wander."""
    return np.cumsum(np.random.default_rng(seed).normal(0, 0.01, (count, points, 3)), axis=1)


def test_waves_are_helices_around_the_curve():
    curves, phase = random_curves(1), np.random.default_rng(3).uniform(0, 6, 20)
    arc = arcs(curves)
    np.testing.assert_allclose(np.diff(arc, axis=1), np.linalg.norm(np.diff(curves, axis=1), axis=2), atol=1e-12)
    offset = waved(curves, arc, 0.004, 0.03, phase) - curves
    tangent = unit(np.gradient(curves, axis=1))
    opened = 0.004 * smoothstep(0.01, 0.066, arc)
    np.testing.assert_allclose(np.linalg.norm(offset, axis=2), opened, atol=1e-9)
    np.testing.assert_allclose((offset * tangent).sum(axis=2), 0, atol=1e-9)
    first = unit(np.cross(tangent, (0.31, 0.12, 0.94)))
    turn = 2 * np.pi * arc / 0.03 + phase[:, None]
    np.testing.assert_allclose((offset * first).sum(axis=2), opened * np.cos(turn), atol=1e-9)


def test_curves_are_cut_at_a_point_and_spread_evenly():
    curves, first = random_curves(4), np.arange(20) % 9
    found = trimmed(curves, first, np.linspace(0, 1, 5))
    np.testing.assert_allclose(found[:, 0], curves[:, 0])
    np.testing.assert_allclose(found[8, 2], curves[8, 4], atol=1e-12)
    np.testing.assert_allclose(found[:, -1], curves[np.arange(20), np.maximum(first, 1)], atol=1e-12)


def test_a_table_of_moves_is_read_as_scipy_reads_it():
    random = np.random.default_rng(6)
    table = random.normal(size=(5, 6, 7, 3)).astype(np.float32)
    points = LOW + COARSE * random.uniform(-1, 8, (200, 3))
    place = ((points - LOW) / COARSE).T
    truth = [map_coordinates(table[..., k], place, order=1, mode="nearest", prefilter=False) for k in range(3)]
    np.testing.assert_allclose(carried(points, table, LOW, COARSE) - points, np.transpose(truth), atol=1e-6)


def test_displacements_are_added_up_by_their_shares():
    random = np.random.default_rng(13)
    shares, moved = random.normal(size=(40, 300)).astype(np.float32), random.normal(size=(40, 3)).astype(np.float32)
    np.testing.assert_allclose(blended(shares, moved), shares.T @ moved, atol=1e-4)
    np.testing.assert_array_equal(blended(shares, moved)[:7], blended(np.ascontiguousarray(shares[:, :7]), moved))


def test_an_error_at_the_root_fades_along_the_curve():
    curves, error = random_curves(7), np.random.default_rng(8).normal(0, 0.001, (20, 3))
    share = smoothstep(0.03, 0.0, arcs(curves))[..., None]
    np.testing.assert_allclose(rooted(curves, error, 0.03), curves + error[:, None] * share, atol=1e-12)


@pytest.mark.parametrize("rolled", [False, True])
def test_ribbons_lie_across_their_curves(rolled):
    random = np.random.default_rng(9)
    curves, outward = random_curves(10), unit(random.normal(size=(20, 9, 3)))
    width, roll = random.uniform(0.003, 0.01, 20), random.normal(0, 0.4, 20)
    found = ribbons(curves, outward, width, roll if rolled else None, strip_uv(random.uniform(0, 1, 20), 9), 0.5)
    edges = found.vertices.reshape(20, 9, 2, 3)
    tangent = unit(np.gradient(curves, axis=1))
    side = unit(np.cross(tangent, outward) + 1e-3 * np.cross(tangent, (0.6, 0.3, 0.74)))
    face = np.cross(side, tangent)
    if rolled:
        c, s = np.cos(roll)[:, None, None], np.sin(roll)[:, None, None]
        side, face = c * side + s * face, c * face - s * side
    np.testing.assert_allclose(edges.mean(axis=2), curves, atol=1e-12)
    np.testing.assert_allclose(unit(edges[:, :, 1] - edges[:, :, 0]), side, atol=1e-9)
    assert np.linalg.norm(edges[:, :, 1] - edges[:, :, 0], axis=2).max() <= width.max() + 1e-12
    volume = unit(0.75 * outward + 0.25 * face)
    lean = np.stack([volume - ROUND * side, volume + ROUND * side], axis=2)
    np.testing.assert_allclose(found.normals, unit(lean).reshape(-1, 3), atol=1e-9)
    assert (found.uv.reshape(20, 9, 2, 2)[:, 0, :, 1] == 0).all() and (found.uv[-2:, 1] == 1).all()


def test_what_rides_on_a_triangle_keeps_its_place_in_its_axes():
    random = np.random.default_rng(11)
    vertices, corners = random.normal(size=(30, 3)), random.permutation(30).reshape(10, 3).astype(np.int32)
    frames = triangle_frames(vertices, corners)
    np.testing.assert_allclose(frames @ frames.transpose(0, 2, 1), np.tile(np.eye(3), (10, 1, 1)), atol=1e-12)
    a, b, c = (vertices[corners[:, corner]] for corner in range(3))
    np.testing.assert_allclose(frames[:, 0], unit(b - a), atol=1e-12)
    np.testing.assert_allclose(frames[:, 2], unit(np.cross(b - a, c - a)), atol=1e-12)
    shape, facing, place = random.normal(size=(10, 4, 3)), random.normal(size=(10, 3)), random.normal(size=(10, 3))
    curves, outward = ridden(place, frames, shape, facing)
    np.testing.assert_allclose(np.einsum("nij,npj->npi", frames, curves - place[:, None]), shape, atol=1e-12)
    np.testing.assert_allclose(np.einsum("nij,nj->ni", frames, outward[:, 0]), facing, atol=1e-12)


def test_axes_on_a_ball_are_level_and_point_away():
    random = np.random.default_rng(12)
    place, centres = random.normal(size=(10, 3)), random.normal(size=(10, 3))
    frames = ball_frames(place, centres)
    np.testing.assert_allclose(frames[:, 2], unit(place - centres), atol=1e-12)
    np.testing.assert_allclose(frames[:, 0, 1], 0, atol=1e-12)
    np.testing.assert_allclose(frames @ frames.transpose(0, 2, 1), np.tile(np.eye(3), (10, 1, 1)), atol=1e-12)


def test_the_grid_of_a_skull_is_looked_up_at_its_nearest_point(any_model):
    skull = any_model.salon.dresser.skull
    field = skull.field.reshape(*skull.shape, 4)
    where = np.array([20, 30, 25])
    place = LOW + skull.grid.pitch * where
    distance, outward = skull.at(np.stack([place, place + np.array([0.003, 0, 0]), LOW - 1.0]))
    assert distance[0] == field[20, 30, 25, 0]
    assert distance[1] == pytest.approx(field[20, 30, 25, 0] + 0.003 * field[20, 30, 25, 1])
    np.testing.assert_array_equal(outward[:2], np.tile(field[20, 30, 25, 1:], (2, 1)))
    np.testing.assert_array_equal(outward[2], field[0, 0, 0, 1:])
    moved = replace(skull, field=skull.field + np.float32(1))
    assert isinstance(moved, Skull) and moved.at(place[None])[0][0] == pytest.approx(distance[0] + 1)
