"""Importing a release of labelled photographs: a stream of samples and refusals, written as shards.

Memory does not grow with the number of photographs, but for 8 bytes each to recognise duplicates; what a release's
tables take is said in ``faceset.sources``. The result depends on the release and the options alone, not on the number
of workers.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue

from annotate.errors import ImportSetupError
from annotate.photos import FaceFramer, FramedFace, PhotoConfig, photo_sample
from annotate.seen import Found, SeenPhotos
from faceset.images import ImageRefusedError, path_inside
from faceset.manifest import file_sha256, read_manifest
from faceset.quarantine import QuarantineEntry, QuarantineLog, Reason
from faceset.sample import Sample
from faceset.shards import write_shard
from faceset.sources.release import PhotoAnnotation, Release
from facs.action_units import CODES

QUARANTINE = "quarantine.jsonl"

Progress = Callable[[int, int], None]
"""Called with the number of photographs looked at and the number of all."""


@dataclass(frozen=True)
class ImportSummary:
    """What an import did.

    Attributes:
        photographs: that the release's tables name.
        imported: samples written.
        refused: rows and files by reason, the most frequent first.
        shards: the files, in order.
        quarantine: the JSON lines of everything refused.
    """

    photographs: int
    imported: int
    refused: Mapping[str, int]
    shards: tuple[Path, ...]
    quarantine: Path


def import_release(
    release: Release,
    out_folder: Path,
    config: PhotoConfig | None = None,
    *,
    quarantine: Path | None = None,
    identities: Mapping[str, str] | None = None,
    au_codes: Sequence[str] = CODES,
    shard_size: int = 1024,
    workers: int = 1,
    progress: Progress | None = None,
    seen: SeenPhotos | None = None,
) -> ImportSummary:
    """Writes the shards of a release's photographs and the quarantine of what was refused, and returns a summary.

    Args:
        release: from one of ``faceset.sources``.
        out_folder: of the shards, ``photos-000000.h5`` and so on; it must list none yet.
        config: how photographs become samples.
        quarantine: file of what was refused; by default ``quarantine.jsonl`` in ``out_folder``.
        identities: who is on the photograph, by path.
        au_codes: the K Action Units in the order of the columns.
        shard_size: samples in each shard but the last.
        workers: threads, each with its own networks.
        progress: called after every photograph.
        seen: what an import of the same release and options that was stopped found, and where this one keeps it.

    Raises:
        ImportSetupError: an option is out of range, or the folder lists shards.
        DetectorError: the networks cannot be started.
        ShardError: a shard cannot be written.
    """
    if shard_size < 1 or workers < 1:
        raise ImportSetupError(f"expected shard_size and workers of 1 or more, found {shard_size} and {workers}")
    out_folder.mkdir(parents=True, exist_ok=True)
    if read_manifest(out_folder):
        raise ImportSetupError(f"{out_folder}: expected a folder without shards; remove it to import again")
    config = config or PhotoConfig()
    attrs: dict[str, str | float | int | list[str]] = {
        "source": release.source,
        "au_scale": release.au_scale,
        "framing": "annotate.align.frontal_template",
        "framing_margin": config.margin,
        "border": "reflected",
    }
    shards: list[Path] = []
    imported = 0
    with QuarantineLog(quarantine or out_folder / QUARANTINE) as log:
        samples = _kept(release_samples(release, config, identities, au_codes, workers, progress, seen), log)
        for batch in _batches(samples, shard_size):
            record = write_shard(out_folder / f"photos-{len(shards):06d}.h5", batch, attrs, au_codes)
            shards.append(record.path)
            imported += record.num_samples
    refused = {str(reason): count for reason, count in log.counts.most_common()}
    return ImportSummary(len(release.annotations), imported, refused, tuple(shards), log.path)


def release_samples(
    release: Release,
    config: PhotoConfig,
    identities: Mapping[str, str] | None = None,
    au_codes: Sequence[str] = CODES,
    workers: int = 1,
    progress: Progress | None = None,
    seen: SeenPhotos | None = None,
) -> Iterator[Sample | QuarantineEntry]:
    """Yields the sample of every photograph, or why there is none, in the order of the release; refused rows first.

    Of equal photographs, compared by their decoded pixels, the first is imported.
    """
    for entry in release.refused:
        yield _with_digest(release.images, entry)
    known, total = identities or {}, len(release.annotations)
    first: dict[int, int] = {}
    faces = _faces(release, config, workers, seen)
    for number, (annotation, face) in enumerate(zip(release.annotations, faces, strict=True)):
        if isinstance(face, FramedFace) and face.photo_checksum in first:
            before = release.annotations[first[face.photo_checksum]].path
            yield _duplicate(release.images, annotation, before)
        elif isinstance(face, FramedFace):
            first[face.photo_checksum] = number
            yield photo_sample(face, annotation, release.source, known.get(annotation.path, ""), au_codes)
        else:
            yield face
        if progress is not None:
            progress(number + 1, total)


def _faces(release: Release, config: PhotoConfig, workers: int, seen: SeenPhotos | None) -> Iterator[Found]:
    """Yields the face of each annotation, in order; what is in ``seen`` is not looked at again."""
    with _Framing(release.images, config, workers) as framing:
        if seen is None:
            yield from framing.faces(release.annotations)
            return
        for number, start in enumerate(range(0, len(release.annotations), seen.block)):
            annotations = release.annotations[start : start + seen.block]
            found = seen.read(number)
            if found is None or len(found) != len(annotations):
                found = list(framing.faces(annotations))
                seen.write(number, found)
            yield from found


class _Framing(ExitStack):
    """Looks at photographs by several threads; the networks start with the first photograph."""

    def __init__(self, images: Path, config: PhotoConfig, workers: int) -> None:
        super().__init__()
        self._images, self._config, self._workers = images, config, workers
        self._framers: SimpleQueue[FaceFramer] = SimpleQueue()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        for _ in range(self._workers):
            self._framers.put(self.enter_context(FaceFramer(self._config)))
        # The pool is entered last, so that its threads end before the networks stop.
        return self.enter_context(ThreadPoolExecutor(self._workers))

    def faces(self, annotations: Iterable[PhotoAnnotation]) -> Iterator[Found]:
        """Yields the face of each annotation, in order, a bounded number of photographs ahead."""
        waiting: deque[Future[Found]] = deque()
        for annotation in annotations:
            waiting.append(self._pool.submit(self._face, annotation))
            if len(waiting) > 2 * self._workers:
                yield waiting.popleft().result()
        for future in waiting:
            yield future.result()

    def _face(self, annotation: PhotoAnnotation) -> Found:
        framer = self._framers.get()
        try:
            return framer.photo(self._images, annotation)
        finally:
            self._framers.put(framer)


def _kept(stream: Iterable[Sample | QuarantineEntry], log: QuarantineLog) -> Iterator[Sample]:
    for item in stream:
        if isinstance(item, QuarantineEntry):
            log.add(item)
        else:
            yield item


def _batches(samples: Iterable[Sample], size: int) -> Iterator[list[Sample]]:
    batch: list[Sample] = []
    for sample in samples:
        batch.append(sample)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _duplicate(images: Path, annotation: PhotoAnnotation, before: str) -> QuarantineEntry:
    detail = f"the same pixels as {before}, which was imported"
    return _with_digest(images, QuarantineEntry(annotation.path, annotation.where, Reason.DUPLICATE, detail))


def _with_digest(images: Path, entry: QuarantineEntry) -> QuarantineEntry:
    """Returns the entry with the sha256 of its file, where it names one inside the folder of images."""
    try:
        path = path_inside(images, entry.path)
        if not path.is_file():
            return entry
        digest = file_sha256(path)
    except (ImageRefusedError, OSError):
        return entry
    return QuarantineEntry(entry.path, entry.where, entry.reason, entry.detail, digest)
