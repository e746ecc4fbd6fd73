"""A sweep runs every combination once, in one process, and leaves the working tree as it was."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ParamsError, StageError
from pipeline.experiments import override
from pipeline.sweeping import LONGEST_NAME, Axis, combinations, parse_axis, sweep

ROOT = Path(__file__).parents[2]
STAGE = """
import sys, json, yaml
params = yaml.safe_load(open("params.yaml"))
steps, batch = params["train"]["steps"], params["train"]["batch_size"]
if steps == 13: sys.exit("thirteen brings bad luck")
if steps == 14: import time; open("begun", "w").close(); time.sleep(60)
open("model.bin", "w").write(f"{steps} {batch}")
json.dump({"score": steps * batch}, open("metrics.json", "w"))
open("runs.txt", "a").write(f"{steps} {batch}\\n")
"""
PIPELINE = {
    "stages": {
        "train": {
            "cmd": f"{sys.executable} stage.py",
            "deps": ["stage.py"],
            "params": ["train"],
            "outs": ["model.bin"],
            "metrics": [{"metrics.json": {"cache": False}}],
        },
        "score": {
            "cmd": "python -c 'import sys, ruamel.yaml, shutil; shutil.copy(*sys.argv[1:])' model.bin score.bin",
            "deps": ["model.bin"],
            "outs": ["score.bin"],
        },
    }
}


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_"))}
    for who in ("AUTHOR", "COMMITTER"):
        kept |= {f"GIT_{who}_NAME": "ann", f"GIT_{who}_EMAIL": "ann@example.invalid"}
    plain = {"DVC_NO_ANALYTICS": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    # Nobody activated this environment: a sweep finds its python by itself.
    return {**kept, **plain, "PYTHONPATH": str(ROOT), "PATH": os.defpath}


def run(folder: Path, *words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        list(words), cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == code, f"{words}: {done.returncode}: {done.stdout}{done.stderr}"
    return done


def swept(folder: Path, *words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    return run(folder, sys.executable, "-P", "-m", "pipeline.cli", "sweep", *words, code=code)


def shown(folder: Path) -> dict[str, tuple[int, int]]:
    """Returns each experiment's steps and score, as DVC tells them."""
    told = json.loads(run(folder, sys.executable, "-m", "dvc", "exp", "show", "--json").stdout)
    baseline = next(each for each in told if each["rev"] != "workspace")
    found = {}
    for experiment in baseline["experiments"] or []:
        last = experiment["revs"][0]["data"]
        metrics = last["metrics"]["metrics.json"]["data"]
        found[experiment["name"]] = (last["params"]["params.yaml"]["data"]["train"]["steps"], metrics["score"])
    return found


