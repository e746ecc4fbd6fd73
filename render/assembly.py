"""From a sample specification to a scene: the face in its pose, in front of its camera, under its light."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.align import align
from faceset.pose import angles, rotation
from faceset.spec import CameraSpec, SampleSpec
from facs.expression import NEUTRAL, Expression
from render.appearance.colour import skin_rgb, to_srgb
from render.appearance.eyes import eye_segments, eyeball
from render.appearance.noise import smoothstep
from render.appearance.skin import SkinTexture
from render.appearance.teeth import paint_teeth
from render.background import backdrop
from render.camera import Camera
from render.contact import Ball
from render.face_model import SIDES, FaceModel, Person
from render.hair.meshes import face_hair, scalp_hair
from render.hair.texture import lock_texture
from render.kernels.placing import moved, moved_single, turned
from render.materials import CLOSED, EYE, FLAT, SKIN, flat_texture
from render.occluders import hair_left, occluder_meshes
from render.occluders.head import Head
from render.rigs.surface import surface
from render.scene import SEGMENT, Pixels, Scene, SceneMesh
from render.shadow import BELOW, Shadow

Vertices = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Points = npt.NDArray[np.floating[Any]]

INNER_PARTS = {"eye_socket": "skin", "mouth_cavity": "inner_mouth"} | {
    "upper_teeth": "teeth",
    "lower_teeth": "teeth",
    "tongue": "tongue",
    "gums": "inner_mouth",
}
"""Segment of each part inside the head."""

INNER_LIGHT = {"eye_socket": (0.5, 0.0), "mouth_cavity": (0.03, 0.12)} | {
    "upper_teeth": (0.03, 1.0),
    "lower_teeth": (0.03, 0.85),
    "tongue": (0.03, 0.55),
    "gums": (0.03, 0.40),
}
"""Openness of each inner part when the mouth is closed, and what a mouth open by ``WIDE`` adds. It goes with the cube
root of the opening: front teeth stand right behind the lips and see most of the light that a narrow gap lets in."""

EDGE_LIGHT = {"eyes": 0.2, "mouth": 0.15}
"""Openness that the skin keeps at the edges of the lids, and of lips that are apart."""

EYES = tuple(f"{side}_eye" for side in SIDES)
BEHIND_LIDS = 0.008
"""Brows shade the eyes, lids do not: they are where an expression puts them. Metres."""

WIDE = 0.008
CLOSED_GAP = 0.0022
MOUTH_DEPTH = 0.034
OUTSIDE = 0.005
"""What sticks out of the lips by this much is in full light, metres."""


@dataclass(frozen=True)
class PosedFace:
    """The face of one sample before it becomes objects.

    Vertices are (V, 3) in the model's frame, metres, in double precision: the certificate measures them.

    Attributes:
        neutral: the person without expression and hair; expression and gaze are added to this.
        shown: as drawn.
        touched: (V,) vertices of ``shown`` that eyes, teeth or the neck may have moved, not the expression alone.
        eyes: the eyeball of each side.
        model_to_world: (4, 4) rigid transform.
        forward: (3,) how far the head is thrust forward, world frame; part of ``model_to_world``.
        rest: returns the (V, 3) vertices as drawn if there were no expression; found once.
    """

    neutral: Vertices
    shown: Vertices
    touched: npt.NDArray[np.bool_]
    eyes: dict[str, Ball]
    model_to_world: npt.NDArray[np.float64]
    forward: npt.NDArray[np.float64]
    rest: Callable[[], Vertices]

    def to_world(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Returns (n, 3) model points in the world."""
        return moved(np.ascontiguousarray(points, dtype=np.float64), self.model_to_world)

    def placed(self, points: Vertices) -> Single:
        """Returns (n, 3) model points in the world, in single precision."""
        return moved_single(points, self.model_to_world)

    def turned(self, vectors: npt.NDArray[np.floating[Any]]) -> Single:
        """Returns (n, 3) directions of the model's frame in the world."""
        return turned(vectors, self.model_to_world)


def pose_face(spec: SampleSpec, model: FaceModel) -> PosedFace:
    """Returns the face of a specification: identity, expression, gaze and head pose applied."""
    person = model.person(spec.identity)
    shown, touched = _resolved(spec, model, person, spec.expression)
    turn = np.eye(4)
    turn[:3, :3] = rotation(*spec.head_pose)
    forward = turn[:3, 2] * spec.head_forward
    turn[:3, 3] = forward - turn[:3, :3] @ np.mean([eye.centre for eye in person.eyes.values()], axis=0)
    rest = cache(lambda: shown if spec.expression == NEUTRAL else _resolved(spec, model, person, NEUTRAL)[0])
    return PosedFace(person.vertices, shown, touched, person.eyes, turn, forward, rest)


def _resolved(
    spec: SampleSpec, model: FaceModel, person: Person, expression: Expression
) -> tuple[Vertices, npt.NDArray[np.bool_]]:
    """Returns the (V, 3) vertices of a person who shows an expression, and which (V,) something else may have moved."""
    moved = person.vertices + model.rig.displacement(expression, spec.gaze[1])
    resolved, touched = model.contacts.resolved(moved, person.eyes)
    return model.neck.bent(resolved, spec.head_pose), touched | model.neck.moved


