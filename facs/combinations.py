"""Which Action Units go together: exclusions, and the combinations of basic emotions.

Exclusions hold for AUs whose muscles, or whose definitions in FACS, work against each other on the same side, so that
no face shows both in full. Prototypes follow EMFACS as tabulated by Ekman, Friesen & Hager (2002), *Investigator's
Guide*, cut to the AUs of the catalogue; each is one common variant.
"""

from collections.abc import Iterable

EXCLUSIVE: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("AU5", "AU7"),
        ("AU5", "AU43"),
        ("AU5", "AU45"),
        ("AU7", "AU45"),
        ("AU6", "AU45"),
        ("AU43", "AU45"),
        ("AU12", "AU15"),
        ("AU12", "AU20"),
        ("AU12", "AU23"),
        ("AU14", "AU20"),
        ("AU15", "AU20"),
        ("AU17", "AU25"),
        ("AU17", "AU26"),
        ("AU20", "AU23"),
        ("AU10", "AU23"),
        ("AU23", "AU25"),
        ("AU23", "AU26"),
    )
)
"""Pairs of which at most one is active."""

PROTOTYPES: dict[str, tuple[str, ...]] = {
    "happiness": ("AU6", "AU12", "AU25"),
    "closed_smile": ("AU6", "AU12"),
    "sadness": ("AU1", "AU4", "AU15", "AU17"),
    "surprise": ("AU1", "AU2", "AU5", "AU26"),
    "fear": ("AU1", "AU2", "AU4", "AU5", "AU20", "AU25"),
    "anger": ("AU4", "AU7", "AU23"),
    "disgust": ("AU9", "AU10", "AU17"),
    "contempt": ("AU14",),
    "eyes_closed": ("AU45",),
    "talking": ("AU25", "AU26"),
}
"""Action Units of common expressions."""


def allowed(code: str, active: Iterable[str]) -> bool:
    """Returns True if ``code`` can be active beside the ``active`` codes."""
    return all(frozenset((code, other)) not in EXCLUSIVE for other in active)


def is_possible(codes: Iterable[str]) -> bool:
    """Returns True if no two of the codes exclude each other."""
    listed = list(codes)
    return all(allowed(code, listed[:index]) for index, code in enumerate(listed))
