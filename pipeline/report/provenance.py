"""Where a run comes from: commit, versions, settings and the hashes of its data."""

import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "facsmith", "torch", "numpy", "scipy", "pandas", "h5py", "pillow", "anny", "pyrender", "bpy",
    "mediapipe", "altair", "vl-convert-python", "dvc",
)  # fmt: skip
"""Whose versions decide what comes out."""


@dataclass(frozen=True)
class Provenance:
    """What somebody needs to make the same run.

    Attributes:
        commit: of the code, 40 hexadecimal digits; "" where it is not in a repository.
        committed: when, ISO 8601; "" likewise.
        changed: files that differ from the commit.
        python: its version.
        machine: operating system and processor.
        versions: of packages.
    """

    commit: str
    committed: str
    changed: tuple[str, ...]
    python: str
    machine: str
    versions: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Returns plain values."""
        return {**self.__dict__, "changed": list(self.changed), "versions": dict(self.versions)}


def provenance(code: Path) -> Provenance:
    """Returns where this run comes from; ``code`` is a folder of the code's repository."""
    commit, _, committed = _git(code, "log", "-1", "--format=%H %cI").strip().partition(" ")
    changed = _git(code, "status", "--porcelain", "--untracked-files=no").splitlines()
    return Provenance(
        commit=commit,
        committed=committed,
        changed=tuple(line[3:] for line in changed),
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        versions={name: found for name in PACKAGES if (found := _version(name))},
    )


def _git(folder: Path, *arguments: str) -> str:
    """Returns what git says, or "" where there is no git or no repository: the report does without."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
