"""Section: what merging took, capped and linked, as its indices say."""

import json
from pathlib import Path
from typing import Any

from faceset.index import read_index


def merged(path: Path) -> dict[str, Any]:
    """Returns faces and people by source and split of one merge index, and what the file beside it tells.

    Args:
        path: of the parquet file.

    Raises:
        ShardError: it is no merge index.
    """
    frame = read_index(path, ("identity", "split", "source"))
    taken = frame.groupby(["source", "split"], sort=True)
    rows = [
        {"source": str(source), "split": str(split), "faces": len(part), "people": int(part["identity"].nunique())}
        for (source, split), part in taken
    ]
    sidecar = path.with_suffix(".json")
    told = json.loads(sidecar.read_text(encoding="utf-8")) if sidecar.is_file() else {}
    return {
        "arm": path.stem,
        "faces": len(frame),
        "people": int(frame["identity"].nunique()),
        "rows": rows,
        "told": {key: value for key, value in told.items() if key not in ("shards", "faces")},
    }
