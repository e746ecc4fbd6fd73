"""The pickle reader reads what numpy pickles, and nothing that it reads is executed."""

import contextlib
import os
import pickle
import pickletools
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.sources.pickled_arrays import MAX_BYTES, PickleRefusedError, parse_pickled_arrays, read_pickled_arrays

VECTORS = {f"N_000000{number:04d}_00001": np.linspace(0.0, number, 17) for number in range(5)}


def python2_pickle(vectors: dict[str, np.ndarray]) -> bytes:
    """The bytes that Python 2 and numpy 1 write with protocol 2: byte strings for names and for contents."""

    def string(text: bytes) -> bytes:
        return b"U" + bytes([len(text)]) + text

    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\0\x85q\x03U\x01bq\x04\x87q\x05Rq\x06"
    dtype = b"cnumpy\ndtype\nq\x07U\x02f8q\x08K\0K\x01\x87q\x09Rq\x0a"
    dtype += b"(K\x03U\x01<q\x0bNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    items = b""
    for number, (name, vector) in enumerate(vectors.items()):
        kind = dtype if number == 0 else b"h\x0a"
        state = b"(K\x01K\x11\x85" + kind + b"\x89" + string(vector.astype("<f8").tobytes()) + b"tb"
        items += string(name.encode()) + (array if number == 0 else b"h\x01h\x02K\0\x85h\x04\x87R") + state
    return b"\x80\x02}q\0(" + items + b"u."


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert list(found) == list(expected)
    for name, vector in expected.items():
        assert found[name].dtype == np.float64
        assert np.array_equal(found[name], vector)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_what_numpy_pickles_is_read(protocol: int) -> None:
    assert_same(parse_pickled_arrays(pickle.dumps(VECTORS, protocol=protocol), 17), VECTORS)


def test_what_python_2_pickled_is_read() -> None:
    raw = python2_pickle(VECTORS)
    assert_same(pickle.loads(raw, encoding="latin1"), VECTORS)  # noqa: S301 - our own bytes, as a second opinion
    assert_same(parse_pickled_arrays(raw, 17), VECTORS)


@pytest.mark.parametrize("dtype", ["<f4", ">f4", ">f8"])
def test_other_floats_are_converted(dtype: str) -> None:
    vector = np.arange(17).astype(dtype)
    assert_same(parse_pickled_arrays(pickle.dumps({"a": vector}, 2), 17), {"a": vector.astype(np.float64)})


class Evil:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_code_is_refused_and_not_executed(tmp_path: Path, protocol: int) -> None:
    canary = tmp_path / "executed"
    attacks = [
        Evil(os.system, f"touch {canary}"),
        Evil(eval, f"open({str(canary)!r}, 'w')"),
        Evil(exec, f"open({str(canary)!r}, 'w')"),
        Evil(Path.touch, canary),
        {"a": Evil(os.mkdir, str(canary))},
        {Evil(os.mkdir, str(canary)): 1},
    ]
    for attack in attacks:
        with pytest.raises(PickleRefusedError):
            parse_pickled_arrays(pickle.dumps(attack, protocol=protocol), 17)
        assert not canary.exists()


def test_numpy_functions_outside_the_list_are_refused() -> None:
    for name in (b"numpy\nload\n", b"numpy.lib.npyio\nload\n", b"numpy\nfromfile\n", b"builtins\neval\n"):
        with pytest.raises(PickleRefusedError, match="not allowed"):
            parse_pickled_arrays(b"\x80\x02c" + name + b"(U\x01atR.", 17)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b".",
        b"\x80\x02.",
        b"\x80\x02}",  # no end
        b"\x80\x02N.",
        b"\x80\x02]q\0.",  # a list
        b"\x80\x02}K\x01K\x02s.",  # a key that is no text
        b"\x80\x02}U\x01aK\x02s.",  # a value that is no array
        b"\x80\x02}U\x01a}s.",
        b"\x80\x02(K\x01.",
        b"\x80\x02u.",
        b"\x80\x02}u.",
        b"\x80\x02Rb.",
        b"\x80\x02K\x01K\x02b.",
        b"\x80\x02h\x05.",
        b"\x80\x02Pabc\n.",  # a persistent identifier
        b"\x80\x02\x82\x01.",  # an extension
        b"\x80\x02cnumpy\nndarray\n.",
        b"\x80\x02K\x01r\xff\xff\xff\xff.",  # a memo index that would allocate gigabytes
        b"\x80\x02" + b"(" * 2000 + b".",
        b"\x80\x05X" + struct.pack("<I", 2**31) + b"abc.",  # a length beyond the end
    ],
)
def test_what_is_no_dictionary_of_vectors_is_refused(raw: bytes) -> None:
    with pytest.raises(PickleRefusedError):
        parse_pickled_arrays(raw, 17)


def test_wrong_arrays_are_refused() -> None:
    wrong = [
        np.zeros(16),
        np.zeros((17, 1)),
        np.zeros(17, int),
        np.zeros(17, object),
        np.zeros(17, complex),
        np.zeros(0),
    ]
    for vector in wrong:
        with pytest.raises(PickleRefusedError):
            parse_pickled_arrays(pickle.dumps({"a": vector}, 4), 17)


def test_shared_nested_tuples_cost_no_time() -> None:
    nest = b"\x80\x02K\x01K\x01\x86q\0"
    for level in range(60):
        nest += b"h" + bytes([level]) + b"h" + bytes([level]) + b"\x86q" + bytes([level + 1])
    for end in (b".", b"U\x01a}h\x3ch\x3cs.", b"}h\x3ch\x3cs.", b"cnumpy\ndtype\nh\x3cR."):
        with pytest.raises(PickleRefusedError):
            parse_pickled_arrays(nest + end, 17)


def test_files_are_bounded_and_named(tmp_path: Path) -> None:
    path = tmp_path / "aus.pkl"
    path.write_bytes(pickle.dumps(VECTORS, 2))
    assert_same(read_pickled_arrays(path, 17), VECTORS)
    with pytest.raises(PickleRefusedError, match=r"aus\.pkl"):
        read_pickled_arrays(path, 16)
    with path.open("r+b") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(PickleRefusedError, match="at most"):
        read_pickled_arrays(path, 17)


SEEDS = [python2_pickle(VECTORS), *(pickle.dumps(VECTORS, protocol) for protocol in (2, 4, 5))]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, 10_000),
)
def test_damaged_pickles_are_read_or_refused(seed: bytes, changes: list[tuple[int, int]], length: int) -> None:
    raw = bytearray(seed)
    for place, value in changes:
        raw[place % len(raw)] = value
    raw = raw[: length % (2 * len(raw))]
    try:
        vectors = parse_pickled_arrays(bytes(raw), 17)
    except PickleRefusedError:
        return
    assert all(vector.shape == (17,) for vector in vectors.values())


_OPCODES = [ord(instruction.code) for instruction in pickletools.opcodes]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(_OPCODES), st.integers(0, 255)), max_size=60))
def test_any_program_is_refused_or_empty(program: list[int]) -> None:
    with contextlib.suppress(PickleRefusedError):
        assert parse_pickled_arrays(bytes([0x80, 2, *program, 0x2E]), 17) == {}


def test_a_malformed_escape_is_damage_and_no_warning() -> None:
    with pytest.raises(PickleRefusedError, match="damaged"):
        parse_pickled_arrays(b"S'\\u1'\n.", 17)
