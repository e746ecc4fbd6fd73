"""A YAML file read into frozen dataclasses: strictly, and with messages that say what to write instead.

The checks are pydantic's, over standard dataclasses; this module turns what it finds into lines such as
``params.yaml: synthetic.count: expected an integer >= 1, found "many"``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.errors import ParamsError

T = TypeVar("T")

MAX_BYTES = 1_000_000
MAX_VALUES = 20_000
"""More than any file of parameters has."""

_NOUNS = {
    "integer": "an integer",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a section with keys",
    "null": "null",
}
_BOUNDS = (
    ("minimum", ">="),
    ("exclusiveMinimum", ">"),
    ("maximum", "<="),
    ("exclusiveMaximum", "<"),
    ("multipleOf", "a multiple of"),
)


def read(path: Path, kind: type[T], changes: Mapping[str, object] | None = None) -> T:
    """Returns the file's content as the frozen dataclass ``kind``.

    Args:
        path: of the file.
        kind: of the whole content.
        changes: values that replace the file's, by key with dots.

    Raises:
        ParamsError: the file is absent or not YAML, a key is unknown, missing or written twice, a value has the
            wrong type or lies outside its range. One line for each fault.
    """
    tree = _tree(path)
    for key, value in (changes or {}).items():
        _replace(path, tree, key, value)
    adapter = TypeAdapter(kind)
    try:
        return adapter.validate_json(json.dumps(tree, default=str), strict=True)
    except ValidationError as error:
        schema = adapter.json_schema()
        lines = [f"{path}: {_line(schema, fault)}" for fault in _faults(error)]
        raise ParamsError("\n".join(lines)) from None


def _tree(path: Path) -> object:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ParamsError(f"{path}: expected at most {MAX_BYTES} bytes, found {path.stat().st_size}")
        tree = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ParamsError(f"{path}: not YAML that anybody wrote: it is nested too deeply") from None
    except OSError as error:
        raise ParamsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path}: expected UTF-8 text") from None
    except DuplicateKeyError as error:
        raise ParamsError(f"{path}: {_mark(error)}a key appears twice: {error.problem}") from None
    except YAMLError as error:
        raise ParamsError(f"{path}: {_mark(error)}not YAML: {_problem(error)}") from None
    except ValueError as error:  # a number of thousands of digits, a date that no calendar has
        raise ParamsError(f"{path}: a value cannot be read: {error}") from None
    _check_size(path, tree)
    return {} if tree is None else tree


def _replace(path: Path, tree: object, key: str, value: object) -> None:
    """Replaces a value that the file has."""
    section = tree
    for part in key.split("."):
        if not isinstance(section, dict) or part not in section:
            known = [str(each) for each in section] if isinstance(section, dict) else []
            raise ParamsError(f"{path}: {key}: the file has no such key{_hint(part, known)}")
        parent, section = section, section[part]
    parent[part] = value


def _check_size(path: Path, tree: object) -> None:
    """Checks that a tree is small: aliases can make a few lines stand for billions of values, or for themselves."""
    waiting, seen = [tree], 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > MAX_VALUES:
            raise ParamsError(f"{path}: more than {MAX_VALUES} values; are there aliases (*) that repeat each other?")
        if isinstance(node, Mapping):
            waiting += node.values()
        elif isinstance(node, list | tuple | set):
            waiting += node


def _mark(error: YAMLError) -> str:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    return "" if mark is None else f"line {mark.line + 1}: "


def _problem(error: YAMLError) -> str:
    return str(error.problem) if isinstance(error, MarkedYAMLError) else str(error).splitlines()[0]


def _faults(error: ValidationError) -> Iterator[ErrorDetails]:
    """Yields one fault for each place: a value that fits no member of a union is reported once."""
    seen = set()
    for fault in error.errors(include_url=False):
        place = _place(fault)
        if place not in seen:
            seen.add(place)
            yield fault


def _place(fault: ErrorDetails) -> tuple[str | int, ...]:
    # pydantic ends the location of a union's fault with the name of the member it tried, for example "int"
    return tuple(part for part in fault["loc"] if part not in ("int", "float", "str", "bool", "none"))


def _line(schema: Mapping[str, Any], fault: ErrorDetails) -> str:
    place = _place(fault)
    where = ".".join(str(part) for part in place)
    if fault["type"] == "unexpected_keyword_argument":
        return f"{where}: unknown key{_nearest(schema, place)}"
    if fault["type"] == "missing":
        return f"{where}: missing; expected {_expected(_at(schema, place))}"
    prefix = f"{where}: " if where else ""
    if fault["type"] == "value_error":
        return f"{prefix}{fault['ctx']['error']}"
    if fault["type"] in ("too_long", "too_short"):
        return f"{prefix}expected {_expected(_at(schema, place))}, found {fault['ctx']['actual_length']} entries"
    return f"{prefix}expected {_expected(_at(schema, place))}, found {_found(fault['input'])}"


def _found(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _nearest(schema: Mapping[str, Any], place: tuple[str | int, ...]) -> str:
    return _hint(str(place[-1]), list(_at(schema, place[:-1]).get("properties", {})))


def _hint(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.4)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; the keys here are {', '.join(known)}" if known else "; what it lies in has no keys"


def _at(schema: Mapping[str, Any], place: tuple[str | int, ...]) -> Mapping[str, Any]:
    """Returns the part of a JSON schema that describes the value at ``place``; {} where it says nothing."""
    node: Mapping[str, Any] = schema
    for part in place:
        node = _child(_resolved(schema, node), part)
    return _resolved(schema, node)


def _resolved(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    name = node.get("$ref", "").removeprefix("#/$defs/")
    return schema["$defs"][name] if name else node


def _child(node: Mapping[str, Any], part: str | int) -> Mapping[str, Any]:
    if isinstance(part, int):
        fixed = node.get("prefixItems", [])
        return fixed[part] if part < len(fixed) else _mapping(node.get("items"))
    named = next(iter(node.get("patternProperties", {}).values()), node.get("additionalProperties"))
    return _mapping(node.get("properties", {}).get(part, named))


def _mapping(node: object) -> Mapping[str, Any]:
    return node if isinstance(node, Mapping) else {}


def _expected(node: Mapping[str, Any]) -> str:
    """Returns a JSON schema in words: "an integer >= 1", "one of raster, pyrender", "null or a text"."""
    if "anyOf" in node:
        return " or ".join(_expected(choice) for choice in node["anyOf"])
    if "enum" in node:
        return f"one of {', '.join(map(str, node['enum']))}"
    if "const" in node:
        return str(node["const"])
    if node.get("type") == "array":
        return _expected_list(node)
    bounds = " and ".join(f"{sign} {node[name]:g}" for name, sign in _BOUNDS if name in node)
    return f"{_NOUNS.get(node.get('type', ''), 'another value')} {bounds}".strip()


def _expected_list(node: Mapping[str, Any]) -> str:
    if "prefixItems" in node:
        return f"a list of {len(node['prefixItems'])}, each {_expected(node['prefixItems'][0])}"
    least = f" of at least {node['minItems']}" if "minItems" in node else ""
    return f"a list{least}, each {_expected(_mapping(node.get('items')))}"
