"""Photographed surroundings: the panoramas that Blender's package brings along, by Poly Haven, dedicated CC0."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from render.environments.maps import Map
from render.errors import RenderError

FOLDER = ("datafiles", "studiolights", "world")


def photographed(name: str) -> Map:
    """Returns the (512, 1024, 3) radiance of one panorama.

    Raises:
        RenderError: Blender's package is not installed, or it lacks the panorama.
    """
    # OpenCV reads this when it opens the first such file.
    os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"
    import cv2

    path = _folder() / f"{name}.exr"
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if found is None:
        raise RenderError(f"{path}: expected a panorama that OpenCV can read; reinstall the package bpy")
    return np.ascontiguousarray(found[..., 2::-1], dtype=np.float32)


def _folder() -> Path:
    """Returns where the panoramas lie; Blender itself stays unloaded, since it takes over its process."""
    found = find_spec("bpy")
    for place in (found.submodule_search_locations or ()) if found else ():
        for version in sorted(Path(place).glob("*.*")):
            folder = version.joinpath(*FOLDER)
            if folder.is_dir():
                return folder
    raise RenderError(
        "photographed environments come with Blender's package, which is not installed: pip install bpy, "
        "or set environments: 0 in params.yaml"
    )
