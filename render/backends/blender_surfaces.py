"""What Blender's surfaces are made of: shader nodes for skin, eyes and plain things, and for the sky."""

from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from faceset.spec import LightSpec
from render.environments.light import radiance
from render.relief import creased
from render.scene import SEGMENTS, SceneMesh

SCATTERING = (1.0, 0.195, 0.12)
"""How far red, green and blue light travels in skin, relative to ``SCATTERING_SCALE``."""

SCATTERING_SCALE = 0.0018
"""Metres: the diffuse mean free path of red light in facial skin.

d'Eon and Luebke (GPU Gems 3, 2007, chapter 14) fit the three-layer skin of Donner and Jensen (2005) with six Gaussians
a colour; their mean squared radii are 2.8, 0.14 and 0.05 mm^2. The profile of Christensen and Burley (2015) with mean
free path l has 14 (l / s)^2, where s is about 4 for the reflectance of skin in red and 3.5 in green and blue.
"""

PORES, RELIEF = 260.0, 0.0002
"""Cells of the skin's relief across the texture, and its depth in metres."""

DULL = 0.85
"""Roughness of hair and cloth that are painted on the skin."""

OILY = {"upper_lip": 0.68, "lower_lip": 0.62, "nose": 0.85}
"""Roughness relative to the cheeks', by eye: lips are moist, the nose is where most sebum is."""

FILM, FILM_ROUGHNESS = 0.10, 0.36
"""Weight and roughness of the thin film of sebum over the skin, by eye; the weight is that of skin whose ``specular``
is ``FILM_AT``."""
FILM_AT = 0.55

CORNEA = {"Coat Weight": 1.0, "Coat Roughness": 0.10, "Coat IOR": 1.376}
"""The clear layer over iris and sclera: it alone reflects sharply, so that the iris keeps its colour."""
UNDER_CORNEA = {"Roughness": 0.6, "Specular IOR Level": 0.1}

SALIVA = {"Coat Weight": 0.8, "Coat Roughness": 0.08, "Coat IOR": 1.33}
"""The film of water over all that is in a mouth."""

BEHIND_LIDS, THROUGH_LIDS = ("eye_socket",), 0.25
"""What lies around the eyeball, and the share of the light that the thin lids let through to it, by eye: they are as
opaque as all triangles here, and without it the corners of the eyes are black."""

EYES = ("left_eye", "right_eye")
MOIST = ("upper_teeth", "lower_teeth", "tongue", "gums")

SKY_WIDTH = 128
"""Texels of the picture of the sky; as many as the surroundings have."""

NOT_SKIN = ("background", "left_brow", "right_brow", "hair", "clothing")


def surface(mesh: SceneMesh, light: LightSpec) -> Any:
    """Returns the material of one object under a light."""
    material = bpy.data.materials.new(mesh.name)
    tree = material.node_tree
    principled = tree.nodes["Principled BSDF"]
    inputs = principled.inputs
    # Blender's 0.5 is a reflectance of 0.04; ours is reflectance times 25.
    inputs["Specular IOR Level"].default_value = min(1.0, mesh.material.specular / 2)
    inputs["Roughness"].default_value = mesh.material.roughness
    colour = mesh.albedo if mesh.relief is None else creased(mesh.albedo, mesh.relief)
    painted = _texture(tree, colour, "sRGB")
    tree.links.new(painted, inputs["Base Color"])
    if mesh.name in BEHIND_LIDS:
        tree.links.new(painted, inputs["Emission Color"])
        inputs["Emission Strength"].default_value = THROUGH_LIDS * _radiance(light)
    if mesh.relief is not None:
        tree.links.new(_folds(tree, mesh.relief), inputs["Normal"])
    if mesh.material.subsurface > 0:
        _make_skin(tree, principled, mesh)
    _set(inputs, CORNEA | UNDER_CORNEA if mesh.name in EYES else SALIVA if mesh.name in MOIST else {})
    return material


def _radiance(light: LightSpec) -> float:
    """Returns how bright a white wall would be under lamps, sky and ground, roughly."""
    return float(np.mean([light.sky_rgb, light.ground_rgb]) + np.sum([lamp.rgb for lamp in light.lamps]) / 6)


