"""What Cycles computes on: the CPU, or NVIDIA GPUs through CUDA or OptiX."""

from typing import Any

import bpy

from render.errors import BackendError

DEVICES = {"cpu": "NONE", "cuda": "CUDA", "optix": "OPTIX"}
"""What Blender calls each of them."""


def use_device(name: str) -> None:
    """Makes Cycles compute on a kind of device, on all there are of it.

    Emptying Blender forgets it. A kind that is absent is an error: a dataset that takes a hundred times as long
    because a driver is missing should not begin.

    Raises:
        BackendError: there is no such kind of device, or none of it here.
    """
    if name not in DEVICES:
        raise BackendError(f"expected a device of {', '.join(DEVICES)}, found {name!r}")
    if name == "cpu":
        return
    preferences: Any = bpy.context.preferences.addons["cycles"].preferences
    preferences.compute_device_type = DEVICES[name]
    preferences.refresh_devices()
    found = preferences.get_devices_for_type(DEVICES[name])
    gpus = [device for device in found if device.type == DEVICES[name]]
    if not gpus:
        raise BackendError(
            f"Blender finds no {DEVICES[name]} device: install the NVIDIA driver (`nvidia-smi` must list the GPU), "
            "or set render.blender.device: cpu"
        )
    for device in preferences.devices:
        device.use = device in gpus
