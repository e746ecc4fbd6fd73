"""Ways to get a dask cluster: on this machine, at an address, from a batch system."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import ExecutorError
from pipeline.params import Batch

LOGS = "farm-logs"
"""Folder of the batch jobs' output, within the scratch folder."""


@contextmanager
def machine(workers: int) -> Iterator[str]:
    """Yields the address of a scheduler with ``workers`` dask workers on this machine, each a process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,  # the renderers' memory is not dask's to watch
        dashboard_address=":0",
        silence_logs="ERROR",
    ) as cluster:
        yield str(cluster.scheduler_address)


@contextmanager
def scheduler(address: str) -> Iterator[str]:
    """Yields the address of a scheduler that runs already.

    Args:
        address: ``tcp://host:8786``, or the file that ``dask scheduler --scheduler-file`` writes.
    """
    yield address if "://" in address else _address_in(Path(address))


def _address_in(file: Path) -> str:
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["address"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ExecutorError(
            f"farm.scheduler: expected tcp://host:port or the file of a running scheduler, found {file}: {error}"
        ) from None


@contextmanager
def batch(settings: Batch, python: str | None, scratch: Path) -> Iterator[str]:
    """Yields the address of a scheduler in this process whose workers are jobs of a batch system.

    A job that ends, for whatever reason, is asked for again while the run lasts.
    """
    with batch_cluster(settings, python, scratch) as cluster:
        cluster.adapt(minimum_jobs=settings.jobs, maximum_jobs=settings.jobs, interval="5s")
        yield str(cluster.scheduler_address)


def batch_cluster(settings: Batch, python: str | None, scratch: Path) -> Any:
    """Returns the ``dask_jobqueue`` cluster of a section of params.yaml, with no job yet.

    Raises:
        ExecutorError: the section names no batch system.
    """
    import dask_jobqueue

    kinds = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "lsf": "LSFCluster"}
    if settings.system not in kinds:
        raise ExecutorError(f"farm.batch.system: expected one of {', '.join(kinds)}, found {settings.system}")
    account = {"project" if settings.system == "lsf" else "account": settings.account}
    logs = scratch / LOGS
    logs.mkdir(parents=True, exist_ok=True)
    return getattr(dask_jobqueue, kinds[settings.system])(
        cores=settings.cores,
        processes=1,
        memory=f"{settings.memory_gb}GB",
        job_name="facsmith",
        walltime=settings.walltime.rpartition(":")[0] if settings.system == "lsf" else settings.walltime,
        queue=settings.queue,
        interface=settings.interface,
        python=python,
        job_extra_directives=list(settings.directives),
        job_script_prologue=list(settings.prologue),
        log_directory=str(logs.resolve()),
        local_directory=str(logs.resolve()),
        worker_extra_args=["--memory-limit", "0"],  # the renderers' memory is the batch system's to watch
        scheduler_options={"dashboard": False, "dashboard_address": ":0"},
        **account,
    )
