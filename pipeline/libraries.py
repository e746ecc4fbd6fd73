"""The system libraries that pip does not bring: which are absent, and the one command that installs them.

``python -m pipeline.libraries`` installs what rendering needs where it may (root on Debian or Ubuntu), and else
says what to run.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from ctypes.util import find_library
from dataclasses import dataclass

from pipeline.errors import MissingLibraryError
from pipeline.progress import say

Find = Callable[[str], str | None]


@dataclass(frozen=True)
class Library:
    """A shared library of the system.

    Attributes:
        name: as the linker knows it: "EGL" is libEGL.so.
        package: the Debian and Ubuntu package that holds it.
        purpose: what cannot be done without it.
        required: True where the default pipeline needs it.
    """

    name: str
    package: str
    purpose: str
    required: bool


LIBRARIES = (
    Library("EGL", "libegl1", "the pyrender backend, which draws what stands in for photographs", required=True),
    Library("GL", "libgl1", "finding faces in photographs", required=True),
    Library("glib-2.0", "libglib2.0-0", "finding faces in photographs", required=True),
    Library("gthread-2.0", "libglib2.0-0", "finding faces in photographs", required=True),
    Library("X11", "libx11-6", "the blender backend", required=False),
    Library("Xrender", "libxrender1", "the blender backend", required=False),
    Library("Xfixes", "libxfixes3", "the blender backend", required=False),
    Library("Xi", "libxi6", "the blender backend", required=False),
    Library("xkbcommon", "libxkbcommon0", "the blender backend", required=False),
    Library("SM", "libsm6", "the blender backend", required=False),
    Library("ICE", "libice6", "the blender backend", required=False),
)


def missing(libraries: Sequence[Library] = LIBRARIES, find: Find = find_library) -> list[Library]:
    """Returns the libraries that the linker does not find."""
    return [library for library in libraries if find(library.name) is None]


def install_command(libraries: Sequence[Library]) -> list[str]:
    """Returns the command that installs libraries on Debian and Ubuntu."""
    packages = dict.fromkeys(library.package for library in libraries)
    return ["apt-get", "install", "--yes", "--no-install-recommends", *packages]


def ensure(find: Find = find_library) -> None:
    """Installs the required libraries that are absent, where this user may.

    Raises:
        MissingLibraryError: a library is absent and cannot be installed from here.
    """
    absent = [library for library in missing(find=find) if library.required]
    if not absent:
        return
    if _may_install():
        _install(absent)
    remaining = [library for library in absent if find(library.name) is None]
    if remaining:
        names = ", ".join(f"lib{library.name}" for library in remaining)
        command = " ".join(install_command(remaining))
        purposes = " and ".join(dict.fromkeys(library.purpose for library in remaining))
        raise MissingLibraryError(f"expected {names} for {purposes}, found none; run: sudo {command}")


def _may_install() -> bool:
    return os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(libraries: Sequence[Library]) -> None:
    command = install_command(libraries)
    say(f"facsmith: {' '.join(command)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "--quiet"], command):
        subprocess.run(step, env=environment, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    from pipeline.stage import guarded

    sys.exit(guarded("libraries", ensure))
