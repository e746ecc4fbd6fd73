"""The worker's exit status: a disk that is full is nobody's fault, and no face is given up for it."""

from pathlib import Path
from typing import Any

import pytest

from faceset.errors import StorageError
from faceset.spec import Identity, SampleSpec, write_specs
from render import worker
from render.errors import RenderError


class Renderer:
    def __init__(self, *_: object) -> None: ...

    def render(self, spec: SampleSpec) -> Any:
        if spec.key == "impossible":
            raise RenderError("cannot be drawn")
        return spec

    def close(self) -> None: ...


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(worker, "SampleRenderer", Renderer)
    monkeypatch.setattr(worker, "face_model", lambda name: None)

    def main(*keys: str, error: Exception | None = None) -> int:
        def write(*_: object) -> None:
            if error is not None:
                raise error

        monkeypatch.setattr(worker, "write_shard", write)
        write_specs(tmp_path / "specs.parquet", [SampleSpec(key, Identity("who")) for key in keys])
        return worker.main(["--specs", str(tmp_path / "specs.parquet"), "--out", str(tmp_path / "out")])

    return main


def test_done_and_impossible(call: Any) -> None:
    assert call("a", "b") == worker.DONE
    assert call("a", "impossible") == worker.IMPOSSIBLE


@pytest.mark.parametrize("error", [StorageError("out: the disk is full"), OSError(28, "No space left on device")])
def test_a_full_disk_stops_every_worker(call: Any, error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("a", "b", error=error) == worker.UNEQUIPPED
    assert str(error) in capsys.readouterr().err
    # Also where a face cannot be drawn and what came before it cannot be stored.
    assert call("a", "impossible", error=error) == worker.UNEQUIPPED
