"""Foreign HDF5: every value arrives whatever the layout, and no file does harm, stalls or reads another file."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import h5py
import numpy as np
import pytest

from faceset.channels import IMAGE
from faceset.errors import SourceError
from faceset.sample import Sample
from faceset.sources import hdf5
from faceset.sources.foreign import ForeignPlan, samples
from faceset.sources.hdf5 import ForeignArray, ForeignFile, Hdf5RefusedError
from faceset.sources.hdf5_child import Limits, RefusedError, check, serve
from faceset.sources.hdf5_child import found as found_in
from facs.action_units import CODES
from facs.intensity import activation

COUNT, HEIGHT, WIDTH = 11, 6, 5
AUS = ("AU1", "AU12", "-", "AU43")
Make = Callable[..., Path]


@pytest.fixture
def pictures() -> Any:
    return np.random.default_rng(3).integers(0, 256, (COUNT, HEIGHT, WIDTH, 3), dtype=np.uint8)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(name: str = "foreign.h5", **arrays: Any) -> Path:
        with h5py.File(tmp_path / name, "w") as file:
            for key, value in arrays.items():
                options = value if isinstance(value, dict) else {"data": value}
                file.create_dataset(key.replace("__", "/"), **options)
        return tmp_path / name

    return write


class InThisProcess:
    """Stands in for the process that reads, where the file is ours and only its values count: a start takes 0.3 s."""

    stdin = None

    def __init__(self, path: Path, names: Any, texts: Any, limits: Limits) -> None:
        self.stdout = BytesIO()
        try:
            serve(path, names, list(texts), limits, self.stdout)
        except RefusedError as error:
            self.stdout.write(b"-" + json.dumps(str(error)).encode() + b"\n")
        self.stdout.seek(0)

    def kill(self) -> None:
        """Does nothing."""

    def wait(self) -> int:
        return 0


def read(path: Path, plan: ForeignPlan) -> list[Sample]:
    with patch.object(hdf5, "_start", InThisProcess):
        return read_apart(path, plan)


def read_apart(path: Path, plan: ForeignPlan) -> list[Sample]:
    with ForeignFile(path, plan.arrays, plan.texts) as foreign:
        return list(samples(foreign.blocks(), foreign.arrays, plan))


def refused(path: Path, name: str = "x", **options: Any) -> str:
    with pytest.raises(Hdf5RefusedError) as caught, ForeignFile(path, {IMAGE: name}, **options) as foreign:
        for _ in foreign.blocks():
            pass
    return str(caught.value)


@pytest.mark.parametrize(("layout", "told", "kind"), [
    ("NHWC", None, "contiguous"), ("NCHW", None, "chunked"), ("NCHW", "NCHW", "gzip"), ("NCWH", "NCWH", "lzf"),
    ("NWHC", "NWHC", "contiguous"),
])  # fmt: skip
def test_every_layout_gives_the_same_pixels(
    make: Make, pictures: Any, layout: str, told: str | None, kind: str
) -> None:
    values = pictures.transpose(["NHWC".index(axis) for axis in layout])
    packed = {
        "chunked": {"chunks": True},
        "gzip": {"compression": "gzip", "shuffle": True},
        "lzf": {"compression": "lzf"},
    }
    path = make(faces__x={"data": values, **packed.get(kind, {})})
    found = read(path, ForeignPlan({IMAGE: "faces/x"}, layout=told))
    assert np.array_equal(np.stack([sample[IMAGE] for sample in found]), pictures)


@pytest.mark.parametrize(("values", "plan"), [
    (lambda x: (x / 255).astype(np.float32), {}),
    (lambda x: x.astype(np.float64) / 127.5 - 1, {"low": -1.0, "high": 1.0}),
    (lambda x: x.astype(">f4"), {"high": 255.0}),
    (lambda x: x.astype(">i8"), {}),
    (lambda x: x[..., ::-1], {"bgr": True}),
    (lambda x: x.astype(np.uint16) * 257, {"high": 65535.0}),
])  # fmt: skip
def test_every_scale_of_pixels_gives_the_same_pixels(make: Make, pictures: Any, values: Any, plan: Any) -> None:
    found = read(make(x=values(pictures)), ForeignPlan({IMAGE: "x"}, **plan))
    assert np.array_equal(np.stack([sample[IMAGE] for sample in found]), pictures)


def test_grey_images_have_three_equal_colours(make: Make, pictures: Any) -> None:
    for grey in (pictures[..., 0], pictures[..., :1]):
        found = np.stack([sample[IMAGE] for sample in read(make(x=grey), ForeignPlan({IMAGE: "x"}))])
        assert np.array_equal(found, np.repeat(pictures[..., :1], 3, axis=3))


def test_labels_are_scaled_and_what_nobody_scored_is_masked(make: Make, pictures: Any) -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, (COUNT, 4)).astype(np.float32)
    scores[2, 0], scores[3, 1], scores[4, 1], scores[:, 2] = 9, -1, np.nan, 77
    plan = ForeignPlan({IMAGE: "x", "au": "y"}, AUS, "0-5", (9, -1))
    for row, sample in enumerate(read(make(x=pictures, y=scores), plan)):
        for column, code in ((0, "AU1"), (1, "AU12"), (3, "AU43"), (3, "AU45")):
            value, place = scores[row, column], CODES.index(code)
            known = value not in (9, -1) and not np.isnan(value)
            assert sample["au_known"][place] == known
            expected = np.float32(activation(value)) if known else 0
            assert sample["au"][place] == sample["au_left"][place] == sample["au_right"][place] == expected
        assert sample["au_known"].sum() == sum(
            sample["au_known"][CODES.index(code)] for code in ("AU1", "AU12", "AU43", "AU45")
        )


def test_sides_masks_names_and_landmarks(make: Make, pictures: Any) -> None:
    rng = np.random.default_rng(1)
    left, right, either = rng.random((3, COUNT))
    mask = rng.integers(0, 2, (COUNT, 30))
    points = rng.random((COUNT, 68, 2)).astype(np.float32)
    names = [f"Anna Ü {row % 3}" for row in range(COUNT)]
    path = make(x=pictures, l=left, r=right, e=either[:, None], m=mask, p=points, k=np.arange(COUNT),
                n={"data": names, "dtype": h5py.string_dtype()})  # fmt: skip
    arrays = {IMAGE: "x", "AU12L": "l", "AU12R": "r", "AU4": "e", "au_known": "m", "landmarks": "p",
              "identity": "n", "sample_key": "k"}  # fmt: skip
    for row, sample in enumerate(read(path, ForeignPlan(arrays, source="them"))):
        twelve, four = CODES.index("AU12"), CODES.index("AU4")
        known = mask[row, twelve]
        assert sample["au_left"][twelve] == np.float32(left[row]) * known
        assert sample["au_right"][twelve] == np.float32(right[row]) * known
        assert sample["au"][twelve] == np.float32(max(left[row], right[row])) * known
        assert sample["au"][four] == np.float32(either[row]) * mask[row, four]
        assert (sample["identity"], sample["sample_key"], sample["source"]) == (names[row], str(row), "them")
        assert np.array_equal(sample["landmarks"], points[row])


def test_without_names_every_face_is_a_person_of_its_own(make: Make, pictures: Any) -> None:
    found = read(make(x=pictures), ForeignPlan({IMAGE: "x"}, source="them"))
    assert [sample["identity"] for sample in found] == [f"them-{row:08d}" for row in range(COUNT)]
    assert not any(sample["au_known"].any() for sample in found)


@pytest.mark.parametrize(("arrays", "plan", "message"), [
    ({"y": np.full((COUNT, 1), 3.0)}, {"aus": ("AU1",)}, "expected labels on the scale 0-1, found 3; say another"),
    ({"y": np.full((COUNT, 1), 0.5)}, {"aus": ("AU1",), "scale": "presence"}, "scale presence, found 0.5"),
    ({"y": np.full((COUNT, 2), 0.5)}, {"aus": ("AU1",)}, "expected 1 columns"),
    ({"y": np.full((COUNT + 1, 1), 0.5)}, {"aus": ("AU1",)}, "as many rows in every array"),
    ({"x": np.full((COUNT, 4, 4, 3), 7.0)}, {}, "expected 0 .black. to 1 .white., found 7 to 7"),
    ({"x": np.zeros((COUNT, 3, 4, 3), np.uint8)}, {}, "cannot tell the colours' axis"),
    ({"x": np.zeros((COUNT, 4, 4, 4), np.uint8)}, {"layout": "NHWC"}, "expected 3 colours or 1, found 4"),
])  # fmt: skip
def test_values_that_do_not_fit_the_plan(make: Make, pictures: Any, arrays: Any, plan: Any, message: str) -> None:
    path = make(**{"x": pictures, **arrays})
    with pytest.raises(SourceError, match=message):
        read(path, ForeignPlan({IMAGE: "x", **({"au": "y"} if "y" in arrays else {})}, **plan))


@pytest.mark.parametrize(("arrays", "options", "message"), [
    ({"au": "y"}, {"aus": ("AU1",)}, "expected an array for image"),
    ({IMAGE: "x", "checksum": "c"}, {}, "checksum: expected one of"),
    ({IMAGE: "x", "AU99": "c"}, {}, "AU99: expected one of"),
    ({IMAGE: "x", "au": "y"}, {}, "name the columns"),
    ({IMAGE: "x"}, {"aus": ("AU1",)}, "name the columns"),
    ({IMAGE: "x", "au": "y"}, {"aus": ("AU1", "AU1")}, "each Action Unit once"),
    ({IMAGE: "x", "au": "y"}, {"aus": ("AU99",)}, "each Action Unit once"),
    ({IMAGE: "x"}, {"low": 1.0, "high": 1.0}, "black below white"),
])  # fmt: skip
def test_a_plan_that_makes_no_sense(arrays: Any, options: Any, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        ForeignPlan(arrays, **options)


# --- files that want to do harm


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = np.zeros((4, 6, 6, 3), np.uint8)
    (tmp_path / "secret.bin").write_bytes(bytes(4 * 6 * 6 * 3))
    return tmp_path / "secret.h5"


def external_link(file: Any, secret: Path) -> None:
    file["x"] = h5py.ExternalLink(str(secret), "/x")


def external_group(file: Any, secret: Path) -> None:
    file["g"] = h5py.ExternalLink(str(secret), "/")


def soft_link(file: Any, secret: Path) -> None:
    file["y"], file["x"] = np.zeros((4, 6, 6, 3), np.uint8), h5py.SoftLink("/y")


def virtual(file: Any, secret: Path) -> None:
    layout = h5py.VirtualLayout((4, 6, 6, 3), np.uint8)
    layout[:] = h5py.VirtualSource(secret, "x", (4, 6, 6, 3))
    file.create_virtual_dataset("x", layout)


def external_storage(file: Any, secret: Path) -> None:
    file.create_dataset("x", (4, 6, 6, 3), np.uint8, external=[(str(secret.with_suffix(".bin")), 0, 432)])


def object_references(file: Any, secret: Path) -> None:
    file["y"] = np.zeros(3)
    file.create_dataset("x", data=[file["y"].ref] * 4, dtype=h5py.ref_dtype)


def region_references(file: Any, secret: Path) -> None:
    file["y"] = np.zeros(3)
    file.create_dataset("x", data=[file["y"].regionref[:2]] * 4, dtype=h5py.regionref_dtype)


def ragged(file: Any, secret: Path) -> None:
    file.create_dataset("x", (4,), h5py.vlen_dtype(np.uint8))


def compound(file: Any, secret: Path) -> None:
    file["x"] = np.zeros((4, 6), [("r", "u1"), ("g", "u1")])


def opaque(file: Any, secret: Path) -> None:
    file.create_dataset("x", data=np.zeros((4, 6), "V8"))


def never_stored(file: Any, secret: Path) -> None:
    file.create_dataset("x", (90_000_000, 64, 64, 3), np.uint8, chunks=(1, 64, 64, 3), fillvalue=1)


def many_rows(file: Any, secret: Path) -> None:
    file.create_dataset("x", (2**40, 8, 8), np.uint8, chunks=(1, 8, 8))


def huge_row(file: Any, secret: Path) -> None:
    file.create_dataset("x", (1, 2**14, 2**14, 3), np.uint8, chunks=(1, 64, 64, 3))


def huge_chunk(file: Any, secret: Path) -> None:
    file.create_dataset("x", (2**16, 64, 64, 3), np.uint8, chunks=(2**16, 64, 64, 3), compression="gzip")


def plug_in(file: Any, secret: Path) -> None:
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((1, 8, 8, 3))
    plan.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
    space = h5py.h5s.create_simple((4, 8, 8, 3))
    h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_UINT8, space, plan)


def a_group(file: Any, secret: Path) -> None:
    file["x/inner"] = np.zeros(3)


def texts(file: Any, secret: Path) -> None:
    file["x"] = np.array([b"abc"] * 4)


HARM: dict[Callable[[Any, Path], None], str] = {
    external_link: "x is a link to elsewhere .ExternalLink.; links are not followed",
    soft_link: "x is a link to elsewhere .SoftLink.",
    virtual: "its values lie in other files",
    external_storage: "its values lie in other files",
    object_references: "expected plain numbers or texts",
    region_references: "expected plain numbers or texts",
    ragged: "expected plain numbers or texts",
    compound: "expected plain numbers or texts",
    opaque: "expected numbers of at most 8 bytes",
    never_stored: "promises 1105920000000 bytes and stores 0",
    many_rows: "expected 1 to 100000000 rows",
    huge_row: "expected at most 67108864 bytes in a row, found 805306368",
    huge_chunk: "expected chunks of at most 536870912 bytes, found 805306368",
    plug_in: "packed by filter 32015, expected gzip",
    a_group: "expected an array, found Group; it has inner",
    texts: "expected numbers of at most 8 bytes",
}


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
def test_what_could_do_harm_is_refused(tmp_path: Path, secret: Path, harm: Callable[[Any, Path], None]) -> None:
    """In this process: the file is ours, and the refusal must come before anything is followed or read."""
    with h5py.File(tmp_path / "evil.h5", "w") as file:
        harm(file, secret)
    with h5py.File(tmp_path / "evil.h5", "r") as file, pytest.raises(RefusedError, match=HARM[harm]):
        check("x", found_in(file, "x"), False, Limits())


def test_refusals_come_back_from_the_process(tmp_path: Path, secret: Path) -> None:
    with h5py.File(tmp_path / "evil.h5", "w") as file:
        external_group(file, secret)
    assert "evil.h5: g/x: g is a link to elsewhere" in refused(tmp_path / "evil.h5", "g/x")
    assert "not in the file, which has g there" in refused(tmp_path / "evil.h5", "none")
    assert "expected the name of an array" in refused(tmp_path / "evil.h5", "../x")


def test_a_bomb_ends_with_its_process(make: Make) -> None:
    """Zeros pack a thousand to one: the process runs against its memory and nobody else does."""
    path = make(x={"data": np.zeros((4, 4096, 4096, 3), np.uint8), "chunks": (4, 4096, 4096, 3), "compression": "gzip"})
    assert path.stat().st_size < 300_000
    text = refused(path, limits=Limits(memory=2**28))
    assert "damaged" in text


def test_the_process_limits_itself(tmp_path: Path) -> None:
    """It can write no file, and its memory and processor time end."""
    code = (
        "import resource as r; from faceset.sources.hdf5_child import Limits; Limits(memory=2**31, seconds=9).take()\n"
        "assert r.getrlimit(r.RLIMIT_AS) == (2**31,) * 2 and r.getrlimit(r.RLIMIT_CPU) == (9, 9)\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"try: open({str(tmp_path / 'a')!r}, 'wb', buffering=0).write(b'x')\n"
        "except OSError: print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"


def test_a_process_that_stalls_is_killed(make: Make, pictures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **options: started(["sleep", "60"], **options)  # type: ignore[call-overload]
    )  # fmt: skip
    began = time.monotonic()
    assert "nothing could be read for 0.2 s" in refused(make(x=pictures), deadline_s=0.2)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("answer", [
    b"", b"x\n", b"[]\n", b'{"arrays": {}}\n', b'{"arrays": {"image": {"dtype": "O", "shape": [1], "chunks": null}}}\n',
    b'{"arrays": {"image": {"dtype": "|u1", "shape": [-1], "chunks": null, "filters": []}}}\n',
    b'{"arrays": {"image": {"dtype": "|u1", "shape": [2, 4], "chunks": null, "filters": []}}}\n99999999999\n',
    b'{"arrays": {"image": {"dtype": "|u1", "shape": [2, 4], "chunks": null, "filters": []}}}\n8\nabc',
    b'{"arrays": {"image": {"dtype": "|u1", "shape": [2, 4], "chunks": null, "filters": []}}}\n4\nabcd0\n',
    b'{"arrays": {"image": {"dtype": "|u1", "shape": [2, 4], "chunks": null, "filters": []}}}\n7\nabcdefg',
])  # fmt: skip
def test_a_process_that_was_taken_over_is_not_believed(
    tmp_path: Path, make: Make, pictures: Any, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answer").write_bytes(answer)
    started = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen",
        lambda command, **options: started(["cat", str(tmp_path / "answer")], **options),  # type: ignore[call-overload]
    )  # fmt: skip
    refused(make(x=pictures))


def test_damaged_files_are_refused_or_read(make: Make, pictures: Any, tmp_path: Path) -> None:
    """Bits turned at random and files cut short: an error in one message or pixels, never more."""
    whole = make(x={"data": pictures, "chunks": True, "compression": "gzip", "fletcher32": True}).read_bytes()
    rng = np.random.default_rng(5)
    outcomes = []
    for number in range(8):
        raw = bytearray(whole)
        for place in rng.integers(0, len(raw), 20 if number % 2 else 4):
            raw[place] ^= 1 << int(rng.integers(8))
        raw = raw[: int(rng.integers(9, len(raw)))] if number == 7 else raw
        (tmp_path / "damaged.h5").write_bytes(bytes(raw))
        try:
            found = read_apart(tmp_path / "damaged.h5", ForeignPlan({IMAGE: "x"}))
            outcomes.append(len(found) == COUNT)
        except SourceError as error:
            outcomes.append("damaged.h5" in str(error))
    assert all(outcomes)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(500)]
)
def test_what_is_no_hdf5_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.h5").write_bytes(content)
    assert "a.h5" in refused(tmp_path / "a.h5")
    assert "found none" in refused(tmp_path)


# --- slow layouts


@pytest.mark.parametrize(("chunks", "filters", "parts"), [
    (None, (), []),
    ((4, 8, 8, 3), (), ["chunks of (4, 8, 8, 3), so", "1 piece and 4 times"]),
    ((16, 4, 4, 1), ("gzip",), ["packed with gzip", "12 pieces and 16 times"]),
])  # fmt: skip
def test_slow_layouts_are_told_in_words(chunks: Any, filters: Any, parts: list[str]) -> None:
    words = ForeignArray("x", "|u1", (100, 8, 8, 3), chunks, filters).slowness
    assert all(part in words for part in parts) and bool(words) == bool(parts)
