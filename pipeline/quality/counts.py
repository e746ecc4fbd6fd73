"""Section: how many faces, people and files there are, where they come from, and their hashes."""

import hashlib
from typing import Any

from pipeline.quality.sets import OpenedSet

TOLD = ("backend", "face_model", "set", "emulated", "specs", "options")
"""Attributes of a shard that say where it comes from."""


def counts(one: OpenedSet) -> dict[str, Any]:
    """Returns the counts of a set and its shards; ``digest`` is one hash over the hashes of all of them."""
    records = one.records
    digest = hashlib.sha256("".join(f"{each.path.name} {each.sha256}\n" for each in records).encode()).hexdigest()
    height, width, _ = one.faces.image_shape
    attrs = one.faces.shards[0].attrs
    return {
        "name": one.key,
        "title": one.source.name.title,
        "purpose": one.source.name.purpose,
        "kind": one.source.kind,
        "folder": one.source.folder.as_posix(),
        "faces": len(one.faces),
        "people": dict(one.covered["identities"]),
        "families": len(set(one.looks.families.tolist())),
        "sources": dict(one.covered["sources"]),
        "width": width,
        "height": height,
        "bytes": sum(each.size for each in records),
        "channels": list(one.faces.channels),
        "written_by": {name: attrs[name] for name in TOLD if name in attrs},
        "specs_read": None if one.drawn is None else len(one.drawn.specs),
        "digest": digest,
        "shards": [
            {"name": each.path.name, "faces": each.num_samples, "bytes": each.size, "sha256": each.sha256}
            for each in records
        ],
    }
