"""params.yaml: what it says is what the code gets, and every fault is one line that tells what to write."""

import copy
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML

from pipeline.errors import ParamsError
from pipeline.params import PARAMS_FILE, ExtraLabel, FaceModelName, Params, load
from render.labels import LABELS_ON_REQUEST
from render.rigs import FACE_MODELS

ROOT = Path(__file__).parents[2]
Tree = dict[str, Any]


def tree() -> Tree:
    return copy.deepcopy(YAML(typ="safe", pure=True).load(ROOT / PARAMS_FILE))


def written(folder: Path, content: object) -> Path:
    path = folder / "params.yaml"
    YAML(typ="safe", pure=True).dump(content, path)
    return path


def complaint(folder: Path, change: Callable[[Tree], object]) -> list[str]:
    content = tree()
    change(content)
    path = written(folder, content)
    with pytest.raises(ParamsError) as caught:
        load(path)
    return [line.removeprefix(f"{path}: ") for line in str(caught.value).splitlines()]


def test_the_shipped_file_is_read_into_frozen_values() -> None:
    params = load(ROOT / PARAMS_FILE)
    assert params.image.size == 64
    assert params.paths.specs == Path("data/specs")
    assert params.action_units == tuple(tree()["action_units"])
    assert set(params.arms) >= {"real", "synthetic", "mixed"}
    with pytest.raises(AttributeError):
        params.seed = 1  # type: ignore[misc]


def test_the_shipped_file_explains_every_key_and_keeps_the_order_of_the_sections() -> None:
    lines = [line for line in (ROOT / PARAMS_FILE).read_text(encoding="utf-8").splitlines() if ":" in line]
    unexplained = [line for line in lines if not line.endswith(":") and "#" not in line]
    assert unexplained == []
    top = [line for line in lines if line[:1].isalpha()]
    assert [line.split(":")[0] for line in top] == [entry.name for entry in fields(Params)]


def test_every_label_on_request_can_be_asked_for() -> None:
    assert get_args(ExtraLabel) == tuple(LABELS_ON_REQUEST)


def test_every_face_model_can_be_chosen() -> None:
    assert get_args(FaceModelName) == tuple(FACE_MODELS)


