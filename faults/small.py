"""The smallest work that goes through the real stages: faces of 32 pixels, noise to train on, a tiny network."""

import hashlib
import importlib
import os
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

import annotate.importing
from annotate.seen import SeenPhotos
from faceset.errors import ShardError
from faceset.manifest import MANIFEST, read_manifest
from faceset.sample import Sample
from faceset.shards import Shard, shard_paths, write_shard
from faceset.spec import SampleSpec, read_specs, write_specs
from facs import CODES
from faults.micro import MICRO
from faults.photographs import WholePicture, write_release
from pipeline import import_photos, merge_shards, render_shards, stage, train_gan
from pipeline.chunks import Chunk, Work
from pipeline.chunks import Outcome as Rendered
from pipeline.executor import LocalExecutor
from pipeline.rendering import RenderWork
from pipeline.storing import store
from render.config import SamplingConfig
from render.pieces import piece_path
from render.sampling import sample_specs

ROOT = Path(__file__).parents[1]
SIZE = 32
FACES = 6
ARM = "mixed"

for _name in ("torch._dynamo", "pyarrow.dataset", "pyarrow.parquet", "faceset.row_copy"):
    importlib.import_module(_name)  # read once here, and not in every child

HIDDEN = (".part", ".former", ".gone", ".lock", ".tmp")


def prepare(folder: Path) -> None:
    """Makes a folder in which the stages can run: params, specifications, and shards of noise to train on."""
    _write_params(folder / "params.yaml")
    config = SamplingConfig(action_units=CODES, identities=2, size=SIZE)
    write_specs(folder / "data/specs/synthetic.parquet", sample_specs(config, seed=1, count=FACES, prefix="synthetic"))
    for number, name in enumerate(("real", "synthetic")):
        store([noise(f"{name}-{row}", number) for row in range(24)], folder / "noise" / name, 5, {"set": name})


def _write_params(path: Path) -> None:
    yaml = YAML(typ="safe", pure=True)
    content: Any = yaml.load(ROOT / "params.yaml")
    content["image"]["size"] = SIZE
    content["action_units"] = ["AU4", "AU12"]
    content["render"].update(workers=2, chunk_size=3, shard_size=4, deadline_s=120, max_lost_rate=0.5)
    content["train"].update(steps=10, batch_size=4, checkpoint_every=4)
    content["splits"].update(validation=0.1, test=0.1)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / content["paths"]["same_people"], path.parent / content["paths"]["same_people"])
    yaml.dump(content, path)


def noise(key: str, seed: int, size: int = SIZE, person: str = "") -> Sample:
    """Returns a labelled square of noise that depends on its key and the seed alone."""
    digest = hashlib.blake2b(f"{seed} {key}".encode(), digest_size=16).digest()
    random = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))
    au = random.random(len(CODES), dtype=np.float32)
    return Sample(
        {
            "image": random.integers(0, 256, (size, size, 3), dtype=np.uint8),
            "au": au,
            "au_left": au,
            "au_right": au,
            "au_known": np.ones(len(CODES), np.uint8),
            "identity": person or f"{key.partition('-')[0]} person {digest[0] % 8}",
            "sample_key": key,
            "source": "noise",
            "twin_of": "",
        }
    )


