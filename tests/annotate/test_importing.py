"""Importing: streaming, duplicates, shards, workers; and the whole of a release with dirty rows."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotate.errors import ImportSetupError
from annotate.importing import ImportSummary, import_release, release_samples
from annotate.photos import FramedFace, PhotoConfig
from annotate.seen import SeenPhotos
from faceset.quarantine import QuarantineEntry, Reason, read_quarantine
from faceset.shards import Shard, shard_paths
from faceset.sources.emotionet import read_emotionet
from faceset.sources.identities import read_identities
from faceset.sources.release import PhotoAnnotation, Release
from faults.photographs import WholePicture

EMOTIONET = Path(__file__).parents[3] / "shared/real/emotionet"


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    monkeypatch.setattr("annotate.importing.FaceFramer", WholePicture)
    images = tmp_path / "images"
    images.mkdir()
    rng = np.random.default_rng(0)
    for number in range(7):
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(images / f"{number}.png")
    (images / "3.png").write_bytes((images / "1.png").read_bytes())
    (images / "4.png").write_bytes(b"")
    Image.open(images / "2.png").save(images / "6.png", compress_level=1)  # other bytes, the same pixels
    annotations = [PhotoAnnotation(f"{number}.png", {"AU12": 1.0}, f"table:{number}") for number in range(7)]
    refused = (
        QuarantineEntry("1.png", "table:8", Reason.BAD_VALUE),
        QuarantineEntry("../x", "table:9", Reason.OUTSIDE_ROOT),
    )
    return Release("emotionet", "presence", images, annotations, refused)


def import_(release: Release, folder: Path, **options: object) -> ImportSummary:
    return import_release(release, folder, PhotoConfig(size=64), **options)


def test_samples_and_refusals_in_order(release: Release) -> None:
    stream = list(release_samples(release, PhotoConfig(size=64)))
    kinds = [item.reason if isinstance(item, QuarantineEntry) else item.key for item in stream]
    assert kinds == [
        *(Reason.BAD_VALUE, Reason.OUTSIDE_ROOT),
        *("0.png", "1.png", "2.png", Reason.DUPLICATE, Reason.EMPTY, "5.png", Reason.DUPLICATE),
    ]
    assert "1.png" in stream[5].detail
    assert "2.png" in stream[8].detail
    assert [bool(stream[place].sha256) for place in (0, 1, 5, 6, 8)] == [True, False, True, True, True]


def test_shards_of_a_fixed_number(release: Release, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    folder = tmp_path / "shards"
    summary = import_(release, folder, shard_size=3, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(number, 7) for number in range(1, 8)]
    assert (summary.photographs, summary.imported) == (7, 4)
    assert summary.refused == {"duplicate": 2, "bad_value": 1, "outside_root": 1, "empty_file": 1}
    assert list(summary.shards) == shard_paths(folder)
    shards = [Shard.open(path, verify=True) for path in summary.shards]
    assert [shard.num_samples for shard in shards] == [3, 1]
    assert shards[0].attrs["au_scale"] == "presence"
    assert shards[0].attrs["source"] == "emotionet"
    assert len(list(read_quarantine(summary.quarantine))) == 5
    assert sorted(path.name for path in release.images.iterdir()) == [f"{number}.png" for number in range(7)]


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_do_not_change_a_byte(release: Release, tmp_path: Path, workers: int) -> None:
    alone = import_(release, tmp_path / "alone", shard_size=3)
    together = import_(release, tmp_path / "together", shard_size=3, workers=workers)
    for one, other in zip(alone.shards, together.shards, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert alone.quarantine.read_bytes() == together.quarantine.read_bytes()


def test_no_photograph_is_read_far_ahead(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    class Watched(WholePicture):
        def photo(self, images: Path, annotation: PhotoAnnotation) -> FramedFace | QuarantineEntry:
            looked.append(annotation.path)
            return super().photo(images, annotation)

    monkeypatch.setattr("annotate.importing.FaceFramer", Watched)
    stream = release_samples(release, PhotoConfig(size=64))
    for _ in range(3):
        next(stream)
    stream.close()
    assert len(looked) <= 4


class StoppedError(Exception):
    """What stops an import in the middle."""


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("stop", [0, 1, 4, 6])
def test_a_stopped_import_goes_on_where_it_was(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, stop: int
) -> None:
    whole = import_(release, tmp_path / "whole", shard_size=3)
    looked: list[str] = []
    stopping = {f"{stop}.png"}

    class Watched(WholePicture):
        def photo(self, images: Path, annotation: PhotoAnnotation) -> FramedFace | QuarantineEntry:
            if annotation.path in stopping:
                raise StoppedError
            looked.append(annotation.path)
            return super().photo(images, annotation)

    monkeypatch.setattr("annotate.importing.FaceFramer", Watched)
    (tmp_path / "seen").mkdir()
    seen = SeenPhotos(tmp_path / "seen", block)
    with pytest.raises(StoppedError):
        import_(release, tmp_path / "stopped", shard_size=3, seen=seen)
    kept = stop - stop % block
    assert looked[:kept] == [f"{number}.png" for number in range(kept)]
    stopping.clear()
    looked.clear()
    resumed = import_(release, tmp_path / "resumed", shard_size=3, seen=seen)
    assert looked == [f"{number}.png" for number in range(kept, 7)]
    assert resumed.refused == whole.refused
    assert [path.read_bytes() for path in resumed.shards] == [path.read_bytes() for path in whole.shards]
    assert resumed.quarantine.read_bytes() == whole.quarantine.read_bytes()


def test_a_damaged_block_is_looked_at_again(release: Release, tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    seen = SeenPhotos(tmp_path / "seen", 4)
    whole = import_(release, tmp_path / "whole", seen=seen)
    blocks = sorted(seen.folder.iterdir())
    assert len(blocks) == 2
    random = np.random.default_rng(1)
    for damage in range(40):
        content = bytearray(blocks[damage % 2].read_bytes())
        if damage < 4:
            del content[int(random.integers(len(content))) :]
        else:
            content[random.integers(len(content))] ^= 1 << random.integers(8)
        original = blocks[damage % 2].read_bytes()
        blocks[damage % 2].write_bytes(content)
        assert seen.read(damage % 2) is None
        if damage < 6:
            again = import_(release, tmp_path / f"again-{damage}", seen=seen)
            assert [path.read_bytes() for path in again.shards] == [path.read_bytes() for path in whole.shards]
        assert damage >= 6 or blocks[damage % 2].read_bytes() == original
        blocks[damage % 2].write_bytes(original)


def test_identities_by_path(release: Release, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("path,identity\n0.png,Ann\n5.png,Ann\n")
    summary = import_(release, tmp_path / "shards", identities=read_identities(table))
    identities = Shard.open(summary.shards[0]).labels("identity").tolist()
    assert identities[0] == identities[3] == "Ann"
    assert len(set(identities)) == 3
    assert all(identity.startswith("photo-") for identity in identities[1:3])


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "path,identity\n0.png\n", "path,identity\n0.png,\n", "path,identity\na,b\na,c\n"]
)
def test_damaged_tables_of_identities_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "people.csv").write_text(text)
    with pytest.raises(ValueError, match=r"people\.csv"):
        read_identities(tmp_path / "people.csv")


def test_a_folder_with_shards_is_left_alone(release: Release, tmp_path: Path) -> None:
    import_(release, tmp_path / "shards")
    with pytest.raises(ImportSetupError, match="without shards"):
        import_(release, tmp_path / "shards")
    with pytest.raises(ImportSetupError, match="shard_size"):
        import_(release, tmp_path / "other", shard_size=0)


EXPECTED = {
    "DIRTY: truncated JPEG": Reason.TRUNCATED,
    "DIRTY: zero bytes": Reason.EMPTY,
    "DIRTY: an HTML error page saved as .jpg": Reason.NOT_AN_IMAGE,
    "DIRTY: no face": Reason.NO_FACE,
    "DIRTY: 16x16 px: too small": Reason.TOO_SMALL,
    "DIRTY: byte-identical duplicate of the first image": Reason.DUPLICATE,
    "DIRTY: two faces": Reason.TWO_FACES,
    "DIRTY: listed but absent on disk (link rot)": Reason.ABSENT,
    "DIRTY: path traversal, must be refused": Reason.OUTSIDE_ROOT,
    "DIRTY: AU12 = 7, not in {0,1,999}": Reason.BAD_VALUE,
    "DIRTY: row of 20 columns instead of 62": Reason.COLUMN_COUNT,
}


def contents() -> Iterator[dict[str, str]]:
    with (EMOTIONET / "contents.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.skipif(not EMOTIONET.exists(), reason="the shared photographs are not here")
@pytest.mark.timeout(900)
def test_a_release_with_dirty_rows(tmp_path: Path) -> None:
    """At most 2 % of the valid photographs are lost, and every dirty row is refused for its own reason."""
    summary = import_release(read_emotionet(EMOTIONET), tmp_path, PhotoConfig(size=64))
    keys = {key for path in summary.shards for key in Shard.open(path, verify=True).labels("sample_key").tolist()}
    valid = {
        row["path"] for row in contents() if "DIRTY" not in row["what it is"] or "must be accepted" in row["what it is"]
    }
    accepted = {row["path"] for row in contents() if "must be accepted" in row["what it is"]}
    assert len(valid) == 405
    assert accepted <= keys
    assert keys <= valid
    assert len(valid - keys) <= 0.02 * len(valid)
    refused = [(entry.path, entry.reason) for entry in read_quarantine(summary.quarantine)]
    for row in contents():
        if row["what it is"] in EXPECTED:
            assert any(
                path.endswith(row["path"]) and reason == EXPECTED[row["what it is"]] for path, reason in refused
            ), row
    assert len(refused) == sum(summary.refused.values()) == summary.photographs - summary.imported + 3
    assert json.loads(summary.quarantine.read_text().splitlines()[0])["reason"] == "outside_root"
