"""The compiled loops of rendering, one file for each noun; ``faceset.compiled`` says how they are compiled and kept."""

from faceset.compiled import compiled as kernel
from faceset.compiled import inlined

__all__ = ["inlined", "kernel"]
