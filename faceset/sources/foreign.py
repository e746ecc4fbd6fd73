"""A foreign set of labelled faces in one HDF5 file, told by a plan: which array is what, in which scale and layout."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from faceset.channels import CHANNELS, IMAGE, Array
from faceset.errors import SampleError, SourceError
from faceset.sample import Sample
from faceset.sources.hdf5 import ForeignArray
from facs.action_units import CODES, STILL
from facs.intensity import activation

Scale = Literal["0-1", "0-5", "presence"]
TEXTS = ("identity", "sample_key", "source", "twin_of")
AU_ARRAYS = ("au", "au_left", "au_right")
SKIPPED = "-"
"""Stands for a column of the labels that is left out."""
_LIMITS = {"0-1": 1.0, "0-5": 5.0, "presence": 1.0}
_AU = re.compile(r"AU\d+[LR]?")
_MATRIX_OF = {"": "au", "L": "au_left", "R": "au_right"}


@dataclass(frozen=True)
class ForeignPlan:
    """How a foreign file becomes samples.

    Attributes:
        arrays: names in the file by what they are: ``image``; ``au``, ``au_left``, ``au_right`` with a column for each
            of ``aus``; or one array for each Action Unit, ``AU12``, ``AU12L``; ``au_known``; ``identity`` and any
            other channel.
        aus: Action Units of the columns; ``-`` for a column that is left out.
        scale: of the labels: activations, 0 to 5 (``facs.intensity``), or present and absent.
        unknown: values that mean "not scored"; what is not a number always does.
        layout: order of the image's axes, such as NHWC, NCHW, NHW; None where the shape tells it.
        bgr: whether colours come in the order blue, green, red.
        low: value of black.
        high: value of white; None: 255 for whole numbers, 1 for others.
        source: name of the set, where no array gives it.
    """

    arrays: Mapping[str, str]
    aus: tuple[str, ...] = ()
    scale: Scale = "0-1"
    unknown: tuple[float, ...] = ()
    layout: str | None = None
    bgr: bool = False
    low: float = 0.0
    high: float | None = None
    source: str = "foreign"

    def __post_init__(self) -> None:
        """Checks that the plan makes sense.

        Raises:
            SourceError: it does not.
        """
        _check_roles(self.arrays)
        names = [name for name in self.aus if name != SKIPPED]
        unknown = [name for name in names if name not in CODES]
        if unknown or len(set(names)) != len(names):
            raise SourceError(
                f"aus: expected each Action Unit once, of {', '.join(CODES)}, found {', '.join(self.aus)}"
            )
        if bool(self.aus) != any(role in self.arrays for role in AU_ARRAYS):
            raise SourceError("aus: name the columns of au, au_left or au_right, and only theirs")
        if self.high is not None and not self.low < self.high:
            raise SourceError(f"expected black below white, found {self.low:g} and {self.high:g}")

    @property
    def texts(self) -> tuple[str, ...]:
        """Arrays that hold texts."""
        return tuple(role for role in self.arrays if role in TEXTS)

    def check(self, arrays: Mapping[str, ForeignArray]) -> None:
        """Checks the shapes before any value is read.

        Raises:
            SourceError: an array has another shape than the plan needs.
        """
        self.axes(arrays[IMAGE])
        for role, array in arrays.items():
            columns = len(self.aus)
            if role in (*AU_ARRAYS, "au_known") and self.aus and array.shape[1:] != (columns,):
                raise SourceError(f"{array.name}: expected {columns} columns (aus), found the shape {array.shape}")
            if (_AU.fullmatch(role) or role in TEXTS) and array.shape[1:] not in ((), (1,)):
                raise SourceError(f"{array.name}: expected one value in a row, found the shape {array.shape}")

    def axes(self, image: ForeignArray) -> str:
        """Returns the order of the image's axes, told or found by its shape.

        Raises:
            SourceError: the shape does not tell it, or is another.
        """
        shape = image.shape
        layout = self.layout or _layout_of(shape)
        where = f"{image.name}: images of the shape {shape}"
        if layout is None:
            raise SourceError(f"{where}: cannot tell the colours' axis; say layout NHWC, NCHW or another order")
        if sorted(layout) not in (sorted("NHWC"), sorted("NHW")) or layout[0] != "N" or len(layout) != len(shape):
            raise SourceError(f"{where}: expected a layout such as NHWC, NCHW or NHW of as many axes, found {layout!r}")
        if "C" in layout and shape[layout.index("C")] not in (1, 3):
            raise SourceError(f"{where}: expected 3 colours or 1, found {shape[layout.index('C')]} ({layout})")
        return layout


def samples(
    blocks: Iterable[Mapping[str, Array]], arrays: Mapping[str, ForeignArray], plan: ForeignPlan
) -> Iterator[Sample]:
    """Yields the faces of a foreign file.

    Args:
        blocks: rows of its arrays.
        arrays: what is known of them.
        plan: what they are.

    Raises:
        SourceError: a value lies outside its scale, or a face cannot be stored.
    """
    plan.check(arrays)
    axes, row = plan.axes(arrays[IMAGE]), 0
    for block in blocks:
        images = _images(block[IMAGE], axes, plan, arrays[IMAGE].name, row)
        labels = _labels(block, plan, arrays, row)
        rest = {role: values for role, values in block.items() if role in CHANNELS and role not in labels}
        for place in range(len(images)):
            yield _sample(images[place], labels, rest, place, row, plan)
            row += 1


def _check_roles(arrays: Mapping[str, str]) -> None:
    made = {"checksum"}
    known = [*(name for name in CHANNELS if name not in made), *CODES]
    wrong = [role for role in arrays if role not in known and not _is_side(role)]
    if wrong:
        raise SourceError(f"{wrong[0]}: expected one of {', '.join(known)}, or a side of an Action Unit, such as AU12L")
    if IMAGE not in arrays:
        raise SourceError("expected an array for image; say image=name/of/the/array")


def _is_side(role: str) -> bool:
    return role[-1:] in ("L", "R") and role[:-1] in CODES


def _layout_of(shape: tuple[int, ...]) -> str | None:
    if len(shape) == 3:
        return "NHW"
    if len(shape) != 4:
        return None
    last, first = shape[3] in (1, 3), shape[1] in (1, 3)
    return None if last == first else "NHWC" if last else "NCHW"


def _images(values: Array, axes: str, plan: ForeignPlan, name: str, row: int) -> npt.NDArray[np.uint8]:
    """Returns images as (n, H, W, 3) sRGB."""
    values = values[..., None] if "C" not in axes else values
    order = axes if "C" in axes else f"{axes}C"
    values = values.transpose([order.index(axis) for axis in "NHWC"])
    whole = values.dtype.kind in "iu"
    high = plan.high if plan.high is not None else 255.0 if whole else 1.0
    inside = (values >= plan.low) & (values <= high)
    if not inside.all():
        first = int(np.argwhere(~inside)[0, 0])
        raise SourceError(
            f"{name}, row {row + first}: expected {plan.low:g} (black) to {high:g} (white), found "
            f"{values[first].min():g} to {values[first].max():g}; say which values are black and white"
        )
    if not (whole and (plan.low, high) == (0.0, 255.0)):
        values = np.rint((values.astype(np.float64) - plan.low) * (255.0 / (high - plan.low)))
    colours = np.broadcast_to(values.astype(np.uint8), (*values.shape[:3], 3))
    return np.ascontiguousarray(colours[..., ::-1] if plan.bgr else colours)


def _labels(
    block: Mapping[str, Array], plan: ForeignPlan, arrays: Mapping[str, ForeignArray], row: int
) -> dict[str, Array]:
    """Returns ``au``, ``au_left``, ``au_right`` and ``au_known``, each (n, K)."""
    count = len(block[IMAGE])
    sides = {name: np.full((count, len(CODES)), np.nan) for name in AU_ARRAYS}
    for role, values in block.items():
        where = f"{arrays[role].name}, row {row}"
        if role in AU_ARRAYS:
            for column, code in enumerate(plan.aus):
                if code != SKIPPED:
                    sides[role][:, CODES.index(code)] = _activations(values[:, column], plan, f"{where} ({code})")
        elif _AU.fullmatch(role):
            code, side = (role, "") if role in CODES else (role[:-1], role[-1])
            sides[_MATRIX_OF[side]][:, CODES.index(code)] = _activations(values.reshape(count), plan, where)
    return _joined(sides, _scored(block, plan, arrays, count))


def _scored(
    block: Mapping[str, Array], plan: ForeignPlan, arrays: Mapping[str, ForeignArray], count: int
) -> npt.NDArray[np.bool_]:
    """Returns where a mask of the file, if it has one, calls an AU scored."""
    scored = np.ones((count, len(CODES)), bool)
    if "au_known" in block:
        values = block["au_known"]
        codes = plan.aus or CODES
        if values.shape[1:] != (len(codes),) or not np.isin(values, (0, 1)).all():
            raise SourceError(f"{arrays['au_known'].name}: expected 0 and 1 for {len(codes)} Action Units")
        for column, code in enumerate(codes):
            if code != SKIPPED:
                scored[:, CODES.index(code)] = values[:, column] != 0
    return scored


def _activations(values: Array, plan: ForeignPlan, where: str) -> npt.NDArray[np.float64]:
    """Returns labels as activations; what is unknown is not a number."""
    numbers = values.astype(np.float64)
    numbers = np.where(np.isin(numbers, plan.unknown), np.nan, numbers)
    high = _LIMITS[plan.scale]
    wrong = (numbers < 0) | (numbers > high)
    if plan.scale == "presence":
        wrong |= ~np.isnan(numbers) & ~np.isin(numbers, (0.0, 1.0))
    if wrong.any():
        odd = ", ".join(f"{value:g}" for value in np.unique(numbers[wrong])[:5])
        raise SourceError(
            f"{where} and on: expected labels on the scale {plan.scale}, found {odd}; "
            "say another scale, or which values mean that nobody scored"
        )
    if plan.scale != "0-5":
        return numbers
    missing = np.isnan(numbers)
    return np.where(missing, np.nan, activation(np.where(missing, 0.0, numbers)))


def _joined(sides: dict[str, npt.NDArray[np.float64]], scored: npt.NDArray[np.bool_]) -> dict[str, Array]:
    """Returns the labels of both sides and of the higher one, 0 where nobody scored."""
    either, left, right = sides["au"], sides["au_left"], sides["au_right"]
    higher = np.fmax(left, right)
    left = np.where(np.isnan(left), either, left)
    right = np.where(np.isnan(right), either, right)
    both = {"au": np.where(np.isnan(higher), either, higher), "au_left": left, "au_right": right}
    for each in both.values():
        each[~scored] = np.nan
        # A still shows a blink's closure alone (see faceset.sources.emotionet).
        for still, kept in STILL.items():
            one, other = CODES.index(still), CODES.index(kept)
            each[:, other] = np.where(np.isnan(each[:, other]), each[:, one], each[:, other])
    known = ~np.isnan(both["au"])
    labels: dict[str, Array] = {name: np.nan_to_num(each).astype(np.float32) for name, each in both.items()}
    return {**labels, "au_known": known.astype(np.uint8)}


def _sample(
    image: Array, labels: Mapping[str, Array], rest: Mapping[str, Array], place: int, row: int, plan: ForeignPlan
) -> Sample:
    values: dict[str, Any] = {role: _value(role, array[place]) for role, array in rest.items() if role != IMAGE}
    key = values.get("sample_key") or f"{plan.source}-{row:08d}"
    named = {"sample_key": key, "identity": key, "source": plan.source, "twin_of": ""}
    try:
        chosen = {**named, **{role: value for role, value in values.items() if role not in TEXTS or value}}
        return Sample({IMAGE: image, **{name: each[place] for name, each in labels.items()}, **chosen})
    except SampleError as error:
        raise SourceError(f"row {row}: {error}") from error


def _value(role: str, value: Any) -> Any:
    if role not in TEXTS:
        return np.asarray(value).reshape(()) if CHANNELS[role].shape == () else value
    try:
        return bytes(np.asarray(value).reshape(-1)[0]).decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{role}: expected UTF-8 texts: {error}") from error
