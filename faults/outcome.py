"""What came of one part of the campaign."""

import json
from dataclasses import asdict, dataclass, field


@dataclass
class Outcome:
    """The line of one part.

    Attributes:
        name: of the part.
        tried: how many faults were made.
        failures: what went wrong, one text each.
        notes: what a reader should know, such as how often what happened.
        seconds: that it took.
    """

    name: str
    tried: int = 0
    failures: list[str] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def count(self, note: str, number: int = 1) -> None:
        """Counts something worth telling."""
        self.notes[note] = self.notes.get(note, 0) + number

    def line(self) -> str:
        """Returns the outcome as a line of the table."""
        verdict = "pass" if not self.failures else "FAIL"
        told = ", ".join(f"{number} {note}" for note, number in sorted(self.notes.items()))
        return f"{self.name:<33}{self.tried:>7}{len(self.failures):>9}{self.seconds:>9.0f}  {verdict}  {told}"

    def to_json(self) -> str:
        """Returns the outcome as one line of JSON."""
        return json.dumps(asdict(self))


HEADING = f"{'faults':<33}{'tried':>7}{'failed':>9}{'seconds':>9}  verdict"
