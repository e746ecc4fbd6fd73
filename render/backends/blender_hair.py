"""Hair in Blender: curves with the Principled Hair BSDF, which follows light through single fibres."""

from typing import Any

import bpy
import numpy as np

from render.scene import Strands

COLOUR = "hair_rgb"
"""Attribute that holds the colour of each strand."""

ROUGHNESS, RADIAL_ROUGHNESS, COAT, RANDOM_ROUGHNESS = 0.32, 0.45, 0.0, 0.15
TILT = 0.035
"""Angle of the scales of a hair's cuticle, radians: about 2 degrees."""


def hair(name: str, strands: Strands, world: Any) -> Any:
    """Returns the object of some strands.

    Args:
        name: of the object.
        strands: curves and their colours.
        world: (4, 4) from our frame to Blender's.
    """
    count, points, _ = strands.points.shape
    data = bpy.data.hair_curves.new(name)
    data.add_curves([points] * count)
    turned = strands.points.reshape(-1, 3) @ world[:3, :3].T
    data.position_data.foreach_set("vector", turned.astype(np.float32).ravel())
    radius = data.attributes.new("radius", "FLOAT", "POINT")
    radius.data.foreach_set("value", np.tile(strands.radius, count))
    colour = data.attributes.new(COLOUR, "FLOAT_COLOR", "CURVE")
    rgba = np.concatenate([strands.rgb, np.ones((count, 1), dtype=np.float32)], axis=1)
    colour.data.foreach_set("color", rgba.astype(np.float32).ravel())
    data.materials.append(_fibre(name))
    return bpy.data.objects.new(name, data)


def _fibre(name: str) -> Any:
    material = bpy.data.materials.new(name)
    tree = material.node_tree
    tree.nodes.clear()
    fibre, colour = tree.nodes.new("ShaderNodeBsdfHairPrincipled"), tree.nodes.new("ShaderNodeAttribute")
    out = tree.nodes.new("ShaderNodeOutputMaterial")
    fibre.parametrization = "COLOR"
    colour.attribute_name = COLOUR
    for socket, value in (
        ("Roughness", ROUGHNESS),
        ("Radial Roughness", RADIAL_ROUGHNESS),
        ("Coat", COAT),
        ("Offset", TILT),
        ("Random Roughness", RANDOM_ROUGHNESS),
    ):
        fibre.inputs[socket].default_value = value
    tree.links.new(colour.outputs["Color"], fibre.inputs["Color"])
    tree.links.new(fibre.outputs[0], out.inputs["Surface"])
    return material
