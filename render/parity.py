"""Parity: how well two renderers agree on what a picture shows, over a fixed set of varied scenes."""

from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.spec import CameraSpec, Identity, OccluderSpec, SampleSpec
from facs.expression import Expression
from render.assembly import assemble, pose_face
from render.backends import Backend
from render.face_model import face_model
from render.labels.context import LabelContext
from render.labels.pixels import segmentation
from render.scene import SEGMENTS, Scene

LARGE = 200
"""Regions of fewer pixels are not compared: one pixel of their edge would count for half a per cent."""

CLOSE = 0.0005
"""Depths that differ by less agree, metres."""

EXPRESSIONS = (
    {"AU26": 1.0, "AU25": 0.6},
    {"AU12": 1.0, "AU6": 0.7, "AU25": 0.8},
    {"AU1": 0.8, "AU2": 0.8, "AU5": 0.9, "AU26": 0.7},
    {"AU4": 1.0, "AU7": 0.6, "AU15": 0.8, "AU17": 0.6},
    {"AU45": 1.0, "AU20": 0.8, "AU25": 0.5},
)
FRAME = {"shape": 2.0, "width": 0.98, "bridge": 0.17, "tall": 0.75, "rim": 0.003, "slid": 0.002, "curve": 1.0}
GLASSES = OccluderSpec("glasses", FRAME | {"red": 0.2, "green": 0.15, "blue": 0.1})
CARD = OccluderSpec(
    "card",
    {"x": 0.2, "y": -0.5, "half_width": 0.3, "half_height": 0.15, "angle": 0.4, "red": 0.8, "green": 0.2, "blue": 0.1},
)
OCCLUSIONS: tuple[tuple[OccluderSpec, ...], ...] = ((), (GLASSES,), (), (CARD,))
MAX_YAW, MAX_PITCH = 0.61, 0.3


@dataclass(frozen=True)
class Agreement:
    """How well two renderers agree on one scene.

    Attributes:
        iou: intersection over union of each class that either shows with at least ``LARGE`` pixels.
        silhouette: intersection over union of everything that is not background.
        depth: share of the pixels that both cover whose depths differ by less than ``CLOSE``.
    """

    iou: dict[str, float]
    silhouette: float
    depth: float


def parity_specs(count: int, size: int) -> list[SampleSpec]:
    """Returns varied specifications: heads turned up to 35 degrees, open mouths, closed eyes, occluders, people."""
    yaw = np.linspace(-MAX_YAW, MAX_YAW, count)
    pitch = MAX_PITCH * np.sin(2.4 * np.arange(count))
    age, gender = 0.62 + 0.2 * np.cos(np.arange(count)), np.arange(count) % 3 / 2
    expressions, occlusions = islice(cycle(EXPRESSIONS), count), islice(cycle(OCCLUSIONS), count)
    return [
        SampleSpec(
            key=f"parity-{index:07d}",
            identity=Identity(f"person {index}", {"age": float(age[index]), "gender": float(gender[index])}),
            expression=Expression.bilateral(expression),
            head_pose=(float(yaw[index]), float(pitch[index]), 0.1 * float(pitch[index])),
            gaze=(0.3 * float(pitch[index]), 0.1),
            camera=CameraSpec(width=size, height=size, scale_jitter=0.9),
            occluders=occluders,
        )
        for index, (expression, occluders) in enumerate(zip(expressions, occlusions, strict=True))
    ]


def labelled(spec: SampleSpec, rasteriser: Backend) -> tuple[Scene, dict[str, npt.NDArray[Any]]]:
    """Returns the scene of a specification, and the labels that another renderer is compared with."""
    model = face_model(spec.face_model)
    face = pose_face(spec, model)
    scene = assemble(spec, model, face).solid
    frame = rasteriser.render(scene, ("face_index", "barycentric", "depth"))
    context = LabelContext(spec, model, face, scene, frame)
    return scene, {"segmentation": segmentation(context), "depth": np.asarray(frame["depth"])}


def agreement(one: dict[str, npt.NDArray[Any]], other: dict[str, npt.NDArray[Any]]) -> Agreement:
    """Returns how well two pictures agree, each given as ``depth`` and, to compare classes, ``segmentation``."""
    covered = [np.isfinite(each["depth"]) for each in (one, other)]
    both = covered[0] & covered[1]
    apart = np.abs(one["depth"][both] - other["depth"][both])
    ious = {}
    if "segmentation" in one and "segmentation" in other:
        for index, name in enumerate(SEGMENTS):
            masks = [each["segmentation"] == index for each in (one, other)]
            if max(mask.sum() for mask in masks) >= LARGE:
                ious[name] = _iou(*masks)
    return Agreement(ious, _iou(*covered), float((apart < CLOSE).mean()))


def _iou(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))
