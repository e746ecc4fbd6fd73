"""One flipped bit, anywhere: in every region of a shard, beside it, in merge indices and in networks' weights.

``facsmith verify`` must find each of them.
"""

import random
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from faceset.layout import read_layout
from faceset.manifest import MANIFEST
from faults import small
from faults.forks import in_child
from faults.kills import JOBS, prepared
from faults.micro import MICRO
from faults.outcome import Outcome
from pipeline.stage import is_user_error
from pipeline.storing import SPECS
from pipeline.verifying import verify

Region = tuple[Path, int, int]
"""A file and the first and last but one byte of a part of it."""


def bit_flips(count: int, seed: int, home: Path, rendered: bool = True) -> Outcome:
    """Returns how many of ``count`` flipped bits went unnoticed; every region gets its share.

    Args:
        count: of flipped bits.
        seed: of their places.
        home: folder to work in.
        rendered: also in rendered shards and their companions, which takes longer.
    """
    began, outcome = time.monotonic(), Outcome("bit flips")
    chance = random.Random(seed)
    folder = home / "flipped"
    regions = _regions(_made(folder, rendered))
    for number in range(count):
        name = sorted(regions)[number % len(regions)]
        path, start, stop = chance.choice(regions[name])
        _try(folder, name, path, chance.randrange(start, stop), chance.randrange(8), outcome)
    outcome.count("regions", len(regions))
    for path in _subjects(folder):
        if in_child(lambda path=path: _refused(path)).code != PASSED:  # type: ignore[misc]
            outcome.failures.append(f"{path}: is refused without a flipped bit")
    outcome.seconds = time.monotonic() - began
    return outcome


PASSED, REFUSED = 3, 4


def _made(folder: Path, rendered: bool) -> Path:
    """Returns a folder with rendered shards, a merge index, a checkpoint and a generator."""
    prepared(JOBS["merging"], folder)
    for job in ("merging", "training"):
        _require(in_child(small.in_folder(folder, JOBS[job].action)).code)
    _require(in_child(small.in_folder(folder, _interrupted_training)).code)
    if rendered:
        home = prepared(JOBS["rendering"], folder / "rendered")
        _require(in_child(small.in_folder(home, small.rendering_in_process), 300).code)
    return folder


def _interrupted_training() -> int:
    """Leaves a checkpoint, as a training that was interrupted."""
    import torch

    from gan.checkpoint import save_checkpoint
    from ganimation.method import Ganimation

    method = Ganimation(MICRO)
    optimisers = {name: torch.optim.Adam(network.parameters()) for name, network in method.networks.items()}
    save_checkpoint(Path("checkpoint.safetensors"), method.networks, optimisers, {"step": 3})
    return 0


def _subjects(folder: Path) -> list[Path]:
    """Returns what is verified."""
    subjects = [
        folder / "rendered/data/shards/synthetic",
        folder / "data/shards/real",
        folder / f"data/merged/{small.ARM}.parquet",
        folder / "checkpoint.safetensors",
        folder / f"runs/{small.ARM}/training/seed-0/generator.safetensors",
    ]
    return [path for path in subjects if path.exists()]


def _regions(folder: Path) -> dict[str, list[Region]]:
    """Returns the parts of all files by name; those of several files under one name are one region."""
    *folders, index, checkpoint, generator = _subjects(folder)
    found: dict[str, list[Region]] = {}
    for shards in folders:
        found.setdefault("manifest", []).append(_all_of(shards / MANIFEST))
        for path in sorted(shards.glob("*.h5")):
            for name, start, stop in _shard_regions(path):
                found.setdefault(name, []).append((path, start, stop))
        if (shards / SPECS).is_file():
            found["specifications"] = [_all_of(shards / SPECS)]
    found["merge index"] = [_all_of(index)]
    found["beside the merge index"] = [_all_of(index.with_suffix(".json"))]
    for name, path in (("checkpoint", checkpoint), ("generator", generator)):
        header = 8 + int.from_bytes(path.read_bytes()[:8], "little")
        found[f"{name}: header"] = [(path, 0, header)]
        found[f"{name}: tensors"] = [(path, header, path.stat().st_size)]
    return found


def _shard_regions(path: Path) -> list[tuple[str, int, int]]:
    """Returns superblock, every array, and what lies between them: object headers and padding."""
    layout = read_layout(path)
    arrays = sorted((array.offset, array.offset + array.nbytes, name) for name, array in layout.arrays.items())
    found, end = [("shard: superblock", 0, 48)], 48
    for start, stop, name in arrays:
        if start > end:
            found.append(("shard: headers and padding", end, start))
        found.append((f"shard: {name}", start, stop))
        end = max(end, stop)
    return found if end == layout.size else [*found, ("shard: headers and padding", end, layout.size)]


def _all_of(path: Path) -> Region:
    return path, 0, path.stat().st_size


def _try(folder: Path, name: str, path: Path, byte: int, bit: int, outcome: Outcome) -> None:
    content = path.read_bytes()
    changed = bytearray(content)
    changed[byte] ^= 1 << bit
    path.write_bytes(changed)
    subject = next(
        each for each in _subjects(folder) if path in (each, each.with_suffix(".json")) or path.parent == each
    )
    try:
        ended = in_child(lambda: _refused(subject))
    finally:
        path.write_bytes(content)
    outcome.tried += 1
    if ended.code != REFUSED:
        outcome.failures.append(f"{name}: byte {byte}, bit {bit} of {path.name}: {ended.code}: {ended.said[-300:]}")


def _refused(subject: Path) -> int:
    try:
        with redirect_stdout(StringIO()):
            verify(subject)
    except Exception as error:
        if is_user_error(error):
            return REFUSED
        raise
    return PASSED


def _require(code: int) -> None:
    if code:
        raise RuntimeError(f"the work that is to be damaged cannot be made: exit code {code}")
