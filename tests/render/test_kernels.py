"""Kernels: what is kept of them on disk can never be out of date, and nothing breaks where nothing can be kept."""

import ast
from pathlib import Path

import pytest

import render.kernels
from render.kernels import kernel

FILES = sorted(path for path in Path(render.kernels.__file__).parent.glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_kernel_depends_on_its_own_file_alone(path):
    # Numba looks at the text of this file to find out whether what it keeps is still true.
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported <= {"math", "typing", "numpy", "numpy.typing", "render.kernels"}


def test_a_kernel_works_where_nothing_can_be_kept(monkeypatch):
    compiled = render.kernels.njit

    def nowhere(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function 'doubled': no locator available")
        return compiled(**options)

    monkeypatch.setattr(render.kernels, "njit", nowhere)
    assert kernel(lambda number: 2 * number)(21) == 42
