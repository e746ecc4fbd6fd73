"""Drawings, pictures, colours and words, each for itself."""

import base64
import io
import re

import altair as alt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.report.colours import AXIS, BASELINE, GRID, INK, MUTED, arm_colours, colour_rules
from pipeline.report.drawing import drawing
from pipeline.report.pictures import THUMBNAIL, data_uri
from pipeline.report.spread import Estimate
from pipeline.report.training import MAX_POINTS, thinned
from pipeline.report.training_charts import MAX_TICKS, round_numbers
from pipeline.report.wording import MINUS, counted, interval, listed, number

ARMS = arm_colours(["real", "synthetic", "mixed", "twins", "tuned", "large", "noisy"])
PAPER = {"light": "#ffffff", "dark": "#14181c"}


def linear(colour: str) -> np.ndarray:
    """sRGB to linear light (IEC 61966-2-1)."""
    parts = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    light, dark = sorted((float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(light: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of linear sRGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(to_xyz @ light / [0.9505, 1.0, 1.089], 1e-4))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


SIGHTS = {
    "normal": np.eye(3),
    # Machado, Oliveira & Fernandes 2009, severity 1
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
}


@pytest.mark.parametrize("page", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_the_shipped_arms_look_different_to_everybody(page: str, sight: str) -> None:
    seen = [
        lab(np.clip(SIGHTS[sight] @ linear(getattr(ARMS[name], page)), 0, 1))
        for name in ("real", "synthetic", "mixed", "twins")
    ]
    apart = [np.linalg.norm(one - other) for k, one in enumerate(seen) for other in seen[:k]]
    assert min(apart) > 14.0


@pytest.mark.parametrize("page", ["light", "dark"])
@pytest.mark.parametrize("name", ARMS)
def test_arms_stand_out_from_the_paper(page: str, name: str) -> None:
    assert contrast(getattr(ARMS[name], page), PAPER[page]) >= 3.0


def test_letters_can_be_read_on_both_pages() -> None:
    rules = colour_rules(ARMS)
    light, dark = (dict(re.findall(r"--c(\w{6}):(#\w{6});", part)) for part in rules.split("@media")[:2])
    for ink in (INK, MUTED):
        assert contrast(light[ink[1:]], PAPER["light"]) >= 4.5
        assert contrast(dark[ink[1:]], PAPER["dark"]) >= 4.5


def test_every_colour_of_a_drawing_follows_the_page() -> None:
    rules = colour_rules(ARMS)
    for colour in (INK, MUTED, GRID, AXIS, BASELINE, *(each.light for each in ARMS.values())):
        assert f'svg [fill="{colour}"]{{fill:var(--c{colour[1:]})}}' in rules
        assert f'svg [stroke="{colour}"]{{stroke:var(--c{colour[1:]})}}' in rules


def test_an_arm_keeps_its_colour_whoever_stands_beside_it() -> None:
    assert arm_colours(["twins", "real"])["real"] == ARMS["real"]
    assert len({each.light for each in ARMS.values()}) == len(ARMS)


def chart(height: float = 1.0) -> alt.Chart:
    frame = pd.DataFrame({"x": ["a", "b"], "y": [height, 2.0]})
    return alt.Chart(frame).mark_bar(clip=True).encode(x="x:N", y="y:Q")


def test_a_drawing_loads_nothing_and_shares_no_id() -> None:
    drawn = [drawing(chart(height), "t", "c", "a").svg for height in (1.0, 3.0)]
    assert all(svg.startswith("<svg") and "http" not in svg and "<style" not in svg for svg in drawn)
    ids = [re.findall(r'\sid="([^"]+)"', svg) for svg in drawn]
    assert all(ids) and not set(ids[0]) & set(ids[1])
    for svg, names in zip(drawn, ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(names)


def test_the_same_chart_is_the_same_drawing() -> None:
    assert drawing(chart(), "t", "c", "a") == drawing(chart(), "t", "c", "a")


def decoded(uri: str) -> np.ndarray:
    data = base64.b64decode(uri.removeprefix("data:image/webp;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("size", [64, 128, 200])
def test_a_picture_is_the_image_no_larger_than_a_thumbnail(size: int) -> None:
    y, x = np.mgrid[0:size, 0:size] / size
    image = (np.stack([x, y, 0.5 + 0 * x], axis=2) * 255).astype(np.uint8)
    found = decoded(data_uri(image))
    assert found.shape == (min(size, THUMBNAIL),) * 2 + (3,)
    assert np.abs(found.mean(axis=(0, 1)) - image.mean(axis=(0, 1))).max() < 3.0


def test_a_map_is_grey_from_black_to_white() -> None:
    found = decoded(data_uri(np.tile(np.linspace(0.0, 1.0, 64), (64, 1))))
    assert found[:, 0].max() < 12 and found[:, -1].min() > 243
    assert np.abs(found.astype(int) - found[..., :1]).max() <= 2


@given(st.floats(-1e4, 1e4), st.integers(0, 4))
def test_a_printed_number_is_the_rounded_number(value: float, digits: int) -> None:
    assert float(number(value, digits).replace(MINUS, "-")) == pytest.approx(round(value, digits), abs=1e-9)
    assert number(value, digits, sign=True).lstrip("+" + MINUS) == number(value, digits).lstrip(MINUS)


def test_words_of_numbers() -> None:
    assert [number(None, 2), number(float("nan"), 2), number(-0.001, 2), number(0.5, 1, sign=True)] == [
        "–",
        "–",
        "0.00",
        "+0.5",
    ]
    assert interval(Estimate(0.5, -0.2, 1.2, 3), 1) == "−0.2 to 1.2"
    assert interval(Estimate(0.5, None, None, 3), 1) == "not known"
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert [counted(1, "person", "people"), counted(1200, "face")] == ["1 person", "1,200 faces"]


@given(st.integers(1, 400), st.integers(1, 3))
def test_thinned_curves_keep_their_mean_and_seeds(rows: int, seeds: int) -> None:
    frame = pd.concat(
        pd.DataFrame({"seed": seed, "step": np.arange(rows), "x": np.arange(rows) * 1.0}) for seed in range(seeds)
    )
    found = thinned(frame)
    assert sorted(found["seed"].unique()) == list(range(seeds))
    assert found.groupby("seed").size().max() == min(rows, MAX_POINTS)
    assert found.groupby("seed")["step"].apply(lambda steps: steps.is_monotonic_increasing).all()
    assert found["x"].mean() == pytest.approx((rows - 1) / 2, rel=0.02, abs=1.0)


@given(st.floats(1e-6, 1e3), st.floats(1.05, 1e6))
def test_ticks_of_a_logarithmic_axis_lie_on_it(low: float, ratio: float) -> None:
    ticks = round_numbers(low, low * ratio)
    assert all(low <= tick <= low * ratio for tick in ticks)
    assert len(ticks) <= max(MAX_TICKS, 10)
    assert ratio < 2.6 or ticks
