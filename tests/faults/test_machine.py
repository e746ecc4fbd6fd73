"""Any order of rendering, being killed, resuming, merging, verifying, deleting and damaging: what must stay true.

The stages are the real ones; their faces are noise made in the process. They run in forked children that are killed at
a drawn call to the file system, so that no clean-up runs.
"""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from faceset.errors import ShardError
from faceset.loading import ShardSet
from faceset.manifest import MANIFEST, check_manifest, shard_paths
from faceset.shards import Shard
from faceset.spec import read_specs
from faults import small
from faults.forks import in_child
from faults.kills import struck
from pipeline.rendering import LOST
from pipeline.storing import SPECS, store
from pipeline.verifying import verify_index

SHARDS = Path("data/shards/synthetic")
INDEX = Path(f"data/merged/{small.ARM}.parquet")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which the stages can run, and the bytes of runs that nobody disturbs."""
    home = tmp_path_factory.mktemp("machine")

    def make() -> int:
        small.prepare(home / "base")
        store([small.noise(f"real-{row}", 0) for row in range(12)], home / "base/data/shards/real", 5, {"set": "real"})
        return 0

    assert in_child(make).code == 0
    small.fresh(home / "base", home / "whole")
    for action in (small.rendering_by_stand_in, small.merging):
        ended = in_child(small.in_folder(home / "whole", action))
        assert ended.code == 0, ended.said
    yield home


class Machine(RuleBasedStateMachine):
    """The model: whether rendered shards and the index are published, and whether somebody has damaged them."""

    home: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="facsmith-machine-"))
        self.published = self.merged = self.damaged = False
        self.quarantined = 0

    @initialize()
    def begin(self) -> None:
        small.fresh(self.home / "base", self.folder)

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @rule()
    def render(self) -> None:
        """Renders to the end: whatever had happened before, the bytes are those of an undisturbed run."""
        ended = in_child(small.in_folder(self.folder, small.rendering_by_stand_in))
        assert ended.code == 0, ended.said
        self.published, self.damaged = True, False
        assert small.contents(self.folder / SHARDS) == small.contents(self.home / "whole" / SHARDS)
        assert not small.leftovers(self.folder)
        assert not list((self.folder / ".cache/render").iterdir())

    @rule(call=st.integers(1, 160))
    def kill_while_rendering(self, call: int) -> None:
        """Kills a run at one of its calls; what was published before is still there, or the new one is."""
        ended = in_child(
            small.in_folder(self.folder, struck(small.rendering_by_stand_in, self.folder, call)),
        )
        assert ended.code in (0, -signal.SIGKILL), ended.said
        if ended.code == 0:
            self.published, self.damaged = True, False
        elif (self.folder / SHARDS).is_dir():
            now = small.contents(self.folder / SHARDS) == small.contents(self.home / "whole" / SHARDS)
            self.damaged = self.damaged and not now
            self.published = True
        else:  # between the two renames: the next run gives the former its name back, and then replaces it
            self.published = self.damaged = False

    @rule()
    def merge(self) -> None:
        """Merges what is there; without shards it says so, and the index of before stays."""
        ended = in_child(small.in_folder(self.folder, small.merging))
        assert ended.code in (0, 1) and "Traceback" not in ended.said, ended.said
        if self.published and not self.damaged:
            assert ended.code == 0, ended.said
            assert small.contents(self.folder / "data/merged") == small.contents(self.home / "whole/data/merged")
        self.merged = self.merged or ended.code == 0

    @rule(call=st.integers(1, 16))
    def kill_while_merging(self, call: int) -> None:
        ended = in_child(small.in_folder(self.folder, struck(small.merging, self.folder, call)))
        assert ended.code in (0, 1, -signal.SIGKILL), ended.said
        self.merged = self.merged or ended.code == 0

    @precondition(lambda self: self.published)
    @rule(number=st.integers(0, 1))
    def delete_a_shard(self, number: int) -> None:
        paths = sorted((self.folder / SHARDS).glob("*.h5"))
        if paths:
            paths[number % len(paths)].unlink()
            self.damaged = True

    @precondition(lambda self: self.published)
    @rule()
    def delete_the_manifest(self) -> None:
        (self.folder / SHARDS / MANIFEST).unlink(missing_ok=True)
        self.damaged = True

    @rule()
    def delete_the_scratch(self) -> None:
        shutil.rmtree(self.folder / ".cache", ignore_errors=True)

    @rule(place=st.integers(0, 10**6), bit=st.integers(0, 7))
    def flip_a_bit_of_a_piece(self, place: int, bit: int) -> None:
        """Damages unfinished work: a resumed run makes it again."""
        pieces = sorted(path for path in (self.folder / ".cache").rglob("*.h5") if ".gone" not in str(path))
        if pieces:
            _flip(pieces[place % len(pieces)], place, bit)

    @rule(place=st.integers(0, 10**6), bit=st.integers(0, 7))
    def flip_a_bit_of_the_scratch_manifest(self, place: int, bit: int) -> None:
        manifests = [path for path in (self.folder / ".cache").rglob(MANIFEST) if ".gone" not in str(path)]
        if manifests:
            _flip(manifests[0], place, bit)

    @precondition(lambda self: self.published and not self.damaged)
    @rule(place=st.integers(0, 10**6), bit=st.integers(0, 7), which=st.integers(0, 9))
    def flip_a_bit_of_a_shard(self, place: int, bit: int, which: int) -> None:
        """One flipped bit in anything that was published is found."""
        files = [path for path in sorted((self.folder / SHARDS).iterdir()) if path.stat().st_size]
        path = files[which % len(files)]
        before = path.read_bytes()
        _flip(path, place, bit)
        assert _altered(self.folder / SHARDS), f"{path.name}: {place}, {bit}"
        path.write_bytes(before)

    @precondition(lambda self: self.published and not self.damaged)
    @rule()
    def verify(self) -> None:
        """What is published is whole: every sample of the model, each once, in its order."""
        assert not _altered(self.folder / SHARDS)
        keys = ShardSet.from_folder(self.folder / SHARDS).labels("sample_key").tolist()
        assert keys == [spec.key for spec in read_specs(self.folder / "data/specs/synthetic.parquet")]
        assert (self.folder / SHARDS / LOST).read_bytes() == b""

    @precondition(lambda self: self.published and not self.damaged)
    @rule()
    def quarantine(self) -> None:
        """Foreign and unfinished files beside the shards, under any name, are no shards."""
        self.quarantined += 1
        shard = shard_paths(self.folder / SHARDS)[0]
        (self.folder / SHARDS / f"quarantined-{self.quarantined}.h5").write_bytes(shard.read_bytes())
        (self.folder / SHARDS / f".00000.h5.1-abcd.{self.quarantined}.tmp").write_bytes(shard.read_bytes()[:5000])
        assert len(ShardSet.from_folder(self.folder / SHARDS)) == small.FACES
        for path in (self.folder / SHARDS).glob("*quarantined*"):
            path.unlink()
        for path in (self.folder / SHARDS).glob(".*.tmp"):
            path.unlink()

    @invariant()
    def nothing_half_written_is_taken_for_a_shard(self) -> None:
        """Of what manifests list, everything verifies: but for what this machine itself has damaged."""
        if self.published and not self.damaged:
            for path in shard_paths(self.folder / SHARDS):
                Shard.open(path, verify=True)

    @invariant()
    def an_index_points_to_faces(self) -> None:
        """An index with the file beside it either names faces that are there, or is refused with a message."""
        if not (self.folder / INDEX).is_file():
            return
        try:
            with redirect_stdout(StringIO()):
                verify_index(self.folder / INDEX)
        except ShardError:
            # Refused: killed between index and description, or its shards were damaged, removed or replaced since.
            return
        faces = ShardSet.from_index(self.folder / INDEX)
        assert len(set(faces.labels("sample_key"))) == len(faces)


def _altered(folder: Path) -> bool:
    try:
        check_manifest(folder)
        for path in shard_paths(folder):
            Shard.open(path, verify=True)
    except ShardError:
        return True
    return False


def _flip(path: Path, place: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    if content:
        content[place % len(content)] ^= 1 << bit
        path.write_bytes(content)


def test_whatever_happens_in_whatever_order(base: Path) -> None:
    Machine.home = base
    Machine.TestCase.settings = settings(
        max_examples=6,
        stateful_step_count=10,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    Machine.TestCase().runTest()


def test_the_description_is_listed_beside_the_shards(base: Path) -> None:
    text = (base / "whole" / SHARDS / MANIFEST).read_text()
    assert f'"file": "{SPECS}"' in text and f'"file": "{LOST}"' in text
