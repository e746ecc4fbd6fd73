"""Dark glasses: two rounded lenses, a bridge and two temples."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from render.occluders.head import Head, face_frame
from render.scene import SEGMENT, Material, SceneMesh

AROUND = 20
CLEARANCE = 0.012


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: lens half sizes in units of the eyes' distance, squareness, colour."""
    half_width, half_height = random.uniform((0.36, 0.26), (0.46, 0.38))
    return {
        "half_width": float(half_width),
        "half_height": float(half_height),
        "squareness": float(random.uniform(2.0, 5.0)),
        "shade": float(random.uniform(0.02, 0.2)),
    }


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the glasses, resting in front of the eyes.

    Args:
        params: as drawn by ``sample_params``.
        head: whom they are for.
    """
    landmarks = head.landmarks
    left, up, forward, _ = face_frame(landmarks)
    eyes = [landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)]
    apart = float(np.linalg.norm(eyes[1] - eyes[0]))
    front = max((landmarks[27] - eye) @ forward for eye in eyes) + 0.002
    centres = [eye + forward * max(front, CLEARANCE) for eye in eyes]
    parts = [_lens(centre, apart, params, (left, up)) for centre in centres]
    inner = apart * params["half_width"] * 0.92 * left
    parts.append(_bar(centres[0] + inner, centres[1] - inner, up, 0.0022))
    for centre, side, ear in ((centres[0], -1.0, landmarks[0]), (centres[1], 1.0, landmarks[16])):
        hinge = centre + side * apart * params["half_width"] * left + up * 0.004
        behind = ear + side * 0.006 * left - forward * 0.02 + up * ((hinge - ear) @ up)
        parts.append(_bar(hinge, behind, up, 0.0022))
    return _joined(parts, forward, params["shade"])


Part = tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]


def _lens(
    centre: npt.NDArray[np.float64],
    apart: float,
    params: Mapping[str, float],
    axes: tuple[npt.NDArray[np.float64], ...],
) -> Part:
    """Returns a fan around the centre whose rim is a superellipse."""
    left, up = axes
    turn = 2 * np.pi * np.arange(AROUND) / AROUND
    power = 2 / params["squareness"]
    x = apart * params["half_width"] * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power
    y = apart * params["half_height"] * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power
    rim = centre - 0.15 * apart * params["half_height"] * up + x[:, None] * left + y[:, None] * up
    middle = np.arange(AROUND)
    faces = np.stack([np.full(AROUND, AROUND), middle, (middle + 1) % AROUND], axis=1)
    return np.vstack([rim, rim.mean(axis=0)]), faces.astype(np.int32)


def _bar(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], up: npt.NDArray[np.float64], half: float
) -> Part:
    corners = np.array([start - half * up, end - half * up, end + half * up, start + half * up])
    return corners, np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)


def _joined(parts: list[Part], forward: npt.NDArray[np.float64], shade: float) -> SceneMesh:
    vertices = np.vstack([part[0] for part in parts])
    starts = np.cumsum([0] + [len(part[0]) for part in parts[:-1]])
    faces = np.vstack([part[1] + start for part, start in zip(parts, starts, strict=True)])
    count = len(vertices)
    return SceneMesh(
        name="glasses",
        vertices=vertices.astype(np.float32),
        normals=np.tile(forward, (count, 1)).astype(np.float32),
        uv=np.full((count, 2), 0.5, dtype=np.float32),
        faces=faces.astype(np.int32),
        albedo=np.full((4, 4, 3), round(shade * 255), dtype=np.uint8),
        segments=np.full((1, 1), SEGMENT["glasses"], dtype=np.uint8),
        occlusion=np.ones(count, dtype=np.float32),
        material=Material(1.2, 0.15),
    )
