"""Outputs appear whole or not at all."""

from pathlib import Path

import pytest

from faceset.atomic import MANY
from pipeline.digest import digest, source_digest
from pipeline.files import remove, whole, whole_folder


def test_a_file_appears_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out.txt"
    with whole(target) as part:
        part.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert [path.name for path in target.parent.iterdir()] == ["out.txt"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with whole_folder(target) as part:
        (part / "a").write_text("old")
    with pytest.raises(RuntimeError), whole_folder(target) as part:
        (part / "a").write_text("new")
        raise RuntimeError
    assert (target / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_replaces_a_folder(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for name in ("a", "b"):
        with whole_folder(target) as part:
            (part / name).touch()
    assert [path.name for path in target.iterdir()] == ["b"]


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part" / "half").touch()
    with whole_folder(tmp_path / "out") as part:
        assert list(part.iterdir()) == []


def test_removing_a_link_keeps_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    remove(tmp_path / "link")
    remove(tmp_path / "never-there")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_digest_depends_on_every_part_and_its_place(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a")
    assert digest("a") == digest(file)
    assert len({digest("a", "b"), digest("b", "a"), digest("ab"), digest("a", "b", "")}) == 4


def test_the_digest_of_the_source_is_stable() -> None:
    assert source_digest(["facs"]) == source_digest(["facs"]) != source_digest(["facs", "faceset"])


def test_many_files_are_flushed_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr("faceset.atomic.os.sync", lambda: calls.append("sync"))
    with whole_folder(tmp_path / "few") as part:
        (part / "deep").mkdir()
        (part / "deep" / "file").write_text("x")
    assert calls == []
    with whole_folder(tmp_path / "many") as part:
        for number in range(MANY + 1):
            (part / str(number)).touch()
    assert calls == ["sync"]
    assert len(list((tmp_path / "many").iterdir())) == MANY + 1
