"""Other ways to load faces: each writes the same images with their AUs and yields uint8 batches of them.

Every family takes a folder and what to write, and returns its ways. Each peer is set up as its own documentation
recommends for speed; the comment at each says how.
"""

import functools
import io
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import torch
from PIL import Image

from faceset.streaming import BatchStream

Batch = tuple[Any, Any]

FEW, FEW_BATCH = 2000, 64
GZIP, GZIP_BATCH = 1000, 8
"""Chunks that cut through many images make a batch take seconds: few images and small batches suffice."""

WEBDATASET_BUFFER = 1000
INSTALL = "pip install -c constraints.txt -e '.[dev,peers]'"


@dataclass(frozen=True)
class Faces:
    """What every way loads.

    Attributes:
        images: (N, S, S, 3) uint8.
        aus: (N, K) float32, all rows distinct.
        batch_size: images per batch.
    """

    images: np.ndarray
    aus: np.ndarray
    batch_size: int

    def stream(self, start: int, count: int | None = None, size: int | None = None) -> BatchStream:
        """Returns the order of ours, from a step on."""
        return BatchStream(count or len(self.images), size or self.batch_size, seed=0, start_step=start)

    @functools.cached_property
    def png(self) -> list[bytes]:
        """The images as PNG."""
        return [cv2.imencode(".png", image[..., ::-1])[1].tobytes() for image in self.images]


@dataclass
class Way:
    """One way of loading.

    Attributes:
        name: in the table.
        batches: from a start step, endless batches of (images, AUs).
        batch_size: images per batch.
        workers: processes that load ahead; what they have ready is not counted.
        ordered: gives the batches of our stream, and not only the same faces in an order of its own.
        exact: gives the same bytes.
        is_peer: counts for the ratio.
        speeds: images per second, one per round.
    """

    name: str
    batches: Callable[[int], Iterator[Batch]]
    batch_size: int
    workers: int = 0
    ordered: bool = True
    exact: bool = True
    is_peer: bool = True
    speeds: list[float] = field(default_factory=list)


def hdf5(folder: Path, faces: Faces) -> list[Way]:
    """Returns the usual ways with h5py: per image, sorted fancy indexing, a DataLoader over items."""
    plain = _write_hdf5(folder / "contiguous.h5", faces.images, faces.aus)
    single = _write_hdf5(folder / "single.h5", faces.images, faces.aus, chunks=(1, *faces.images.shape[1:]))
    size = faces.batch_size

    def loader(workers: int) -> Callable[[int], Iterator[Batch]]:
        return lambda start: _per_item(_Hdf5Items(plain, len(faces.images)), faces.stream(start), workers)

    return [
        Way("h5py contiguous, ds[i] per image", lambda start: _one_by_one(plain, faces.stream(start)), size),
        Way("h5py contiguous, ds[sorted]", lambda start: _fancy(plain, faces.stream(start)), size),
        Way("h5py chunks=(1, H, W, 3), ds[i]", lambda start: _one_by_one(single, faces.stream(start)), size),
        Way("h5py + DataLoader, per item", loader(0), size),
        Way("h5py + DataLoader, per item, 2 workers", loader(2), size, workers=2),
    ]


def hdf5_chunked(folder: Path, faces: Faces) -> list[Way]:
    """Returns what tutorials write: chunks that h5py chooses, plain and with gzip."""
    few, fewer = min(FEW, len(faces.images)), min(GZIP, len(faces.images))
    chunked = _write_hdf5(folder / "chunked.h5", faces.images[:few], faces.aus[:few], chunks=True)
    options = {"chunks": True, "compression": "gzip"}
    zipped = _write_hdf5(folder / "gzip.h5", faces.images[:fewer], faces.aus[:fewer], **options)
    return [
        Way(
            f"h5py chunks=True, ds[sorted] ({few} images)",
            lambda start: _fancy(chunked, faces.stream(start, few, FEW_BATCH)),
            FEW_BATCH,
        ),
        Way(
            f"h5py chunks=True gzip, ds[sorted] ({fewer} images)",
            lambda start: _fancy(zipped, faces.stream(start, fewer, GZIP_BATCH)),
            GZIP_BATCH,
        ),
    ]


