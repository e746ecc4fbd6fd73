"""What the report reads, and one clear message where a stage has not been run yet."""

import json
from pathlib import Path
from typing import Any

from pipeline.errors import StageError


def needed(path: Path, what: str, stage: str) -> Path:
    """Returns ``path``.

    Args:
        path: of a file or folder.
        what: it holds, for the message.
        stage: that makes it, with its variant: "train_gan --arm real".

    Raises:
        StageError: there is no such path.
    """
    if not path.exists():
        raise StageError(f"{path}: expected {what}, found none; run: python -m pipeline.{stage}")
    return path


def read_json(path: Path, what: str, stage: str) -> Any:
    """Returns the content of a JSON file.

    Raises:
        StageError: it is absent, or no JSON.
    """
    text = needed(path, what, stage).read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except ValueError as error:
        raise StageError(f"{path}: expected JSON, found {error}; run again: python -m pipeline.{stage}") from error
