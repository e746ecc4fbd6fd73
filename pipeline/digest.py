"""Names for unfinished work: equal where everything that decides the result is equal, so that it can be taken up."""

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def digest(*parts: str | Path) -> str:
    """Returns 32 hexadecimal digits of texts and of the contents of files; the order counts."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        state.update(len(content).to_bytes(8, "big") + content)
    return state.hexdigest()


def source_digest(packages: Iterable[str]) -> str:
    """Returns the digest of everything in packages, their data files included: changed code does other work."""
    state = hashlib.blake2b(digest_size=16)
    for package in packages:
        for name, content in sorted(_contents(files(package), package)):
            state.update(f"{name} {len(content)}\n".encode() + content)
    return state.hexdigest()


def _contents(folder: Traversable, name: str) -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _contents(entry, f"{name}/{entry.name}")
        elif entry.is_file():
            yield f"{name}/{entry.name}", entry.read_bytes()
