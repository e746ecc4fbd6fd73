"""The stage that checks every set also lists the twins of all of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faceset.gates import Gate
from faceset.loading import ShardSet
from faceset.sample import Sample
from faceset.shards import write_shard
from faceset.spec import Identity, SampleSpec, write_specs
from faceset.splits import split_of
from faceset.twins import TwinPairs
from facs.action_units import CODES
from pipeline.check_shards import DRAWN_AS, HELD_OUT, SETS, TWINS, run
from pipeline.errors import StageError
from pipeline.params import Params, load
from pipeline.storing import SPECS

ROOT = Path(__file__).parents[2]


def shards(folder: Path, name: str, twins: bool, people: str = "") -> None:
    rng = np.random.default_rng(sum(map(ord, name)))
    samples = []
    for number in range(12):
        au = rng.random(len(CODES)).astype(np.float32)
        base = f"{name}-{number - 1}" if twins and number % 2 else ""
        labels = {"au": au, "au_left": au, "au_right": au, "au_known": np.ones(len(CODES), np.uint8)}
        texts = {"identity": f"{people or name}-person-{number // 2}", "sample_key": f"{name}-{number}"}
        image = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        samples.append(Sample({"image": image, "source": name, "twin_of": base, **labels, **texts}))
    write_shard(folder / name / "00000.h5", samples, au_codes=CODES)


@pytest.fixture
def params(tmp_path: Path) -> Params:
    shipped = load(ROOT / "params.yaml")
    (tmp_path / "same.csv").write_text("identity,person\n", encoding="utf-8")
    paths = replace(
        shipped.paths,
        shards=tmp_path / "shards",
        reports=tmp_path / "reports",
        quarantine=tmp_path / "quarantine",
        same_people=tmp_path / "same.csv",
    )
    return replace(shipped, paths=paths)


def test_the_table_of_twins_covers_every_set(params: Params) -> None:
    for name in SETS:
        shards(params.paths.shards, name, twins=name not in ("real", "judge"))
    run(params)
    path = params.paths.reports / "dataset" / TWINS
    table = pd.read_parquet(path)
    assert table["set"].value_counts().to_dict() == {"synthetic": 12, "twins": 12, "twins_emulated": 12}
    assert set(table.loc[table["set"].isin(HELD_OUT), "split"]) == {"test"}
    ours = table[table["set"] == "synthetic"]
    expected = [split_of(who, params.seed, params.splits.fractions) for who in ours["identity"]]
    assert ours["split"].tolist() == expected
    pairs = TwinPairs.load(path, "twins", ShardSet.from_folder(params.paths.shards / "twins"), "test")
    assert len(pairs) == 12


def test_a_person_in_two_sets_stops_the_stage_and_the_page_says_who(params: Params) -> None:
    for name in SETS:
        shards(params.paths.shards, name, twins=False, people="judge" if name == "twins" else "")
    page = params.paths.reports / "dataset" / "index.html"
    with pytest.raises(StageError) as error:
        run(params)
    first, told = str(error.value).splitlines()
    assert first == f"expected every gate to pass, found 1 that failed: {page}"
    assert told.startswith(
        "all sets: shared_people (quality.gates.max_shared_identities): found 12, expected at most 0"
    )
    assert "judge and twins share 6" in told
    assert "give each set people of its own" in told
    assert "judge-person-0" in page.read_text(encoding="utf-8")
    assert json.loads((page.parent / "report.json").read_text(encoding="utf-8"))["status"] == "fail"


def test_a_broken_set_and_a_gate_of_the_params_stop_the_stage_and_the_page_says_which(params: Params) -> None:
    for name in SETS:
        shards(params.paths.shards, name, twins=False)
    (params.paths.shards / "judge" / "00000.h5").write_bytes(b"nothing")
    strict = replace(params.quality, gates=replace(params.quality.gates, min_faces=Gate(None, 13)))
    with pytest.raises(StageError) as error:
        run(replace(params, quality=strict))
    assert "judge: shards_open: found 1, expected at most 0" in str(error.value)
    assert "real: faces (quality.gates.min_faces): found 12, expected at least 13: 12 faces" in str(error.value)
    page = (params.paths.reports / "dataset" / "index.html").read_text(encoding="utf-8")
    assert "Not on this page, because they cannot be read: judge" in page
    assert "Do not train on this yet" in page


def test_specifications_tell_how_faces_are_seen_and_how_true_labels_are(params: Params) -> None:
    for name in SETS:
        shards(params.paths.shards, name, twins=False)
    folder = params.paths.shards
    drawn = [SampleSpec(f"real-{number}", Identity(f"real-person-{number // 2}")) for number in range(12)]
    write_specs(folder / DRAWN_AS["real"] / SPECS, drawn[::-1])
    write_specs(folder / "judge" / SPECS, drawn)  # of other faces
    run(params)
    found = {
        name: json.loads((params.paths.reports / "dataset" / f"{name}.json").read_text())["coverage"] for name in SETS
    }
    assert found["real"]["circumstances"]["n"] == 12
    assert (found["real"]["people"]["n"], sum(found["real"]["people"]["tones"])) == (6, 6)
    assert found["real"]["accuracy"]["labels"] == 12 * len(CODES)
    assert not any("circumstances" in found[name] for name in SETS if name != "real")
