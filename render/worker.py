"""Renders one chunk of specifications into one shard: ``python -m render.worker --specs A --out B``.

One chunk is one fresh process: what a renderer leaks or breaks dies with it. Exit status: 0 done; 1 these
specifications cannot be rendered; 2 nothing can be rendered here, a library or a face model is missing. A message on
standard error says what the user can do. Any other status is a fault of the renderer.
"""

import argparse
import sys
from pathlib import Path

from faceset.shards import write_shard
from faceset.spec import read_specs
from render.face_model import face_model
from render.sample import SampleRenderer


def main(arguments: list[str] | None = None) -> int:
    """Renders the chunk and returns the exit status."""
    options = _parser().parse_args(arguments)
    channels = tuple(name for name in options.channels.split(",") if name)
    try:
        specs = read_specs(options.specs)
        for model in sorted({spec.face_model for spec in specs}):
            face_model(model)
        renderer = SampleRenderer(options.backend, channels)
    except (ValueError, OSError) as error:
        return _told(f"{options.backend}: {error}", status=2)
    try:
        samples = [renderer.render(spec) for spec in specs]
        write_shard(options.out, samples, {"backend": options.backend})
    except (ValueError, OSError) as error:
        return _told(f"{options.specs}: {error}", status=1)
    finally:
        renderer.close()
    return 0


def _told(message: str, status: int) -> int:
    sys.stderr.write(f"{message}\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m render.worker", description=__doc__.splitlines()[0])
    parser.add_argument("--specs", type=Path, required=True, help="parquet file of specifications")
    parser.add_argument("--out", type=Path, required=True, help="shard to write")
    parser.add_argument("--backend", default="raster", help="raster, pyrender or blender")
    parser.add_argument("--channels", default="", help="per-pixel labels to store, separated by commas")
    return parser


if __name__ == "__main__":
    sys.exit(main())
