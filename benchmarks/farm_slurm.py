"""A real batch system: starts a one-node SLURM, renders through it, cancels a job on the way, compares the bytes.

    apt-get install slurmctld slurmd munge
    python benchmarks/farm_slurm.py [--count 400] [--folder /tmp/slurm]        as root

Everything lies in one folder: the configuration, the logs, two sets of shards. munged is started where none answers.
The run is the pipeline's own stage, ``python -m pipeline.render_shards``, with ``farm`` set to dask and slurm; once a
quarter of the images is stored, a running job is cancelled. The same stage then runs with the local executor, and the
two folders of shards must be the same, byte for byte. Status 1 where they are not.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.clusters import batch_cluster
from pipeline.params import Batch, load

ROOT = Path(__file__).parents[1]
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "scancel", "munged", "munge")
CONF = """\
ClusterName=facsmith
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldPort=16817
SlurmdPort=16818
{node} NodeAddr=127.0.0.1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@contextmanager
def slurm(folder: Path) -> Iterator[None]:
    """Runs a SLURM of one node, this one, until the block ends."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    node = said("slurmd", "-C").splitlines()[0]
    conf = folder / "slurm.conf"
    conf.write_text(CONF.format(host=socket.gethostname().split(".")[0], folder=folder, node=node), encoding="utf-8")
    os.environ["SLURM_CONF"] = str(conf)
    with ExitStack() as daemons:
        if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode:
            daemons.enter_context(munged(folder))
        daemons.enter_context(daemon(folder, "slurmctld", "-D", "-i", "-f", str(conf)))
        wait_for("slurmctld", lambda: "UP" in said("scontrol", "ping"))
        daemons.enter_context(daemon(folder, "slurmd", "-D", "-f", str(conf)))
        wait_for("slurmd", lambda: "idle" in said("sinfo", "-h", "-o", "%t"))
        try:
            yield
        finally:
            subprocess.run(["scancel", "--user", "root"], check=False)


@contextmanager
def munged(folder: Path) -> Iterator[None]:
    """Runs the daemon that signs SLURM's messages, as the user it wants to be."""
    sockets = Path("/run/munge")
    sockets.mkdir(exist_ok=True)
    shutil.chown(sockets, "munge", "munge")
    with daemon(folder, "runuser", "-u", "munge", "--", "munged", "--foreground", "--force"):
        wait_for("munged", lambda: subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode == 0)
        yield


@contextmanager
def daemon(folder: Path, *command: str) -> Iterator[None]:
    """Runs a program that does not end of itself; its output is a file of the folder."""
    name = next(word for word in command if word in PROGRAMS)
    with (folder / f"{name}.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()


def said(*command: str) -> str:
    """Returns what a program prints; nothing where it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def wait_for(what: str, condition: Any, seconds: float = 60.0) -> None:
    """Waits until a condition holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"farm_slurm: waited {seconds:.0f} s in vain for {what}; see its log")
        time.sleep(0.2)


