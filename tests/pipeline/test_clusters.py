"""What a batch system is told, and which executor params.yaml asks for."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.clusters import batch_cluster, scheduler
from pipeline.dask_executor import DaskExecutor
from pipeline.errors import ExecutorError
from pipeline.executor import LocalExecutor
from pipeline.farm import executor_for
from pipeline.params import Batch, load

ROOT = Path(__file__).parents[2]
BATCH = Batch(
    system="slurm",
    jobs=2,
    cores=3,
    memory_gb=4.0,
    walltime="00:30:00",
    queue="night",
    account="faces",
    directives=("--exclusive",),
    prologue=("module load mesa",),
    interface=None,
)


def script(batch: Batch, folder: Path, python: str | None = "/shared/bin/python") -> list[str]:
    with batch_cluster(batch, python, folder) as cluster:
        return str(cluster.job_script()).splitlines()


def test_slurm_is_told_what_params_say(tmp_path: Path) -> None:
    lines = script(BATCH, tmp_path)
    head = [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")]
    assert {"-J facsmith", "-p night", "-A faces", "-n 1", "--cpus-per-task=3", "--mem=4G", "-t 00:30:00"} <= set(head)
    assert "--exclusive" in head
    assert f"-o {tmp_path}/farm-logs/facsmith-%J.out" in head
    assert lines.index("module load mesa") == len(lines) - 2, "just before the worker"
    words = lines[-1].split()
    assert words[:3] == ["/shared/bin/python", "-m", "distributed.cli.dask_worker"]
    assert words[words.index("--nthreads") + 1] == "3", "one process renders on each core"
    assert words[-2:] == ["--memory-limit", "0"], "dask does not watch the renderers' memory"


def test_the_other_batch_systems_are_told_the_same_in_their_words(tmp_path: Path) -> None:
    pbs = script(replace(BATCH, system="pbs"), tmp_path)
    assert {"#PBS -q night", "#PBS -A faces", "#PBS -l walltime=00:30:00"} <= set(pbs)
    assert any(line.startswith("#PBS -l select=1:ncpus=3:mem=") for line in pbs)
    lsf = script(replace(BATCH, system="lsf"), tmp_path)
    assert {"#BSUB -q night", '#BSUB -P "faces"', "#BSUB -n 3", "#BSUB -W 00:30"} <= set(lsf)


def test_no_interpreter_means_this_one(tmp_path: Path) -> None:
    import sys

    assert script(BATCH, tmp_path, python=None)[-1].split()[0] == sys.executable


def test_nothing_is_no_batch_system(tmp_path: Path) -> None:
    with pytest.raises(ExecutorError, match=r"farm\.batch\.system: expected one of slurm, pbs, lsf, found none"):
        batch_cluster(replace(BATCH, system="none"), None, tmp_path)


def test_params_choose_the_executor(tmp_path: Path) -> None:
    farm = load(ROOT / "params.yaml").farm
    local = executor_for(farm, tmp_path, workers=3, deadline_s=5.0, max_lost=2)
    assert isinstance(local, LocalExecutor) and (local.workers, local.deadline_s, local.max_lost) == (3, 5.0, 2)
    dask = executor_for(replace(farm, executor="dask", python="/p"), tmp_path, workers=3, deadline_s=5.0, max_lost=2)
    assert isinstance(dask, DaskExecutor)
    assert (dask.deadline_s, dask.rules.max_lost, dask.python, dask.shared) == (5.0, 2, "/p", tmp_path)
    address = replace(farm, executor="dask", scheduler="tcp://there:8786", batch=BATCH)
    there = executor_for(address, tmp_path, workers=3, deadline_s=5.0, max_lost=2)
    assert isinstance(there, DaskExecutor)
    with there.cluster() as found:
        assert found == "tcp://there:8786", "an address comes before a batch system"


@pytest.mark.parametrize("content", ["", "[1]", "{}", None])
def test_a_scheduler_file_that_says_nothing(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "scheduler.json"
    if content is not None:
        file.write_text(content)
    expected = "expected tcp://host:port or the file of a running scheduler, found"
    with pytest.raises(ExecutorError, match=expected), scheduler(str(file)):
        pass
