"""Which AUs go together: the rules are FACS's, and what is settled by them breaks none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facs import CATALOGUE, Expression
from facs.action_units import CODES, STILL
from facs.combinations import (
    EXCLUSIVE,
    LEAST,
    OPPOSED,
    REQUIRES,
    allowed,
    faults,
    is_possible,
    settled,
    undrawable,
)
from facs.errors import UnknownActionUnitError
from facs.prototypes import PROTOTYPES, UNILATERAL

DRAWN = tuple(code for code in CODES if code not in STILL)
ACTIVATIONS = st.dictionaries(st.sampled_from(DRAWN), st.just(0.0) | st.floats(1e-4, 1.0), max_size=12)


def shown(activations: dict[str, float]) -> Expression:
    """An expression of both sides; a jaw goes to the left."""
    sided = Expression.bilateral({code: value for code, value in activations.items() if code != "AU30"})
    return Expression({**sided.intensity, "AU30L": activations.get("AU30", 0.0)})


@settings(max_examples=500)
@given(ACTIVATIONS)
def test_what_is_settled_can_be_shown_and_stays_settled(activations: dict[str, float]) -> None:
    kept = settled(activations, DRAWN)
    assert faults(shown(kept)) == []
    assert settled(kept, DRAWN) == kept


@given(st.dictionaries(st.sampled_from(DRAWN), st.floats(LEAST, 1.0), max_size=8))
def test_what_can_be_shown_is_not_touched(activations: dict[str, float]) -> None:
    if is_possible(shown(activations)):
        assert settled(activations, DRAWN) == pytest.approx(activations)


@given(ACTIVATIONS, st.sets(st.sampled_from(DRAWN)))
def test_nothing_is_added_beyond_the_codes(activations: dict[str, float], codes: set[str]) -> None:
    assert set(settled(activations, codes)) <= codes | set(activations)


@given(ACTIVATIONS)
def test_the_strongest_stays(activations: dict[str, float]) -> None:
    active = {code: value for code, value in activations.items() if value > 0.0}
    if active:
        strongest = max(active, key=lambda code: (active[code], [-ord(letter) for letter in code]))
        assert settled(active, DRAWN).get(strongest, 0.0) == active[strongest]


@pytest.mark.parametrize(
    ("activations", "expected"),
    [
        ({"AU26": 0.9, "AU27": 0.3}, {"AU26": 0.9}),
        ({"AU27": 0.8}, {"AU27": 0.8, "AU25": 0.8}),
        ({"AU19": 0.8}, {"AU19": 0.8, "AU25": 0.4, "AU26": 0.24}),
        ({"AU27": 0.9, "AU19": 0.6}, {"AU27": 0.9, "AU25": 0.9, "AU19": 0.6}),
        ({"AU27": 0.5, "AU24": 0.6}, {"AU24": 0.6}),
        ({"AU12": 0.7, "AU15": 0.6}, {"AU12": 0.7, "AU15": 0.3}),
        ({"AU12": 1.0, "AU15": 0.6}, {"AU12": 1.0}),
        ({"AU12": 0.0}, {}),
        ({"AU43": 0.8, "AU5": 0.9}, {"AU5": 0.9}),
    ],
)
def test_conflicts_are_settled_for_the_stronger(activations: dict[str, float], expected: dict[str, float]) -> None:
    assert settled(activations) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ({"AU5L": 0.5, "AU5R": 0.5, "AU45L": 0.2}, "AU5 and AU45"),
        ({"AU5L": 0.5, "AU45R": 1.0}, ""),  # a wink: one eye wide, the other shut
        ({"AU12L": 0.9, "AU15R": 0.9}, ""),
        ({"AU12L": 0.9, "AU15L": 0.9}, "AU12 and AU15"),
        ({"AU12L": 0.6, "AU15L": 0.4}, ""),
        ({"AU26": 0.5}, ""),
        ({"AU27": 0.5, "AU25": 0.2}, "AU27: a mouth stretched open"),
        ({"AU27": 0.5, "AU25": 0.5}, ""),
        ({"AU19": 0.5, "AU25": 0.5}, "AU19: the tongue passes"),
        ({"AU30L": 0.5}, ""),
        ({"AU30L": 0.5, "AU30R": 0.1}, "AU30: both sides"),
        ({"AU24": 0.5, "AU25": 0.1}, "AU24 and AU25"),
        ({"AU22": 0.8, "AU25": 0.3}, "AU22: lips that are turned outwards part"),
        ({"AU16L": 0.8, "AU25": 0.4}, ""),
        ({"AU43L": 0.5, "AU7L": 0.5}, "AU7 and AU45"),
    ],
)
def test_rules_hold_side_by_side(expression: dict[str, float], fault: str) -> None:
    found = faults(Expression(expression))
    assert [line[: len(fault)] for line in found] == ([fault] if fault else [])
    assert is_possible(Expression(expression)) == (not fault)
    assert is_possible(Expression(expression).mirrored()) == (not fault)


def test_rules_are_pairs_of_known_aus_each_with_a_reason() -> None:
    for rules in (EXCLUSIVE, OPPOSED):
        for pair, reason in rules.items():
            assert len(pair) == 2 and pair <= set(CODES) and reason
    assert not EXCLUSIVE.keys() & OPPOSED.keys()
    assert {reason.split(":")[0].split(" ")[0] for reason in EXCLUSIVE.values()} == {
        "muscles",
        "geometry",
        "alternative",
    }
    for pair in EXCLUSIVE:
        first, second = sorted(pair)
        assert not allowed(first, [second]) and not allowed(second, [first])


def test_what_is_required_excludes_nothing_that_requires_it() -> None:
    for code, needs in REQUIRES.items():
        for need in needs:
            assert all(allowed(code, [other]) for other in need.any_of)


def test_combinations_that_facs_describes_are_allowed() -> None:
    """Pairs that the manual describes as appearance changes of their own (FACS 2002, lists of combinations)."""
    text = "1+2 1+4 2+4 4+5 5+7 6+7 6+12 6+43 7+12 9+17 10+12 10+15 10+17 10+23 12+15 12+17 12+23 14+17 14+23 15+17"
    for pair in (*text.split(), "15+23", "17+23", "17+24", "18+23", "20+23", "20+25", "22+23", "22+25", "23+25"):
        one, other = (f"AU{number}" for number in pair.split("+"))
        assert allowed(one, [other]), pair


@pytest.mark.parametrize("name", PROTOTYPES)
def test_every_prototype_can_be_shown(name: str) -> None:
    for variant in PROTOTYPES[name]:
        assert set(variant) <= set(CATALOGUE)
        assert faults(shown(dict.fromkeys(variant, 0.5))) == [], variant
        assert len(set(variant)) == len(variant)


def test_prototypes_show_every_au() -> None:
    assert {code for variants in PROTOTYPES.values() for variant in variants for code in variant} == set(DRAWN)
    assert set(PROTOTYPES) >= UNILATERAL


def test_codes_that_cannot_be_drawn_are_named() -> None:
    assert undrawable(CODES) == []
    assert "at least one" in undrawable([])[0]
    assert undrawable(["AU27"])[0].startswith("AU27 needs AU25 beside it")
    assert undrawable(["AU19", "AU25", "AU27"]) == []
    assert undrawable(["AU51"]) == ["AU51 is a position of head or eyes, not an expression"]
    with pytest.raises(UnknownActionUnitError):
        undrawable(["AU99"])
