"""Spreads samples over the workers of a dask cluster: a laptop's, a scheduler's, a batch system's.

A dask task is one attempt at one chunk: it starts the same worker command as everywhere, on a node that shares this
folder, and says how it ended. Results never travel through dask; they land in the scratch folder. dask's own retries
would repeat a stale order, so they are answered at once (``pipeline.node``) and ``pipeline.books`` decides.
"""

import asyncio
import logging
import os
import secrets
import shutil
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pipeline import node
from pipeline.books import Rules
from pipeline.children import PARENT, Exit
from pipeline.chunks import Chunk, Outcome, Standing, Work
from pipeline.errors import ExecutorError
from pipeline.supervision import supervise

CONNECT_S = 30.0
"""How long a scheduler may take to answer."""
LOOK_EVERY_S = 1.0
"""Seconds between two looks at which workers there are."""
SPARE = 1.25
"""Commands handed over for each that can run, so that no worker waits for the next one."""

T = TypeVar("T")
Cluster = Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True)
class DaskExecutor:
    """Computes chunks on the workers of a dask cluster that see this folder.

    Attributes:
        cluster: opens the cluster and gives the address of its scheduler.
        shared: a folder that every node sees; orders leave their marks there while a run lasts.
        deadline_s: seconds after which a command is killed; what it has stored stays.
        rules: when to try again and when to give up.
        python: the interpreter on the nodes; None: the path of this one.
    """

    cluster: Cluster
    shared: Path
    deadline_s: float
    rules: Rules
    python: str | None = None
    backlog: float = field(default=SPARE)

    def run(self, work: Work, chunks: Sequence[Chunk], progress: Callable[[Standing], None]) -> Outcome:
        """Returns what came of the chunks; see ``Executor.run``. However it ends, no command is left running."""
        with self.cluster() as address, _Dask(self, address) as crew:
            return supervise(work, chunks, crew, self.rules, progress)


class _Dask:
    """A crew: the workers of one scheduler, spoken to from a thread of its own."""

    def __init__(self, settings: DaskExecutor, address: str) -> None:
        self._settings, self._address = settings, address
        self._run = secrets.token_hex(8)
        self._marks = settings.shared.resolve() / "orders" / self._run
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="dask", daemon=True)
        self._client: Any = None
        self._watch: Future[None] | None = None
        self._attempts = 0
        self.workers = 0

    def __enter__(self) -> "_Dask":
        self._marks.mkdir(parents=True)
        self._thread.start()
        try:
            self._call(self._connect()).result()
        except BaseException:
            self.__exit__()
            raise
        self._watch = self._call(self._look())
        return self

    def __exit__(self, *error: object) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._call(self._leave()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        shutil.rmtree(self._marks, ignore_errors=True)

    @property
    def places(self) -> int:
        """A few more than can run; some even while there is no worker, since batch systems start them for work."""
        return max(2, int(self.workers * self._settings.backlog + 0.99))

    def start(self, command: Sequence[str]) -> Future[Exit]:
        """Returns how the command ended, once it has."""
        self._attempts += 1
        return self._call(self._obeyed(self._order(command)))

    def _order(self, command: Sequence[str]) -> node.Order:
        program = self._settings.python if self._settings.python and command[0] == sys.executable else command[0]
        told = {name: value for name, value in os.environ.items() if name.startswith("FACSMITH_") and name != PARENT}
        return node.Order(
            run=self._run,
            attempt=self._attempts,
            command=(program, *command[1:]),
            folder=str(Path.cwd()),
            shared=str(self._marks),
            deadline_s=self._settings.deadline_s,
            environment=tuple(sorted(told.items())),
        )

    def _call(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _connect(self) -> None:
        from distributed import Client

        # What it logs when a scheduler dies is a traceback; ours is one message.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        try:
            self._client = await Client(self._address, asynchronous=True, timeout=CONNECT_S, set_as_default=False)
        except OSError as error:
            raise ExecutorError(f"farm: no dask scheduler answers at {self._address}: {error}") from None
        await self._count()

    async def _obeyed(self, order: node.Order) -> Exit:
        from distributed.client import ClosedClientError
        from distributed.scheduler import KilledWorker

        try:
            task = self._client.submit(node.obey, order, key=f"facsmith-{self._run}-{order.attempt}", pure=False)
            ended: Exit = await task
        except KilledWorker:
            return node.LOST_WORKER
        except (CancelledError, asyncio.CancelledError, OSError, ClosedClientError) as error:
            raise self._gone(error) from None
        except ImportError as error:
            raise ExecutorError(f"farm: a dask worker cannot import facsmith: {error}; install it there") from None
        finally:
            (self._marks / str(order.attempt)).unlink(missing_ok=True)
        return ended

    def _gone(self, error: BaseException) -> ExecutorError:
        reason = [*str(error).splitlines(), "cancelled"][0].rstrip(".")
        return ExecutorError(
            f"farm: the dask scheduler at {self._address} is gone or has dropped this run ({reason}); "
            "what was rendered is kept, start a scheduler and run the stage again"
        )

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            with suppress(OSError, asyncio.TimeoutError):
                await asyncio.wait_for(self._count(), 10 * LOOK_EVERY_S)

    async def _count(self) -> None:
        self.workers = sum((await self._client.nthreads()).values())

    async def _leave(self) -> None:
        """Ends what still runs on the nodes, so that an interrupted run leaves nothing behind."""
        if self._client is None:
            return
        with suppress(OSError, asyncio.TimeoutError, CancelledError):
            if self._client.status == "running":
                await asyncio.wait_for(self._client.run(node.end, self._run, on_error="ignore"), CONNECT_S)
        with suppress(OSError, asyncio.TimeoutError, CancelledError):
            await asyncio.wait_for(self._client.close(), CONNECT_S)
