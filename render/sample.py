"""From a specification to a labelled sample: colours by one backend and a camera, labels by the rasteriser."""

from collections.abc import Iterable

import numpy as np

from faceset.sample import Sample
from faceset.spec import SampleSpec
from render.assembly import PosedFace, assemble, pose_face
from render.backends import NO_OPTIONS, Backend, Options, open_backend
from render.camera_effects import photographed
from render.errors import RenderError
from render.face_model import FaceModel, face_model
from render.labels import LABELS, LABELS_ON_REQUEST
from render.labels.context import LabelContext, LabelValue
from render.scene import Frame, Scene

VISIBILITY = ("face_index", "barycentric", "depth")


class SampleRenderer:
    """Renders samples, each with the face model that its specification names; holds the started backends.

    Args:
        backend: who draws the colours: "raster", "pyrender" or "blender".
        channels: labels on request to store beside the others.
        options: of the backend.

    Raises:
        RenderError: an unknown channel or backend, or a backend that cannot start.
    """

    def __init__(self, backend: str = "raster", channels: Iterable[str] = (), options: Options = NO_OPTIONS) -> None:
        self._channels = tuple(channels)
        unknown = [name for name in self._channels if name not in LABELS_ON_REQUEST]
        if unknown:
            raise RenderError(f"unknown label {unknown[0]!r}; known: {', '.join(LABELS_ON_REQUEST)}")
        self._rasteriser: Backend = open_backend("raster")
        self._backend = self._rasteriser if backend == "raster" else open_backend(backend, options)

    def render(self, spec: SampleSpec) -> Sample:
        """Returns the sample of one specification."""
        model, face, scene = _assembled(spec)
        if self._backend is self._rasteriser:
            frame = self._rasteriser.render(scene, ("colour", *VISIBILITY))
            colour = frame["colour"]
        else:
            colour = self._backend.render(scene, ("colour",))["colour"]
            frame = self._rasteriser.render(scene, VISIBILITY)
        image = photographed(np.asarray(colour, dtype=np.uint8), spec.camera_effects, spec.render_seed)
        return Sample({"image": image, **self._labels(LabelContext(spec, model, face, scene, _without_colour(frame)))})

    def label(self, spec: SampleSpec) -> dict[str, LabelValue]:
        """Returns the labels of one specification by channel, without drawing the image."""
        model, face, scene = _assembled(spec)
        return self._labels(LabelContext(spec, model, face, scene, self._rasteriser.render(scene, VISIBILITY)))

    def _labels(self, context: LabelContext) -> dict[str, LabelValue]:
        always = {name: label(context) for name, label in LABELS.items()}
        return always | {name: LABELS_ON_REQUEST[name](context) for name in self._channels}

    def close(self) -> None:
        """Frees the backends."""
        if self._backend is not self._rasteriser:
            self._backend.close()
        self._rasteriser.close()


def _assembled(spec: SampleSpec) -> tuple[FaceModel, PosedFace, Scene]:
    model = face_model(spec.face_model)
    face = pose_face(spec, model)
    return model, face, assemble(spec, model, face)


def _without_colour(frame: Frame) -> Frame:
    return Frame({name: frame[name] for name in VISIBILITY})
