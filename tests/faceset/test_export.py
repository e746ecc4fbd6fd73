"""Exports read back: by parsers written as the formats' public loaders are, and by our own sources.

The parsers here know the formats from ``facts`` alone and nothing of ``faceset.export``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from faceset.channels import CHANNELS
from faceset.errors import ExportError
from faceset.export import FORMATS
from faceset.export.bp4d import subject as bp4d_subject
from faceset.export.disfa import subject as disfa_subject
from faceset.export.folder import write_export
from faceset.export.labels import ExportLabels
from faceset.export.written import Written
from faceset.loading import ShardSet
from faceset.sample import Sample
from faceset.shards import write_shard
from faceset.sources.emotionet import read_emotionet
from faceset.sources.openface import read_openface
from facs.action_units import CODES, DISFA12, OPENFACE17, OPENFACE18
from facs.intensity import activation, ordinal, score

COUNT, SIZE = 40, 16
Export = Callable[..., tuple[Path, Written]]


def face(number: int, known: float = 0.9) -> Sample:
    rng = np.random.default_rng(number)
    mask = rng.random(len(CODES)) < known
    # The knots themselves, where float32 is apt to fall on the wrong side, and values between.
    left = np.where(rng.random(len(CODES)) < 0.5, rng.choice([0, 0.05, 0.2, 0.4, 0.7, 0.95, 1]), rng.random(len(CODES)))
    au = (left * (rng.random(len(CODES)) < 0.6) * mask).astype(np.float32)
    arrays = {
        "image": rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8),
        "au": au,
        "au_left": au,
        "au_right": au,
        "au_known": mask.astype(np.uint8),
        "identity": f"person {number % 3}",
        "sample_key": f"set/{number} ä",
        "source": "test",
        "twin_of": "",
        "head_pose": rng.uniform(-0.5, 0.5, 3).astype(np.float32),
        "head_forward": np.float32(rng.uniform(-0.08, 0.08)),
    }
    return Sample(arrays)


def opened(folder: Path, known: float = 0.9, count: int = COUNT) -> ShardSet:
    write_shard(folder / "00000.h5", [face(number, known) for number in range(count)], au_codes=CODES)
    return ShardSet.from_folder(folder)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> ShardSet:
    return opened(tmp_path_factory.mktemp("shards"))


@pytest.fixture
def export(tmp_path: Path, faces: ShardSet) -> Export:
    def write(name: str, images: bool = False) -> tuple[Path, Written]:
        return tmp_path, write_export(tmp_path, faces, name, images)

    return write


def truth(faces: ShardSet, code: str) -> tuple[Any, Any]:
    """The activations of an AU as float64 of what was meant, and whether it is known."""
    k = faces.au_codes.index(code)
    return faces.labels("au")[:, k].astype(np.float64).round(6), faces.labels("au_known")[:, k] == 1


def index(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "samples.csv")


def rows_of(faces: ShardSet, table: pd.DataFrame) -> Any:
    keys = faces.labels("sample_key").tolist()
    return np.array([keys.index(key) for key in table["sample_key"]])


def test_emotionet_as_its_loaders_read_it(export: Export, faces: ShardSet) -> None:
    root, _ = export("emotionet")
    names = ["url", "orig_url", *(f"AU{number}" for number in range(1, 61))]
    table = pd.read_csv(root / "dataFile_0001.txt", delimiter="\t", names=names)
    assert table.shape == (COUNT, 62)
    assert table.iloc[:, 2:].isin([0, 1, 999]).all(axis=None)
    for code in names[2:]:
        found = table[code].to_numpy()
        if code in CODES:
            au, known = truth(faces, code)
            assert np.array_equal(found, np.where(known, ordinal(au) > 0, 999)), code
        elif not 51 <= int(code[2:]) <= 58:
            assert (found == 999).all(), code
    yaw, pitch, roll = faces.labels("head_pose").T
    for code, angle, limit in (
        ("AU51", yaw, 60), ("AU52", -yaw, 60), ("AU53", pitch, 35), ("AU54", -pitch, 35), ("AU56", roll, 35)
    ):  # fmt: skip
        assert np.array_equal(table[code] == 1, angle >= 0.05 * np.radians(limit)), code
    forward = faces.labels("head_forward")
    assert np.array_equal(table["AU57"] == 1, forward >= 0.05 * 0.08)
    assert np.array_equal(table["AU58"] == 1, -forward >= 0.05 * 0.08)
    listed = index(root)
    assert rows_of(faces, listed).tolist() == list(range(COUNT))
    assert (listed["row"] == np.arange(1, COUNT + 1)).all()
    ends = [image.removeprefix("images") for image in listed["image"]]
    assert all(url.endswith(end) for url, end in zip(table["url"], ends, strict=True))


def test_emotionet_manual_layout_as_its_loaders_read_it(export: Export) -> None:
    root, _ = export("emotionet")
    table = pd.read_csv(next(root.glob("EmotioNet_FACS_*.csv")))
    table.columns = [name.replace("'", "").replace(" ", "") for name in table.columns]
    automatic = pd.read_csv(root / "dataFile_0001.txt", delimiter="\t", header=None)
    assert list(table.columns) == ["URL", "URLorig", *(f"AU{number}" for number in range(1, 61))]
    assert np.array_equal(table.iloc[:, 2:].to_numpy(), automatic.iloc[:, 2:].to_numpy())
    assert table["URL"].str.strip("'").tolist() == automatic[0].tolist()


def test_emotionet_comes_back_through_our_own_source(export: Export, faces: ShardSet) -> None:
    root, written = export("emotionet", images=True)
    release = read_emotionet(root)
    assert (release.refused, release.au_scale, len(release.annotations)) == ((), "presence", COUNT)
    place = {placement.image.removeprefix("images/"): placement.sample for placement in written.placements}
    labels = ExportLabels.of(faces)
    for annotation in release.annotations:
        row = place[annotation.path]
        assert (release.images / annotation.path).is_file()
        columns = {code: labels.column(code) for code in CODES}
        expected = {code: float(column.presence[row]) for code, column in columns.items() if column.scored[row]}
        if "AU43" in expected:
            expected.setdefault("AU45", expected["AU43"])
        assert dict(annotation.activation) == expected


def test_openface_as_ganimation_reads_it(export: Export, faces: ShardSet) -> None:
    """``np.loadtxt(path, delimiter=', ', skiprows=1)[2:19]``, which newer numpy wants as genfromtxt."""
    root, _ = export("openface")
    listed = index(root)
    for row, file in zip(rows_of(faces, listed), listed["file"], strict=True):
        content = np.genfromtxt(root / file, delimiter=", ", skip_header=1)
        assert content.shape == (2 + 17 + 18,)
        for k, code in enumerate(OPENFACE17):
            au, known = (values[row] for values in truth(faces, code))
            assert content[2 + k] == (pytest.approx(float(score(au)), abs=0.00501) if known else 0.0)


def test_openface_columns_by_name(export: Export, faces: ShardSet) -> None:
    root, _ = export("openface")
    listed = index(root)
    for row, file in zip(rows_of(faces, listed), listed["file"], strict=True):
        text = (root / file).read_text()
        assert text.startswith("face, confidence, AU01_r, AU02_r, AU04_r, ") and " AU45_r, AU01_c, " in text
        table = pd.read_csv(root / file, skipinitialspace=True)
        assert list(table.columns) == [
            *("face", "confidence"),
            *(f"AU{int(code[2:]):02d}_r" for code in OPENFACE17),
            *(f"AU{int(code[2:]):02d}_c" for code in OPENFACE18),
        ]
        for code in OPENFACE18:
            au, known = (values[row] for values in truth(faces, code))
            assert table.at[0, f"AU{int(code[2:]):02d}_c"] == (float(ordinal(au) > 0) if known else 0.0)


def test_every_zero_that_means_nothing_is_listed(export: Export, faces: ShardSet) -> None:
    root, written = export("openface")
    table = pd.read_csv(root / "unscored.csv")
    assert set(table["written"]) == {0} and set(table["reason"]) == {"not known"}
    found = set(zip(table["sample_key"], table["action_unit"], strict=True))
    keys = faces.labels("sample_key").tolist()
    expected = {(keys[row], code) for code in OPENFACE18 for row in np.flatnonzero(~truth(faces, code)[1])}
    assert found == expected and len(written.unscored) == len(expected) > 0
    assert "HAS NO VALUE" in (root / "README.txt").read_text()


def test_openface_comes_back_through_our_own_source(export: Export, faces: ShardSet) -> None:
    root, written = export("openface", images=True)
    release = read_openface(root / "processed", root / "images")
    assert (release.refused, len(release.annotations)) == ((), COUNT)
    place = {placement.image.removeprefix("images/"): placement.sample for placement in written.placements}
    for annotation in release.annotations:
        for code in OPENFACE17:
            au, known = (values[place[annotation.path]] for values in truth(faces, code))
            again = annotation.activation[code]
            # Half of the last printed digit, by the steepest part of the scale; .95 and more are all letter E.
            assert again == pytest.approx(min(au, 0.95) if known else 0.0, abs=0.005 * 0.3 + 1e-9)


def test_disfa_as_its_loaders_read_it(tmp_path: Path) -> None:
    """Twelve files for a person, joined row by row: ``A = load(file, ','); labels[:, k] = A[:, 1]``."""
    faces = opened(tmp_path / "shards", known=0.97)
    written = write_export(tmp_path / "out", faces, "disfa", images=True)
    root = tmp_path / "out" / "ActionUnit_Labels"
    people = sorted(path.name for path in root.iterdir())
    assert people == ["SN001", "SN002", "SN003"]
    listed = index(tmp_path / "out")
    scored = np.all([truth(faces, code)[1] for code in DISFA12], axis=0)
    assert sorted(rows_of(faces, listed)) == np.flatnonzero(scored).tolist()
    assert 0 < len(written.placements) == scored.sum() < COUNT
    for person in people:
        files = [root / person / f"{person}_au{code[2:]}.txt" for code in DISFA12]
        assert sorted(path.name for path in (root / person).iterdir()) == sorted(path.name for path in files)
        stacked = np.stack([np.loadtxt(path, delimiter=",", dtype=int) for path in files])
        assert (stacked[:, :, 0] == np.arange(1, stacked.shape[1] + 1)).all()
        rows = rows_of(faces, listed[listed["subject"] == person])
        for k, code in enumerate(DISFA12):
            assert stacked[k, :, 1].tolist() == ordinal(truth(faces, code)[0][rows]).tolist()
        for row, image in zip(rows, listed[listed["subject"] == person]["image"], strict=True):
            with Image.open(tmp_path / "out" / image) as found:
                assert np.array_equal(np.asarray(found), faces.images([row])[0])
    missing = pd.read_csv(tmp_path / "out" / "unscored.csv")
    assert set(missing["written"]) == {"left out"}
    keys = faces.labels("sample_key")
    assert set(missing["sample_key"]) == {keys[row] for row in np.flatnonzero(~scored)}


def test_disfa_that_nothing_fits_is_refused(tmp_path: Path, make_sample: Any) -> None:
    faces = opened(tmp_path / "shards", known=0.2, count=4)
    with pytest.raises(ExportError, match="none of the 4 faces has them all"):
        write_export(tmp_path / "out", faces, "disfa")


def test_bp4d_as_its_loaders_read_it(export: Export, faces: ShardSet) -> None:
    root, _ = export("bp4d")
    usecols = ["0", "1", "2", "4", "6", "7", "10", "12", "14", "15", "17", "23", "24"]
    listed = index(root)
    assert sorted(set(listed["subject"])) == ["F001", "F002", "F003"]
    for person, part in listed.groupby("subject"):
        path = root / "AUCoding/AU_OCC" / f"{person}_T1.csv"
        table = pd.read_csv(path, header=0, index_col=0, usecols=usecols)
        rows = rows_of(faces, part)
        assert table.index.tolist() == part["row"].tolist() == list(range(1, len(rows) + 1))
        for name in usecols[1:]:
            au, known = (values[rows] for values in truth(faces, f"AU{name}"))
            assert np.array_equal(table[name], np.where(known, ordinal(au) > 0, 9))
        by_place = np.array(pd.read_csv(path))
        assert by_place.shape[1] == 100, "column n is AU n, for loaders that count"
        assert np.array_equal(by_place[:, 12], table["12"]) and (by_place[:, 3] == 9).all()
        for code in ("AU6", "AU10", "AU12", "AU14", "AU17"):
            unit = f"AU{int(code[2:]):02d}"
            levels = pd.read_csv(root / f"AUCoding/AU_INT/{unit}/{person}_T1_{unit}.csv", header=None)
            au, known = (values[rows] for values in truth(faces, code))
            assert levels[0].tolist() == table.index.tolist()
            assert np.array_equal(levels[1], np.where(known, ordinal(au), 9))


def test_names_are_those_that_published_folds_list() -> None:
    assert [bp4d_subject(n) for n in (1, 23, 24, 41, 42, 60)] == ["F001", "F023", "M001", "M018", "F024", "F042"]
    assert [disfa_subject(n) for n in (1, 13, 14, 16, 17, 18, 27, 28)] == [
        *("SN001", "SN013", "SN016", "SN018", "SN021", "SN023", "SN032", "SN033")
    ]
    for name in (bp4d_subject, disfa_subject):
        assert len({name(number) for number in range(1, 500)}) == 499


@given(st.lists(st.text("abc", max_size=2), min_size=1, max_size=30))
def test_people_and_their_faces_are_numbered_without_gaps(people: list[str]) -> None:
    names = np.array(people)
    person, place = ExportLabels(np.arange(len(names)), names, names, {}).numbers()
    assert [sorted(set(people)).index(name) + 1 for name in people] == person.tolist()
    for number in set(person.tolist()):
        assert place[person == number].tolist() == list(range(1, (person == number).sum() + 1))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_indexes_its_faces_and_names_their_images(export: Export, faces: ShardSet, name: str) -> None:
    root, written = export(name, images=True)
    listed = index(root)
    assert len(listed) == len(written.placements) <= len(faces)
    assert listed["image"].is_unique and listed["sample_key"].is_unique
    for row, image in list(zip(rows_of(faces, listed), listed["image"], strict=True))[:6]:
        with Image.open(root / image) as found:
            pixels = np.asarray(found)
        assert pixels.shape == (SIZE, SIZE, 3)
        # JPEG of noise is the worst that can come.
        assert np.abs(pixels.astype(int) - faces.images([row])[0]).mean() < (20 if image.endswith("jpg") else 0.5)
    identities = dict(zip(faces.labels("sample_key").tolist(), faces.labels("identity").tolist(), strict=True))
    assert all(identities[key] == who for key, who in zip(listed["sample_key"], listed["identity"], strict=True))
    assert listed.groupby("subject")["identity"].nunique().max() == 1
    assert FORMATS[name].not_scored in (root / "README.txt").read_text()


def test_an_unknown_format_is_named(tmp_path: Path, faces: ShardSet) -> None:
    with pytest.raises(ExportError, match="unknown format 'csv'; known: emotionet, openface"):
        write_export(tmp_path, faces, "csv")


def test_the_old_shards_of_seventeen_aus(tmp_path: Path) -> None:
    """AU43 is AU45; AUs without a column are not known; without a pose nothing is known of the head's position."""
    rng = np.random.default_rng(0)
    au = rng.random(17).astype(np.float32)
    arrays = {
        "image": rng.integers(0, 256, (8, 8, 3), dtype=np.uint8),
        "au": au, "au_left": au, "au_right": au, "au_known": np.ones(17, np.uint8),
        "identity": "ann", "sample_key": "one", "source": "test", "twin_of": "",
    }  # fmt: skip
    write_shard(tmp_path / "shards" / "0.h5", [Sample(arrays)], au_codes=OPENFACE17)
    write_export(tmp_path / "out", ShardSet.from_folder(tmp_path / "shards"), "emotionet")
    row = (tmp_path / "out/dataFile_0001.txt").read_text().rstrip("\n").split("\t")[2:]
    assert row[42] == row[44] == str(int(au[16] >= 0.05))
    scored = {number for number in range(1, 61) if row[number - 1] != "999"}
    assert scored == {int(code[2:]) for code in OPENFACE17} | {43}


