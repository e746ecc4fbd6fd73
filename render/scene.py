"""A scene as plain data: what is there, who looks, what lights it. Renderers are views of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from faceset.spec import LightSpec
from render.camera import Camera

Pixels = npt.NDArray[np.uint8]

SEGMENTS = (
    "background",
    "skin",
    "left_brow",
    "right_brow",
    "left_eye",
    "right_eye",
    "nose",
    "upper_lip",
    "lower_lip",
    "inner_mouth",
    "teeth",
    "tongue",
    "left_ear",
    "right_ear",
    "hair",
    "neck",
    "clothing",
    "glasses",
    "card",
    "mask",
    "cap",
    "microphone",
    "cup",
    "sunglasses",
    "scarf",
    "hat",
    "beanie",
    "hood",
    "headscarf",
    "hand",
    "loose_hair",
    "border",
)
"""Segmentation classes, by the value stored per pixel; after the person, one for each kind of occluder."""

SEGMENT = {name: index for index, name in enumerate(SEGMENTS)}

SEGMENT_SWAP = {SEGMENT[name]: SEGMENT[f"right_{name[5:]}"] for name in SEGMENTS if name.startswith("left_")}
"""Classes that change places when a picture is mirrored, {left: right}."""


@dataclass(frozen=True)
class Material:
    """How a surface answers light.

    Attributes:
        specular: strength of the highlight (reflectance at normal incidence times 25), 0 for none.
        roughness: GGX roughness in (0, 1].
        subsurface: how much red light leaks around the terminator, in [0, 1]; skin only.
        hair: how far highlights follow the strands (Kajiya and Kay), in [0, 1]; hair only.
    """

    specular: float = 0.5
    roughness: float = 0.5
    subsurface: float = 0.0
    hair: float = 0.0


@dataclass(frozen=True)
class Strands:
    """Hairs as curves, world frame.

    Attributes:
        points: (S, P, 3) float32, each strand from root to tip, metres.
        radius: (P,) float32 along every strand, metres.
        rgb: (S, 3) float32 linear reflectance of each strand.
    """

    points: npt.NDArray[np.float32]
    radius: npt.NDArray[np.float32]
    rgb: npt.NDArray[np.float32]


@dataclass(frozen=True)
class SceneMesh:
    """One object in world coordinates.

    Attributes:
        name: unique in its scene.
        vertices: (V, 3) float32, metres.
        normals: (V, 3) float32, unit length.
        uv: (V, 2) float32; (0, 0) is the top-left of the texture, values beyond 1 repeat.
        faces: (F, 3) int32.
        albedo: (h, w, 3) uint8 sRGB.
        segments: (h, w) uint8 class per texel (indices into ``SEGMENTS``), looked up at the nearest texel.
        occlusion: (V,) float32 ambient occlusion, 1 open to 0 closed.
        material: how it answers light.
        labelled: whether depth, segmentation, visibility and every other label see it. Lashes, brows and beards are
            drawn and not labelled: to every label they are the skin that they grow from.
        strands: makes what a renderer that knows hair may draw instead of the triangles, when it is asked to; None for
            what is no hair. In the texture layout of hair, v runs along the strand from 0 at the root to 1 at the tip.
        relief: (h, w) float32 height over the surface per texel of the uv layout, metres; None where it is smooth. Its
            texels may be larger than the albedo's. Pictures show it as shading; depth, normals, segmentation and
            every other label stay those of the mesh.
        lit: (V,) float32 share of the first lamp's light that nothing keeps from a vertex, of the face at rest (it
            must not depend on the expression); None where nothing does. Renderers that trace light find their own.
    """

    name: str
    vertices: npt.NDArray[np.float32]
    normals: npt.NDArray[np.float32]
    uv: npt.NDArray[np.float32]
    faces: npt.NDArray[np.int32]
    albedo: Pixels
    segments: Pixels
    occlusion: npt.NDArray[np.float32]
    material: Material = field(default_factory=Material)
    relief: npt.NDArray[np.float32] | None = None
    labelled: bool = True
    strands: Callable[[], Strands] | None = None
    lit: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Scene:
    """Everything a renderer needs.

    Attributes:
        meshes: the objects, those that labels see first.
        camera: who looks.
        light: lamps and ambient light, world frame.
        background: (H, W, 3) uint8 sRGB, the size of the camera's picture.
        seed: seed of a renderer's own noise.
    """

    meshes: tuple[SceneMesh, ...]
    camera: Camera
    light: LightSpec
    background: Pixels
    seed: int = 0

    @property
    def labelled(self) -> tuple[SceneMesh, ...]:
        """The objects that labels see: they alone are numbered by the pass ``face_index``."""
        return tuple(mesh for mesh in self.meshes if mesh.labelled)

    @property
    def solid(self) -> "Scene":
        """The scene as labels know it, to compare renderers: their objects alone, and hair as triangles for all."""
        return replace(self, meshes=tuple(replace(mesh, strands=None) for mesh in self.labelled))


@dataclass(frozen=True)
class Frame:
    """What a renderer delivers: pass name to array.

    ``colour`` (H, W, 3) uint8 sRGB; ``depth`` (H, W) float32 metres along the axis, inf for the background;
    ``face_index`` (H, W) int32 over all meshes in order, -1 for the background; ``barycentric`` (H, W, 2) float32,
    the weights of the triangle's first two corners.
    """

    passes: Mapping[str, npt.NDArray[np.generic]]

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        """Returns one pass."""
        return self.passes[name]
