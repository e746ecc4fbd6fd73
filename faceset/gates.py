"""Gates: what a number found in a data set is held against, and what follows.

Only plain Python, so that params can name these types without waiting for numpy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

Status = Literal["pass", "warn", "fail"]
ORDER: tuple[Status, ...] = ("pass", "warn", "fail")


@dataclass(frozen=True)
class Gate:
    """Two limits: beyond ``warn`` a number is worth a look, beyond ``fail`` the stage stops. None: never."""

    warn: float | None
    fail: float | None


@dataclass(frozen=True)
class Gates:
    """A gate for every number; names say whether it is a least (``min_``) or a most (``max_``).

    Attributes:
        min_faces: faces of a set.
        min_known: share of the faces that know the AU which fewest know, of those AUs that any face knows.
        min_shown: share of the faces that show the AU which fewest show, of those AUs that are asked for.
        max_duplicates: share of the images whose pixels another image has too.
        max_near_duplicates: share of the images that look like one of another family.
        max_dark: share of dark images.
        max_bright: share of bright ones.
        max_low_contrast: share of flat ones.
        max_blurred: share of blurred ones.
        max_low_information: share of ones with few levels of grey.
        max_odd_face_size: share of faces that are much larger or smaller in their image than the median.
        min_landmarks_inside: mean share of landmarks within the frame.
        max_empty_cells: share of the coverage grid that holds no face, of sets whose light and people are known.
        min_group_share: share of the people in the smallest group of tone, age or sex that was asked for.
        max_shared_identities: people in two splits or two sets.
        max_shared_images: equal images in two splits.
        max_lookalikes: groups of look-alikes of different families in two splits.
        min_label_agreement: rank correlation of exact labels and landmarks, the least of the AUs that move landmarks.
        max_intensity_psi: population stability index of the AU that differs most between real and synthetic.
        max_told_apart: area under the ROC curve of a simple classifier between real and synthetic.
    """

    min_faces: Gate
    min_known: Gate
    min_shown: Gate
    max_duplicates: Gate
    max_near_duplicates: Gate
    max_dark: Gate
    max_bright: Gate
    max_low_contrast: Gate
    max_blurred: Gate
    max_low_information: Gate
    max_odd_face_size: Gate
    min_landmarks_inside: Gate
    max_empty_cells: Gate
    min_group_share: Gate
    max_shared_identities: Gate
    max_shared_images: Gate
    max_lookalikes: Gate
    min_label_agreement: Gate
    max_intensity_psi: Gate
    max_told_apart: Gate

    def __post_init__(self) -> None:
        """Checks that no gate fails before it warns."""
        for name, gate in self.named().items():
            if gate.warn is None or gate.fail is None:
                continue
            least = name.startswith("min_")
            if gate.warn < gate.fail if least else gate.warn > gate.fail:
                order = "at least" if least else "at most"
                raise ValueError(f"gates.{name}: expected warn {order} fail = {gate.fail:g}, found {gate.warn:g}")

    def named(self) -> Mapping[str, Gate]:
        """Returns the gates by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True)
class Quality:
    """What counts as an issue of an image, and how many of them are too many.

    Attributes:
        dark_luma: an image with a lower mean luma, in [0, 1], is dark.
        bright_luma: one with a higher mean luma is bright.
        low_contrast: one with a lower standard deviation of the luma is flat.
        blurred: one with a lower variance of the Laplacian of the luma (grey levels squared) is blurred.
        low_information: one whose levels of grey hold fewer bits is poor in information.
        odd_face_size: a face whose outer eye corners are so many times wider or nearer than the median's is odd.
        cell_faces: a cell of the coverage grid with fewer faces is empty.
        gates: the limits.
    """

    dark_luma: float
    bright_luma: float
    low_contrast: float
    blurred: float
    low_information: float
    odd_face_size: float
    cell_faces: int
    gates: Gates

    def __post_init__(self) -> None:
        """Checks the ranges."""
        for name in ("dark_luma", "bright_luma", "low_contrast"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name}: expected 0 to 1, found {getattr(self, name):g}")
        if self.dark_luma >= self.bright_luma:
            raise ValueError(f"dark_luma: expected less than bright_luma, found {self.dark_luma:g}")
        if self.odd_face_size <= 1.0 or self.cell_faces < 1 or min(self.blurred, self.low_information) < 0:
            raise ValueError("expected odd_face_size > 1, cell_faces >= 1, blurred >= 0 and low_information >= 0")


