"""Measures how well the renderers agree on what pictures show: ``python docs/parity.py``; prints a table.

The same scenes for all: heads turned up to 35 degrees, open mouths, closed eyes, glasses, cards, other people. The
labels come from the rasteriser's visibility buffer; pyrender draws depth and classes of its own, Blender depth.
"""

import argparse
from collections.abc import Iterable

from render.backends import Backend, open_backend
from render.backends.blender import BlenderBackend
from render.parity import Agreement, agreement, labelled, parity_specs

PASSES = {"pyrender": ("segmentation", "depth"), "blender": ("depth",)}


def measured(other: Backend, passes: Iterable[str], count: int, size: int) -> list[Agreement]:
    """Returns how well another renderer agrees with the labels on each scene."""
    rasteriser = open_backend("raster")
    found = []
    for spec in parity_specs(count, size):
        scene, labels = labelled(spec, rasteriser)
        found.append(agreement(labels, dict(other.render(scene, passes).passes)))
    rasteriser.close()
    return found


def rows(name: str, size: int, found: list[Agreement]) -> list[str]:
    """Returns the lines of the table: the worst scene of each measure."""
    head = f"| {name} | {size} | {len(found)}"
    lines = [f"{head} | silhouette IoU | {min(each.silhouette for each in found):.4f} |"]
    lines += [f"{head} | depth within 0.5 mm | {min(each.depth for each in found):.4%} |"]
    for region in dict.fromkeys(region for each in found for region in each.iou):
        worst = [each.iou[region] for each in found if region in each.iou]
        lines.append(f"| {name} | {size} | {len(worst)} | {region} IoU | {min(worst):.4f} |")
    return lines


def main() -> None:
    """Prints the table of both renderers at 128 and 256 pixels."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenes", type=int, default=12)
    count = parser.parse_args().scenes
    print("| renderer | pixels | scenes | measure | worst scene |\n| --- | --- | --- | --- | --- |")
    others: dict[str, Backend] = {"pyrender": open_backend("pyrender"), "blender": BlenderBackend(samples=8)}
    for name, other in others.items():
        for size in (128, 256):
            print("\n".join(rows(name, size, measured(other, PASSES[name], count, size))), flush=True)
        other.close()


if __name__ == "__main__":
    main()
