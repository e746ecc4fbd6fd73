"""A loader: the batches of one step after another, begun ahead by a thread, resumed at any step."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from faceset.streaming import Prefetcher
from gan.errors import CheckpointError

Made = TypeVar("Made")
Made_co = TypeVar("Made_co", covariant=True)


class Batches(Protocol[Made_co]):
    """Batches as a pure function of their step, in two halves."""

    @property
    def identity(self) -> Mapping[str, int]:
        """What decides the stream of batches; a state of another stream is refused."""
        ...

    def begin(self, step: int) -> Callable[[], Made_co]:
        """Does the work of a batch that needs no device; what it returns does the rest and gives the batch."""
        ...


class Loader(Generic[Made]):
    """Iterates over the batches of consecutive steps.

    A thread begins each batch ahead; it is finished in the thread that asks for it, on its stream. Since a batch
    follows from its step alone, a loader at step i gives what an uninterrupted one gives from there.
    """

    def __init__(self, batches: Batches[Made], start_step: int = 0, stop_step: int | None = None, ahead: int = 2):
        """Starts nothing yet; the thread starts with the first batch.

        Args:
            batches: what makes them.
            start_step: of the first batch.
            stop_step: the step after the last one; None for batches without end.
            ahead: batches that may wait.

        Raises:
            ValueError: ``start_step`` is negative, or ``ahead`` less than 1.
        """
        if start_step < 0 or ahead < 1:
            raise ValueError(f"expected start_step >= 0 and ahead >= 1, found {start_step} and {ahead}")
        self.step = start_step
        self._batches, self._stop_step, self._ahead = batches, stop_step, ahead
        self._thread: Prefetcher[Callable[[], Made]] | None = None

    def __iter__(self) -> Iterator[Made]:
        """Returns the loader itself."""
        return self

    def __next__(self) -> Made:
        """Returns the batch of ``self.step`` and moves on."""
        if self._thread is None:
            steps = itertools.count(self.step) if self._stop_step is None else range(self.step, self._stop_step)
            self._thread = Prefetcher(map(self._batches.begin, steps), self._ahead)
        finish = next(self._thread)
        self.step += 1
        return finish()

    def __enter__(self) -> "Loader[Made]":
        """Returns the loader itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()

    def state_dict(self) -> dict[str, Any]:
        """Returns where the loader stands, as plain values: the next batch is the first that was not taken."""
        return {"step": self.step, "identity": dict(self._batches.identity)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where another loader of the same batches stood.

        Raises:
            CheckpointError: the state is of other batches.
        """
        if state.get("identity") != dict(self._batches.identity):
            raise CheckpointError(
                f"the loader's state is of other batches: expected {dict(self._batches.identity)}, found "
                f"{state.get('identity')}; load the set it was saved with, or begin again"
            )
        self.close()
        self.step = int(state["step"])

    def close(self) -> None:
        """Stops the thread. The loader may be used again: it goes on at its step."""
        if self._thread is not None:
            self._thread.close()
            self._thread = None