@dataclass(frozen=True)
class Check:
    """One result.

    Attributes:
        name: of the check.
        status: "pass", "warn" or "fail".
        found: the number that was measured.
        threshold: what it was compared with; None where its gate has no limit.
        detail: one sentence for a person.
        gate: name of the key in ``quality.gates`` that sets the threshold; "" for what is never negotiable.
        advice: what to do where it did not pass.
    """

    name: str
    status: Status
    found: float
    threshold: float | None
    detail: str
    gate: str = ""
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Returns the check as plain values."""
        return {**self.__dict__}

    def told(self, where: str) -> str:
        """Returns what did not pass as one sentence: gate, found, expected, what to do."""
        side = "at least" if self.gate.startswith("min_") else "at most"
        expected = "" if self.threshold is None else f", expected {side} {self.threshold:g}"
        gate = f" (quality.gates.{self.gate})" if self.gate else ""
        return f"{where}: {self.name}{gate}: found {self.found:.4g}{expected}: {self.detail}; {self.advice or ADVICE}"


ADVICE = "see the page"


def held(gates: Gates, gate: str, name: str, found: float, detail: str, advice: str) -> Check:
    """Returns a number held against its gate.

    Args:
        gates: all of them.
        gate: name of the one.
        name: of the check.
        found: the number; one that is none passes.
        detail: one sentence for a person.
        advice: what to do where it does not pass.
    """
    limits: Gate = getattr(gates, gate)
    sign = -1.0 if gate.startswith("min_") else 1.0

    def beyond(limit: float | None) -> bool:
        return limit is not None and sign * found > sign * limit

    status: Status = "fail" if beyond(limits.fail) else "warn" if beyond(limits.warn) else "pass"
    shown = limits.fail if status == "fail" or limits.warn is None else limits.warn
    return Check(name, status, found, shown, detail, gate, advice)


def worst_status(checks: "list[Check] | tuple[Check, ...]") -> Status:
    """Returns the worst status of several checks; "pass" of none."""
    return max((check.status for check in checks), key=ORDER.index, default="pass")


DEFAULTS = Quality(
    dark_luma=0.08,
    bright_luma=0.92,
    low_contrast=0.04,
    blurred=8.0,
    low_information=3.0,
    odd_face_size=1.8,
    cell_faces=1,
    gates=Gates(
        min_faces=Gate(20, 1),
        min_known=Gate(0.05, None),
        min_shown=Gate(0.02, None),
        max_duplicates=Gate(0.0, 0.01),
        max_near_duplicates=Gate(0.02, None),
        max_dark=Gate(0.05, 0.5),
        max_bright=Gate(0.05, 0.5),
        max_low_contrast=Gate(0.05, 0.5),
        max_blurred=Gate(0.05, 0.5),
        max_low_information=Gate(0.05, 0.5),
        max_odd_face_size=Gate(0.05, None),
        min_landmarks_inside=Gate(0.95, None),
        max_empty_cells=Gate(0.5, None),
        min_group_share=Gate(0.02, None),
        max_shared_identities=Gate(0, 0),
        max_shared_images=Gate(0, 0),
        max_lookalikes=Gate(0, None),
        min_label_agreement=Gate(0.5, None),
        max_intensity_psi=Gate(None, None),
        max_told_apart=Gate(None, None),
    ),
)
"""What the shipped params.yaml says."""
