"""Inputs that nobody vouches for, damaged and hostile: each is read or refused, and nothing in it is executed.

Every input is read in a process of its own with a deadline and a bound on its memory. A crash is any signal and any
exception that is not one of ours; an execution is what an audit hook hears of programs, sockets and foreign pickles.
"""

import io
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from faceset.images import decode_image
from faceset.loading import ShardSet
from faceset.merge import MergeSource, merge_shards
from faceset.shards import Shard, write_shard
from faceset.sources.emotionet import read_emotionet
from faceset.sources.ganimation_folder import LABELS, LISTS, read_ganimation_folder
from faceset.sources.openface import read_openface
from faceset.spec import read_specs, write_specs
from facs import CODES
from faults import pickles, small
from faults.forks import HUNG, in_child
from faults.mutation import mutated
from faults.outcome import Outcome
from pipeline.params import load
from pipeline.stage import is_user_error
from pipeline.storing import store
from render.config import SamplingConfig
from render.sampling import sample_specs

DEADLINE_S = 30.0
MEMORY_BYTES = 6 * 2**30
READ, REFUSED, EXECUTED = 3, 4, 5
_EXECUTIONS = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "pickle.find_class", "socket.")


@dataclass(frozen=True)
class Input:
    """A kind of input.

    Attributes:
        name: of it.
        make: yields damaged inputs without end, given chance and the path of the canary.
        read: reads one from a file in an otherwise empty folder.
        file: name of the file.
    """

    name: str
    make: Callable[[random.Random, Path], Iterator[bytes]]
    read: Callable[[Path], object]
    file: str


def fuzz(count: int, seed: int, home: Path) -> list[Outcome]:
    """Returns what came of ``count`` inputs, of every kind equally many."""
    return [_fuzzed(kind, len(range(number, count, len(INPUTS))), seed, home) for number, kind in enumerate(INPUTS)]


