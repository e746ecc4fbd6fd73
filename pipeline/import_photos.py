"""Reads photographs, or the rendered set that stands in for them, and sets apart what cannot be used."""

import sys

from faceset.sources.emulated import LabelLimits, emulated
from pipeline import stage
from pipeline.files import whole_folder
from pipeline.params import Params
from pipeline.progress import track
from pipeline.storing import count, counted, store, stored


def run(params: Params) -> None:
    """Writes ``<shards>/real`` and ``<quarantine>``."""
    with whole_folder(params.paths.quarantine) as quarantine, whole_folder(params.paths.shards / "real") as folder:
        (quarantine / "quarantine.jsonl").touch()
        source = params.paths.shards / "emulated"
        limits = LabelLimits(params.emulated.label_error, params.emulated.intensity_levels)
        with track("import real", count(source)) as progress:
            samples = emulated(counted(stored(source), progress), limits, params.seed)
            store(samples, folder, params.render.shard_size, {"set": "real", "emulated": 1})


if __name__ == "__main__":
    sys.exit(stage.main(run))
