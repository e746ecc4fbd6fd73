"""A place in report.json that a template can show: every number on the page says where in the file it comes from."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from pipeline.report.wording import number


class Node:
    """One value of report.json and the path that leads to it, as "/sets/0/faces".

    Templates walk it by attribute, index and iteration; the filters below show it as an HTML ``data`` element, which a
    test compares with the file.
    """

    def __init__(self, value: Any, path: str = "") -> None:
        """Takes a value and its path."""
        self.value, self.path = value, path

    def __getattr__(self, name: str) -> "Node":
        """Returns the entry of that name."""
        if name.startswith("__") or not isinstance(self.value, Mapping) or name not in self.value:
            raise AttributeError(f"{self.path or '/'} has no entry {name}")
        return self[name]

    def __getitem__(self, key: Any) -> "Node":
        """Returns the entry of that name or number."""
        return Node(self.value[key], f"{self.path}/{key}")

    def __iter__(self) -> Iterator["Node"]:
        """Yields the entries of a list, or of a mapping, in order."""
        keys = self.value if isinstance(self.value, Mapping) else range(len(self.value))
        return (self[key] for key in keys)

    def __len__(self) -> int:
        """Returns the number of entries."""
        return len(self.value)

    def __bool__(self) -> bool:
        """Returns whether there is anything."""
        return bool(self.value)

    def __str__(self) -> str:
        """Returns the value as text."""
        return str(self.value)

    def __html__(self) -> str:
        """Returns the value as escaped text."""
        return str(escape(str(self.value)))

    @property
    def last(self) -> str:
        """The last step of the path."""
        return self.path.rsplit("/", 1)[-1]


def whole(node: Node) -> Markup:
    """Returns a whole number with separators."""
    return _data(node, "–" if node.value is None else f"{node.value:,}")


def decimal(node: Node, digits: int = 2, sign: bool = False) -> Markup:
    """Returns a number with so many decimals."""
    return _data(node, number(node.value, digits, sign))


def percent(node: Node, digits: int = 1) -> Markup:
    """Returns a share as a percentage."""
    return _data(node, "–" if node.value is None else f"{number(100 * node.value, digits)} %")


def significant(node: Node, digits: int = 3) -> Markup:
    """Returns a number with so many significant digits."""
    return _data(node, "–" if node.value is None else f"{node.value:,.{digits}g}")


def megabytes(node: Node) -> Markup:
    """Returns bytes in megabytes."""
    return _data(node, f"{node.value / 1e6:,.1f} MB")


def _data(node: Node, shown: str) -> Markup:
    return Markup('<data value="{}" data-at="{}">{}</data>').format(json.dumps(node.value), node.path, shown)


FILTERS = {
    "whole": whole, "decimal": decimal, "percent": percent, "significant": significant, "megabytes": megabytes,
}  # fmt: skip
"""By their names in templates."""
