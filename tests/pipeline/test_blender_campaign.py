"""The campaign against killed workers, in small: the real renderer, the pipeline's executor, kills, and the proofs."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_image_is_lost_or_doubled_or_different_though_workers_are_killed(tmp_path: Path) -> None:
    arguments = ["--folder", str(tmp_path / "campaign"), "--json", str(tmp_path / "found.json")]
    small = {"count": 8, "size": 32, "samples": 2, "chunk-size": 4, "kills": 2, "parent-kills": 0, "reference": 3}
    # So few images are done soon after they are begun: the kills must come at once.
    small |= {"latest": 0.0, "delay-s": 2, "workers": 2}
    arguments += [f"--{name}={value}" for name, value in small.items()]
    arguments += ["--backend", "raster" if find_spec("bpy") is None else "blender"]
    script = ROOT / "benchmarks" / "blender_campaign.py"
    run = subprocess.run(
        [sys.executable, str(script), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert (found["lost"], found["doubled"], found["in_order"]) == (0, 0, True)
    assert (found["reference_images"], found["reference_differing"]) == (3, [])
    assert found["worker_kills"] == 2
    assert 100 < found["peak_mb"] <= found["bound_mb"]
    assert not (tmp_path / "campaign" / "pieces").exists()
