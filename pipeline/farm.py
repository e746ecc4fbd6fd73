"""The executor that params.yaml asks for."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipeline import clusters
from pipeline.books import Rules
from pipeline.children import worker_environment
from pipeline.dask_executor import Cluster, DaskExecutor
from pipeline.executor import Executor, LocalExecutor
from pipeline.params import Farm

PATIENCE_S = 90.0
"""How long a stored result may take to be seen here: network disks show folders as they were up to a minute ago."""


def executor_for(
    farm: Farm,
    scratch: Path,
    workers: int,
    deadline_s: float,
    max_lost: int,
    notice: Callable[[str], None] = lambda text: None,
) -> Executor:
    """Returns who runs the commands.

    Args:
        farm: the section of params.yaml.
        scratch: the folder of unfinished work; all nodes share it.
        workers: processes at once, where this machine runs them.
        deadline_s: seconds after which a process is killed.
        max_lost: samples that may be lost before the run is given up.
        notice: told about each attempt that failed.
    """
    if farm.executor == "local":
        return LocalExecutor(workers, deadline_s, max_lost, environment=worker_environment(workers), notice=notice)
    rules = Rules(max_lost, patience_s=PATIENCE_S, notice=notice)
    return DaskExecutor(_cluster(farm, scratch, workers), scratch, deadline_s, rules, farm.python)


def places_of(farm: Farm, here: int) -> int:
    """Returns how many processes will draw at once: a batch system's cores count as if they were this machine's."""
    if farm.executor == "dask" and farm.scheduler is None and farm.batch.system != "none":
        return farm.batch.jobs * farm.batch.cores
    return here


def _cluster(farm: Farm, scratch: Path, workers: int) -> Cluster:
    if farm.scheduler is not None:
        return partial(clusters.scheduler, farm.scheduler)
    if farm.batch.system != "none":
        return partial(clusters.batch, farm.batch, farm.python, scratch)
    return partial(clusters.machine, workers)