def image_files(folder: Path, faces: Faces) -> list[Way]:
    """Returns a folder of files through a DataLoader, decoded by Pillow or OpenCV."""
    _write_files(folder, faces)

    def ways(name: str, kind: str, decode: Callable[[Path], np.ndarray], workers: int) -> Way:
        items = _FileItems(folder, kind, decode, faces.aus)
        return Way(
            name + (f", {workers} workers" if workers else ""),
            lambda start: _per_item(items, faces.stream(start), workers),
            faces.batch_size,
            workers,
            exact=kind == "png",
        )

    return [
        ways(f"{kind.upper()} files + DataLoader, {library}", kind, decode, workers)
        for kind in ("png", "jpg")
        for library, decode in (("Pillow", _pillow), ("OpenCV", _opencv))
        for workers in (0, 2)
    ]


def webdataset(folder: Path, faces: Faces) -> list[Way]:
    """Returns tar shards, of raw bytes and of PNG.

    As its documentation advises: shards in a shuffled order, a shuffle buffer, batches made inside the pipeline, and
    WebLoader with batch_size=None. Its order is its own and less random: a face meets those of its buffer.
    """
    import webdataset as wds

    shape = faces.images.shape[1:]
    _write_tars(folder, "raw", faces, lambda row: {"image.bin": faces.images[row].tobytes()})
    _write_tars(folder, "png", faces, lambda row: {"image.png": faces.png[row]})

    def pipeline(kind: str, seed: int) -> Any:
        urls = sorted(str(path) for path in folder.glob(f"{kind}-*.tar"))
        data = wds.WebDataset(urls, shardshuffle=len(urls), seed=seed, nodesplitter=wds.split_by_node).repeat()
        data = data.shuffle(WEBDATASET_BUFFER)
        if kind == "raw":
            data = data.to_tuple("image.bin", "au.bin").map_tuple(
                lambda image: np.frombuffer(image, np.uint8).reshape(shape), lambda au: np.frombuffer(au, np.float32)
            )
        else:
            data = data.decode("rgb8").to_tuple("image.png", "au.bin")
            data = data.map_tuple(lambda image: image, lambda au: np.frombuffer(au, np.float32))
        return data.batched(faces.batch_size, partial=False)

    def way(kind: str, workers: int) -> Way:
        return Way(
            f"WebDataset, {kind}" + (f", {workers} workers" if workers else ""),
            lambda start: iter(wds.WebLoader(pipeline(kind, start), batch_size=None, num_workers=workers)),
            faces.batch_size,
            workers,
            ordered=False,
        )

    return [way(kind, workers) for kind in ("raw", "png") for workers in (0, 2)]


def litdata(folder: Path, faces: Faces) -> list[Way]:
    """Returns LitData's StreamingDataset over chunks of 64 MB of raw arrays, as its ``optimize`` writes them."""
    with warnings.catch_warnings(), _silence():
        warnings.simplefilter("ignore")
        import litdata as lit

        lit.optimize(
            fn=functools.partial(_litdata_item, faces.images, faces.aus),
            inputs=list(range(len(faces.images))),
            output_dir=str(folder),
            chunk_bytes="64MB",
            num_workers=1,
            start_method="fork",
            verbose=False,
        )

    def batches(workers: int, start: int) -> Iterator[Batch]:
        with warnings.catch_warnings(), _silence():
            warnings.simplefilter("ignore")
            data = lit.StreamingDataset(str(folder), shuffle=True, drop_last=True, seed=start, max_cache_size="100GB")
            loader = lit.StreamingDataLoader(data, batch_size=faces.batch_size, num_workers=workers)
        while True:
            for batch in loader:
                yield batch["image"], batch["au"]

    def by_index(start: int) -> Iterator[Batch]:
        with _silence():
            data = lit.StreamingDataset(str(folder), max_cache_size="100GB")
        for indices in faces.stream(start):
            items = [data[index] for index in indices.tolist()]
            yield np.stack([item["image"] for item in items]), np.stack([item["au"] for item in items])

    return [
        Way("LitData, its own shuffle", functools.partial(batches, 0), faces.batch_size, ordered=False),
        Way("LitData, 2 workers", functools.partial(batches, 2), faces.batch_size, 2, ordered=False),
        Way("LitData, by index", by_index, faces.batch_size),
    ]