def fresh(base: Path, folder: Path) -> Path:
    """Returns ``folder`` as a new copy of a prepared folder."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    return folder


def rendering() -> int:
    """Runs the stage ``render_shards`` with its real worker processes."""
    return stage.main_of("set", render_shards.run, ["--set", "synthetic"])


def rendering_by_stand_in() -> int:
    """Runs the stage ``render_shards``, its faces made in this process: for what is not about workers."""
    LocalExecutor.run = stand_in  # type: ignore[method-assign,assignment]
    return rendering()


def rendering_in_process() -> int:
    """Runs the stage ``render_shards`` with the real renderer, in this process."""
    LocalExecutor.run = drawn_here  # type: ignore[method-assign,assignment]
    return rendering()


def importing() -> int:
    """Runs the stage ``import_photos`` with a stand-in for the networks, three photographs to a block."""
    annotate.importing.FaceFramer = WholePicture  # type: ignore[attr-defined,assignment]
    import_photos.SeenPhotos = partial(SeenPhotos, block=3)  # type: ignore[attr-defined,assignment]
    return stage.main(import_photos.run, [])


def merging() -> int:
    """Runs the stage ``merge_shards`` on shards of noise."""
    return stage.main_of("arm", merge_shards.run, ["--arm", ARM])


def training() -> int:
    """Runs the stage ``train_gan`` with a very small network in place of the preset "demo": under a second."""
    train_gan.PRESETS = {"demo": MICRO}
    return stage.main_of("arm", train_gan.run, ["--arm", ARM])


def write_noise(folder: Path, first: int, specs: list[SampleSpec]) -> Path:
    """Stores the noise of some specifications as one piece and returns its path."""
    path = piece_path(folder, first, first + len(specs))
    write_shard(path, [noise(spec.key, 0, person=spec.identity.name) for spec in specs])
    return path


def stand_in(self: object, work: Work, chunks: Iterable[Chunk], *_: object) -> Rendered:
    """Takes the place of ``LocalExecutor.run``: makes noise under the keys of the specifications, piece by piece."""
    return _in_process(work, chunks, lambda spec: noise(spec.key, 0, person=spec.identity.name))


def drawn_here(self: object, work: Work, chunks: Iterable[Chunk], *_: object) -> Rendered:
    """Takes the place of ``LocalExecutor.run``: renders in this process."""
    from render.sample import SampleRenderer

    renderer = SampleRenderer()
    try:
        return _in_process(work, chunks, renderer.render)
    finally:
        renderer.close()


def _in_process(work: Work, chunks: Iterable[Chunk], make: Callable[[SampleSpec], Sample]) -> Rendered:
    assert isinstance(work, RenderWork)
    ordered = list(chunks)
    for chunk in ordered:
        if work.missing(chunk):
            command = work.command(chunk)
            specs = read_specs(Path(command[command.index("--specs") + 1]))
            first = int(command[command.index("--first") + 1])
            path = piece_path(work.folder, first, first + len(specs))
            write_shard(path, [make(spec) for spec in specs], {"backend": "raster"})
    return Rendered(tuple(ordered), ())


def use_photographs(folder: Path) -> None:
    """Puts a release where the import looks for one."""
    write_release(folder / "release", 2 * SIZE)
    path, yaml = folder / "params.yaml", YAML(typ="safe", pure=True)
    content: Any = yaml.load(path)
    content["real"].update(root="release", max_quarantine_rate=0.5)
    yaml.dump(content, path)


def use_noise(folder: Path) -> None:
    """Puts the shards of noise where the merge looks for shards."""
    shutil.copytree(folder / "noise", folder / "data/shards")


def in_folder(folder: Path, action: Callable[[], int]) -> Callable[[], int]:
    """Returns the action in a working folder."""

    def moved() -> int:
        os.chdir(folder)
        return action()

    return moved


def contents(folder: Path) -> dict[str, str]:
    """Returns the sha256 of every visible file below a folder, by relative path; {} where there is none."""
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    visible = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in visible}


def leftovers(folder: Path) -> list[str]:
    """Returns the hidden files and folders of unfinished work below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(".*") if path.name.endswith(HIDDEN))


def half_written(folder: Path) -> list[str]:
    """Returns what is taken for a shard anywhere below a folder, scratch included, and is none."""
    wrong = []
    for manifest in list(folder.rglob(MANIFEST)):
        if any(part.endswith(".gone") for part in manifest.parts):
            continue  # no name that anybody reads
        try:
            if not read_manifest(manifest.parent):
                continue
            for path in shard_paths(manifest.parent):
                Shard.open(path, verify=True)
        except ShardError as error:
            # A folder that is being removed, or was published meanwhile, is gone from here.
            if manifest.exists():
                wrong.append(str(error))
    return wrong
