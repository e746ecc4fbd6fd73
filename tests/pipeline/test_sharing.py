"""A push, a fresh clone and a pull give back the same shards, byte for byte, on a machine that has nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml

from faceset.shards import Shard, shard_paths

ROOT = Path(__file__).parents[2]
MAIN = f"{sys.executable} -m pipeline.cli"
STAGES = {
    "repack": {
        "cmd": f"{MAIN} repack them.h5 image=x identity=who --out data/shards --shard-size 4",
        "deps": ["them.h5"],
        "outs": ["data/shards"],
    },
    "describe": {
        "cmd": f"{MAIN} card data/shards --out reports --facts facts.yaml",
        "deps": ["data/shards", "facts.yaml"],
        "outs": ["reports"],
    },
}
"""Two of our own commands; what a stage does is of no matter to how its outputs travel."""


def run(folder: Path, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_"))},
        "DVC_NO_ANALYTICS": "1",
        "PYTHONPATH": str(ROOT),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "ann", f"GIT_{who}_EMAIL": "ann@example.invalid"}
    done = subprocess.run(list(words), cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done


def dvc(folder: Path, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    return run(folder, sys.executable, "-m", "dvc", *words, check=check)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A project whose stages have run; its remote is a folder."""
    folder = tmp_path / "here"
    (folder / ".dvc").mkdir(parents=True)
    run(folder, "git", "init", "-q")
    shutil.copy(ROOT / ".dvcignore", folder)
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
    dvc(folder, "remote", "add", "-q", "-d", "store", str(tmp_path / "store"))
    (folder / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (folder / ".gitignore").write_text("/data\n/reports\n")
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": STAGES}))
    facts = yaml.safe_load((ROOT / "dataset.yaml").read_text(encoding="utf-8"))
    (folder / "facts.yaml").write_text(yaml.safe_dump({**facts, "sources": ["them"]}))
    with h5py.File(folder / "them.h5", "w") as file:
        file["x"] = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3), dtype=np.uint8)
        file["who"] = np.array([b"ann", b"bob"] * 5)
    dvc(folder, "repro")
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "shards")
    return folder


def test_a_clone_elsewhere_gets_the_same_shards(tmp_path: Path, repository: Path) -> None:
    dvc(repository, "push", "-q")
    made = {name: tree(repository / name) for name in ("data/shards", "reports")}
    assert set(made["data/shards"]) >= {"00000.h5", "00002.h5", "manifest.jsonl"}
    assert {"croissant.json", "README.md", "datasheet.md"} == set(made["reports"])

    clone = tmp_path / "elsewhere"
    run(tmp_path, "git", "clone", "-q", str(repository), str(clone))
    shutil.rmtree(repository)
    assert not (clone / "data").exists()
    dvc(clone, "pull", "-q")

    assert {name: tree(clone / name) for name in made} == made
    assert sum(Shard.open(path, verify=True).num_samples for path in shard_paths(clone / "data/shards")) == 10
    assert "up to date" in dvc(clone, "status").stdout
    assert not [path for path in tree(clone / ".git") if path.endswith(".h5")]

    # A remote that has lost or altered a shard must not pass for one that has it.
    shutil.rmtree(clone / ".dvc/cache")
    shutil.rmtree(clone / "data")
    largest = max((tmp_path / "store").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    largest.unlink()
    assert dvc(clone, "pull", "-q", check=False).returncode != 0
