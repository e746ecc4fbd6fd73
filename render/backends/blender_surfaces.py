"""What Blender's surfaces are made of: shader nodes for skin, eyes and plain things, and for the sky."""

from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from faceset.spec import LightSpec
from render.relief import creased
from render.scene import SEGMENTS, SceneMesh

SCATTERING = (1.0, 0.36, 0.20)
"""How far red, green and blue light travels in skin, relative to ``SCATTERING_SCALE``."""

SCATTERING_SCALE = 0.0018
"""Metres."""

PORES, RELIEF = 260.0, 0.0002
"""Cells of the skin's relief across the texture, and its depth in metres."""

DULL = 0.85
"""Roughness of hair and cloth that are painted on the skin."""

NOT_SKIN = ("background", "left_brow", "right_brow", "hair", "clothing")


def surface(mesh: SceneMesh) -> Any:
    """Returns the material of one object."""
    material = bpy.data.materials.new(mesh.name)
    tree = material.node_tree
    principled = tree.nodes["Principled BSDF"]
    inputs = principled.inputs
    # Blender's 0.5 is a reflectance of 0.04; ours is reflectance times 25.
    inputs["Specular IOR Level"].default_value = min(1.0, mesh.material.specular / 2)
    inputs["Roughness"].default_value = mesh.material.roughness
    colour = mesh.albedo if mesh.relief is None else creased(mesh.albedo, mesh.relief)
    tree.links.new(_texture(tree, colour, "sRGB"), inputs["Base Color"])
    if mesh.relief is not None:
        tree.links.new(_folds(tree, mesh.relief), inputs["Normal"])
    if mesh.material.subsurface > 0:
        _make_skin(tree, principled, mesh)
    return material


def _make_skin(tree: Any, principled: Any, mesh: SceneMesh) -> None:
    """Lets light into the skin, and into nothing else that the same object shows: hair and cloth are dull instead."""
    is_skin = np.array([name not in NOT_SKIN for name in SEGMENTS])[mesh.segments]
    principled.subsurface_method = "RANDOM_WALK"
    inputs = principled.inputs
    inputs["Subsurface Radius"].default_value = SCATTERING
    inputs["Subsurface Scale"].default_value = SCATTERING_SCALE
    tree.links.new(_mask(tree, is_skin * mesh.material.subsurface), inputs["Subsurface Weight"])
    tree.links.new(_mask(tree, np.where(is_skin, mesh.material.roughness, DULL)), inputs["Roughness"])
    tree.links.new(_pores(tree, inputs["Normal"]), inputs["Normal"])


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
    """Returns the world: radiance rising evenly from the ground's colour straight down to the sky's straight up."""
    world = bpy.data.worlds.new("sky")
    # A map of where the sky is bright takes a second to build, and this sky is nearly even.
    world.cycles.sampling_method = "NONE"
    tree = world.node_tree
    direction, split = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    height, mix = tree.nodes.new("ShaderNodeMapRange"), tree.nodes.new("ShaderNodeMix")
    height.inputs["From Min"].default_value, height.inputs["From Max"].default_value = -1.0, 1.0
    mix.data_type = "RGBA"
    factor, ground, top = mix.inputs[0], mix.inputs[6], mix.inputs[7]
    ground.default_value, top.default_value = (*light.ground_rgb, 1.0), (*light.sky_rgb, 1.0)
    tree.links.new(direction.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs["Z"], height.inputs["Value"])
    tree.links.new(height.outputs["Result"], factor)
    tree.links.new(mix.outputs[2], tree.nodes["Background"].inputs["Color"])
    return world
