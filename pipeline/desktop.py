"""Says where the report is, and opens it where there is a desktop to open it on: ``python -m pipeline.desktop``."""

import os
import sys
import webbrowser
from pathlib import Path

from pipeline.errors import StageError
from pipeline.params import PARAMS_FILE, load
from pipeline.progress import say


def show_report(report: Path) -> None:
    """Prints the address of the report and opens it in a browser, if there is a desktop.

    Raises:
        StageError: there is no report yet.
    """
    if not report.is_file():
        raise StageError(f"expected {report}, found none; run: make demo")
    say(f"The report: {report.resolve().as_uri()}")
    if has_desktop():
        webbrowser.open(report.resolve().as_uri())


def has_desktop() -> bool:
    """Returns True where a browser window can appear."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    from pipeline.stage import guarded

    sys.exit(guarded("report", lambda: show_report(load(Path(PARAMS_FILE)).paths.reports / "index.html")))
