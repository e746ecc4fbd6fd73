"""Numbers and lists in sentences and cells."""

from collections.abc import Sequence

from pipeline.report.spread import Estimate

MINUS = "−"


def number(value: float | None, digits: int, sign: bool = False) -> str:
    """Returns a number with a true minus, "–" for None; with ``sign`` a plus too. What rounds to 0 has no sign."""
    if value is None or value != value:
        return "–"
    rounded = round(value, digits)
    mark = MINUS if rounded < 0 else "+" if sign and rounded > 0 else ""
    return f"{mark}{abs(rounded):.{digits}f}"


def interval(found: Estimate, digits: int, sign: bool = False) -> str:
    """Returns the ends of an interval: "0.8 to 1.3"; "not known" with fewer than two people."""
    if found.low is None or found.high is None:
        return "not known"
    return f"{number(found.low, digits, sign)} to {number(found.high, digits, sign)}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """Returns "a", "a and b" or "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Returns "1 face" or "1,200 faces"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
