"""Who is on which photograph, where the release's reader knows it: a table with the columns path and identity."""

from pathlib import Path

from faceset.errors import SourceError
from faceset.sources.lines import cells, delimiter_of, numbered_lines

MAX_BYTES = 64


def read_identities(table: Path) -> dict[str, str]:
    """Returns the identity of each path; photographs that the table lacks have an identity of their own.

    Raises:
        SourceError: the table lacks its header, a row its cells, or a path has two identities.
    """
    if not table.is_file():
        raise SourceError(f"{table}: expected a table of identities, found none")
    lines = numbered_lines(table)
    _, text = next(lines, (0, ""))
    delimiter = delimiter_of(text)
    names = [cell.strip().lower() for cell in cells(text, delimiter)]
    if not {"path", "identity"} <= set(names):
        raise SourceError(f"{table}: expected the columns path and identity, found {names[:8]}")
    identities: dict[str, str] = {}
    for line, text in lines:
        columns = [cell.strip() for cell in cells(text, delimiter)]
        row = dict(zip(names, columns, strict=False)) if len(columns) == len(names) else {}
        path, identity = row.get("path", ""), row.get("identity", "")
        if not path or not 0 < len(identity.encode()) <= MAX_BYTES or "\0" in identity:
            raise SourceError(f"{table}:{line}: expected a path and an identity of 1 to {MAX_BYTES} bytes")
        if identities.setdefault(path, identity) != identity:
            raise SourceError(f"{table}:{line}: {path} is {identities[path]!r} in an earlier row, {identity!r} here")
    return identities
