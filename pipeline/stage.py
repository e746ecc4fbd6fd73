"""The frame of every stage: ``python -m pipeline.<verb_noun> [--set NAME | --arm NAME] [--params params.yaml]``.

It reads the params, runs the stage and turns what goes wrong into one message and an exit code:

====  =====================================================================================
0     done
1     an input is absent, damaged or too poor; a library is missing; the disk is full
2     params.yaml or the command line is wrong
70    a defect of facsmith: the traceback is shown
130   interrupted (Ctrl-C); 143: terminated
====  =====================================================================================
"""

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from faceset.storage import explained, is_storage_error
from pipeline.errors import PipelineError
from pipeline.params import PARAMS_FILE, Params, load
from pipeline.progress import say

DEFECT = 70
INTERRUPTED = 130
TERMINATED = 143
PACKAGES = frozenset({"facs", "faceset", "annotate", "render", "gan", "ganimation", "pipeline"})

Run = Callable[[Params], None]
RunOne = Callable[[Params, str], None]


def main(run: Run, arguments: Sequence[str] | None = None) -> int:
    """Runs a stage that has no variants and returns its exit code."""
    name = _stage_name(run)
    parser = _parser(name, run)
    chosen = parser.parse_args(arguments)
    return guarded(name, lambda: run(load(chosen.params)))


def main_of(kind: str, run: RunOne, arguments: Sequence[str] | None = None) -> int:
    """Runs one variant of a stage, named by ``--set`` or ``--arm`` (``kind``), and returns its exit code."""
    name = _stage_name(run)
    parser = _parser(name, run)
    parser.add_argument(f"--{kind}", required=True, metavar="NAME", help=f"which {kind} of params.yaml")
    chosen = parser.parse_args(arguments)
    variant = str(getattr(chosen, kind))
    return guarded(f"{name}@{variant}", lambda: run(load(chosen.params), variant))


def guarded(where: str, action: Callable[[], None]) -> int:
    """Returns the exit code of ``action``; what a user can mend is said in one message, without a traceback."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        action()
    except KeyboardInterrupt:
        say(f"facsmith: {where}: interrupted; what was finished is kept for the next run")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 the last place that can tell a user's error from ours
        return _told(where, error)
    return 0


def is_user_error(error: BaseException) -> bool:
    """Returns True for an error that a user can cause: the system's, or a kind drawn in a package's ``errors.py``."""
    return isinstance(error, OSError) or any(_is_drawn(kind) for kind in type(error).__mro__)


def _is_drawn(kind: type) -> bool:
    package, _, module = kind.__module__.partition(".")
    return package in PACKAGES and module == "errors"


def _told(where: str, error: Exception) -> int:
    if not is_user_error(error):
        traceback.print_exception(error)
        say(f"facsmith: {where}: this is a defect of facsmith, please report it with the lines above")
        return DEFECT
    for line in _text(error).splitlines() or [type(error).__name__]:
        say(f"facsmith: {where}: {line}")
    return error.exit_code if isinstance(error, PipelineError) else 1


def _text(error: Exception) -> str:
    """Returns the message; of a disk that is full or cannot be written also how much is free and what to do."""
    if isinstance(error, OSError) and is_storage_error(error):
        return explained(error, Path(str(error.filename or error.filename2 or ".")))
    return str(error)


def _terminated(number: int, frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)


def _stage_name(run: Callable[..., None]) -> str:
    """Returns the name of the file a stage is written in; a module that runs as a program is called __main__."""
    return Path(run.__code__.co_filename).stem


def _parser(name: str, run: Callable[..., None]) -> argparse.ArgumentParser:
    summary = (sys.modules[run.__module__].__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog=f"python -m pipeline.{name}", description=summary)
    parser.add_argument("--params", type=Path, default=Path(PARAMS_FILE), metavar="FILE", help="the parameters")
    return parser
