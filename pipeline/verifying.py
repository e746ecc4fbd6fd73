"""The verdict on a folder of shards, for a person: first every byte, then every label from its specification."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from faceset.certificate import WorstCase
from faceset.checks import check_shards
from faceset.errors import ShardError
from faceset.loading import ShardSet
from faceset.manifest import check_manifest, file_sha256, read_manifest
from faceset.sample import Sample
from faceset.shards import Shard, shard_paths
from faceset.spec import SampleSpec, read_specs
from pipeline.errors import StageError
from pipeline.files import unsealed
from pipeline.progress import Progress, answer, track
from pipeline.rendering import OPTIONS, SPECS_DIGEST, specs_digest
from pipeline.storing import SPECS
from render.labels import LABELS_ON_REQUEST
from render.sample import SampleRenderer
from render.verification import Difference, differences

SHOWN = 10


def verify(path: Path, images: bool = False) -> None:
    """Prints the verdict on a folder of shards, a merge index (``*.parquet``) or weights (``*.safetensors``).

    Args:
        path: of it.
        images: of shards, also draw every image again.

    Raises:
        StageError: a check failed, or there is nothing there that can be verified.
        ShardError: an index, or what it points into, was altered.
        WeightsError: the weights were altered.
    """
    if path.suffix == ".parquet":
        verify_index(path)
    elif path.suffix == ".safetensors":
        from annotate.weights import load_weights

        tensors, _ = load_weights(path)
        answer(f"pass  weights: {len(tensors)} tensors, all bytes as written")
    elif path.is_dir():
        verify_folder(path, images)
    else:
        raise StageError(f"{path}: expected a folder of shards, a merge index *.parquet or weights *.safetensors")


def verify_index(index: Path) -> None:
    """Prints whether a merge index is as it was written and every face it names is where it says.

    Raises:
        ShardError: the index, the file beside it or a shard was altered.
    """
    beside = index.with_suffix(".json")
    try:
        content = unsealed(beside.read_text(encoding="utf-8"))
        promised, shards = content["index"], dict(content["shards"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ShardError(f"{beside}: expected what the merge wrote beside its index: {error}; merge again") from error
    if not index.is_file() or file_sha256(index) != promised:
        raise ShardError(f"{index}: altered since the merge; merge again")
    for name, sha256 in shards.items():
        record = read_manifest((index.parent / name).parent).get(Path(name).name)
        if record is None or record.sha256 != sha256:
            raise ShardError(f"{index.parent / name}: is not the shard that was merged; merge again")
    faces = ShardSet.from_index(index)
    answer(f"pass  index: {len(faces)} faces in {len(faces.shards)} shards, each where the index says")


def verify_folder(folder: Path, images: bool = False) -> None:
    """Prints every check of the folder's shards, and the certificate of rendered ones after computing it again.

    Args:
        folder: where the shards and their manifest lie.
        images: also draw every image again and compare each pixel; another CPU or GPU may draw others.

    Raises:
        StageError: a check failed, or a label is not what its specification makes.
        ShardError: the manifest or a file that it lists beside the shards was altered.
    """
    check_manifest(folder)
    for path in shard_paths(folder):
        Shard.open(path, verify=True)
    verdict = check_shards(folder, verify=False)
    for check in verdict.checks:
        answer(f"{check.status:<5} {check.name}: {check.detail}")
    failed = [check for check in verdict.checks if check.status == "fail"]
    if failed:
        raise StageError(f"{folder}: {failed[0].detail}")
    if (folder / SPECS).is_file():
        _verify_labels(folder, images)
    else:
        answer(f"      certificate: {folder / SPECS} is absent: these faces were not rendered, or not by a stage")


def _verify_labels(folder: Path, images: bool) -> None:
    specs = _specs(folder)
    worst = WorstCase()
    with track(f"verify {folder.name}", len(specs)) as progress:
        found = list(islice(_differences(folder, specs, images, worst, progress), SHOWN + 1))
    for each in found[:SHOWN]:
        answer(f"fail  {each}")
    if found:
        more = " (and more)" if len(found) > SHOWN else ""
        raise StageError(
            f"{folder}: {len(found[:SHOWN])}{more} labels are not what their specification makes; the shards or "
            f"{SPECS} were altered, or come from another version: render the set again"
        )
    answer(f"pass  certificate: {worst.samples} faces measured again from their specifications, all labels as stored")
    for line in worst.lines:
        answer(f"pass  certificate: {line}")


def _specs(folder: Path) -> dict[str, SampleSpec]:
    """Returns the specifications by key, checked against the digest that every shard carries."""
    specs = read_specs(folder / SPECS)
    found = specs_digest(specs)
    for path in shard_paths(folder):
        if Shard.open(path).attrs.get(SPECS_DIGEST, found) != found:
            raise StageError(f"{folder / SPECS}: altered since {path.name} was written; render the set again")
    return {spec.key: spec for spec in specs}


def _differences(
    folder: Path, specs: dict[str, SampleSpec], images: bool, worst: WorstCase, progress: Progress
) -> Iterator[Difference]:
    number = 0
    for path in shard_paths(folder):
        shard = Shard.open(path)
        asked = tuple(name for name in shard.channels if name in LABELS_ON_REQUEST)
        renderer = _renderer(shard, asked) if images else SampleRenderer("raster", asked)
        try:
            for row in range(shard.num_samples):
                stored = shard.sample(row)
                yield from _of_sample(stored, specs.pop(stored.key, None), renderer, images, worst)
                number += 1
                progress(number)
        finally:
            renderer.close()
    yield from (Difference(key, "sample_key", f"is in {SPECS} and in no shard") for key in specs)


def _renderer(shard: Shard, channels: tuple[str, ...]) -> SampleRenderer:
    """Returns the renderer that drew a shard's images."""
    options = json.loads(str(shard.attrs.get(OPTIONS, "{}")))
    return SampleRenderer(str(shard.attrs.get("backend", "raster")), channels, options)


def _of_sample(
    stored: Sample, spec: SampleSpec | None, renderer: SampleRenderer, images: bool, worst: WorstCase
) -> Iterator[Difference]:
    if spec is None:
        yield Difference(stored.key, "sample_key", f"has no specification in {SPECS}")
        return
    computed = dict(renderer.render(spec)) if images else renderer.label(spec)
    worst.add(stored)
    yield from differences(
        stored, {name: value for name, value in computed.items() if name not in ("image", "checksum")}
    )
    if images and int(stored["checksum"]) != int(computed["checksum"]):
        yield Difference(stored.key, "image", "differs from the image that this machine draws")