def huggingface(folder: Path, faces: Faces) -> list[Way]:
    """Returns arrow files of ``datasets``, memory-mapped: arrays, bytes, and PNG, each a whole batch by indices.

    Its documentation advises a format (numpy, with the dtype) or a transform over a batch for speed.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    import datasets
    from datasets import Array3D, Features, Value

    datasets.disable_progress_bars()
    shape, count = faces.images.shape[1:], faces.aus.shape[1]
    aus = datasets.Sequence(Value("float32"), count)

    def dataset(name: str, kind: Any, column: Callable[[int], Any]) -> Any:
        def rows() -> Iterator[Mapping[str, Any]]:
            return ({"image": column(row), "au": faces.aus[row]} for row in range(len(faces.images)))

        features = Features({"image": kind, "au": aus})
        # Without a fingerprint it would hash what the generator refers to: every image.
        options = {"features": features, "cache_dir": str(folder / name), "fingerprint": name}
        return datasets.Dataset.from_generator(rows, **options)

    arrays = dataset("arrays", Array3D(shape, "uint8"), lambda row: faces.images[row])
    raw = dataset("bytes", Value("binary"), lambda row: faces.images[row].tobytes())
    coded = dataset("png", datasets.Image(), lambda row: {"bytes": faces.png[row], "path": None})

    def from_bytes(batch: Mapping[str, Any]) -> dict[str, Any]:
        images = np.frombuffer(b"".join(batch["image"]), np.uint8).reshape(-1, *shape)
        return {"image": images, "au": np.array(batch["au"], np.float32)}

    def way(name: str, data: Any) -> Way:
        def batches(start: int) -> Iterator[Batch]:
            for indices in faces.stream(start):
                batch = data[indices.tolist()]
                # A dtype holds for all columns of a format: then the labels come from memory.
                yield batch["image"], batch["au"] if "au" in batch else faces.aus[indices]

        return Way(f"datasets, {name}", batches, faces.batch_size)

    def arrow(start: int) -> Iterator[Batch]:
        table = raw.with_format("arrow")
        for indices in faces.stream(start):
            rows = table[indices.tolist()]
            yield _binary_column(rows["image"]).reshape(-1, *shape), _list_column(rows["au"]).reshape(-1, count)

    return [
        way("Array3D, numpy format", arrays.with_format("numpy", columns=["image"], dtype=np.uint8)),
        way("bytes, transform of a batch", raw.with_transform(from_bytes)),
        Way("datasets, bytes, arrow format", arrow, faces.batch_size),
        way("PNG, numpy format", coded.with_format("numpy")),
    ]


FAMILIES: Mapping[str, Callable[[Path, Faces], list[Way]]] = {
    "h5py": hdf5,
    "h5py, automatic chunks": hdf5_chunked,
    "image files": image_files,
    "webdataset": webdataset,
    "litdata": litdata,
    "datasets": huggingface,
}


class _Hdf5Items(torch.utils.data.Dataset[Batch]):
    """The dataset of most tutorials: one face per call, the file opened on first use."""

    def __init__(self, path: Path, count: int) -> None:
        self.path, self.count, self.file = path, count, None

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Batch:
        if self.file is None:
            self.file = h5py.File(self.path, "r")
        return self.file["image"][index], self.file["au"][index]


class _FileItems(torch.utils.data.Dataset[Batch]):
    """One file per face, the labels in memory."""

    def __init__(self, folder: Path, kind: str, decode: Callable[[Path], np.ndarray], aus: np.ndarray) -> None:
        self.folder, self.kind, self.decode, self.aus = folder, kind, decode, aus

    def __len__(self) -> int:
        return len(self.aus)

    def __getitem__(self, index: int) -> Batch:
        return self.decode(_file(self.folder, index, self.kind)), self.aus[index]


class _Order:
    """A batch sampler that gives the batches of a stream, so that every way loads the same faces."""

    def __init__(self, stream: BatchStream) -> None:
        self.stream = stream

    def __iter__(self) -> Iterator[list[int]]:
        for indices in self.stream:
            yield indices.tolist()


def _per_item(items: torch.utils.data.Dataset[Batch], stream: BatchStream, workers: int) -> Iterator[Batch]:
    return iter(torch.utils.data.DataLoader(items, batch_sampler=_Order(stream), num_workers=workers))


def _write_hdf5(path: Path, images: np.ndarray, aus: np.ndarray, **options: Any) -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset("image", data=images, **options)
        file.create_dataset("au", data=aus)
    return path


def _one_by_one(path: Path, stream: BatchStream) -> Iterator[Batch]:
    with h5py.File(path, "r") as file:
        images, aus = file["image"], file["au"][()]
        for indices in stream:
            yield np.stack([images[index] for index in indices.tolist()]), aus[indices]


def _fancy(path: Path, stream: BatchStream) -> Iterator[Batch]:
    with h5py.File(path, "r") as file:
        images, aus = file["image"], file["au"][()]
        for indices in stream:
            # h5py wants increasing indices without repetition.
            unique, place = np.unique(indices, return_inverse=True)
            yield images[unique][place], aus[indices]


def _file(folder: Path, row: int, kind: str) -> Path:
    return folder / kind / f"{row // 1000:03d}" / f"{row:06d}.{kind}"


def _write_files(folder: Path, faces: Faces) -> None:
    quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
    for row, image in enumerate(faces.images):
        for kind in ("png", "jpg"):
            path = _file(folder, row, kind)
            path.parent.mkdir(parents=True, exist_ok=True)
            coded = faces.png[row] if kind == "png" else cv2.imencode(".jpg", image[..., ::-1], quality)[1].tobytes()
            path.write_bytes(coded)


def _pillow(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def _opencv(path: Path) -> np.ndarray:
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert found is not None
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


def _write_tars(folder: Path, kind: str, faces: Faces, content: Callable[[int], dict[str, bytes]]) -> None:
    import webdataset as wds

    # Every worker needs a shard of its own.
    size = min(1000, len(faces.images) // 2)
    for start in range(0, len(faces.images), size):
        with wds.TarWriter(str(folder / f"{kind}-{start:06d}.tar")) as tar:
            for row in range(start, min(start + size, len(faces.images))):
                tar.write({"__key__": f"{row:06d}", "au.bin": faces.aus[row].tobytes(), **content(row)})


def _litdata_item(images: np.ndarray, aus: np.ndarray, row: int) -> dict[str, Any]:
    return {"image": images[row], "au": aus[row]}


def _binary_column(column: Any) -> np.ndarray:
    """Returns the bytes of an arrow column of binaries, without copying them."""
    array = column.combine_chunks()
    offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(array.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]


def _list_column(column: Any) -> np.ndarray:
    return column.combine_chunks().flatten().to_numpy()


def _silence() -> Any:
    """Returns a context in which what libraries print is not seen."""
    return _Silence()


class _Silence:
    def __enter__(self) -> None:
        self._out, self._err = redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO())
        self._out.__enter__()
        self._err.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._err.__exit__(*error)
        self._out.__exit__(*error)