def head_at_rest(spec: SampleSpec, model: FaceModel, face: PosedFace) -> Head:
    """Returns what occluders may know of a head: no expression changes it, so that twins wear the same."""
    at_rest = face.rest()
    vertices, offsets = model.moves
    looks = spec.appearance
    return Head(
        landmarks=face.to_world(model.basis.landmarks(face.neutral)),
        skin=face.to_world(model.spread(at_rest)),
        reach=face.to_world(at_rest.take(vertices, axis=0) + offsets),
        ears=(face.to_world(at_rest[model.ears["right"]]), face.to_world(at_rest[model.ears["left"]])),
        camera=face_camera(spec, model, face),
        skin_rgb=to_srgb(skin_rgb(looks.melanin, looks.haemoglobin)) / 255,
        hair=lock_texture(looks),
    )


def face_camera(spec: SampleSpec, model: FaceModel, face: PosedFace) -> Camera:
    """Returns the camera of a sample. It frames the face as if it were neither expressive nor thrust forward."""
    marks = model.basis.landmarks(face.neutral)
    return framed_camera(spec.camera, face.to_world(marks) - face.forward)


def framed_camera(spec: CameraSpec, neutral_landmarks: npt.NDArray[np.float64]) -> Camera:
    """Returns the camera that frames the face as a face aligner crops a photograph, with the drawn jitter.

    The frame follows the landmarks of the *neutral* face in its pose, so that twins share their camera exactly.

    Args:
        spec: distance, picture size and jitter.
        neutral_landmarks: (68, 3) iBUG landmarks of the neutral face, world frame, metres.
    """
    placed = np.eye(4)
    placed[2, 3] = -spec.distance
    wide = Camera(1000.0, (0.0, 0.0), placed, spec.width, spec.height)
    fit = align(wide.project(neutral_landmarks), (spec.width, spec.height))
    aligned = wide.framed(fit.scale, fit.rotation, fit.translation, spec.width, spec.height)
    return _jittered(aligned, spec)


def _jittered(camera: Camera, spec: CameraSpec) -> Camera:
    middle = np.array([spec.width, spec.height]) / 2
    c, s = np.cos(spec.roll_jitter), np.sin(spec.roll_jitter)
    moved = spec.scale_jitter * np.array([[c, -s], [s, c]]) @ middle
    shift = middle - moved + np.array(spec.shift_jitter) * (spec.width, spec.height)
    return camera.framed(spec.scale_jitter, spec.roll_jitter, (shift[0], shift[1]), spec.width, spec.height)


def assemble(spec: SampleSpec, model: FaceModel, face: PosedFace | None = None) -> Scene:
    """Returns the scene of a specification."""
    face = face or pose_face(spec, model)
    camera = face_camera(spec, model, face)
    textures, normals = model.textures(spec.appearance), model.topology.normals(face.shown.astype(np.float32))
    meshes = [_skin(spec, textures.skin, model, face, normals), *_inner_parts(spec, model, face, normals)]
    meshes += [_eye(spec, model, face, side, textures.eye) for side in SIDES]
    meshes += _hair_and_occluders(spec, model, face)
    meshes += face_hair(spec, model, face)
    image = backdrop(spec.background, spec.light, camera)
    return Scene(_shadowed(meshes, spec, model, face), camera, spec.light, image, spec.render_seed)


def _shadowed(meshes: list[SceneMesh], spec: SampleSpec, model: FaceModel, face: PosedFace) -> tuple[SceneMesh, ...]:
    """Returns the meshes with the share of the first lamp that reaches them; the face's skin as it is at rest."""
    if not spec.light.lamps:
        return tuple(meshes)
    skin, *others = meshes
    at_rest = face.rest()
    normals = face.turned(model.topology.normals(at_rest.astype(np.float32))[model.basis.skin_index])
    vertices = face.to_world(at_rest[model.basis.skin_index])
    # The border of the picture is no thing in the world.
    solid = (mesh for mesh in others if mesh.labelled and not mesh.name.startswith("border"))
    worn = [mesh for mesh in solid if mesh.name not in (*INNER_PARTS, *EYES)]
    casters: list[tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.int32]]] = [(vertices, skin.faces)]
    casters += [(mesh.vertices, mesh.faces) for mesh in worn]
    shadow = Shadow(spec.light.lamps[0].direction, casters)
    lit = {skin.name: shadow.lit(vertices, normals)}
    for mesh in others:
        if mesh.name not in INNER_PARTS:
            lit[mesh.name] = shadow.lit(mesh.vertices, mesh.normals, BEHIND_LIDS if mesh.name in EYES else BELOW)
    return tuple(replace(mesh, lit=lit[mesh.name]) if mesh.name in lit else mesh for mesh in meshes)


def _hair_and_occluders(spec: SampleSpec, model: FaceModel, face: PosedFace) -> list[SceneMesh]:
    hair = scalp_hair(spec, model, face)
    if not spec.occluders:
        return hair
    head = head_at_rest(spec, model, face)
    worn = occluder_meshes(spec.occluders, head)
    return hair_left(hair, spec.occluders, worn, head) + worn


