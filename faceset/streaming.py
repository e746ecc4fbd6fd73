"""Endless streams of batches: which faces come at which step, and a thread that fetches them ahead of time."""

import queue
import threading
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Item = TypeVar("Item")


@dataclass(frozen=True)
class Part:
    """Which part of every batch one of several processes takes.

    The batch does not depend on how many they are: the parts, in the order of the ranks, are the batch. A run may
    therefore be resumed on another number of processes.

    Attributes:
        rank: of this process, from 0.
        world_size: how many processes there are.

    Raises:
        ValueError: the rank is not one of them.
    """

    rank: int = 0
    world_size: int = 1

    def __post_init__(self) -> None:
        """Checks the range."""
        if not 0 <= self.rank < self.world_size:
            raise ValueError(f"expected a rank from 0 to world_size - 1, found {self.rank} of {self.world_size}")

    def of(self, batch_size: int) -> slice:
        """Returns the places of a batch that this process takes; parts differ by one place at most."""
        return slice(self.rank * batch_size // self.world_size, (self.rank + 1) * batch_size // self.world_size)


WHOLE = Part()


class BatchStream:
    """Endless shuffled batches of indices; the batch of step i follows from (seed, i) alone.

    The stream is the concatenation of one permutation per epoch, drawn from a Philox generator keyed by
    (seed, epoch). A batch may span two epochs, so every face comes equally often and no batch is short.
    """

    def __init__(self, num_samples: int, batch_size: int, seed: int, start_step: int = 0):
        """Makes a stream whose next batch is that of ``start_step``.

        Raises:
            ValueError: a number is out of range.
        """
        if num_samples < 1 or batch_size < 1 or seed < 0 or start_step < 0:
            raise ValueError(
                "expected num_samples and batch_size > 0, seed and start_step >= 0, "
                f"found {num_samples}, {batch_size}, {seed}, {start_step}"
            )
        self.num_samples, self.batch_size, self.seed, self.step = num_samples, batch_size, seed, start_step
        self._epochs: dict[int, npt.NDArray[np.int64]] = {}

    @property
    def identity(self) -> dict[str, int]:
        """What decides the stream: streams of one identity are the same."""
        return {"num_samples": self.num_samples, "batch_size": self.batch_size, "seed": self.seed}

    def batch(self, step: int) -> npt.NDArray[np.int64]:
        """Returns the indices of one step, (batch_size,)."""
        positions = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        epochs, places = np.divmod(positions, self.num_samples)
        return np.concatenate([self._epoch(int(epoch))[places[epochs == epoch]] for epoch in np.unique(epochs)])

    def __iter__(self) -> "BatchStream":
        """Returns the stream itself."""
        return self

    def __next__(self) -> npt.NDArray[np.int64]:
        """Returns the batch of ``self.step`` and moves on."""
        indices = self.batch(self.step)
        self.step += 1
        return indices

    def _epoch(self, epoch: int) -> npt.NDArray[np.int64]:
        if epoch not in self._epochs:
            kept = {number: order for number, order in self._epochs.items() if number == epoch - 1}
            bits = np.random.Philox(key=np.array([self.seed, epoch], dtype=np.uint64))
            self._epochs = {**kept, epoch: np.random.Generator(bits).permutation(self.num_samples)}
        return self._epochs[epoch]


class Prefetcher(Generic[Item]):
    """Iterates over a source in a background thread, at most ``depth`` items ahead.

    A thread and not processes: gathering releases the interpreter's lock, and images need not be copied between
    processes. Use it as a context manager, or call ``close``; an abandoned one stops by itself.
    """

    def __init__(self, source: Iterable[Item], depth: int = 2):
        """Starts the thread.

        Args:
            source: what to iterate over; used by the thread alone.
            depth: number of finished items that may wait.

        Raises:
            ValueError: ``depth`` is less than 1.
        """
        if depth < 1:
            raise ValueError(f"expected a depth of at least 1, found {depth}")
        self._queue: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=depth)
        self._stop = threading.Event()
        self._finished = False
        self._thread = threading.Thread(target=_work, args=(iter(source), self._queue, self._stop), daemon=True)
        self._abandon = weakref.finalize(self, self._stop.set)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        """Returns the prefetcher itself."""
        return self

    def __next__(self) -> Item:
        """Returns the next item; raises what the source raised, where it raised it."""
        if self._finished:
            raise StopIteration
        kind, value = self._queue.get()
        if kind == "item":
            return value  # type: ignore[no-any-return]
        self.close()
        if kind == "error":
            raise value
        raise StopIteration

    def __enter__(self) -> "Prefetcher[Item]":
        """Returns the prefetcher itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()

    def close(self) -> None:
        """Stops the thread and waits for it; items that wait are dropped. May be called twice."""
        self._finished = True
        self._stop.set()
        self._thread.join()


_POLL_SECONDS = 0.05


def _work(source: Iterator[Any], results: "queue.Queue[tuple[str, Any]]", stop: threading.Event) -> None:
    message: tuple[str, Any] = ("end", None)
    try:
        for item in source:
            if not _put(results, ("item", item), stop):
                return
    except BaseException as error:  # noqa: BLE001  the consumer raises it again; without it, it would wait for ever
        message = ("error", error)
    _put(results, message, stop)


def _put(results: "queue.Queue[tuple[str, Any]]", message: tuple[str, Any], stop: threading.Event) -> bool:
    """Returns whether the message was taken before the consumer went away."""
    while not stop.is_set():
        try:
            results.put(message, timeout=_POLL_SECONDS)
        except queue.Full:
            continue
        return True
    return False
