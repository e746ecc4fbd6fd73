"""The quality page of any folders of shards: what ``facsmith quality`` writes."""

from collections.abc import Sequence
from pathlib import Path

from faceset.errors import ShardError
from faceset.gates import DEFAULTS
from faceset.shards import Shard, shard_paths
from faceset.splits import DEFAULT_FRACTIONS
from pipeline.errors import StageError
from pipeline.files import whole_folder
from pipeline.params import load
from pipeline.progress import track
from pipeline.quality.divided import Linking
from pipeline.quality.facts import Asked
from pipeline.quality.linking import linking_of
from pipeline.quality.sets import Broken, Kind, OpenedSet, SetSource, opened
from pipeline.quality.writing import NUMBERS, PAGE, check_gates, write_page
from pipeline.report.set_names import SetName
from pipeline.storing import SPECS

EMULATED = "emulated"
TITLE = "Can this be trained on?"


def write_quality(folders: Sequence[Path], out: Path, indices: Sequence[Path] = (), params: Path | None = None) -> None:
    """Writes the page about some folders of shards into the folder ``out``, which is replaced.

    The first two folders are compared with each other.

    Args:
        folders: of shards.
        out: where the page goes.
        indices: merge indices whose choice is told.
        params: whose limits, AUs, seed and splits count; by default the limits that are shipped, and all AUs shown.

    Raises:
        StageError: a gate failed; the page is written all the same. Or ``out`` holds something else than such a page.
    """
    _check_replaceable(out)
    sources = [_source(folder, name) for folder, name in zip(folders, _names(folders), strict=True)]
    asked = _asked(folders, out, indices, params)
    with whole_folder(out) as part, track("quality", len(sources) + 1) as progress:
        found: list[OpenedSet | Broken] = []
        for number, source in enumerate(sources, start=1):
            found.append(opened(source, asked.limits, asked.linking.alike))
            progress(number)
        readable = [one for one in found if isinstance(one, OpenedSet)]
        told = write_page(part, asked, readable, [one for one in found if isinstance(one, Broken)])
        progress(len(sources) + 1)
    check_gates(told, out / PAGE)


def _check_replaceable(out: Path) -> None:
    """Checks that nothing but an earlier page would be lost.

    Raises:
        StageError: ``out`` is a file, or a folder with other files.
    """
    if out.exists() and not out.is_dir():
        raise StageError(f"{out}: expected a folder for the page, found a file; name another with --out")
    others = sorted(path.name for path in out.iterdir() if path.name not in (PAGE, NUMBERS)) if out.exists() else []
    if others:
        raise StageError(
            f"{out}: expected an absent folder or an earlier page, found {others[0]}; name another with --out"
        )


def _asked(folders: Sequence[Path], out: Path, indices: Sequence[Path], params: Path | None) -> Asked:
    names = " ".join(folder.as_posix() for folder in folders)
    extra = "".join(f" --index {path.as_posix()}" for path in indices) + (f" --params {params}" if params else "")
    command = f"facsmith quality {names} --out {out.as_posix()}{extra}"
    if params is None:
        return Asked(TITLE, DEFAULTS, (), Linking(0, DEFAULT_FRACTIONS), command, indices=indices)
    chosen = load(params)
    return Asked(
        title=TITLE,
        limits=chosen.quality,
        codes=chosen.action_units,
        linking=linking_of(chosen),
        command=command,
        indices=indices,
    )


def _names(folders: Sequence[Path]) -> list[str]:
    """Returns a name for each folder: the last parts of its path, as many as tell them apart."""
    for depth in range(1, max(len(folder.resolve().parts) for folder in folders)):
        names = ["/".join(folder.resolve().parts[-depth:]) for folder in folders]
        if len(set(names)) == len(names):
            return names
    return [f"{folder.name} {number}" for number, folder in enumerate(folders, start=1)]


def _source(folder: Path, name: str) -> SetSource:
    kind = _kind(folder)
    specs = folder.parent / EMULATED / SPECS if kind == "emulated" else folder / SPECS
    return SetSource(SetName(name, name, f"read from {folder.name}"), folder, kind, specs)


def _kind(folder: Path) -> Kind:
    """Returns what a folder holds, as its first readable shard says; photographs where none says otherwise."""
    try:
        paths = shard_paths(folder)
    except ShardError:
        return "photographs"
    for path in paths:
        try:
            shard = Shard.open(path)
        except ShardError:
            continue
        if EMULATED in shard.attrs:
            return "emulated"
        return "rendered" if "backend" in shard.attrs or "certificate" in shard.channels else "photographs"
    return "photographs"
