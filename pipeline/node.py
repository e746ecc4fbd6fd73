"""What runs inside a dask worker: it starts one command, waits for it, and ends it when asked.

Nothing here imports what renders: a renderer leaks, crashes and is global to its process, and a dask worker is to
outlive all that.
"""

import os
import signal
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.children import Children, Exit, worker_environment
from pipeline.chunks import USER_ERROR

SEEN_WITHIN_S = 60.0
"""How long a new folder may take to be seen on a node: what network disks take at most."""

LOST_WORKER = Exit(-signal.SIGKILL, late=False, said="", lost=True)
"""How an attempt ended whose worker is no more."""

_lock = threading.Lock()
_children: dict[str, Children] = {}


@dataclass(frozen=True)
class Order:
    """One attempt, as it travels to a node.

    Attributes:
        run: name of the run it belongs to; ``end`` ends all its commands.
        attempt: its number within the run.
        command: the program and its arguments.
        folder: where to start it.
        shared: a folder of this run that every node must see.
        deadline_s: seconds after which it is killed.
        environment: variables that it sees beside those of the node.
    """

    run: str
    attempt: int
    command: tuple[str, ...]
    folder: str
    shared: str
    deadline_s: float
    environment: tuple[tuple[str, str], ...]


def obey(order: Order) -> Exit:
    """Runs one attempt and returns how it ended.

    A scheduler that loses a worker hands its task to another one. By then part of the chunk is stored, so the order
    is stale: a task that begins a second time returns at once, and the books give a new order for what is missing.
    """
    if not _seen(Path(order.shared)):
        told = f"{socket.gethostname()} does not see {order.shared}: every node must share the folder of this run"
        return Exit(USER_ERROR, late=False, said=told)
    if not _first(Path(order.shared) / str(order.attempt)):
        return LOST_WORKER
    try:
        return _of(order).run(order.command, order.deadline_s, order.folder)
    except OSError as error:
        told = f"{socket.gethostname()} cannot start {order.command[0]}: {error.strerror}; farm.python names another"
        return Exit(USER_ERROR, late=False, said=told)


def end(run: str) -> None:
    """Kills all that a run has started in this process; it starts nothing more."""
    with _lock:
        children = _children.setdefault(run, Children())
    children.end()


def _of(order: Order) -> Children:
    environment = {**dict(worker_environment(_slots(), _cores())), **dict(order.environment)}
    with _lock:
        return _children.setdefault(order.run, Children(environment))


def _slots() -> int:
    """Returns how many commands this dask worker runs at once."""
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def _cores() -> int:
    """Returns how many cores this process may use: a batch system gives a job some of its node's."""
    return len(os.sched_getaffinity(0))


def _seen(folder: Path) -> bool:
    until = time.monotonic() + SEEN_WITHIN_S
    while not folder.is_dir():
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    return True


def _first(marker: Path) -> bool:
    """Returns True for whoever creates the marker."""
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
