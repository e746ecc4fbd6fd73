"""Kernels: what is kept of them on disk can never be out of date."""

import ast
from pathlib import Path

import pytest

import render.kernels

ROOT = Path(render.kernels.__file__).parents[2]
FILES = sorted(path for path in ROOT.glob("render/kernels/*.py") if path.name != "__init__.py")
FILES += sorted(path for path in ROOT.glob("faceset/*.py") if "@compiled\n" in path.read_text("utf-8"))
ALLOWED = {"math", "mmap", "typing", "numba", "numpy", "numpy.typing", "faceset.compiled", "render.kernels"}
"""Modules that change with the environment alone, and the two that compile."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_kernel_depends_on_its_own_file_alone(path):
    # Numba looks at the text of this file to find out whether what it keeps is still true.
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported <= ALLOWED