def head_pose_in_camera(spec: SampleSpec, camera: Camera) -> tuple[float, float, float]:
    """Returns yaw, pitch and roll of the head relative to the framed camera, radians."""
    return angles(camera.world_to_camera[:3, :3] @ rotation(*spec.head_pose))


def _skin(spec: SampleSpec, texture: SkinTexture, model: FaceModel, face: PosedFace, normals: Single) -> SceneMesh:
    basis = model.basis
    return SceneMesh(
        name="skin",
        vertices=face.placed(face.shown[basis.skin_index]),
        normals=face.turned(normals[basis.skin_index]),
        uv=basis.skin_uv,
        faces=basis.skin_faces,
        albedo=texture.albedo,
        segments=texture.segments,
        occlusion=_skin_openness(model, face)[basis.skin_index],
        material=SKIN,
        relief=model.wrinkles.relief(spec.expression, spec.appearance),
    )


def _skin_openness(model: FaceModel, face: PosedFace) -> Single:
    """Returns the (V,) light that reaches the skin: the edges of lids and lips turn inwards and yet are not black."""
    lids = EDGE_LIGHT["eyes"] * model.margins["eyes"]
    lips = EDGE_LIGHT["mouth"] * _opening(model.basis.landmarks(face.shown)) * model.margins["mouth"]
    return np.asarray(np.maximum(model.basis.openness, np.maximum(lids, lips)), dtype=np.float32)


def _opening(marks: npt.NDArray[np.floating[Any]]) -> float:
    """Returns how far the lips of landmarks (68, 3) are apart: 0 closed, 1 by ``WIDE`` or more."""
    gap = float(np.linalg.norm(marks[62] - marks[66]))
    return float(np.clip((gap - CLOSED_GAP) / WIDE, 0.0, 1.0))


def _inner_parts(spec: SampleSpec, model: FaceModel, face: PosedFace, normals: Single) -> list[SceneMesh]:
    basis = model.basis
    marks = basis.landmarks(face.shown)
    opening = _opening(marks)
    shade = round(spec.appearance.teeth_shade, 1)  # few shades, so that textures are made once
    meshes = []
    for part, segment in INNER_PARTS.items():
        used = model.part_vertices[part]
        if not used.size:
            continue
        closed, gain = INNER_LIGHT[part]
        uv, albedo, segments = _inner_surface(model, part, segment, shade)
        meshes.append(
            SceneMesh(
                name=part,
                vertices=face.placed(face.shown[used]),
                normals=face.turned(normals[used]),
                uv=uv,
                faces=model.part_faces[part],
                albedo=albedo,
                segments=segments,
                occlusion=_reached_by_light(face.shown[used], part, marks, closed + gain * np.cbrt(opening)),
                material=CLOSED if part == "mouth_cavity" else FLAT,
            )
        )
    return meshes


def _inner_surface(model: FaceModel, part: str, segment: str, shade: float) -> tuple[Single, Pixels, Pixels]:
    """Returns texture coordinates, (h, w, 3) albedo and (h, w) segments of one part inside the head."""
    if part in model.teeth_uv:
        painted = paint_teeth(part, shade)
        return model.teeth_uv[part], painted.albedo, painted.segments
    flat = np.full((len(model.part_vertices[part]), 2), 0.5, dtype=np.float32)
    return flat, flat_texture(part, shade), np.full((1, 1), SEGMENT[segment], dtype=np.uint8)


def _reached_by_light(vertices: Vertices, part: str, marks: npt.NDArray[np.floating[Any]], inside: float) -> Single:
    """Returns per vertex how much light comes: in the mouth less the further back, before the lips all of it."""
    if part == "eye_socket":
        return np.full(len(vertices), inside, dtype=np.float32)
    behind = marks[[62, 66], 2].mean() - vertices[:, 2]
    before = np.clip(-behind / OUTSIDE, 0.0, 1.0)
    within = inside * np.clip(1.2 - behind / MOUTH_DEPTH, 0.05, 1.0)
    return np.asarray(np.maximum(before, within), dtype=np.float32)


def _eye(spec: SampleSpec, model: FaceModel, face: PosedFace, side: str, albedo: npt.NDArray[np.uint8]) -> SceneMesh:
    ball, fit = eyeball(surface(model.name).iris), face.eyes[side]
    look = rotation(*spec.gaze).T
    directions = ball.vertices @ look
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    # The lids shade the rim of the visible eyeball, the upper one most; the model frame's +Z is where the opening lies.
    shade = np.clip(1.25 * unit[:, 2] - 0.15, 0.25, 1.0) * (1 - 0.45 * smoothstep(0.02, 0.42, unit[:, 1]))
    return SceneMesh(
        name=f"{side}_eye",
        vertices=face.placed(fit.centre + fit.radius * directions),
        normals=face.turned(unit),
        uv=ball.uv,
        faces=ball.faces,
        albedo=albedo,
        segments=eye_segments(side),
        occlusion=shade.astype(np.float32),
        material=EYE,
    )
