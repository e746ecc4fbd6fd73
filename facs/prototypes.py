"""Which Action Units people show together: emotions after EMFACS, and what faces do besides.

Emotions follow the table of prototypes and major variants in Ekman, Friesen & Hager (2002), *FACS Investigator's
Guide*, as it is commonly reproduced, without intensities and head positions; where it lists AU26 or AU27, AU25 is
written out, since EMFACS leaves it unsaid that such lips are apart. What is no emotion (speech, pain, play, closed
eyes) is this project's choice, so that every AU of the catalogue occurs.
"""

from collections.abc import Mapping

Variant = tuple[str, ...]


def _variants(text: str) -> tuple[Variant, ...]:
    return tuple(tuple(f"AU{number}" for number in variant.split("+")) for variant in text.split())


PROTOTYPES: Mapping[str, tuple[Variant, ...]] = {
    "happiness": _variants("6+12 12 6+12+25 6+12+25+26 6+7+12+25+26 6+11+12+25"),
    "surprise": _variants("1+2+5+25+26 1+2+5+25+27 1+2+5 1+2+25+26 1+2+25+27 5+25+26"),
    "fear": _variants("1+2+4+5+20+25 1+2+4+5+20+25+26 1+2+4+5+20+25+27 1+2+4+5+25+26 1+2+4+5 1+2+5+25 5+20+25"),
    "sadness": _variants("1+4+11+15 1+4+15 6+15 1+4+11 1+4+15+17 11+15 11+17 1+4+15+25"),
    "disgust": _variants("9 9+17 9+15+16+25+26 9+16+25 10 10+16+25+26 10+17"),
    "anger": _variants(
        "4+5+7+10+22+23+25+26 4+5+7+10+23+25+26 4+5+7+23+25+26 4+5+7+17+23 4+5+7+17+24 4+5+7+23 4+5+7+24 4+7+23 4+5+24"
    ),
    "contempt": _variants("14 12+14 10+14"),
    "pain": _variants("4+6+7+9 4+6+7+10+20+25 4+6+9+45 4+6+10+25+26+45"),
    "doubt": _variants("1+2+15+17 15+17 17+24 2+17 4+18"),
    "speech": _variants("25 25+26 16+25+26 18+22+25 22+25+26 20+25 18 24 17+23"),
    "eyes_closed": _variants("45 12+45 6+12+45 25+27+45"),
    "play": _variants("19+25+26 12+19+25+26 34 18+34 13 13+25 18+22+25 26+28 28 29 25+29 30 26+30 26"),
}
"""Action Units that occur together, by name: each name with its variants, which are equally common."""

UNILATERAL: frozenset[str] = frozenset({"contempt"})
"""Prototypes that show on one side of the face."""
