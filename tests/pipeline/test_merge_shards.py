"""The stage that merges: sources by name, an account that adds up, and what is said of links."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from faceset.errors import LinkError, ShardError
from faceset.manifest import file_sha256
from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import CODES
from pipeline.merge_shards import run
from pipeline.params import Params, load

ROOT = Path(__file__).parents[2]


def face(number: int, identity: str, source: str, twin_of: str = "", image: Any = None) -> Sample:
    rng = np.random.default_rng(number)
    au = (rng.integers(0, 3, len(CODES)) / 2).astype(np.float32)
    return Sample(
        {
            "image": rng.integers(0, 256, (16, 16, 3), dtype=np.uint8) if image is None else image,
            "au": au,
            "au_left": au,
            "au_right": au,
            "au_known": np.ones(len(CODES), np.uint8),
            "identity": identity,
            "sample_key": f"{source} {number}",
            "source": source,
            "twin_of": twin_of,
        }
    )


@pytest.fixture
def params(tmp_path: Path) -> Params:
    """Three sources of 30 faces; one photograph was taken again, as a face of another name."""
    shipped = load(ROOT / "params.yaml")
    for start, source in enumerate(("real", "synthetic", "reconstructed")):
        faces = [face(100 * start + row, f"{source} {row // 3}", source) for row in range(30)]
        if source == "reconstructed":
            photograph = face(0, "", "real")["image"]
            faces[29] = face(999, "reconstructed 9", source, image=np.clip(photograph, 9, 250))
        write_shard(tmp_path / "shards" / source / "a.h5", faces)
    (tmp_path / "same.csv").write_text("identity,person\nreal 3,x\nsynthetic 4,x\n")
    paths = replace(
        shipped.paths, shards=tmp_path / "shards", merged=tmp_path / "merged", same_people=tmp_path / "same.csv"
    )
    return replace(shipped, paths=paths, arms={})


def account(params: Params, **changes: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    arm = replace(load(ROOT / "params.yaml").arms["real"], count=None, **changes)
    run(replace(params, arms={"arm": arm}), "arm")
    path = params.paths.merged / "arm.json"
    return json.loads(path.read_text(encoding="utf-8")), pd.read_parquet(path.with_suffix(".parquet"))


def test_any_folder_of_shards_is_a_source(params: Params, capsys: pytest.CaptureFixture[str]) -> None:
    found, frame = account(params, sources={"real": 0.5, "synthetic": 0.25, "reconstructed": 0.25})
    assert frame["source"].value_counts().to_dict() == {"real": 30, "synthetic": 15, "reconstructed": 15}
    assert {name: source["taken"] for name, source in found["sources"].items()} == {
        "real": 30, "synthetic": 15, "reconstructed": 15,
    }  # fmt: skip
    assert found["sources"]["synthetic"]["dropped"] == {"count": 15}
    assert set(found["shards"]) == {f"../shards/{name}/a.h5" for name in ("real", "synthetic", "reconstructed")}
    assert found["index"] == file_sha256(params.paths.merged / "arm.parquet")
    assert sum(found["faces"].values()) == len(frame)
    links = found["links"]
    assert (links["groups"], links["identities"], links["largest"]) == (2, 4, 2)
    assert links["listed"] == [
        {"identities": ["real 0", "reconstructed 9"], "reasons": ["alike images"]},
        {"identities": ["real 3", "synthetic 4"], "reasons": ["table"]},
    ]
    assert "4 people lie in 2 linked groups" in capsys.readouterr().err


def test_a_rule_that_links_everybody_is_told(params: Params, capsys: pytest.CaptureFixture[str]) -> None:
    splits = replace(params.splits, near_distance=60, near_correlation=0.0)
    found, _ = account(replace(params, splits=splits), sources={"real": 0.5, "synthetic": 0.5})
    assert found["links"]["largest"] > 10
    assert "raise splits.near_correlation" in capsys.readouterr().err


def test_rules_reach_the_choice(params: Params) -> None:
    sources = {"real": 0.5, "reconstructed": 0.5}
    found, frame = account(params, sources=sources, duplicates="near", max_per_identity=2, balance=("AU1", "AU12"))
    dropped = [source["dropped"] for source in found["sources"].values()]
    assert sum(each.get("duplicate", 0) for each in dropped) == 1
    assert frame.groupby("identity").size().max() == 2
    assert found["evenness"]["taken"] > 0.9
    for source in found["sources"].values():
        assert source["available"] == source["taken"] + sum(source["dropped"].values())
        assert sum(source["splits"].values()) == source["taken"]


def test_names_are_shared_or_not(params: Params) -> None:
    (params.paths.same_people).write_text("identity,person\n")
    splits = replace(params.splits, same_names=False, near_distance=None)
    found, frame = account(replace(params, splits=splits), sources={"real": 0.5, "reconstructed": 0.5})
    assert set(frame["identity"].str.split("/").str[0]) == {"real", "reconstructed"}
    assert found["links"]["groups"] == 0


def test_an_absent_source_or_table_is_named(params: Params) -> None:
    with pytest.raises(ShardError, match="photos: expected a folder of shards, found none"):
        account(params, sources={"photos": 1.0})
    params.paths.same_people.unlink()
    with pytest.raises(LinkError, match=r"same\.csv: expected a CSV table"):
        account(params, sources={"real": 1.0})
