"""Reads photographs, or the rendered set that stands in for them, and sets apart what cannot be used."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from annotate.importing import QUARANTINE, ImportSummary, import_release
from annotate.photos import PhotoConfig
from annotate.seen import SeenPhotos
from faceset.sources.emotionet import read_emotionet
from faceset.sources.emulated import LabelLimits, emulated
from faceset.sources.release import Release
from pipeline import stage
from pipeline.digest import digest, source_digest
from pipeline.errors import StageError
from pipeline.files import whole_folder
from pipeline.params import Params
from pipeline.progress import say, track
from pipeline.scratch import scratch
from pipeline.storing import count, counted, store, stored

SOURCES = ("facs", "faceset", "annotate")


def run(params: Params) -> None:
    """Writes ``<shards>/real`` and ``<quarantine>``; an import that was stopped goes on where it was.

    Raises:
        SourceError: ``real.root`` is absent or is no release.
        StageError: too many photographs were refused.
    """
    with whole_folder(params.paths.quarantine) as quarantine, whole_folder(params.paths.shards / "real") as folder:
        if params.real.root is None:
            _emulate(params, folder, quarantine)
        else:
            _import(params, params.real.root, folder, quarantine)


def _emulate(params: Params, folder: Path, quarantine: Path) -> None:
    source = params.paths.shards / "emulated"
    limits = LabelLimits(params.emulated.label_error, params.emulated.intensity_levels)
    with track("import real (emulated)", count(source)) as progress:
        samples = emulated(counted(stored(source), progress), limits, params.seed)
        number = store(samples, folder, params.render.shard_size, {"set": "real", "emulated": 1})
    _write_summary(quarantine, ImportSummary(number, number, {}, (), quarantine / QUARANTINE))
    (quarantine / QUARANTINE).touch()


def _import(params: Params, root: Path, folder: Path, quarantine: Path) -> None:
    release = read_emotionet(root)
    for note in release.notes:
        say(f"facsmith: import real: {note}")
    config = PhotoConfig(size=params.image.size)
    with scratch(scratch_folder(params.paths.scratch, release, config)) as unfinished:
        seen = SeenPhotos(unfinished)
        with track("import real", len(release.annotations)) as progress:
            summary = import_release(
                release,
                folder,
                config,
                quarantine=quarantine / QUARANTINE,
                identities=_people(release) if params.real.identities == "folder" else None,
                shard_size=params.render.shard_size,
                workers=os.cpu_count() or 1,
                progress=lambda done, total: progress(done, found=seen.taken),
                seen=seen,
            )
        _write_summary(quarantine, summary)
        check_refused(summary, params.real.max_quarantine_rate)


def scratch_folder(root: Path, release: Release, config: PhotoConfig) -> Path:
    """Returns the folder for these photographs, each known by size and time, looked at in this way, and no others."""
    photographs = (f"{each.path}\n{each.where}\n{_stamp(release.images / each.path)}" for each in release.annotations)
    return root / "import" / digest(repr(config), source_digest(SOURCES), str(release.images), *photographs)


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except (OSError, ValueError):  # ValueError: a name with a null byte
        return "absent"
    return f"{status.st_size} {status.st_mtime_ns}"


def check_refused(summary: ImportSummary, limit: float) -> None:
    """Checks that something was imported and not too much refused, and says how much was.

    Raises:
        StageError: it was not so.
    """
    refused = sum(summary.refused.values())
    rate = refused / max(refused + summary.imported, 1)
    reasons = ", ".join(f"{number} {reason}" for reason, number in summary.refused.items()) or "none"
    if summary.imported == 0 or rate > limit:
        raise StageError(
            f"{summary.imported} photographs imported and {rate:.1%} of the rows refused, "
            f"expected at most {limit:.1%} (real.max_quarantine_rate): {reasons}"
        )
    say(f"facsmith: import real: {summary.imported} photographs imported, {refused} rows refused: {reasons}")


def _people(release: Release) -> Mapping[str, str]:
    """Returns who is on each photograph: everybody has a folder."""
    return {entry.path: str(PurePosixPath(entry.path).parent) for entry in release.annotations}


def _write_summary(folder: Path, summary: ImportSummary) -> None:
    content = {"photographs": summary.photographs, "imported": summary.imported, "refused": dict(summary.refused)}
    (folder / "summary.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(stage.main(run))
