"""What this machine can do, and what is missing for the rest."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from pipeline.errors import StageError
from pipeline.libraries import LIBRARIES, Library, install_command, missing
from pipeline.progress import answer

Status = Literal["ok", "absent", "optional"]
FREE_GB = 5.0
"""The demo leaves about half of this behind; less free space is reported."""
_OPENGL = (
    "import os; os.environ.setdefault('PYOPENGL_PLATFORM', 'egl'); import pyrender; from OpenGL import GL; "
    "pyrender.OffscreenRenderer(8, 8); print(GL.glGetString(GL.GL_RENDERER).decode())"
)
_BPY = "import bpy; print(bpy.app.version_string)"
_GPU = "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else '')"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what.
        status: "ok", "absent" (the pipeline needs it) or "optional" (absent, and only some things need it).
        detail: what was found.
        remedy: what to do about it, "" for nothing.
    """

    name: str
    status: Status
    detail: str
    remedy: str = ""


def examine(folder: Path) -> Iterator[Finding]:
    """Yields what was found, the quick things first; ``folder`` is where the work would be stored."""
    yield _python()
    yield _packages()
    yield _libraries("libraries", [library for library in LIBRARIES if library.required], "absent")
    yield _opengl()
    yield _libraries("libraries for blender", [library for library in LIBRARIES if not library.required], "optional")
    yield _blender()
    yield second_face()
    yield _gpu()
    yield Finding("cores", "ok", str(os.cpu_count()))
    yield _disk(folder)


def healthy(findings: list[Finding]) -> bool:
    """Returns True where nothing that the pipeline needs is absent."""
    return all(finding.status != "absent" for finding in findings)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == (3, 11):
        return Finding("Python", "ok", found)
    return Finding("Python", "absent", found, "use Python 3.11: bpy, numpy and torch are pinned for it")


def _packages() -> Finding:
    pinned = {"numpy": "1.26.4", "torch": "2.13.0"}
    found = {name: _version(name) for name in pinned}
    wrong = [name for name, pin in pinned.items() if found[name].partition("+")[0] != pin]
    detail = ", ".join(f"{name} {number}" for name, number in found.items())
    if not wrong:
        return Finding("packages", "ok", detail)
    return Finding("packages", "absent", detail, "pip install -c constraints.txt -e '.[dev]'")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _libraries(name: str, wanted: list[Library], otherwise: Status) -> Finding:
    absent = missing(wanted)
    if not absent:
        return Finding(name, "ok", ", ".join(f"lib{library.name}" for library in wanted))
    names = ", ".join(f"lib{library.name}" for library in absent)
    return Finding(name, otherwise, f"no {names}", f"sudo {' '.join(install_command(absent))}")


def _opengl() -> Finding:
    said = _tried(_OPENGL)
    if said.ok:
        return Finding("OpenGL", "ok", said.text)
    return Finding("OpenGL", "absent", said.text, "install the libraries above, or use no `backend: pyrender`")


def _blender() -> Finding:
    said = _tried(_BPY)
    if said.ok:
        return Finding("Blender", "ok", f"bpy {said.text}")
    return Finding("Blender", "optional", said.text, "only `backend: blender` needs it; install the libraries for it")


def second_face() -> Finding:
    """Returns whether the face model that the user brings is here."""
    from render.errors import FaceModelError
    from render.rigs.ict import released_folder

    try:
        return Finding("ICT-FaceKit", "ok", str(released_folder()))
    except FaceModelError as error:
        return Finding("ICT-FaceKit", "optional", "not here", f"only `face_model: ict` needs it: {error}")


def _gpu() -> Finding:
    said = _tried(_GPU)
    if said.ok and said.text:
        return Finding("GPU", "ok", said.text)
    return Finding("GPU", "optional", "none that torch can use", "the demo needs none; the preset `paper` does")


def _disk(folder: Path) -> Finding:
    there = next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.exists())
    free = shutil.disk_usage(there).free / 1e9
    if free >= FREE_GB:
        return Finding("disk", "ok", f"{free:.1f} GB free")
    return Finding("disk", "absent", f"{free:.1f} GB free", f"free {FREE_GB:g} GB on the disk of {there}")


@dataclass(frozen=True)
class _Said:
    ok: bool
    text: str


def _tried(program: str, timeout_s: float = 120.0) -> _Said:
    """Runs a few lines of Python in a process of their own: a broken driver takes only that one with it."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return _Said(ok=False, text=f"no answer within {timeout_s:g} s")
    output = done.stdout if done.returncode == 0 else done.stderr
    last = output.strip().splitlines()[-1:] or [f"exit code {done.returncode}" if done.returncode else ""]
    return _Said(done.returncode == 0, last[0])


def report(folder: Path) -> None:
    """Prints what was found.

    Raises:
        StageError: something that the pipeline needs is absent.
    """
    findings = []
    for finding in examine(folder):
        findings.append(finding)
        answer(f"{finding.status:<9}{finding.name}: {finding.detail}")
        if finding.remedy:
            answer(f"{'':<9}-> {finding.remedy}")
    if not healthy(findings):
        absent = ", ".join(finding.name for finding in findings if finding.status == "absent")
        raise StageError(f"the pipeline cannot run here yet: {absent}")
