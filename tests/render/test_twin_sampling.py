"""Twins are pairs worth having."""

from dataclasses import replace

from facs.expression import NEUTRAL
from render.config import SamplingConfig
from render.sampling import sample_specs

CONFIG = SamplingConfig(action_units=("AU4", "AU12", "AU26"), identities=40, size=64, twins_per_sample=3)


def test_a_twin_differs_in_its_expression_alone_and_always() -> None:
    specs = sample_specs(CONFIG, seed=5, count=80, prefix="pairs")
    by_key = {spec.key: spec for spec in specs}
    twins = [spec for spec in specs if spec.twin_of]
    assert len(twins) == 240
    for twin in twins:
        source = by_key[twin.twin_of]
        assert twin.expression != source.expression
        assert replace(twin, key=source.key, expression=source.expression, twin_of="") == source


def test_no_two_twins_of_a_face_are_the_same_picture() -> None:
    specs = sample_specs(CONFIG, seed=5, count=80, prefix="pairs")
    families: dict[str, list[object]] = {}
    for spec in specs:
        families.setdefault(spec.twin_of or spec.key, []).append(spec.expression)
    assert all(len({*family}) == len(family) for family in families.values())
    assert any(NEUTRAL in family[1:] for family in families.values()), "a twin may be neutral"


def test_every_sample_may_have_a_neutral_twin() -> None:
    config = replace(CONFIG, twins_per_sample=1, neutral="sample")
    specs = sample_specs(config, seed=5, count=80, prefix="pairs")
    bases = {spec.key: spec for spec in specs if not spec.twin_of}
    rests = {spec.twin_of: spec for spec in specs if spec.key.endswith("n")}
    assert set(rests) == {key for key, spec in bases.items() if spec.expression != NEUTRAL}
    for key, twin in rests.items():
        assert twin == bases[key].twin(f"{key}n", NEUTRAL)
    others = [spec for spec in specs if spec.twin_of and not spec.key.endswith("n")]
    assert len(others) == 80 and all(spec.expression != NEUTRAL for spec in others)
    assert len(rests) > 60, "a person's first face is drawn like the others"


def test_a_persons_first_face_rests_where_that_is_asked_for() -> None:
    for neutral in ("identity", "none"):
        specs = sample_specs(replace(CONFIG, twins_per_sample=0, neutral=neutral), seed=5, count=40, prefix="pairs")
        resting = sum(spec.expression == NEUTRAL for spec in specs)
        assert resting == 40 if neutral == "identity" else resting < 15
