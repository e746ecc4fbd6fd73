"""A folder of photographs in whatever layout."""

from pathlib import Path

import pytest

from faceset.errors import SourceError
from faceset.sources.photographs import people_by_name, read_folder, read_photographs


def test_every_image_is_found_and_nothing_is_known_of_it(tmp_path: Path) -> None:
    for name in ("smiling/001.jpg", "neutral/001.JPG", "neutral/002.png", "notes.txt", "neutral/more/3.webp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    release = read_photographs(tmp_path)
    paths = [entry.path for entry in release.annotations]
    assert paths == ["neutral/001.JPG", "neutral/002.png", "neutral/more/3.webp", "smiling/001.jpg"]
    assert all(dict(entry.activation) == {} for entry in release.annotations)
    assert release.images == tmp_path
    assert people_by_name(release)["smiling/001.jpg"] == people_by_name(release)["neutral/001.JPG"] == "001"


def test_a_release_is_read_as_a_release(tmp_path: Path) -> None:
    row = "\t".join(["http://x/images/N_1/a.jpg", "http://x", *["0"] * 60])
    (tmp_path / "dataFile_1.txt").write_text(row + "\n")
    release = read_photographs(tmp_path)
    assert (release.source, [entry.path for entry in release.annotations]) == ("emotionet", ["N_1/a.jpg"])


@pytest.mark.parametrize("name", ["", "absent"])
def test_without_photographs_the_folder_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=str(tmp_path)):
        read_folder(tmp_path / name)