@pytest.mark.skipif("au_scorable" not in CHANNELS, reason="shards do not say yet what is scorable")
def test_what_is_out_of_sight_is_not_scored(tmp_path: Path) -> None:
    plain = face(1, known=1.0)
    hidden = np.ones(len(CODES), np.uint8)
    hidden[[CODES.index("AU12"), CODES.index("AU26")]] = 0
    sample = Sample({**plain, "au_scorable": hidden})
    write_shard(tmp_path / "shards" / "0.h5", [sample], au_codes=CODES)
    faces = ShardSet.from_folder(tmp_path / "shards")
    labels = ExportLabels.of(faces)
    assert labels.unscored(CODES) == [(0, "AU12", "out of sight"), (0, "AU26", "out of sight")]
    write_export(tmp_path / "emotionet", faces, "emotionet")
    row = (tmp_path / "emotionet/dataFile_0001.txt").read_text().rstrip("\n").split("\t")[2:]
    assert (row[11], row[25]) == ("999", "999") and row[24] != "999"
    write_export(tmp_path / "bp4d", faces, "bp4d")
    table = pd.read_csv(tmp_path / "bp4d/AUCoding/AU_OCC/F001_T1.csv")
    assert (table.at[0, "12"], table.at[0, "26"]) == (9, 9) and table.at[0, "25"] != 9
    with pytest.raises(ExportError):
        write_export(tmp_path / "disfa", faces, "disfa")


def test_scores_of_the_format_are_the_documented_table() -> None:
    """Guards the meaning of the numbers: .4 is letter C and the score 3, .7 is D, .95 is E."""
    assert score([0.0, 0.05, 0.4, 0.7, 0.95]).tolist() == [0.0, 1.0, 3.0, 4.0, 5.0]
    assert activation(2.0) == pytest.approx(0.2)
