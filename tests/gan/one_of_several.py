"""One process of ``test_ranks``: trains with the others and writes down what it saw.

python one_of_several.py RANK WORLD_SIZE FOLDER STOP_AT
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from faceset.faces import ArrayFaces
from faults.micro import MICRO
from gan.batch import Batches
from gan.loader import Loader
from gan.loop import LoopConfig, run
from gan.ranks import process_part
from gan.schedule import LinearDecay
from ganimation.losses import LossWeights
from ganimation.method import Ganimation

SEEN = ("image", "target", "twin")
CONFIG = replace(
    MICRO,
    critic_initial="he",
    schedule=LinearDecay(6, 2),
    batch_size=5,
    twin_fraction=0.5,
    weights=LossWeights(twin=10.0),
)


def faces() -> ArrayFaces:
    """Returns 22 faces of noise in pairs of twins; an epoch ends within a batch."""
    rng = np.random.default_rng(0)
    au = rng.random((22, 2), dtype=np.float32)
    keys = np.array([f"key {number}" for number in range(22)])
    bases = np.array([f"key {number - 1}" if number % 2 else "" for number in range(22)])
    known = (rng.random((22, 2)) < 0.7).astype(np.uint8)
    labels = {"au": au, "au_left": au, "au_right": au, "au_known": known, "sample_key": keys, "twin_of": bases}
    return ArrayFaces(rng.integers(0, 256, (22, 16, 16, 3), dtype=np.uint8), labels, ("AU4", "AU12"))


def train(folder: Path, stop_at: int) -> Ganimation:
    """Trains up to a step, as one of the processes that there are."""
    method = Ganimation(CONFIG)
    loop = LoopConfig(CONFIG.schedule, log_every=2, stop_at=stop_at)
    run(method, Batches(faces(), CONFIG.batches(), part=process_part()), loop, folder)
    return method


def main(rank: int, world_size: int, folder: Path, stop_at: int) -> None:
    """Joins the others, trains, and saves the stream and the weights of this process."""
    torch.set_num_threads(1)
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=world_size)
    with Loader(Batches(faces(), CONFIG.batches(), part=process_part()), stop_step=8) as loader:
        seen = {
            f"{name} {batch.step}": getattr(batch, name) for batch in loader for name in ("image", "target", "twin")
        }
    method = train(folder / "run", stop_at)
    weights = {name: module.state_dict() for name, module in method.networks.items()}
    torch.save({"seen": seen, "weights": weights}, folder / f"{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
