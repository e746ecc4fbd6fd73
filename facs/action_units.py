"""The Action Unit catalogue: code, name, muscles, sides, and which public label sets score it.

Names and muscles follow Ekman, Friesen & Hager, *Facial Action Coding System* (2002). The label sets are
OpenFace 2 (17 intensities, 18 presences), the EmotioNet challenge (12 AUs in 2018, 23 in 2020) and DISFA/BP4D.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property

from facs.errors import UnknownActionUnitError


@dataclass(frozen=True)
class ActionUnit:
    """One Action Unit of FACS.

    Attributes:
        number: FACS number, for example 12.
        name: FACS name, for example "Lip Corner Puller".
        muscles: muscles whose contraction (or relaxation) shows as this AU.
        sided: True where FACS lets a coder score left and right apart.
        position: True for positions of head and eyes, which are poses and not part of an ``Expression``.
    """

    number: int
    name: str
    muscles: tuple[str, ...]
    sided: bool
    position: bool = False

    @cached_property
    def code(self) -> str:
        """The code without a side, for example "AU12"."""
        return f"AU{self.number}"

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys of an ``Expression``: ("AU12L", "AU12R") where sided, else ("AU25",)."""
        return (f"{self.code}L", f"{self.code}R") if self.sided else (self.code,)


def _au(number: int, name: str, muscles: str, sided: bool = True) -> ActionUnit:
    return ActionUnit(number, name, tuple(muscles.split(", ")), sided)


def _position(number: int, name: str, muscles: str = "muscles of the neck") -> ActionUnit:
    return ActionUnit(number, name, (muscles,), sided=False, position=True)


_UNITS = (
    _au(1, "Inner Brow Raiser", "frontalis pars medialis"),
    _au(2, "Outer Brow Raiser", "frontalis pars lateralis"),
    _au(4, "Brow Lowerer", "corrugator supercilii, depressor supercilii, procerus"),
    _au(5, "Upper Lid Raiser", "levator palpebrae superioris"),
    _au(6, "Cheek Raiser", "orbicularis oculi pars orbitalis"),
    _au(7, "Lid Tightener", "orbicularis oculi pars palpebralis"),
    _au(9, "Nose Wrinkler", "levator labii superioris alaeque nasi"),
    _au(10, "Upper Lip Raiser", "levator labii superioris"),
    _au(11, "Nasolabial Deepener", "zygomaticus minor"),
    _au(12, "Lip Corner Puller", "zygomaticus major"),
    _au(13, "Sharp Lip Puller", "levator anguli oris"),
    _au(14, "Dimpler", "buccinator"),
    _au(15, "Lip Corner Depressor", "depressor anguli oris"),
    _au(16, "Lower Lip Depressor", "depressor labii inferioris"),
    _au(17, "Chin Raiser", "mentalis", sided=False),
    _au(18, "Lip Pucker", "incisivii labii superioris, incisivii labii inferioris", sided=False),
    _au(19, "Tongue Show", "genioglossus", sided=False),
    _au(20, "Lip Stretcher", "risorius, platysma"),
    _au(22, "Lip Funneler", "orbicularis oris", sided=False),
    _au(23, "Lip Tightener", "orbicularis oris", sided=False),
    _au(24, "Lip Pressor", "orbicularis oris", sided=False),
    _au(
        25,
        "Lips Part",
        "depressor labii inferioris, relaxation of mentalis or orbicularis oris",
        sided=False,
    ),
    _au(26, "Jaw Drop", "relaxation of masseter, temporalis and internal pterygoid", sided=False),
    _au(27, "Mouth Stretch", "pterygoids, digastric", sided=False),
    _au(28, "Lip Suck", "orbicularis oris", sided=False),
    _au(29, "Jaw Thrust", "pterygoids", sided=False),
    _au(30, "Jaw Sideways", "pterygoids, temporalis"),
    _au(34, "Cheek Puff", "buccinator and orbicularis oris hold the breath"),
    _au(43, "Eye Closure", "relaxation of levator palpebrae superioris"),
    _au(45, "Blink", "relaxation of levator palpebrae superioris, orbicularis oculi pars palpebralis"),
    _position(51, "Head Turn Left"),
    _position(52, "Head Turn Right"),
    _position(53, "Head Up"),
    _position(54, "Head Down"),
    _position(55, "Head Tilt Left"),
    _position(56, "Head Tilt Right"),
    _position(57, "Head Forward"),
    _position(58, "Head Back"),
    _position(61, "Eyes Turn Left", "extraocular muscles"),
    _position(62, "Eyes Turn Right", "extraocular muscles"),
    _position(63, "Eyes Up", "extraocular muscles"),
    _position(64, "Eyes Down", "extraocular muscles"),
)

CATALOGUE: dict[str, ActionUnit] = {unit.code: unit for unit in _UNITS}
"""Every Action Unit that facsmith knows, by code, in FACS order."""

CODES: tuple[str, ...] = tuple(code for code, unit in CATALOGUE.items() if not unit.position)
"""The codes of an ``Expression``, in FACS order: the AU columns of a shard. Positions follow from pose and gaze."""

STILL: dict[str, str] = {"AU43": "AU45"}
"""Codes that a still picture cannot tell from another: a blink (45) is a short closure of the eye (43)."""


def _codes(*numbers: int) -> tuple[str, ...]:
    return tuple(f"AU{number}" for number in numbers)


OPENFACE17 = _codes(1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
"""The AUs with an OpenFace 2 intensity (``AUxx_r``), in its column order; the condition of GANimation."""

OPENFACE18 = (*_codes(1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26), *_codes(28, 45))
"""The AUs with an OpenFace 2 presence (``AUxx_c``), in its column order."""

EMOTIONET12 = _codes(1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26, 43)
"""The AUs of the 2018 EmotioNet challenge."""

EMOTIONET23 = _codes(1, 2, 4, 5, 6, 9, 10, 12, 15, 17, 18, 20, 24, 25, 26, 28, 43, 51, 52, 53, 54, 55, 56)
"""The AUs of the 2020 EmotioNet challenge; 51 to 56 are head positions."""

DISFA12 = _codes(1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
"""The AUs coded in DISFA."""


@cache
def action_unit(code: str) -> ActionUnit:
    """Returns the Action Unit called ``code``, with or without a side ("AU12", "AU12L").

    Raises:
        UnknownActionUnitError: the catalogue has no such code, or the AU has no sides.
    """
    unit = CATALOGUE.get(code) or CATALOGUE.get(code.rstrip("LR"))
    if unit is not None and code in (unit.code, *unit.keys):
        return unit
    if unit is not None:
        raise UnknownActionUnitError(f"{code!r}: {unit.code} has no such side; use {' or '.join(unit.keys)}")
    known = [key for entry in CATALOGUE.values() for key in (entry.code, *entry.keys)]
    near = get_close_matches(code, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UnknownActionUnitError(f"unknown Action Unit {code!r}{hint} Known: {', '.join(CATALOGUE)}")
