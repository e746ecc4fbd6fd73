"""Spreads samples over worker processes that may crash, hang or meet a sample that kills them.

The unit of work is a chunk: a range of samples that one fresh process renders and stores. What is finished is kept by
the ``Work`` (a content-addressed folder), so an interrupted run goes on where it stopped; what is tried again, halved
or given up is in ``pipeline.books``, the same for every executor.

Threads wait for operating-system processes: process pools deadlock (``max_tasks_per_child``) or lose the task of a
killed worker on Python 3.11, and a renderer such as Blender is global to its process.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.books import Rules
from pipeline.children import Children, Exit
from pipeline.chunks import Chunk, Outcome, Standing, Work
from pipeline.supervision import supervise


class Executor(Protocol):
    """Computes chunks somewhere: on this machine, on a cluster."""

    def run(self, work: Work, chunks: Sequence[Chunk], progress: Callable[[Standing], None]) -> Outcome:
        """Returns what came of the chunks; ``progress`` is told where the run stands, about once a second.

        Raises:
            ExecutorError: too many samples were lost, or workers cannot start at all.
        """
        ...


@dataclass(frozen=True)
class LocalExecutor:
    """Computes chunks in processes of this machine.

    Attributes:
        workers: how many run at once.
        deadline_s: seconds after which a process is killed; what it has stored stays.
        max_lost: how many samples may be lost before the run is given up.
        backoff_s: the wait before a second attempt, and twice as long before each further one.
        environment: variables that the processes see beside those of this one.
        notice: told about each process that failed.
    """

    workers: int
    deadline_s: float
    max_lost: int
    backoff_s: float = 0.5
    environment: tuple[tuple[str, str], ...] = ()
    notice: Callable[[str], None] = field(default=lambda text: None)

    def run(self, work: Work, chunks: Sequence[Chunk], progress: Callable[[Standing], None]) -> Outcome:
        """Returns what came of the chunks; see ``Executor.run``. However it ends, no process is left behind."""
        children = Children(dict(self.environment))
        rules = Rules(self.max_lost, self.backoff_s, notice=self.notice)
        with ThreadPoolExecutor(max_workers=self.workers, thread_name_prefix="chunk") as threads:
            try:
                crew = _Threads(self.workers, self.deadline_s, children, threads)
                return supervise(work, chunks, crew, rules, progress)
            finally:
                children.end()
                threads.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class _Threads:
    """A crew of threads, each of which waits for one process at a time."""

    workers: int
    deadline_s: float
    children: Children
    threads: ThreadPoolExecutor

    @property
    def places(self) -> int:
        """As many as there are workers: a process is started at once."""
        return self.workers

    def start(self, command: Sequence[str]) -> Future[Exit]:
        """Returns how the command ended, once it has."""
        return self.threads.submit(self.children.run, command, self.deadline_s)
