"""Hair: scalp hair in many styles, brows, lashes and beards.

``STYLES`` and ``FACIAL_HAIR`` are the registries; ``render.hair.head_of_hair`` makes geometry of them.
"""

from render.hair.styles import FACIAL_HAIR, STYLES

__all__ = ["FACIAL_HAIR", "STYLES"]