def write_params(folder: Path, count: int, executor: str) -> Path:
    """Writes a params.yaml of one small set, rendered through the queue or here, and returns its path."""
    tree = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    own = folder / executor
    tree["paths"] = {name: str(own / Path(where).name) for name, where in tree["paths"].items()}
    tree["paths"]["natural"] = str(ROOT / "render/natural.json")
    tree["synthetic"].update(count=count // 2, identities=max(2, count // 10), twins_per_sample=1)
    for name in ("emulated", "judge"):
        tree[name].update(count=2, identities=2)
    tree["twins"].update(identities=1, pairs_per_identity=1)
    tree["render"]["chunk_size"] = 32
    cores = max(1, (os.cpu_count() or 2) // 2)
    tree["farm"]["executor"] = executor
    tree["farm"]["batch"].update(system="slurm", jobs=2, cores=cores, memory_gb=4.0, walltime="00:30:00", queue="main")
    own.mkdir(parents=True, exist_ok=True)
    path = own / "params.yaml"
    YAML(typ="safe", pure=True).dump(tree, path)
    return path


@dataclass
class Queue:
    """What was seen of the queue while the stage ran."""

    jobs: set[str]
    cancelled: str = ""
    stored_then: int = 0

    def look(self, scratch: Path, count: int) -> None:
        """Looks at the jobs, and cancels one once a quarter of the images is stored."""
        running = said("squeue", "-h", "-t", "RUNNING", "-o", "%i").split()
        self.jobs.update(running)
        stored = images_in(scratch)
        if running and not self.cancelled and stored >= count / 4:
            self.cancelled, self.stored_then = running[0], stored
            subprocess.run(["scancel", running[0]], check=True)
            print(f"farm_slurm: {stored} images are stored; cancelled job {running[0]}", flush=True)


def images_in(scratch: Path) -> int:
    """Returns how many images the names of the pieces promise."""
    ranges = [path.stem.split("-") for path in scratch.rglob("*-*.h5")]
    return sum(int(stop) - int(start) for start, stop in ranges)


def rendered(params: Path, queue: Queue | None, count: int) -> float:
    """Runs the stage to its end and returns its seconds."""
    stage = [sys.executable, "-m", "pipeline.render_shards", "--set", "synthetic", "--params", str(params)]
    began = time.monotonic()
    with subprocess.Popen(stage, cwd=ROOT) as process:
        while process.poll() is None:
            if queue is not None:
                queue.look(params.parent / ".cache", count)
            time.sleep(0.25)
    if process.returncode:
        raise SystemExit(f"farm_slurm: the stage ended with status {process.returncode}")
    return time.monotonic() - began


def contents(folder: Path) -> dict[str, bytes]:
    """Returns the files of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def compared(folder: Path, count: int) -> bool:
    """Renders through the queue and here; prints what happened and returns whether the shards are the same."""
    queue, seconds, files = Queue(set()), {}, {}
    for executor in ("dask", "local"):
        params = write_params(folder, count, executor)
        subprocess.run([sys.executable, "-m", "pipeline.sample_specs", "--params", str(params)], cwd=ROOT, check=True)
        seconds[executor] = rendered(params, queue if executor == "dask" else None, count)
        files[executor] = contents(params.parent / "shards" / "synthetic")
    same = files["dask"] == files["local"] and bool(files["dask"])
    lost = files["dask"]["lost.jsonl"].count(b"\n")
    print(f"images                {count}, lost {lost}")
    print(f"jobs seen running     {len(queue.jobs)}: {', '.join(sorted(queue.jobs))}")
    print(f"cancelled             job {queue.cancelled or 'none'}, when {queue.stored_then} images were stored")
    print(f"seconds               {seconds['dask']:.1f} through SLURM, {seconds['local']:.1f} by the local executor")
    print(f"shards                {'the same bytes' if same else 'DIFFERENT'} in {len(files['dask'])} files")
    return same and bool(queue.cancelled) and not lost


def job_script(batch: Batch, folder: Path) -> str:
    """Returns the script that is handed to the batch system."""
    with batch_cluster(batch, None, folder) as cluster:
        return str(cluster.job_script())


def main() -> None:
    """Starts SLURM, renders, compares; ends with status 1 where the bytes differ or no job was cancelled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="images, twins included")
    parser.add_argument("--folder", type=Path, help="empty or absent; a temporary one by default")
    arguments = parser.parse_args()
    absent = [name for name in PROGRAMS if not shutil.which(name)]
    if absent or os.geteuid():
        print(f"farm_slurm: skipped: needs root and {', '.join(PROGRAMS)}; absent: {', '.join(absent) or 'root'}")
        return
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="farm-slurm-"))
    folder.mkdir(parents=True, exist_ok=True)
    with slurm(folder.resolve()):
        print(said("sinfo"), end="")
        batch = load(write_params(folder.resolve(), arguments.count, "dask")).farm.batch
        print(job_script(batch, folder.resolve()))
        sys.exit(0 if compared(folder.resolve(), arguments.count) else 1)


if __name__ == "__main__":
    main()
