"""GANimation's folder: lists, labels and what does not fit together."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from faceset.errors import SourceError
from faceset.quarantine import Reason
from faceset.sources.ganimation_folder import read_ganimation_folder
from faceset.sources.openface import activations
from facs.action_units import OPENFACE17


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vectors = {f"N_{number}": np.full(17, number / 2) for number in range(12)}
    vectors["nan"] = np.full(17, np.nan)
    (tmp_path / "aus_openface.pkl").write_bytes(pickle.dumps(vectors, 2))
    (tmp_path / "train_ids.csv").write_text("N_3.jpg\nN_1.jpg\nN_11.jpg\nnan.jpg\nabsent.jpg\n../N_1.jpg\n")
    (tmp_path / "test_ids.csv").write_text("N_2.jpg\r\nN_1.jpg\r\n\r\n.jpg\r\n")
    (tmp_path / "imgs").mkdir()
    return tmp_path


def test_lists_and_labels_are_joined(folder: Path) -> None:
    release = read_ganimation_folder(folder)
    assert release.images == folder / "imgs"
    assert [(row.path, row.split) for row in release.annotations] == [
        ("N_1.jpg", "train"),
        ("N_2.jpg", "test"),
        ("N_3.jpg", "train"),
    ]
    assert dict(release.annotations[2].activation) == activations(dict.fromkeys(OPENFACE17, 1.5))
    assert {entry.where: entry.reason for entry in release.refused} == {
        "train_ids.csv:3": Reason.BAD_VALUE,
        "train_ids.csv:4": Reason.BAD_VALUE,
        "train_ids.csv:5": Reason.ABSENT,
        "train_ids.csv:6": Reason.OUTSIDE_ROOT,
        "test_ids.csv:2": Reason.REPEATED,
        "test_ids.csv:4": Reason.ABSENT,
    }


def test_missing_parts_are_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(SourceError, match="labels, found none"):
        read_ganimation_folder(tmp_path / "imgs")
    for name in ("train_ids.csv", "test_ids.csv"):
        (folder / name).unlink()
    with pytest.raises(SourceError, match="found neither"):
        read_ganimation_folder(folder)