def _fuzzed(kind: Input, count: int, seed: int, home: Path) -> Outcome:
    began, outcome = time.monotonic(), Outcome(f"fuzzing: {kind.name}")
    chance, canary = random.Random(f"{seed} {kind.name}"), home / "canary"
    folder = home / kind.name.replace(" ", "-")
    folder.mkdir(parents=True)
    for raw, _ in zip(kind.make(chance, canary), range(count), strict=False):
        path = folder / kind.file
        path.write_bytes(raw)
        _read_one(kind, path, canary, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


def _read_one(kind: Input, path: Path, canary: Path, outcome: Outcome) -> None:
    ended = in_child(lambda: _guarded(kind, path), DEADLINE_S)
    outcome.tried += 1
    outcome.count({READ: "read", REFUSED: "refused", HUNG: "hung", EXECUTED: "executed"}.get(ended.code, "crashed"))
    if ended.code not in (READ, REFUSED) or canary.exists():
        kept = path.with_name(f"failed-{outcome.tried}-{path.name}")
        path.rename(kept)
        outcome.failures.append(f"{kind.name}: {ended.code}: {kept}: {ended.said[-1500:]}")


def _guarded(kind: Input, path: Path) -> int:
    heard: list[str] = []
    sys.addaudithook(lambda event, _: heard.append(event) if event.startswith(_EXECUTIONS) else None)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        kind.read(path)
        code = READ
    except Exception as error:
        if not is_user_error(error):
            raise
        code = REFUSED
    return EXECUTED if heard else code


def _of_seeds(seeds: Callable[[], list[bytes]]) -> Callable[[random.Random, Path], Iterator[bytes]]:
    def make(chance: random.Random, _: Path) -> Iterator[bytes]:
        originals = seeds()
        yield from originals
        while True:
            yield mutated(chance.choice(originals), chance)

    return make


def _annotations() -> list[bytes]:
    row = "'http://x.y/images/N_0000000001/N_0000000001_{:05d}.jpg'\thttp://o.z/a.jpg\t" + "\t".join(
        ["0", "1", "999"] * 20
    )
    header = "URL,original,'AU 1','AU 2',\"AU 12\",AU 45\n"
    table = header + "".join(f"'http://a.b/images/x/{number}.jpg',o,0,1,999,{number % 2}\n" for number in range(6))
    return ["\n".join(row.format(number) for number in range(5)).encode(), table.encode()]


def _openface() -> list[bytes]:
    names = ["frame", "face_id", "confidence", "success", "AU01_r", "AU12_r", "AU45_r", "AU01_c", "AU12_c"]
    row = "1, 0, 0.98, 1, 0.4, 3.2, 0.0, 0, 1"
    return [f"{', '.join(names)}\n{row}\n".encode(), f"{','.join(names)}\n{row}\n{row}\n".encode()]


def _pickled(chance: random.Random, canary: Path) -> Iterator[bytes]:
    attacks = pickles.attacks(canary)
    chance.shuffle(attacks)
    yield from attacks
    seeds = [pickles.honest(), *attacks]
    while True:
        yield mutated(chance.choice(seeds), chance)


def _images() -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    found = []
    for kind, options in (("JPEG", {"progressive": True}), ("JPEG", {}), ("PNG", {}), ("WEBP", {}), ("GIF", {})):
        for mode in ("RGB", "L"):
            file = io.BytesIO()
            Image.fromarray(pixels).convert(mode).save(file, kind, **options)
            found.append(file.getvalue())
    return found


def _shards(chance: random.Random, canary: Path) -> Iterator[bytes]:
    """Yields shards with damaged bytes, and whole HDF5 files of the wrong content."""
    path = canary.with_name("seed") / "seed.h5"
    write_shard(path, [small.noise(f"face-{row}", 1, 8) for row in range(3)], {"set": "fuzzed"})
    original = path.read_bytes()
    while True:
        yield mutated(original, chance)
        yield _flipped_in_place(original, chance)
        yield _rewritten(path, original, chance)


def _flipped_in_place(original: bytes, chance: random.Random) -> bytes:
    """Returns a shard of the right size with damage in what HDF5 reads: everything that is no array."""
    changed = bytearray(original)
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(48, min(len(changed), 12_000))
        changed[place] = chance.choice((0, 255, changed[place] ^ (1 << chance.randrange(8)), chance.randrange(256)))
    return bytes(changed)


def _rewritten(path: Path, original: bytes, chance: random.Random) -> bytes:
    """Returns an HDF5 file that is sound, and no shard."""
    path.write_bytes(original)
    with h5py.File(path, "r+", libver=("v110", "v110")) as file:
        for _ in range(chance.randint(1, 3)):
            chance.choice(_REWRITES)(file, chance)
    return path.read_bytes()


def _drop(file: Any, chance: random.Random) -> None:
    if names := list(file):
        del file[chance.choice(names)]


def _swap(file: Any, chance: random.Random) -> None:
    name = chance.choice(["image", "au", "sample_key", "checksum", "identity", "new"])
    if name in file:
        del file[name]
    kind = chance.choice(["f8", "i1", "u8", "S7", "c8"])
    options: dict[str, Any] = chance.choice(
        [{}, {"chunks": True}, {"chunks": True, "compression": "gzip"}, {"maxshape": (None,)}]
    )
    file.create_dataset(name, (chance.choice((0, 1, 3)),) if "maxshape" in options else (3, 2), kind, **options)


def _link(file: Any, chance: random.Random) -> None:
    name = chance.choice(["image", "au", "identity"])
    if name in file:
        del file[name]
    links = [h5py.SoftLink("/au_left"), h5py.SoftLink(f"/{name}"), h5py.ExternalLink("/etc/passwd", "/x")]
    file[name] = chance.choice(links)


def _attribute(file: Any, chance: random.Random) -> None:
    values = [b"", b"\xff", 7, -1, np.nan, np.zeros((2, 2)), b"[" * 30_000, b"{}", b"null", b"9" * 5000]
    hard = [file[name] for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
    target = chance.choice([file, *hard])
    names = ["format", "schema_version", "au_codes", "attrs", "unit", "xxh3_64", "meaning"]
    target.attrs[chance.choice(names)] = chance.choice(values)


def _group(file: Any, chance: random.Random) -> None:
    name = chance.choice(["image", "au", "deep/deeper/deepest"])
    if name in file:
        del file[name]
    file.create_group(name)


_REWRITES = (_drop, _swap, _link, _attribute, _group)


def _parquet(chance: random.Random, canary: Path) -> Iterator[bytes]:
    """Yields damaged parquet files of specifications, and sound ones of the wrong content."""
    path = canary.with_name("seed.parquet")
    specs = sample_specs(SamplingConfig(action_units=CODES, identities=2, size=32), seed=3, count=3, prefix="fuzzed")
    write_specs(path, specs)
    original = path.read_bytes()
    while True:
        yield mutated(original, chance)
        tree = json.loads(specs[0].to_json())
        _spoil(tree, chance)
        texts: list[Any] = [json.dumps(tree), chance.choice(["", "null", "[]", "{}", "[" * 100_000, "1e999", '"x"'])]
        column: Any = chance.choice([texts, texts[:1], [None], [1, 2], [b"\xff"], [{"a": 1}]])
        pd.DataFrame({chance.choice(["spec", "spec", "spec", "other"]): column}).to_parquet(path)
        yield path.read_bytes()


def _indices(chance: random.Random, canary: Path) -> Iterator[bytes]:
    """Yields damaged merge indices, and sound ones that point to where no face is."""
    shards, path = canary.with_name("merged-shards"), canary.with_name("merge-indices") / "seed.parquet"
    store([small.noise(f"face-{row}", 2, 8) for row in range(12)], shards, 5, {"set": "fuzzed"})
    frame, original = merge_shards(path, [MergeSource(shards)], 0), path.read_bytes()
    path.unlink()
    while True:
        yield mutated(original, chance)
        wrong = frame.astype(object)
        for _ in range(chance.randint(1, 4)):
            values: list[Any] = [-1, 10**18, "../merged-shards/00001.h5", "/etc/passwd", "\0", None, 1.5, "", b"x"]
            wrong.iat[chance.randrange(len(wrong)), chance.randrange(wrong.shape[1])] = chance.choice(values)
        wrong = wrong.drop(columns=chance.sample(list(wrong.columns), chance.choice((0, 0, 0, 1))))
        file = io.BytesIO()
        with suppress(pa.ArrowException):  # pandas cannot write every mixture either
            wrong.to_parquet(file)
            yield file.getvalue()


def _spoil(tree: Any, chance: random.Random) -> None:
    """Replaces one value somewhere in a tree."""
    while True:
        key = chance.choice(list(tree) if isinstance(tree, dict) else list(range(len(tree))))
        below = tree[key]
        if not isinstance(below, dict | list) or not below or chance.random() < 0.3:
            break
        tree = below
    tree[key] = chance.choice([None, "", "x", -1, 1e308, 10**400, [], {}, [[]], {"a": {}}, True, "\0", "é" * 99])


def _params() -> list[bytes]:
    return [(small.ROOT / "params.yaml").read_bytes()]


def _wrong_params(chance: random.Random, canary: Path) -> Iterator[bytes]:
    """Yields damaged texts of params.yaml, and sound YAML of the wrong content."""
    original = _params()[0]
    lines = original.decode().splitlines()
    bomb = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    yield from (text.encode() for text in (bomb, "[" * 5000, "{a: " * 3000, "? " * 2000, "- " * 3000, "a: &a [*a]\n"))
    yield f"!!python/object/apply:os.system ['touch {canary}']\n".encode()
    yield f"seed: !!python/object/new:os.system ['touch {canary}']\n".encode()
    while True:
        yield mutated(original, chance)
        changed = list(lines)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(changed))
            key = changed[place].partition(":")[0]
            value = chance.choice(
                ["[]", "{}", "null", ".nan", ".inf", "1e400", "0x7fffffffffffffff", "!!binary x", "2"]
            )
            changed[place] = f"{key}: {value}"
        yield "\n".join(changed).encode()


def _read_annotations(path: Path) -> object:
    return list(read_emotionet(path).annotations)


def _read_folder_of_ganimation(path: Path) -> object:
    path.with_name(LISTS["train"]).write_text("face0.jpg\nface1.jpg\n")
    return read_ganimation_folder(path.parent)


def _read_shard(path: Path) -> object:
    shard = Shard.open(path)
    return [shard.sample(row) for row in range(shard.num_samples)], shard.attrs


INPUTS = (
    Input("EmotioNet annotations", _of_seeds(_annotations), _read_annotations, "dataFile_0001.txt"),
    Input("OpenFace tables", _of_seeds(_openface), lambda path: read_openface(path.parent), "face0.csv"),
    Input("pickles", _pickled, _read_folder_of_ganimation, LABELS),
    Input("images", _of_seeds(_images), lambda path: decode_image(path.read_bytes()), "face.jpg"),
    Input("shards", _shards, _read_shard, "shard.h5"),
    Input("specifications", _parquet, read_specs, "specs.parquet"),
    Input("merge indices", _indices, ShardSet.from_index, "index.parquet"),
    Input("params.yaml", _wrong_params, load, "params.yaml"),
)
