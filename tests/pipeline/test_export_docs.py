"""The examples in docs/exports.md run as they are written, and read what was stored."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from faceset.export import CONTAINERS, FORMATS
from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import CODES
from pipeline.cli import app

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/exports.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
SIZE = 8


def face(number: int) -> Sample:
    rng = np.random.default_rng(number)
    au = rng.random(len(CODES)).astype(np.float32)
    return Sample({
        "image": rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8),
        "au": au, "au_left": au, "au_right": au, "au_known": np.ones(len(CODES), np.uint8),
        "landmarks": (rng.random((68, 2)) * SIZE).astype(np.float32), "landmark_visible": np.ones(68, np.uint8),
        "identity": "ann", "sample_key": f"face {number}", "source": "synthetic", "twin_of": "",
    })  # fmt: skip


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    write_shard(folder / "shards/0.h5", [face(0)])
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(params) | {"splits": {**yaml.safe_load(params)["splits"], "validation": 0.0, "test": 0.0}}
    (folder / "params.yaml").write_text(yaml.safe_dump(content))
    for name in CONTAINERS:
        words = ("--format", name, "--out", str(folder / "exports" / name), "--params", str(folder / "params.yaml"))
        facts = ("--facts", str(ROOT / "dataset.yaml"))
        assert app(["export", str(folder / "shards"), *words, *facts], result_action="return_value") == 0
    return folder


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"
)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: re.findall(r"import (\w+)", text)[0])
def test_an_example_reads_what_was_stored(
    exports: Path, tmp_path: Path, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.chdir(exports)
    found: dict[str, Any] = {}
    exec(compile(example, "docs/exports.md", "exec"), found)  # noqa: S102 our own text
    stored = face(0)
    assert np.array_equal(np.asarray(found["image"]), stored["image"])
    assert np.float32(found["smile"]) == stored["au"][CODES.index("AU12")] and found["scored"]
    assert np.array_equal(np.asarray(found["landmarks"], np.float32), stored["landmarks"])


def test_every_format_is_told() -> None:
    assert [name for name in (*FORMATS, *CONTAINERS) if f"`{name}`" not in TEXT] == []
    assert len(EXAMPLES) == 4
