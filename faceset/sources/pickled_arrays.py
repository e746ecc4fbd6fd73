"""Reading a pickled ``dict[str, array]`` without executing it.

A pickle is a program for a small stack machine, and loading one runs it: any function of any module can be called.
GANimation publishes its labels as such a file. This reader interprets the few instructions that a dictionary of float
vectors consists of and refuses everything else. It never calls ``pickle``, never imports what the file names, and
builds arrays from their raw bytes itself, so that the file decides nothing but numbers and names.
"""

import pickletools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.errors import SourceError

MAX_BYTES = 512 * 2**20
MAX_INSTRUCTIONS = 100_000_000
MAX_DEPTH = 1_000_000

_MARK = object()
_NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric")
_FLOATS = {"f4": 4, "f8": 8}


class PickleRefusedError(SourceError):
    """A pickle that is anything but a dictionary of float vectors by name."""


def read_pickled_arrays(path: Path, length: int) -> dict[str, npt.NDArray[np.float64]]:
    """Returns the vectors of a file, each (length,) float64, by name.

    Raises:
        PickleRefusedError: the file is larger than 512 MiB or holds anything else.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise PickleRefusedError(f"{path}: expected at most {MAX_BYTES} bytes, found {size}")
    try:
        return parse_pickled_arrays(path.read_bytes(), length)
    except PickleRefusedError as error:
        raise PickleRefusedError(f"{path}: {error}") from error


def parse_pickled_arrays(raw: bytes, length: int) -> dict[str, npt.NDArray[np.float64]]:
    """Returns the vectors of a pickle in memory, each (length,) float64, by name.

    Raises:
        PickleRefusedError: it holds anything else.
    """
    with warnings.catch_warnings():
        # The disassembler only warns of a malformed escape in a text; here that is damage like any other.
        warnings.simplefilter("error", DeprecationWarning)
        result = _Machine().run(raw)
    if not isinstance(result, dict):
        raise PickleRefusedError(f"expected a dictionary of vectors, found {type(result).__name__.strip('_')}")
    return {name: _vector(name, value, length) for name, value in result.items()}


@dataclass
class _Name:
    """An importable name; nothing is imported."""

    module: str
    name: str


@dataclass
class _Dtype:
    kind: str
    order: str = "="


@dataclass
class _Array:
    """The parts of an array as the file gives them."""

    shape: Any = None
    dtype: Any = None
    raw: Any = None


def _vector(name: str, value: Any, length: int) -> npt.NDArray[np.float64]:
    where = f"vector {name[:80]!r}"
    if not isinstance(value, _Array) or not isinstance(value.dtype, _Dtype) or value.dtype.kind not in _FLOATS:
        raise PickleRefusedError(f"{where}: expected an array of {' or '.join(_FLOATS)}")
    if not isinstance(value.shape, tuple) or not _is(value.shape, (length,)):
        raise PickleRefusedError(f"{where}: expected the shape ({length},)")
    raw = _latin1(value.raw) if isinstance(value.raw, str) else value.raw
    if not isinstance(raw, bytes) or len(raw) != length * _FLOATS[value.dtype.kind]:
        raise PickleRefusedError(f"{where}: the bytes do not match the shape")
    order = value.dtype.order if value.dtype.order in ("<", ">") else "<"
    return np.frombuffer(raw, dtype=np.dtype(order + value.dtype.kind)).astype(np.float64)


def _latin1(text: str) -> bytes:
    """Returns the bytes that Python 2 wrote as text."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise PickleRefusedError("expected bytes, found text") from error


def _is(found: tuple[Any, ...], expected: tuple[int, ...]) -> bool:
    # Not `==` on what the file built: comparing nested shared tuples takes exponential time.
    return len(found) == len(expected) and all(
        type(one) is int and one == other for one, other in zip(found, expected, strict=True)
    )