CASES: list[tuple[Callable[[Tree], object], str]] = [
    (
        lambda t: t["synthetic"].update(count="many"),
        'synthetic.count: expected an integer >= 1, found "many"',
    ),
    (lambda t: t["synthetic"].update(count=0), "synthetic.count: expected an integer >= 1, found 0"),
    (lambda t: t["synthetic"].update(count=10.5), "synthetic.count: expected an integer >= 1, found 10.5"),
    (lambda t: t["synthetic"].update(count=True), "synthetic.count: expected an integer >= 1, found true"),
    (lambda t: t["synthetic"].update(count=None), "synthetic.count: expected an integer >= 1, found null"),
    (lambda t: t["synthetic"].update(cuont=5), "synthetic.cuont: unknown key; did you mean count?"),
    (lambda t: t.update(sinthetic={}), "sinthetic: unknown key; did you mean synthetic?"),
    (lambda t: t["synthetic"].pop("count"), "synthetic.count: missing; expected an integer >= 1"),
    (lambda t: t.pop("synthetic"), "synthetic: missing; expected a section with keys"),
    (lambda t: t.update(synthetic=3), "synthetic: expected a section with keys, found 3"),
    (
        lambda t: t["emulated"].update(label_error=1.5),
        "emulated.label_error: expected a number >= 0 and <= 1, found 1.5",
    ),
    (
        lambda t: t["judge"].update(camera_effects=-0.1),
        "judge.camera_effects: expected a number >= 0 and <= 1, found -0.1",
    ),
    (
        lambda t: t["emulated"].update(backend="opengl"),
        'emulated.backend: expected one of raster, pyrender, blender, found "opengl"',
    ),
    (
        lambda t: t["judge"].update(face_model="flame"),
        'judge.face_model: expected one of anny, ict, found "flame"',
    ),
    (
        lambda t: t["synthetic"].update(identities=10**6),
        "synthetic: identities: expected at most count = 700, found 1000000",
    ),
    (
        lambda t: t["arms"]["mixed"]["sources"].update(real=0.9),
        "arms.mixed: sources: expected shares whose sum is 1, found {'real': 0.9, 'synthetic': 0.5}",
    ),
    (
        lambda t: t["arms"]["real"].update(sources={"judge": 1.0}),
        "arms.real: sources: expected sets to train on, found judge, which judges what was trained",
    ),
    (
        lambda t: (t["arms"]["real"].update(duplicates="near"), t["splits"].update(near_distance=None)),
        "arms.real: duplicates: near needs splits.near_distance, found null",
    ),
    (
        lambda t: t["splits"].update(near_distance=64),
        "splits.near_distance: expected an integer >= 0 and <= 63 or null, found 64",
    ),
    (lambda t: t["arms"]["real"].update(balance=["AU99"]), "arms.real.balance.0: expected one of AU1, AU2, "),
    (lambda t: t["real"].update(root=5), "real.root: expected a text or null, found 5"),
    (lambda t: t["evaluate"].update(strip_levels=[0.5]), "evaluate.strip_levels: expected a list of at least 2, each"),
    (lambda t: t["train"].update(seeds=[]), "train.seeds: expected a list of at least 1, each an integer >= 0"),
    (lambda t: t["train"].update(seeds=[0, "x"]), 'train.seeds.1: expected an integer >= 0, found "x"'),
    (lambda t: t["action_units"].append("AU99"), "action_units.6: expected one of AU1, AU2, "),
    (lambda t: t["splits"].update(test=0.99), "splits: validation + test: expected < 1, found 1.04"),
    (
        lambda t: t["image"].update(size=60),
        "image.size: expected an integer >= 16 and <= 1024 and a multiple of 16, found 60",
    ),
]


@pytest.mark.parametrize(("change", "expected"), CASES, ids=[text[:40] for _, text in CASES])
def test_a_fault_is_one_line(tmp_path: Path, change: Callable[[Tree], object], expected: str) -> None:
    lines = complaint(tmp_path, change)
    assert len(lines) == 1
    assert lines[0].startswith(expected)


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    def change(content: Tree) -> None:
        content["synthetic"]["count"] = 0
        content["judge"]["count"] = "no"

    assert len(complaint(tmp_path, change)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed: 1\nseed: 2\n", "line 2: a key appears twice"),
        ("seed: [1\n", "line 2: not YAML"),
        ("- 1\n", "expected a section with keys, found [1]"),
        ("just words", 'expected a section with keys, found "just words"'),
        ("", "paths: missing; expected a section with keys"),
        ("seed: !!python/object:os.system {}", "line 1: not YAML"),
    ],
)
def test_a_file_that_is_no_params_file(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: {expected}")


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"none\.yaml: cannot be read: No such file"):
        load(tmp_path / "none.yaml")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(b"\xff\xfe\x00seed")
    with pytest.raises(ParamsError, match="expected UTF-8 text"):
        load(path)


def test_numbers_without_a_dot_are_numbers(tmp_path: Path) -> None:
    content = tree()
    path = written(tmp_path, content)
    path.write_text(path.read_text(encoding="utf-8").replace("0.004", "4e-3"), encoding="utf-8")
    assert load(path).estimator.learning_rate == 4e-3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)), "aliases"),
        ("a: &a [*a]\n", "aliases"),
        ("[" * 3000, "nested too deeply"),
        (f"seed: {'9' * 20_000}\n", "a value cannot be read"),
        ("seed: 2026-13-45\n", "a value cannot be read"),
        ("#" * 2_000_000, "at most 1000000 bytes"),
    ],
)
def test_files_that_explode_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(ParamsError, match=said):
        load(tmp_path / "params.yaml")
