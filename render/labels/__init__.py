"""Labels: the registry. Each fills one channel of a sample, from the geometry and the visibility buffer.

Labels never read colours, so they are the same whichever backend draws the picture.
"""

from collections.abc import Callable

from render.labels import certificate, dense, expression, flow, geometry, landmarks, pixels, regions
from render.labels.context import LabelContext, LabelValue

LABELS: dict[str, Callable[[LabelContext], LabelValue]] = {
    "au": expression.au,
    "au_left": expression.au_left,
    "au_right": expression.au_right,
    "au_known": expression.au_known,
    "au_visible": expression.au_visible,
    "au_scorable": certificate.au_scorable,
    "au_measured_left": certificate.au_measured_left,
    "au_measured_right": certificate.au_measured_right,
    "au_displacement": certificate.au_displacement,
    "certificate": certificate.certificate,
    "landmarks": landmarks.landmarks,
    "landmark_visible": landmarks.landmark_visible,
    "landmarks_3d": landmarks.landmarks_3d,
    "head_pose": geometry.head_pose,
    "head_forward": geometry.head_forward,
    "gaze": geometry.gaze,
    "camera": geometry.camera,
    "identity": geometry.identity,
    "twin_of": geometry.twin_of,
    "sample_key": geometry.sample_key,
    "source": geometry.source,
}
"""Labels that every rendered sample has, by channel."""

LABELS_ON_REQUEST: dict[str, Callable[[LabelContext], LabelValue]] = {
    "segmentation": pixels.segmentation,
    "depth": pixels.depth,
    "normal_camera": pixels.normal_camera,
    "uv": pixels.uv,
    "face_index": pixels.face_index,
    "barycentric": pixels.barycentric,
    "flow": flow.flow,
    "au_region": regions.au_region,
    "dense_landmarks": dense.dense_landmarks,
    "dense_visible": dense.dense_visible,
    "dense_landmarks_3d": dense.dense_landmarks_3d,
}
"""Labels that are large, stored on request, by channel."""
