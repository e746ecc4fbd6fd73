"""Fixtures of the renderer's tests: one face model, one rasteriser, a few specifications."""

import os
from pathlib import Path

import pytest

from faceset.spec import CameraSpec, Identity, SampleSpec
from render.assembly import assemble, pose_face
from render.backends import open_backend
from render.config import SamplingConfig
from render.face_model import face_model
from render.labels import LABELS, LABELS_ON_REQUEST
from render.labels.context import LabelContext
from render.sample import VISIBILITY
from render.sampling import sample_specs


@pytest.fixture(scope="session")
def model():
    return face_model("anny")


ICT_FACEKIT = Path(__file__).parents[3] / "shared" / "ict-facekit"
"""Where a checkout may have the second face model beside it; without it, its tests are skipped."""


@pytest.fixture(scope="session")
def ict():
    """The second face model, where its folder is at hand."""
    if not os.environ.get("FACSMITH_ICT_FACEKIT") and not ICT_FACEKIT.is_dir():
        pytest.skip("the folder of ICT-FaceKit is not here; set FACSMITH_ICT_FACEKIT")
    os.environ.setdefault("FACSMITH_ICT_FACEKIT", str(ICT_FACEKIT))
    return face_model("ict")


@pytest.fixture(scope="session", params=["model", "ict"], ids=["anny", "ict"])
def any_model(request):
    """Each face model in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def raster():
    backend = open_backend("raster")
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def plain_spec():
    """A frontal person, neutral, without jitter."""
    person = Identity("plain", {"age": 0.62, "gender": 0.5, "african": 1.0, "asian": 1.0, "caucasian": 1.0})
    return SampleSpec("plain-0000000", person, camera=CameraSpec(width=128, height=128))


@pytest.fixture(scope="session")
def drawn_specs():
    """Twelve drawn samples of four people with one twin each, at 64 pixels."""
    config = SamplingConfig(identities=4, size=64, twins_per_sample=1, occlusion=0.25)
    return sample_specs(config, seed=11, count=12, prefix="drawn")


@pytest.fixture(scope="session")
def labelled(raster):
    """Returns labels of a specification by name, without drawing its colours."""
    everything = LABELS | LABELS_ON_REQUEST

    def label(spec, *names):
        model = face_model(spec.face_model)
        face = pose_face(spec, model)
        scene = assemble(spec, model, face)
        context = LabelContext(spec, model, face, scene, raster.render(scene, VISIBILITY))
        return {name: everything[name](context) for name in names}

    return label


@pytest.fixture(scope="module")
def pyrender_backend():
    """The renderer on OpenGL, closed with the module that used it: one driver holds few contexts."""
    backend = open_backend("pyrender")
    yield backend
    backend.close()
