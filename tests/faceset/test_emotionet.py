"""EmotioNet's tables: the two formats, merging, and rows from hell."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.errors import SourceError
from faceset.quarantine import Reason
from faceset.sources.emotionet import (
    NUM_AUS,
    RowError,
    automatic_row,
    presences,
    read_emotionet,
    relative_path,
)

BASE = "https://example.invalid/emotionet/Images/"


def url(photo: str) -> str:
    return f"{BASE}N_0000000001/N_0000000001_{photo}.jpg"


def labels(**scores: int) -> list[str]:
    return [str(scores.get(f"au{number}", 999)) for number in range(1, NUM_AUS + 1)]


def automatic(photo: str, **scores: int) -> str:
    return "\t".join([url(photo), "http://elsewhere", *labels(**scores)]) + "\n"


def manual_header() -> str:
    return ",".join(["URL", "URL orig", *(f"'AU {number}'" for number in range(1, NUM_AUS + 1))]) + "\n"


def manual(photo: str, **scores: int) -> str:
    return ",".join([f"'{url(photo)}'", "'http://elsewhere'", *labels(**scores)]) + "\n"


def by_name(root: Path) -> dict[str, dict[str, float]]:
    release = read_emotionet(root)
    return {annotation.path[-9:-4]: dict(annotation.activation) for annotation in release.annotations}


def test_automatic_rows(tmp_path: Path) -> None:
    text = automatic("00002", au1=0, au12=1, au43=1, au51=1) + "\n" + automatic("00001", au25=1)
    (tmp_path / "dataFile_0001.txt").write_text(text)
    release = read_emotionet(tmp_path)
    assert [row.path for row in release.annotations] == [
        "N_0000000001/N_0000000001_00001.jpg",
        "N_0000000001/N_0000000001_00002.jpg",
    ]
    assert release.au_scale == "presence"
    assert release.refused == ()
    second = release.annotations[1]
    assert second.where == "dataFile_0001.txt:1"
    assert dict(second.activation) == {"AU1": 0.0, "AU12": 1.0, "AU43": 1.0, "AU45": 1.0}
    assert [row.path for row in release.annotations[0:1]] == ["N_0000000001/N_0000000001_00001.jpg"]


def test_unknown_is_absent_and_never_zero() -> None:
    assert presences(automatic_row(automatic("00001").strip()).labels) == {}


def test_closure_fills_blink_only_where_blink_is_not_scored() -> None:
    scored = presences(automatic_row(automatic("00001", au43=1, au45=0).strip()).labels)
    assert (scored["AU43"], scored["AU45"]) == (1.0, 0.0)


def test_manual_labels_override_automatic_ones_au_by_au(tmp_path: Path) -> None:
    (tmp_path / "dataFile_0001.txt").write_text(automatic("00001", au1=1, au12=0) + automatic("00002", au4=1))
    (tmp_path / "EmotioNet_FACS.csv").write_text(manual_header() + manual("00001", au12=1) + manual("00003", au6=0))
    assert by_name(tmp_path) == {"00001": {"AU1": 1.0, "AU12": 1.0}, "00002": {"AU4": 1.0}, "00003": {"AU6": 0.0}}


def test_one_photograph_in_several_rows_is_imported_once(tmp_path: Path) -> None:
    (tmp_path / "dataFile_0001.txt").write_text(automatic("00001", au1=1))
    (tmp_path / "dataFile_0002.txt").write_text(automatic("00001", au1=0, au2=1))
    assert by_name(tmp_path) == {"00001": {"AU1": 1.0, "AU2": 1.0}}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_exported_tables_of_other_locales(tmp_path: Path, delimiter: str) -> None:
    text = "\ufeff" + manual_header() + manual("00001", au12=1).replace(",1,", ",1.0,")
    (tmp_path / "table.csv").write_text(text.replace(",", delimiter), encoding="utf-8")
    assert by_name(tmp_path) == {"00001": {"AU12": 1.0}}


def test_other_tables_are_noted_and_passed_over(tmp_path: Path) -> None:
    (tmp_path / "dataFile_0001.txt").write_text(automatic("00001", au1=1))
    (tmp_path / "contents.csv").write_text("path,what it is\nN_1,a face\n")
    (tmp_path / "empty.csv").write_text("")
    assert len(read_emotionet(tmp_path).notes) == 2


def test_bad_rows_are_refused_with_their_place(tmp_path: Path) -> None:
    rows = [
        automatic("00001", au12=7),
        automatic("00002", au12=1).rsplit("\t", 3)[0] + "\n",
        automatic("00003").replace("/N_0000000001/N_0000000001_00003.jpg", "/../../../../etc/hostname"),
        automatic("00004").replace(url("00004"), BASE + "%2e%2e/secret.jpg"),
        automatic("00005").replace(url("00005"), BASE),
        automatic("00006", au1=1),
        "x" * 200_000 + "\n",
    ]
    (tmp_path / "dataFile_0001.txt").write_text("".join(rows))
    release = read_emotionet(tmp_path)
    assert [(entry.where, entry.reason) for entry in release.refused] == [
        ("dataFile_0001.txt:1", Reason.BAD_VALUE),
        ("dataFile_0001.txt:2", Reason.COLUMN_COUNT),
        ("dataFile_0001.txt:3", Reason.OUTSIDE_ROOT),
        ("dataFile_0001.txt:4", Reason.OUTSIDE_ROOT),
        ("dataFile_0001.txt:5", Reason.BAD_PATH),
        ("dataFile_0001.txt:7", Reason.COLUMN_COUNT),
    ]
    assert "found '7'" in release.refused[0].detail
    assert [row.path[-9:] for row in release.annotations] == ["00006.jpg"]


def test_manual_rows_are_refused_alike(tmp_path: Path) -> None:
    text = manual_header() + manual("00001", au12=2) + manual("00002").rsplit(",", 1)[0] + '\n"\n'
    (tmp_path / "table.csv").write_text(text)
    reasons = [entry.reason for entry in read_emotionet(tmp_path).refused]
    assert reasons == [Reason.BAD_VALUE, Reason.COLUMN_COUNT, Reason.COLUMN_COUNT]


def test_paths_from_urls() -> None:
    assert relative_path("'http://x/EmotioNet/Images/N_1/N_1_2.jpg?v=1'") == "N_1/N_1_2.jpg"
    assert relative_path("N_1/N_1_2.jpg") == "N_1/N_1_2.jpg"
    assert relative_path("https://x/a/b/N_1/N_1_2.jpg") == "N_1/N_1_2.jpg"


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="found neither"):
        read_emotionet(tmp_path)
    with pytest.raises(SourceError, match="found none"):
        read_emotionet(tmp_path / "absent")


CELLS = st.one_of(st.sampled_from(["0", "1", "999", "0.0", "'1'", "7", "-1", "nan", "inf", "1e999", ""]), st.text())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.lists(CELLS, min_size=58, max_size=62))
def test_any_row_is_read_or_refused(path: str, values: list[str]) -> None:
    line = "\t".join([BASE + path, "x", *values])
    try:
        row = automatic_row(line)
    except RowError as error:
        assert error.detail
        return
    assert len(row.labels) == NUM_AUS
    assert set(row.labels) <= {0, 1, 2}
    assert ".." not in row.path.split("/")
    assert not row.path.startswith("/")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: bytes, table: bytes) -> None:
    root = tmp_path_factory.mktemp("release")
    (root / "dataFile_1.txt").write_bytes(automatic("00001", au1=1).encode() + text)
    (root / "table.csv").write_bytes(manual_header().encode() + table)
    assert len(read_emotionet(root).annotations) >= 1
