"""dvc.yaml says what the code does: what a stage imports is among its deps, what it reads is among its params."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.stage import PACKAGES

ROOT = Path(__file__).parents[2]
FRAME = frozenset(
    f"pipeline/{name}.py"
    for name in (
        "__init__",
        "books",
        "children",
        "chunks",
        "clusters",
        "dask_executor",
        "digest",
        "errors",
        "executor",
        "farm",
        "files",
        "node",
        "params",
        "progress",
        "scratch",
        "stage",
        "strict",
        "supervision",
    )
)
"""Files that decide how a stage runs and not what comes out."""
NO_EFFECT = frozenset(
    {
        "farm",
        "render.workers",
        "render.chunk_size",
        "render.deadline_s",
        "render.max_memory_mb",
        "render.blender.workers",
        "render.blender.chunk_size",
        "train.checkpoint_every",
    }
)
"""Params that decide how a stage runs and not what comes out."""
Stage = dict[str, Any]


def stages() -> dict[str, Stage]:
    return dict(YAML(typ="safe", pure=True).load(ROOT / "dvc.yaml")["stages"])


def body(stage: Stage) -> Stage:
    return dict(stage.get("do", stage))


def local_dependencies(name: str) -> list[str]:
    return [dep for dep in body(stages()[name])["deps"] if "${" not in dep]


def imported(path: Path) -> Iterator[Path]:
    """Yields the project's files that a file imports anywhere, inside functions too, or names as a program to run."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from _files(node.module)
            for alias in node.names:
                yield from _files(f"{node.module}.{alias.name}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            yield from _files(node.value)  # python -m render.worker
            yield from _beside(path, node.value)


def _beside(path: Path, name: str) -> Iterator[Path]:
    """Yields the data file that a module names, where it lies in the module's folder."""
    if name.isprintable() and len(name) < 60 and "/" not in name and (path.parent / name).is_file():
        yield path.parent / name


def _files(module: str) -> Iterator[Path]:
    """Yields the file of a module and those of the packages around it, which are run with it."""
    names = module.split(".")
    if names[0] in PACKAGES:
        folders = [ROOT.joinpath(*names[:depth]) for depth in range(1, len(names) + 1)]
        candidates = [*(folder / "__init__.py" for folder in folders), folders[-1].with_suffix(".py")]
        yield from (file for file in candidates if file.is_file())


def closure(path: Path) -> set[Path]:
    """Returns all the project's files that a stage can come to run; neither the frame nor what computes nothing."""
    found, todo = set(), [path]
    while todo:
        file = todo.pop()
        if file not in found and str(file.relative_to(ROOT)) not in FRAME and not computes_nothing(file):
            found.add(file)
            todo.extend(imported(file) if file.suffix == ".py" else ())
    return found


def computes_nothing(path: Path) -> bool:
    """Returns True for a module of a docstring alone, or of classes that have nothing else: errors, for example."""
    if path.suffix != ".py":
        return False
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return all(_is_text(each) or (isinstance(each, ast.ClassDef) and all(map(_is_text, each.body))) for each in body)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def reads(path: Path) -> set[str]:
    """Returns what a file reads of ``params``: "render.workers", "synthetic", "arms.*"."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Subscript)}
    chains = (_chain(node) for node in ast.walk(tree) if id(node) not in inner)
    full = [["params", *chain] if chain[:1] == ["paths"] else chain for chain in chains]
    names = {".".join(chain[1:]) for chain in full if chain[:1] == ["params"] and len(chain) > 1}
    return {"arms.*" if name == "arm" else name for name in names}


def _chain(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*_chain(node.value), node.attr] if _chain(node.value) else []
    if isinstance(node, ast.Subscript):
        return [*_chain(node.value), "*"] if _chain(node.value) else []
    return []


def stage_reads(name: str) -> set[str]:
    files = closure(ROOT / f"pipeline/{name}.py")
    ours = [file for file in files if file.suffix == ".py" and ROOT / "pipeline" in file.parents]
    return set().union(*(reads(file) for file in ours)) - {"paths"}


def listed(name: str) -> set[str]:
    """Returns the params that dvc.yaml lists for a stage, of all its variants."""
    stage = stages()[name]
    names = [str(entry).replace("${key}", "*") for entry in body(stage).get("params", [])]
    items = stage.get("foreach")
    likes = sorted({item["like"] for item in items.values()}) if isinstance(items, dict) else []
    return {each for entry in names for each in _filled(entry, likes)}


def _filled(entry: str, likes: list[str]) -> list[str]:
    return [entry.replace("${item.like}", like) for like in likes] if "${item.like}" in entry else [entry]


def covers(prefix: str, name: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


STAGES = sorted(stages())
WRITTEN = [name for name in STAGES if (ROOT / f"pipeline/{name}.py").is_file()]


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_the_module_of_its_name(name: str) -> None:
    command = body(stages()[name])["cmd"]
    assert command.split(" --")[0] == f"python -m pipeline.{name}"
    assert (ROOT / f"pipeline/{name}.py").is_file()


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_stage_imports_is_among_its_deps(name: str) -> None:
    deps = [ROOT / dep for dep in local_dependencies(name)]
    uncovered = [
        str(file.relative_to(ROOT))
        for file in sorted(closure(ROOT / f"pipeline/{name}.py"))
        if not any(file == dep or dep in file.parents for dep in deps)
    ]
    assert uncovered == []


@pytest.mark.parametrize("name", WRITTEN)
def test_a_stage_imports_what_is_among_its_deps(name: str) -> None:
    files = closure(ROOT / f"pipeline/{name}.py")
    deps = [ROOT / dep for dep in local_dependencies(name)]
    unused = [dep for dep in deps if not any(file == dep or dep in file.parents for file in files)]
    assert [str(dep.relative_to(ROOT)) for dep in unused] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_stage_reads_is_among_its_params(name: str) -> None:
    read = {entry for entry in stage_reads(name) if not covers("paths", entry)} - NO_EFFECT
    unlisted = sorted(entry for entry in read if not any(covers(each, entry) for each in listed(name)))
    unread = sorted(each for each in listed(name) if not any(covers(each, entry) for entry in read))
    assert (unlisted, unread) == ([], [])


@pytest.mark.parametrize("name", WRITTEN)
def test_the_paths_a_stage_reads_are_among_its_deps_or_outs(name: str) -> None:
    used = {entry for entry in stage_reads(name) if covers("paths", entry)} - {"paths.scratch"}
    text = json.dumps(body(stages()[name]))
    assert [path for path in sorted(used) if f"${{{path}}}" not in text] == []


def test_no_dependency_is_missing() -> None:
    absent = [dep for name in STAGES for dep in local_dependencies(name) if not (ROOT / dep).exists()]
    assert absent == []
