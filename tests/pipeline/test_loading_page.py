"""The examples of docs/loading.md run, one after another, as a reader would run them."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import CODES

PAGE = Path(__file__).parents[2] / "docs/loading.md"


def _faces(count: int) -> list[Sample]:
    rng, known = np.random.default_rng(0), np.ones(len(CODES), np.uint8)
    samples = []
    for number in range(count):
        au = rng.random(len(CODES), dtype=np.float32)
        image = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        texts = {"identity": f"person {number}", "sample_key": f"face {number}", "source": "made", "twin_of": ""}
        samples.append(Sample({"image": image, "au": au, "au_left": au, "au_right": au, "au_known": known, **texts}))
    return samples


def test_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_shard(tmp_path / "data/shards/synthetic/a.h5", _faces(300))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), names)  # noqa: S102  the project's own page
    assert names["images"].shape == (256, 8, 8, 3)  # type: ignore[attr-defined]
    assert names["state"] == {"step": 1, "identity": {"num_samples": 300, "batch_size": 256, "seed": 0}}
    assert np.array_equal(names["batch"].image.cpu(), names["images"])  # type: ignore[attr-defined]
    parts = torch.cat([part(0).image for part in names["parts"]])  # type: ignore[attr-defined]
    assert np.array_equal(parts, names["images"])  # type: ignore[arg-type]