def _set(inputs: Any, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        inputs[name].default_value = value


def _make_skin(tree: Any, principled: Any, mesh: SceneMesh) -> None:
    """Lets light into the skin, and into nothing else that the same object shows: hair and cloth are dull instead."""
    is_skin = np.array([name not in NOT_SKIN for name in SEGMENTS])[mesh.segments]
    oily = np.array([OILY.get(name, 1.0) for name in SEGMENTS])[mesh.segments]
    principled.subsurface_method = "RANDOM_WALK"
    inputs = principled.inputs
    inputs["Subsurface Radius"].default_value = SCATTERING
    inputs["Subsurface Scale"].default_value = SCATTERING_SCALE
    tree.links.new(_mask(tree, is_skin * mesh.material.subsurface), inputs["Subsurface Weight"])
    tree.links.new(_mask(tree, np.where(is_skin, mesh.material.roughness * oily, DULL)), inputs["Roughness"])
    film = FILM * mesh.material.specular / FILM_AT
    tree.links.new(_mask(tree, np.clip(is_skin * film, 0, 1)), inputs["Coat Weight"])
    inputs["Coat Roughness"].default_value = FILM_ROUGHNESS
    rough = _pores(tree, inputs["Normal"])
    tree.links.new(rough, inputs["Normal"])
    tree.links.new(rough, inputs["Coat Normal"])


def _mask(tree: Any, values: npt.NDArray[np.floating[Any]]) -> Any:
    grey = np.round(255 * values).astype(np.uint8)
    return _texture(tree, np.repeat(grey[..., None], 3, axis=2), "Non-Color")


def _folds(tree: Any, relief: npt.NDArray[np.float32]) -> Any:
    """Returns the normal of a surface raised by a relief in metres."""
    bump = tree.nodes.new("ShaderNodeBump")
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = 1.0, 1.0
    heights = _image(tree, np.repeat(relief[..., None], 3, axis=2), "Non-Color", float_buffer=True)
    # Steps between texels would show: the slope of linear interpolation is constant within each.
    heights.interpolation = "Cubic"
    tree.links.new(heights.outputs["Color"], bump.inputs["Height"])
    return bump.outputs["Normal"]


def _pores(tree: Any, onto: Any) -> Any:
    """Returns the normal of a surface with fine relief, fixed to the texture so that it moves with the skin.

    Args:
        tree: the material's nodes.
        onto: a socket; what is linked to it is the normal of the surface without pores.
    """
    where, noise, bump = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("UVMap", "TexNoise", "Bump"))
    noise.noise_dimensions = "2D"
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = PORES, 2.0
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = 1.0, RELIEF
    tree.links.new(where.outputs["UV"], noise.inputs["Vector"])
    tree.links.new(noise.outputs[0], bump.inputs["Height"])
    for link in onto.links:
        tree.links.new(link.from_socket, bump.inputs["Normal"])
    return bump.outputs["Normal"]


def _texture(tree: Any, pixels: npt.NDArray[np.uint8], colour_space: str) -> Any:
    """Returns the output of a node that shows an (h, w, 3) uint8 array."""
    return _image(tree, pixels / np.float32(255), colour_space).outputs["Color"]


def _image(tree: Any, values: npt.NDArray[np.float32], colour_space: str, float_buffer: bool = False) -> Any:
    """Returns a node that shows an (h, w, 3) array."""
    height, width, _ = values.shape
    image = bpy.data.images.new("texture", width, height, alpha=False, float_buffer=float_buffer)
    image.colorspace_settings.name = colour_space
    texels = np.ones((height, width, 4), dtype=np.float32)
    texels[..., :3] = values[::-1]
    image.pixels.foreach_set(texels.ravel())
    image.pack()
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image, node.extension = image, "REPEAT"
    return node


def sky(light: LightSpec) -> Any:
    """Returns the world: the radiance of sky, ground and surroundings, the same that the other renderers know."""
    world = bpy.data.worlds.new("sky")
    tree = world.node_tree
    around, background = tree.nodes.new("ShaderNodeTexEnvironment"), tree.nodes["Background"]
    around.image, around.interpolation = _panorama(light), "Linear"
    tree.links.new(around.outputs["Color"], background.inputs["Color"])
    # Without surroundings the light is nearly even, and a map of where it is bright only takes time to build.
    even = light.environment.kind == "none"
    world.cycles.sampling_method = "NONE" if even else "MANUAL"
    world.cycles.sample_map_resolution = SKY_WIDTH
    return world


def _panorama(light: LightSpec) -> Any:
    """Returns Blender's picture of all directions: its middle column looks along -Y of its own frame, our +Z."""
    height = SKY_WIDTH // 2
    up = np.pi * ((np.arange(height) + 0.5)[:, None] / height - 0.5)
    turn = 2 * np.pi * (0.5 - (np.arange(SKY_WIDTH) + 0.5)[None] / SKY_WIDTH)
    # Blender's (x, y, z) is our (x, z, -y).
    way = np.stack([np.cos(up) * np.cos(turn), np.sin(up) + 0 * turn, -np.cos(up) * np.sin(turn)], axis=-1)
    image = bpy.data.images.new("sky", SKY_WIDTH, height, alpha=False, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    texels = np.ones((height, SKY_WIDTH, 4), dtype=np.float32)
    texels[..., :3] = radiance(light, way)
    image.pixels.foreach_set(texels.ravel())
    image.pack()
    return image