class _Machine:
    """The stack machine, with the instructions of a dictionary of arrays alone."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, raw: bytes) -> Any:
        for count, (name, argument) in enumerate(_instructions(raw)):
            if name == "STOP":
                break
            if count > MAX_INSTRUCTIONS or len(self.stack) > MAX_DEPTH:
                raise PickleRefusedError("more instructions than a dictionary of vectors needs")
            self._step(name, argument)
        if len(self.stack) != 1:
            raise PickleRefusedError(f"expected one value at the end, found {len(self.stack)}")
        return self.stack[0]

    def _step(self, name: str, argument: Any) -> None:
        if name in _LITERALS:
            self.stack.append(bytes(argument) if isinstance(argument, bytearray) else argument)
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        elif name not in _IGNORED:
            raise PickleRefusedError(f"the instruction {name} is not allowed in a dictionary of vectors")

    def pop(self) -> Any:
        if not self.stack:
            raise PickleRefusedError("the stack is empty where a value is needed")
        return self.stack.pop()

    def pop_to_mark(self) -> list[Any]:
        values = []
        while (value := self.pop()) is not _MARK:
            values.append(value)
        return values[::-1]

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def take(self, count: int) -> tuple[Any, ...]:
        return tuple([self.pop() for _ in range(count)][::-1])

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1] if self.stack else None

    def get(self, index: int) -> None:
        if index not in self.memo:
            raise PickleRefusedError(f"value {index} is used before it is made")
        self.stack.append(self.memo[index])

    def store(self, pairs: list[Any]) -> None:
        table = self.stack[-1] if self.stack else None
        if not isinstance(table, dict) or len(pairs) % 2:
            raise PickleRefusedError("values are stored in something that is no dictionary")
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if not isinstance(key, str):
                raise PickleRefusedError(f"expected names as keys, found {type(key).__name__.strip('_')}")
            table[key] = value

    def call(self) -> None:
        arguments, function = self.pop(), self.pop()
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise PickleRefusedError("something that is no function is called")
        self.push(_called(function, arguments))

    def build(self) -> None:
        state = self.pop()
        target = self.stack[-1] if self.stack else None
        if not isinstance(state, tuple):
            raise PickleRefusedError("the state of an array must be a tuple")
        if isinstance(target, _Array) and len(state) in (4, 5):
            target.shape, target.dtype, _, target.raw = state[-4:]
        elif isinstance(target, _Dtype) and len(state) >= 2 and isinstance(state[1], str):
            target.order = state[1]
        else:
            raise PickleRefusedError("only arrays and their types have a state")


def _instructions(raw: bytes) -> Iterator[tuple[str, Any]]:
    try:
        for instruction, argument, _ in pickletools.genops(raw):
            yield instruction.name, argument
    except (ValueError, IndexError, OverflowError, DeprecationWarning) as error:
        raise PickleRefusedError(f"not a pickle, or damaged: {str(error)[:200]}") from error


def _called(function: _Name, arguments: tuple[Any, ...]) -> Any:
    """Returns what one of the four functions that array pickles call would make, as plain parts."""
    if function.module in _NUMPY and function.name == "_reconstruct":
        return _Array()
    if function.module in _NUMPY and function.name == "_frombuffer" and len(arguments) == 4:
        return _Array(shape=arguments[2], dtype=arguments[1], raw=arguments[0])
    if (function.module, function.name) == ("numpy", "dtype") and arguments and isinstance(arguments[0], str):
        return _Dtype(arguments[0])
    # Python 3 writes bytes in this way where the pickle must stay readable for Python 2.
    if (function.module, function.name) == ("_codecs", "encode") and arguments and isinstance(arguments[0], str):
        return _latin1(arguments[0])
    raise PickleRefusedError(f"the function {function.module}.{function.name} is not allowed")


def _named(machine: _Machine, module: Any, name: Any) -> None:
    allowed = module in (*_NUMPY, "numpy", "_codecs") if isinstance(module, str) else False
    if not allowed or name not in ("_reconstruct", "_frombuffer", "ndarray", "dtype", "encode"):
        raise PickleRefusedError(f"the name {str(module)[:80]}.{str(name)[:80]} is not allowed")
    machine.push(_Name(module, name))


def _global(machine: _Machine, argument: str) -> None:
    module, _, name = argument.partition(" ")
    _named(machine, module, name)


def _stack_global(machine: _Machine, _: Any) -> None:
    module, name = machine.take(2)
    if not (isinstance(module, str) and isinstance(name, str)):
        raise PickleRefusedError("a name must be text")
    _named(machine, module, name)


_IGNORED = {"PROTO", "FRAME"}
_LITERALS = {
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"),
}
_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": lambda machine, _: machine.push(_MARK),
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_to_mark())),
    "TUPLE1": lambda machine, _: machine.push(machine.take(1)),
    "TUPLE2": lambda machine, _: machine.push(machine.take(2)),
    "TUPLE3": lambda machine, _: machine.push(machine.take(3)),
    "PUT": lambda machine, index: machine.put(index),
    "BINPUT": lambda machine, index: machine.put(index),
    "LONG_BINPUT": lambda machine, index: machine.put(index),
    "MEMOIZE": lambda machine, _: machine.put(len(machine.memo)),
    "GET": lambda machine, index: machine.get(index),
    "BINGET": lambda machine, index: machine.get(index),
    "LONG_BINGET": lambda machine, index: machine.get(index),
    "SETITEM": lambda machine, _: machine.store(list(machine.take(2))),
    "SETITEMS": lambda machine, _: machine.store(machine.pop_to_mark()),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.build(),
}
