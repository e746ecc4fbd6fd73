"""Markdown: the few shapes that documents about a set are made of."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def front_matter(header: Mapping[str, Any]) -> str:
    """Returns the YAML header that dataset hubs read."""
    # JSON values are YAML values, and their quotes keep a colon in a name from becoming a key.
    lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in header.items())
    return "\n".join(["---", *lines, "---"])


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Returns a table."""
    lines = [_line(head), _line(["---"] * len(head)), *(_line(row) for row in rows)]
    return "\n".join(lines)


def points(texts: Iterable[str]) -> str:
    """Returns a list of points."""
    return "\n".join(f"- {text}" for text in texts)


def document(parts: Iterable[str]) -> str:
    """Returns the parts with a blank line between them; empty ones are left out."""
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _line(cells: Iterable[Any]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
