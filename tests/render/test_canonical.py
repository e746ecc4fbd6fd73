import numpy as np

from faceset.channels import IBUG68_FLIP
from render.canonical import canonical_68, from_model, placed, to_model
from render.face_model import face_model


def test_the_canonical_face_is_mirror_symmetric_and_centred_between_the_eyes():
    points = canonical_68()
    mirrored = points[list(IBUG68_FLIP)] * (-1, 1)
    assert np.array_equal(points, mirrored)
    assert abs(points[36:48].mean(axis=0)).max() < 0.1


def test_landmarks_go_to_their_own_places_and_the_map_back_inverts_it():
    model = face_model()
    marks = model.basis.landmarks(model.average)
    assert np.abs(to_model(marks, canonical_68()) - marks[:, :2]).max() < 1e-9
    grid = np.stack(np.meshgrid(np.linspace(-40, 40, 9), np.linspace(-90, 20, 12)), axis=-1).reshape(-1, 2)
    assert np.abs(from_model(marks, to_model(marks, grid)) - grid).max() < 0.5


def test_the_basis_holds_the_canonical_place_of_vertices_and_texels():
    basis = face_model().basis
    corners = basis.landmark_vertices[36:48, 0]
    assert np.abs(basis.canonical[corners] - canonical_68()[36:48]).max() < 2.0
    assert basis.texel_canonical.shape == (*basis.texel_lip.shape, 2)
    assert np.isfinite(basis.texel_canonical).all()


def test_points_are_placed_on_the_skin_at_their_canonical_places():
    model = face_model()
    marks = model.basis.landmarks(model.average)
    points = np.array([[0.0, 40.0], [30.0, -40.0], [-30.0, -40.0], [0.0, -95.0]])
    vertices, weights = placed(model.average, model.basis.faces_of("skin"), marks, points)
    found = np.einsum("nk,nkd->nd", weights, model.average[vertices])
    assert np.abs(found[:, :2] - to_model(marks, points)).max() < 1e-6
    assert found[:, 2].min() > 0.1
    np.testing.assert_allclose(found[1] * (-1, 1, 1), found[2], atol=2e-4)
