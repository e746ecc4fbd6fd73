"""Which Action Units go together on one face: what excludes, opposes or requires what, and why.

Four kinds of rules, from Ekman, Friesen & Hager, *Facial Action Coding System* (2002), and from anatomy:

- exclusive: never together on one side. Each reason begins with its kind: *muscles* (one muscle cannot contract and
  rest, or two pull one part both ways), *alternative* (FACS has coders choose, written 26@27), *geometry* (both are
  places on one path, or the lips cannot be open and shut). Where FACS is silent and the choice is this project's, the
  reason says so.
- opposed: FACS describes the combination, yet the muscles pull one part in opposite directions; the two activations
  add up to at most 1, so that a little of one is left where the other is strong.
- one-sided: the left and the right action exclude each other (a jaw goes to one side).
- required: an AU that cannot be seen without another.

Rules for AU45 hold for AU43, which a still picture cannot tell from it. Positions of head and eyes (AU51 to 58 and 61
to 64) are no part of an ``Expression``: opposite ones share an axis in ``facs.positions``, so that no rule is needed.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from facs.action_units import CODES, STILL, action_unit
from facs.expression import Expression

LEAST = 0.05
"""Activation from which an AU counts: letter A of ``facs.intensity``. ``settled`` drops what it would leave below."""
_ROUNDING = 1e-9

_EXCLUSIVE = (
    ("5", "45", "muscles: levator palpebrae lifts the lid in 5 and rests in 45"),
    ("7", "45", "geometry: both close the lids along one path; a shut eye has no opening left to narrow"),
    ("43", "45", "alternative: one shut eye, of which duration alone tells 43 from 45"),
    ("12", "13", "geometry: one lip corner goes straight up in 13, up and back in 12; this project's choice"),
    ("26", "27", "alternative 26@27: one jaw, let drop or pulled open"),
    ("17", "16", "muscles: mentalis pushes the lower lip up, depressor labii pulls it down"),
    ("17", "25 27", "muscles: 25 begins where mentalis, which is 17, lets go of the lower lip"),
    ("18", "20", "muscles: the incisivii draw the lip corners in, risorius draws them out"),
    ("18", "27", "geometry: a mouth stretched open leaves nothing to purse"),
    ("18 22", "28", "geometry: the lips stand out in 18 and 22 and lie behind the teeth in 28"),
    ("22", "20", "muscles: 22 rounds the mouth, 20 flattens it"),
    ("22", "24", "muscles: one orbicularis oris, turning the lips outwards or pressing them together"),
    ("23", "24", "alternative: one narrowing of the red lips; EMFACS gives anger either; this project's choice"),
    ("23 24", "28", "geometry: lips behind the teeth can neither be tightened nor pressed"),
    ("24", "16 25 26 27", "geometry: lips pressed together are not apart, and the jaw is up"),
    ("28", "10 16 25 27", "geometry: lips behind the teeth are neither raised, lowered nor apart"),
    ("34", "16 25 27", "geometry: lips that part let out the air that fills the cheeks"),
    ("34", "14", "muscles: buccinator flattens the cheek in 14 and yields in 34"),
    ("19", "17 24 28 34", "geometry: the tongue comes out between lips that are apart"),
    ("19", "18", "geometry: pursed lips leave no room for the tongue; this project's choice"),
)

_OPPOSED = (
    ("12 13", "15", "zygomaticus or levator anguli oris lifts the lip corner, depressor anguli oris lowers it"),
    ("12", "18 22", "the mouth is drawn wide and drawn together"),
    ("12 20", "23", "the mouth is drawn wide and made narrow"),
    ("12 13", "28 34", "a wide smile stretches the lips that 28 rolls in and the cheeks that 34 fills"),
    ("12", "20", "the lip corner goes up and back, or straight back and down"),
    ("14", "18 20", "buccinator draws the corner back against the teeth, 18 and 20 forward or to the side"),
    ("10", "24", "the upper lip is raised and pressed down"),
    ("17", "26", "the lower lip is pushed up while the jaw carries it down"),
    ("27", "22 23", "the jaw stretches the lips that orbicularis oris draws together"),
    ("27", "14", "the jaw draws the corner down that buccinator holds against the teeth"),
    ("27", "30", "a jaw that is wide open has little way to the side"),
)


@dataclass(frozen=True)
class Requirement:
    """What an AU cannot be seen without.

    Attributes:
        any_of: codes of which one is enough; the first is what ``settled`` adds.
        share: least activation of it, as a share of the activation that requires it.
        reason: why.
    """

    any_of: tuple[str, ...]
    share: float
    reason: str


REQUIRES: Mapping[str, tuple[Requirement, ...]] = {
    "AU16": (Requirement(("AU25",), 0.5, "a lower lip that is pulled down leaves the upper one (FACS lists 16+25)"),),
    "AU19": (
        Requirement(("AU25",), 0.5, "the tongue shows between parted lips"),
        Requirement(("AU26", "AU27"), 0.3, "the tongue passes between the teeth"),
    ),
    "AU22": (Requirement(("AU25",), 0.5, "lips that are turned outwards part (FACS lists 22+25)"),),
    "AU27": (Requirement(("AU25",), 1.0, "a mouth stretched open has its lips apart, as far as the jaw goes"),),
}
"""What each AU needs beside it. AU26 needs nothing: alone it is the jaw that drops behind closed lips."""

ONE_SIDED: frozenset[str] = frozenset({"AU30"})
"""Sided codes of which a face shows one side at most."""


def _pairs(rows: Iterable[tuple[str, str, str]]) -> dict[frozenset[str], str]:
    return {
        frozenset((f"AU{one}", f"AU{other}")): reason
        for ones, others, reason in rows
        for one in ones.split()
        for other in others.split()
    }


EXCLUSIVE: Mapping[frozenset[str], str] = _pairs(_EXCLUSIVE)
"""Pairs of which at most one is active on a side, with the reason."""

OPPOSED: Mapping[frozenset[str], str] = _pairs(_OPPOSED)
"""Pairs whose activations on a side add up to at most 1, with the reason."""


def allowed(code: str, active: Iterable[str]) -> bool:
    """Returns True if ``code`` can be active beside the ``active`` codes, on the same side."""
    return all(not _excluded(code, other) for other in active)


def faults(expression: Expression) -> list[str]:
    """Returns why a face cannot show the expression: one sentence for each broken rule, none where it can."""
    found = [fault for side in (expression.left, expression.right) for fault in _pair_faults(_side(expression, side))]
    found += [f"{code}: both sides" for code in ONE_SIDED if min(expression.left(code), expression.right(code)) > 0.0]
    values = {code: expression.both(code) for code in _codes(expression)}
    found += [f"{code}: {need.reason}" for code in values for need in _unmet(code, values)]
    return list(dict.fromkeys(found))


def is_possible(expression: Expression) -> bool:
    """Returns True if a face can show the expression."""
    return not faults(expression)


def settled(activations: Mapping[str, float], codes: Collection[str] = CODES) -> dict[str, float]:
    """Returns the nearest activations that a face can show: the stronger AU of every conflict stays.

    From the strongest on, each AU is kept with what it requires if all of it goes with those kept before; then the
    weaker of two opposed AUs yields until they add up to 1. Settling twice changes nothing.

    Args:
        activations: by code without sides, the same for both sides.
        codes: what may be added; an AU whose requirement is not among them is dropped.
    """
    kept: dict[str, float] = {}
    for code, value in sorted(activations.items(), key=lambda entry: (-entry[1], entry[0])):
        wanted = {code: value, **_needed(code, value, [*kept, *activations])}
        if value > 0.0 and set(wanted) <= {code, *codes} and _fit(wanted, kept):
            kept |= {each: max(most, kept.get(each, 0.0)) for each, most in wanted.items()}
    limited = _limited(kept)
    return {code: value for code, value in limited.items() if not list(_unmet(code, limited))}


def undrawable(codes: Collection[str]) -> list[str]:
    """Returns why expressions cannot be drawn over ``codes``; nothing where they can.

    Raises:
        UnknownActionUnitError: a code that the catalogue does not hold.
    """
    if not codes:
        return ["expected at least one Action Unit, found none"]
    found = [f"{code} is a position of head or eyes, not an expression" for code in codes if action_unit(code).position]
    return found + [
        f"{code} needs {' or '.join(need.any_of)} beside it: {need.reason}"
        for code in codes
        for need in REQUIRES.get(code, ())
        if not set(need.any_of) & set(codes)
    ]


def _excluded(code: str, other: str) -> bool:
    if code == other:
        return False
    pair = frozenset((STILL.get(code, code), STILL.get(other, other)))
    return len(pair) == 1 or pair in EXCLUSIVE


def _codes(expression: Expression) -> list[str]:
    return list(dict.fromkeys(action_unit(key).code for key in expression.intensity))


def _side(expression: Expression, side: Callable[[str], float]) -> dict[str, float]:
    values = {code: side(code) for code in _codes(expression)}
    return {code: value for code, value in values.items() if value > 0.0}


def _pair_faults(values: Mapping[str, float]) -> Iterator[str]:
    for one, other in combinations(values, 2):
        pair = frozenset((one, other))
        if _excluded(one, other):
            yield f"{one} and {other}: {EXCLUSIVE[pair]}"
        elif pair in OPPOSED and values[one] + values[other] > 1.0 + _ROUNDING:
            yield f"{one} and {other}: {OPPOSED[pair]}"


def _unmet(code: str, values: Mapping[str, float]) -> Iterator[Requirement]:
    for need in REQUIRES.get(code, ()):
        if max(values.get(each, 0.0) for each in need.any_of) < need.share * values[code] - _ROUNDING:
            yield need


def _needed(code: str, value: float, there: Sequence[str]) -> dict[str, float]:
    """Returns what an AU requires: of alternatives the first one that is there, else the first of all."""
    chosen = {next((each for each in there if each in need.any_of), need.any_of[0]): need for need in _needs(code)}
    return {each: max(need.share * value, min(value, LEAST)) for each, need in chosen.items()}


def _needs(code: str) -> tuple[Requirement, ...]:
    return REQUIRES.get(code, ())


def _fit(wanted: Mapping[str, float], kept: Mapping[str, float]) -> bool:
    return all(allowed(code, (*wanted, *kept)) for code in wanted)


def _limited(values: Mapping[str, float]) -> dict[str, float]:
    """Returns the activations with opposed ones reduced; of two, the one that stands first keeps its own."""
    limited: dict[str, float] = {}
    for code, value in values.items():
        room = min((1.0 - most for other, most in limited.items() if frozenset((code, other)) in OPPOSED), default=1.0)
        if min(value, room) >= min(value, LEAST):
            limited[code] = min(value, room)
    return limited
