"""Does `facsmith estimate` tell the truth? Estimates a few sets, renders them with the pipeline's own stage, compares.

    python benchmarks/estimate_accuracy.py [--only "raster, bare"] [--scale 1.0]

Nobody else may be busy on the machine. The last line is `ratio <number>`: the worst of predicted over actual, or of
actual over predicted, for time and disk of all cases; at most 1.3 is promised.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.estimating import estimates
from pipeline.params import Params, load

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Case:
    """One set to render: who draws, how many, how large, with what."""

    name: str
    backend: str
    count: int
    size: int = 64
    twins: int = 0
    extra_labels: tuple[str, ...] = ()
    camera_effects: float = 0.0
    occlusion: float = 0.0
    workers: int = 0


CASES = (
    Case("raster, bare", "raster", 2000),
    Case("raster, one worker, twins", "raster", 500, twins=1, workers=1),
    Case("raster, labels, effects", "raster", 1000, 128, 0, ("segmentation", "depth", "flow"), 1.0, 0.3),
    Case("pyrender", "pyrender", 600),
)


def params_of(case: Case, folder: Path) -> Path:
    """Writes the params.yaml of a case and returns its path."""
    from ruamel.yaml import YAML

    tree = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    tree["paths"] = {name: str(folder / Path(where).name) for name, where in tree["paths"].items()}
    tree["paths"]["natural"] = str(ROOT / "render/natural.json")
    tree["image"]["size"] = case.size
    tree["render"].update(workers=case.workers, extra_labels=list(case.extra_labels))
    tree["synthetic"].update(
        backend=case.backend,
        count=case.count,
        identities=max(2, case.count // 8),
        twins_per_sample=case.twins,
        camera_effects=case.camera_effects,
        occlusion=case.occlusion,
    )
    for name in ("emulated", "judge"):
        tree[name].update(count=1, identities=1)
    tree["twins"].update(identities=1, pairs_per_identity=1)
    path = folder / "params.yaml"
    YAML(typ="safe", pure=True).dump(tree, path)
    return path


def rendered(params: Params, path: Path) -> tuple[float, float]:
    """Runs the stage and returns its seconds and the 10^9 bytes of its output."""
    subprocess.run([sys.executable, "-m", "pipeline.sample_specs", "--params", str(path)], cwd=ROOT, check=True)
    began = time.perf_counter()
    stage = [sys.executable, "-m", "pipeline.render_shards", "--set", "synthetic", "--params", str(path)]
    subprocess.run(stage, cwd=ROOT, check=True)
    seconds = time.perf_counter() - began
    written = sum(file.stat().st_size for file in (params.paths.shards / "synthetic").iterdir())
    return seconds, written / 1e9


def compared(case: Case) -> float:
    """Estimates and renders a case, prints both, and returns how far the worse of the two is off, at least 1."""
    with tempfile.TemporaryDirectory() as folder:
        path = params_of(case, Path(folder))
        params = load(path)
        (estimate,) = estimates(params, ("synthetic",))
        seconds, gigabytes = rendered(params, path)
    ratios = (estimate.seconds / seconds, estimate.gigabytes / gigabytes)
    times = f"{estimate.seconds:>10.1f}{seconds:>9.1f}{ratios[0]:>7.2f}"
    print(
        f"{case.name:<28}{times}{estimate.gigabytes * 1e3:>12.2f}{gigabytes * 1e3:>9.2f}{ratios[1]:>7.2f}", flush=True
    )
    return max(max(ratio, 1 / ratio) for ratio in ratios)


def main() -> None:
    """Prints predicted and actual of each case, and the worst ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="name of one case")
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of faces of each case")
    arguments = parser.parse_args()
    cases = [replace(case, count=max(8, int(case.count * arguments.scale))) for case in CASES]
    chosen = [case for case in cases if arguments.only in (None, case.name)]
    print(f"{'':<28}{'seconds':>10}{'':>9}{'':>7}{'MB':>12}")
    print(f"{'case':<28}{'predicted':>10}{'actual':>9}{'ratio':>7}{'predicted':>12}{'actual':>9}{'ratio':>7}")
    worst = max(compared(case) for case in chosen)
    print(f"ratio {worst:.2f}")


if __name__ == "__main__":
    main()
