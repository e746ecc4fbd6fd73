"""The verdict on a folder of shards, for a person."""

from pathlib import Path

from faceset.checks import check_shards
from pipeline.errors import StageError
from pipeline.progress import answer


def verify_folder(folder: Path) -> None:
    """Prints every check of the folder's shards.

    Raises:
        StageError: a check failed.
    """
    verdict = check_shards(folder)
    for check in verdict.checks:
        answer(f"{check.status:<5} {check.name}: {check.detail}")
    failed = [check for check in verdict.checks if check.status == "fail"]
    if failed:
        raise StageError(f"{folder}: {failed[0].detail}")
