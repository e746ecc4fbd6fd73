"""The house keeps its promises: what the documents name exists."""

import re
import tomllib
from pathlib import Path

import pytest

from pipeline.cli import app
from pipeline.params import PARAMS_FILE, load
from pipeline.stage import PACKAGES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")] if path.is_file()
)


def code(path: Path) -> str:
    """Returns what a document sets as code: indented, fenced or between backquotes."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^(?: {4}|\t).*$", text, re.MULTILINE) + re.findall(r"```.*?```", text, re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test", "lint", "bench", "clean"} <= targets
    assert set(re.findall(r"\bmake ([a-z]+)\b", code(path))) <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_exist(path: Path) -> None:
    commands = {name for name in app if not name.startswith("-")}
    assert set(re.findall(r"^\s*facsmith ([a-z-]+)", code(path), re.MULTILINE)) <= commands


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_stages_exist(path: Path) -> None:
    for name in re.findall(r"python -m (pipeline\.[a-z_]+)", code(path)):
        assert (ROOT / f"{name.replace('.', '/')}.py").is_file(), name


def test_the_pipeline_runs_the_makefile_in_ci() -> None:
    assert "make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_everything_that_is_needed_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {_plain(pin.split("==")[0]) for pin in pins if "==" in pin}
    assert [name for name in map(_name, wanted) if name not in pinned] == []
    assert not [pin for pin in pins if "+" in pin], "a build such as +cpu is not everywhere"


def test_what_modules_read_is_packed_with_them() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    data = [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.*"))
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    ]
    packed = {path for package, patterns in listed.items() for each in patterns for path in (ROOT / package).glob(each)}
    assert len(data) > 5
    assert [str(path.relative_to(ROOT)) for path in data if path not in packed] == []


def test_the_shipped_demo_is_small() -> None:
    params = load(ROOT / PARAMS_FILE)
    assert params.image.size == 64
    assert params.train.preset == "demo"
    assert params.real.root is None


def _name(requirement: str) -> str:
    return _plain(re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