def tree(folder: Path) -> dict[str, bytes]:
    names = ("params.yaml", "dvc.lock", "model.bin", "metrics.json", "score.bin")
    return {name: (folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose two stages have run."""
    folder = tmp_path_factory.mktemp("sweep") / "project"
    folder.mkdir()
    run(folder, "git", "init", "-q")
    run(folder, sys.executable, "-m", "dvc", "init", "-q")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["train"] |= {"steps": 3, "batch_size": 4}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    (folder / "stage.py").write_text(STAGE, encoding="utf-8")
    (folder / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE), encoding="utf-8")
    (folder / ".gitignore").write_text("/runs.txt\n/begun\n", encoding="utf-8")
    run(folder, "env", f"PATH={Path(sys.executable).parent}:{os.defpath}", "dvc", "repro", "-q")
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "ran")
    (folder / "runs.txt").unlink()
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "project"))


def test_every_combination_runs_once_and_the_tree_is_put_back(project: Path) -> None:
    before = tree(project)
    done = swept(project, "train.steps=5,7", "train.batch_size=2,3", "--from", "train")
    expected = {f"steps={steps},batch_size={size}": (steps, steps * size) for steps, size in product((5, 7), (2, 3))}
    assert done.stdout.splitlines()[-4:] == list(expected)
    assert shown(project) == expected
    assert tree(project) == before
    assert run(project, "git", "status", "--short").stdout == ""
    assert run(project, sys.executable, "-m", "dvc", "status").stdout.startswith("Data and pipelines are up to date")

    again = swept(project, "train.steps=5,9", "train.batch_size=2")
    assert "1 of 2 have run before" in again.stderr
    assert (project / "runs.txt").read_text().splitlines() == ["5 2", "5 3", "7 2", "7 3", "9 2"]


def test_a_failure_is_told_and_stops_no_other(project: Path) -> None:
    before = tree(project)
    done = swept(project, "train.steps=5,13,7", code=1)
    assert "1 of 3 experiments failed" in done.stderr
    assert "steps=13: " in done.stderr and "exited with 1" in done.stderr
    assert sorted(steps for steps, _ in shown(project).values()) == [5, 7]
    assert tree(project) == before


def test_ctrl_c_stops_the_sweep_and_puts_the_tree_back(project: Path) -> None:
    before = tree(project)
    words = [sys.executable, "-P", "-m", "pipeline.cli", "sweep", "train.steps=5,14,7"]
    child = subprocess.Popen(
        words,
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 90
    while not (project / "begun").exists():
        assert child.poll() is None and time.monotonic() < deadline, child.communicate()
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    _, told = child.communicate(timeout=90)
    assert child.returncode == 130, told
    assert "interrupted" in told
    assert [steps for steps, _ in shown(project).values()] == [5]
    assert tree(project) == before


def test_nothing_runs_where_one_combination_is_impossible(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    with pytest.raises(ParamsError, match=r"train\.steps: expected an integer >= 1 or null, found \"many\""):
        sweep(["train.steps=5,many"])
    with pytest.raises(ParamsError, match=r"train\.stpes: the file has no such key; did you mean steps\?"):
        sweep(["train.stpes=5"])
    with pytest.raises(ParamsError, match=r"seed\.x: the file has no such key; what it lies in has no keys"):
        sweep(["seed.x=5"])
    assert not (project / "runs.txt").exists()


TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), max_size=9)
NASTY = st.text(alphabet="\\'\"a,=[]{} $", max_size=6)


@given(st.lists(TEXTS | NASTY, min_size=1))
def test_dvc_takes_every_text_as_it_is(texts: list[str]) -> None:
    from dvc.utils.hydra import to_hydra_overrides

    for value in (texts[0], texts):
        assert to_hydra_overrides([f"real.root={override(value)}"])[0].value() == value


def test_a_stage_that_does_not_exist_is_named(project: Path) -> None:
    assert "trian" in swept(project, "train.steps=5", "--from", "trian", code=1).stderr


def test_outside_of_a_repository_one_message_says_so(tmp_path: Path) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    told = swept(tmp_path, "train.steps=5", code=1).stderr
    assert "expected to be in a DVC repository" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "words", [[], ["train.steps"], ["train.steps="], ["=5"], ["a=1,,2"], ["a=[1"], ["a={k: 1}"], [f"a={'9' * 5000}"]]
)
def test_what_cannot_be_read_is_refused(words: list[str]) -> None:
    with pytest.raises(StageError, match=r"expected key=value,value"):
        combinations([parse_axis(word) for word in words])


@pytest.mark.parametrize("words", [["a=1,1"], ["a=1", "a=2"]])
def test_what_is_said_twice_is_refused(words: list[str]) -> None:
    with pytest.raises(StageError, match=r"found a(=1)? twice"):
        combinations([parse_axis(word) for word in words])


def test_values_are_read_as_in_the_params() -> None:
    values = (["AU1", "AU4"], ["AU2"], "a,b", 0.5, 1e-4, None, True, "../x y")
    assert parse_axis('x=[AU1,AU4],[AU2],"a,b",0.5,1e-4,null,true,../x y').values == values


def test_names_are_short_where_that_is_clear() -> None:
    assert [each.name for each in combinations([parse_axis("a.x=1"), parse_axis("b.y=0.5")])] == ["x=1,y=0.5"]
    assert [each.name for each in combinations([parse_axis("a.x=1"), parse_axis("b.x=2")])] == ["a.x=1,b.x=2"]


@given(st.lists(st.text(min_size=1, max_size=150), min_size=1, max_size=4, unique=True))
def test_every_name_is_one_for_git_and_tells_its_values_apart(values: list[str]) -> None:
    names = [each.name for each in combinations([Axis("train.key", tuple(values))])]
    assert len(set(names)) == len(values)
    for name in names:
        assert len(name) <= LONGEST_NAME + 9
        done = subprocess.run(["git", "check-ref-format", f"refs/exps/{name}"], check=False)
        assert done.returncode == 0, name
