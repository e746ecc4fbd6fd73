"""One table of labels from shards, EmotioNet's tables and OpenFace's."""

from pathlib import Path

import numpy as np
import pytest

from faceset.au_labels import AuLabels, read_au_labels
from faceset.errors import SourceError
from faceset.loading import ShardSet
from facs.action_units import OPENFACE17
from facs.intensity import activation

SHARED = Path(__file__).parents[3] / "shared/real"
BASE = "https://example.invalid/Images/N_1/N_1_"


def emotionet_row(photo: int, **scores: int) -> str:
    labels = [str(scores.get(f"au{number}", 999)) for number in range(1, 61)]
    return "\t".join([f"{BASE}{photo}.jpg", "x", *labels]) + "\n"


def test_shards_give_their_labels_and_one_closed_eye(folder: Path) -> None:
    faces, found = ShardSet.from_folder(folder), read_au_labels(folder)
    assert found.codes == tuple(code for code in faces.au_codes if code != "AU43")
    rows = [faces.au_codes.index(code) for code in found.codes]
    assert np.array_equal(found.au.astype(np.float32), faces.labels("au")[:, rows])
    assert np.array_equal(found.known, faces.labels("au_known")[:, rows] == 1)
    assert found.graded and found.origin == "15 faces of the shards shards"


def test_emotionet_is_presence_and_what_is_not_scored_is_unknown(tmp_path: Path) -> None:
    text = emotionet_row(1, au1=1, au12=0, au43=1) + emotionet_row(2, au1=0, au51=1)
    (tmp_path / "dataFile_0001.txt").write_text(text)
    for path in (tmp_path, tmp_path / "dataFile_0001.txt"):
        found = read_au_labels(path)
        assert (found.codes, found.graded) == (("AU1", "AU12", "AU45"), False)
        assert found.au.tolist() == [[1, 0, 1], [0, 0, 0]]
        assert found.known.tolist() == [[True, True, True], [True, False, False]]


def test_openface_is_graded_and_doubtful_faces_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("face, confidence, AU12_r\n0, 0.95, 3.00\n1, 0.30, 5.00\n2, 0.9, 0.00\n")
    found = read_au_labels(tmp_path / "a.csv")
    assert (found.codes, found.graded, found.au.tolist()) == (("AU12",), True, [[float(activation(3.0))], [0.0]])
    assert "2 faces of the OpenFace table a.csv" in found.origin


@pytest.mark.skipif(not SHARED.exists(), reason="the shared photographs are not here")
def test_real_tables() -> None:
    assert AuLabels.of_openface(SHARED / "openface_fixture/OpenFace_Test.csv").codes == OPENFACE17
    manual = read_au_labels(SHARED / "emotionet/EmotioNet_FACS_aws_2020_24600.csv")
    whole = read_au_labels(SHARED / "emotionet")
    assert 0 < len(manual.au) < len(whole.au)
    assert not whole.graded and set(np.unique(whole.au)) == {0.0, 1.0}


@pytest.mark.parametrize("name", ["absent", "notes.txt", "empty"])
def test_what_holds_no_labels_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("AU12 is a smile\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="expected a folder of shards, an EmotioNet release or table, or an OpenFace"):
        read_au_labels(tmp_path / name)
