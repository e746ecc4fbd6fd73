"""DVC's experiments of this working tree, run in this process.

Each call of the program ``dvc`` takes a second before it begins; a sweep of hundreds would spend minutes so.
"""

import gc
import io
import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from faceset.atomic import write_bytes
from pipeline.errors import StageError
from pipeline.params import PARAMS_FILE

LOCK = Path("dvc.lock")
INTERRUPTED = ("exited with 130", "exited with -2", "exited with 143", "exited with -15")
"""How DVC tells that a stage was stopped by a person; it then ends as for any other failure."""


class Interrupted(KeyboardInterrupt):
    """A person stopped the stage of an experiment."""


def run_experiment(name: str, values: Mapping[str, object], first: str | None) -> str:
    """Runs an experiment in the working tree; returns why it failed, or nothing where it did not.

    Args:
        name: of the experiment; one of that name is replaced.
        values: of params, by key with dots.
        first: the stage from which on stages run; None: all whose inputs changed.

    Raises:
        Interrupted: the stage was stopped by a person.
    """
    chosen = [word for key, value in values.items() for word in ("--set-param", f"{key}={override(value)}")]
    target = ["--downstream", first] if first else []
    failed, _, told = _dvc("exp", "run", "--name", name, "--force", *chosen, *target)
    if failed and any(word in told for word in INTERRUPTED):
        raise Interrupted
    return (told.strip() or f"dvc ended with {failed}") if failed else ""


def override(value: object) -> str:
    """Returns a value in the grammar of DVC's ``--set-param``, which is Hydra's: text in single quotes."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(override, value))}]"
    if isinstance(value, str):
        quoted = re.sub(r"(\\*)'", r"\1\1\\'", value)  # backslashes count before a quote, and only there
        return "'" + re.sub(r"(\\+)\Z", r"\1\1", quoted) + "'"
    return json.dumps(value)


def experiment_names() -> set[str]:
    """Returns the names of the experiments that started from the present commit.

    Raises:
        StageError: this is no repository that DVC knows.
    """
    failed, answer, told = _dvc("exp", "list", "--name-only")
    if failed:
        raise StageError(f"expected to be in a DVC repository with a commit: {told.strip()}")
    return set(answer.split())


@contextmanager
def put_back() -> Iterator[None]:
    """Puts the params, the lock file and the outputs back as they were when the block ends, however it ends.

    Where the pipeline had not been run before, there are no outputs to put back, and the params alone are.
    """
    before = {path: path.read_bytes() for path in (Path(PARAMS_FILE), LOCK, *_uncached()) if path.is_file()}
    outputs = _outputs()
    try:
        yield
    finally:
        changed = [stage for stage, outs in _outputs().items() if stage in outputs and outputs[stage] != outs]
        for path, content in before.items():
            if not path.is_file() or path.read_bytes() != content:
                write_bytes(path, content)
        if changed:
            _dvc("checkout", "--force", *changed)


def _uncached() -> list[Path]:
    """Returns the outputs that lie in the repository itself, as metrics do."""
    from dvc.repo import Repo

    with Repo() as repo:
        return [Path(out.fs_path) for out in repo.index.outs if not out.use_cache]


def _outputs() -> dict[str, Any]:
    """Returns what the lock file says of each stage's outputs."""
    if not LOCK.is_file():
        return {}
    stages = YAML(typ="safe").load(LOCK.read_text(encoding="utf-8")).get("stages", {})
    return {name: stage.get("outs") for name, stage in stages.items()}


def _dvc(*words: str) -> tuple[int, str, str]:
    """Returns a command's exit code, its answer and its errors; what stages print goes past this."""
    from dvc.cli import main

    heard = _Errors()
    logger = logging.getLogger("dvc")
    logger.addHandler(heard)
    try:
        with _this_python(), _uncollected(), redirect_stdout(io.StringIO()) as answer:
            code = main(list(words))
    finally:
        logger.removeHandler(heard)
    return int(code), answer.getvalue(), "\n".join(heard.texts)


@contextmanager
def _this_python() -> Iterator[None]:
    """Lets the stages' ``python`` be this one, also where nobody activated its environment."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keeps Python from looking for garbage, an eighth of what DVC does otherwise; what there is goes afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect(1)


class _Errors(logging.Handler):
    """Keeps what is logged as an error, with its causes."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Takes one record."""
        error = record.exc_info[1] if record.exc_info else None
        texts = [record.getMessage()]
        while error:
            texts.append(str(error))
            error = error.__cause__
        self.texts.append(": ".join(text for text in texts if text))
