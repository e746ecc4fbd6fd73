"""OpenFace tables of both generations, and folders of them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.errors import SourceError
from faceset.quarantine import Reason
from faceset.sources.openface import activations, openface_row, read_openface, read_openface_csv
from facs.action_units import OPENFACE17
from facs.intensity import score

FIXTURE = Path(__file__).parents[3] / "shared/real/openface_fixture/OpenFace_Test.csv"
NAMES = ["face", "confidence", "AU01_r", "AU12_r", "AU45_r", "AU12_c", "AU28_c"]
ROW = ["0", "0.95", "0.00", "3.00", "1.25", "1.0", "0.0"]


def table(*rows: list[str], separator: str = ",", names: list[str] = NAMES) -> str:
    return "\n".join(separator.join(row) for row in (names, *rows)) + "\n"


@pytest.mark.parametrize("separator", [",", ", "])
def test_columns_are_found_by_name_in_both_generations(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table(ROW, separator=separator))
    rows, refused = read_openface_csv(path)
    assert refused == []
    assert rows[0].intensity == {"AU1": 0.0, "AU12": 3.0, "AU45": 1.25}
    assert rows[0].presence == {"AU12": 1.0, "AU28": 0.0}
    assert (rows[0].confidence, rows[0].success, rows[0].face, rows[0].line) == (0.95, True, 0, 2)


def test_several_faces_are_several_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table(ROW, ["1", *ROW[1:]]))
    assert [row.face for row in read_openface_csv(path)[0]] == [0, 1]


def test_intensities_become_activations_on_the_documented_scale() -> None:
    found = activations({"AU12": 3.0, "AU1": 0.0, "AU4": 5.0})
    assert found == {"AU12": 0.4, "AU1": 0.0, "AU4": 0.95}
    assert score(0.4) == pytest.approx(3.0)


@pytest.mark.skipif(not FIXTURE.exists(), reason="the shared photographs are not here")
def test_a_real_table() -> None:
    rows, refused = read_openface_csv(FIXTURE)
    assert (len(rows), refused) == (100, [])
    assert tuple(rows[0].intensity) == OPENFACE17
    assert len(rows[0].presence) == 18
    assert [row.frame for row in rows] == list(range(1, 101))
    assert all(row.success for row in rows)
    assert 1.0 < max(max(row.intensity.values()) for row in rows) < 1.5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = tmp_path / "images"
    (images / "deep").mkdir(parents=True)
    for name in ("good.jpg", "two.png", "doubt.jpg", "none.jpg", "bad.jpg", "deep/other.JPG"):
        (images / name).write_bytes(b"x")
    return tmp_path


def test_a_folder_of_tables(folder: Path) -> None:
    tables = folder / "tables"
    (tables / "deep").mkdir(parents=True)
    texts = {
        "good": table(ROW),
        "deep/other": table(ROW, separator=", "),
        "two": table(ROW, ["1", *ROW[1:]]),
        "doubt": table(["0", "0.30", *ROW[2:]]),
        "none": table(),
        "bad": table(["0", "0.95", "9.0", *ROW[3:]]),
        "lost": table(ROW),
        "video": table(["1", *ROW], ["2", *ROW], names=["frame", *NAMES]),
        "foreign": "a,b\n1,2\n",
        "short": table(ROW[:4]),
    }
    for name, text in texts.items():
        (tables / f"{name}.csv").write_text(text)
    release = read_openface(tables, folder / "images")
    assert [annotation.path for annotation in release.annotations] == ["deep/other.JPG", "good.jpg"]
    assert dict(release.annotations[1].activation) == activations({"AU1": 0.0, "AU12": 3.0, "AU45": 1.25})
    assert release.annotations[1].where == "good.csv:2"
    assert release.au_scale == "activation"
    assert {entry.where.split(".")[0]: entry.reason for entry in release.refused} == {
        "two": Reason.TWO_FACES,
        "doubt": Reason.LOW_CONFIDENCE,
        "none": Reason.NO_FACE,
        "bad": Reason.BAD_VALUE,
        "lost": Reason.ABSENT,
        "video": Reason.BAD_PATH,
        "foreign": Reason.COLUMN_COUNT,
        "short": Reason.COLUMN_COUNT,
    }


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="found none"):
        read_openface(tmp_path)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(["nan", "-1", "inf", "0", "5", "", "6"]), st.text()), max_size=9))
def test_any_row_is_read_or_refused(columns: list[str]) -> None:
    try:
        row = openface_row(NAMES, columns, 2)
    except SourceError as error:
        assert str(error)
        return
    assert all(0.0 <= value <= 5.0 for value in row.intensity.values())
