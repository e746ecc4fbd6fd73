"""Who is drawn: balance is exact, and what is said of a person is what was drawn."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.age import AGES, BANDS, age_of, band_of, years_of
from render.config import SamplingConfig
from render.monk import TONES
from render.people import SEXES, demand, describe
from render.sampling import sample_specs


def people_of(count, seed=5, **options):
    specs = sample_specs(SamplingConfig(identities=count, size=64, **options), seed, count, "crowd")
    return [(describe(spec.identity, spec.appearance), spec) for spec in specs]


@pytest.mark.parametrize("count", [10, 37, 120])
def test_balanced_people_have_each_tone_age_and_sex_equally_often(count):
    people = [person for person, _ in people_of(count, people="balanced")]
    for values, possible in (
        ([one.tone for one in people], TONES),
        ([one.sex for one in people], SEXES),
        ([band_of(one.years) for one in people], BANDS),
    ):
        counts = Counter(values)
        often = [counts[value] for value in possible]
        assert sum(often) == count
        assert max(often) - min(often) <= 1


def test_balanced_tone_age_and_sex_do_not_depend_on_each_other():
    asked = [demand(1, "b", number) for number in range(2000)]
    for tone in TONES:
        men = [one.sex == "male" for one in asked if one.tone == tone]
        assert np.mean(men) == pytest.approx(0.5, abs=0.13)  # 3.7 standard deviations of 200 coins
    for band in BANDS:
        tones = [one.tone for one in asked if one.band == band]
        assert np.mean(tones) == pytest.approx(5.5, abs=0.5)


def test_balance_does_not_depend_on_how_many_people_there_are():
    few = {spec.identity.name: (spec.identity, spec.appearance) for _, spec in people_of(12, people="balanced")}
    many = {spec.identity.name: (spec.identity, spec.appearance) for _, spec in people_of(30, people="balanced")}
    assert all(many[name] == person for name, person in few.items())


def test_natural_people_are_a_crowd():
    people = people_of(400)
    drawn = [person for person, _ in people]
    assert np.mean([one.sex == "male" for one in drawn]) == pytest.approx(0.5, abs=0.1)
    years = np.array([one.years for one in drawn])
    assert years.min() >= 18
    assert years.max() <= 80
    assert 35 < np.median(years) < 52
    assert len({one.tone for one in drawn}) >= 7
    dark = [person.tone for person, spec in people if spec.identity.phenotype["african"] > 0.8]
    fair = [person.tone for person, spec in people if spec.identity.phenotype["caucasian"] > 0.8]
    assert np.mean(dark) > np.mean(fair) + 2
    light_eyes = [spec.appearance.melanin for _, spec in people if spec.appearance.iris_rgb[2] > 0.45]
    assert max(light_eyes) < 0.4, "only fair people have blue eyes"
    grey = [spec.appearance.hair_grey for person, spec in people if person.years < 25]
    assert np.mean(grey) < 0.1 < np.mean([s.appearance.hair_grey for p, s in people if p.years > 60])
    assert all(spec.appearance.facial_hair == "none" for person, spec in people if person.sex == "female")
    assert all(spec.appearance.stubble == 0 for person, spec in people if person.sex == "female")


@given(st.floats(18, 90))
def test_years_and_ages_are_inverse(years):
    assert years_of(age_of(years)) == pytest.approx(years)


def test_the_scale_of_ages_has_the_anchors_of_the_model():
    assert years_of(2 / 3) == pytest.approx(25)
    assert years_of(1.0) == pytest.approx(90)
    assert years_of(0.4) == 18
    assert age_of(0) == AGES[0]
    assert [band_of(years) for years in (18, 29.9, 30, 80, 95)] == [BANDS[0], BANDS[0], BANDS[1], BANDS[3], BANDS[3]]
