"""How templates become pages: the same look, macros and filters for every page of the project."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.report.wording import counted, interval, number

SHARED = Path(__file__).parent
_MACROS, _STYLE = "macros.html", "style.css"


def environment(folder: Path) -> Environment:
    """Returns the templates of a folder, with the macros of ``macros.html`` beside this file to import."""
    made = Environment(
        loader=FileSystemLoader([folder, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": number, "interval": interval, "counted": counted}
    made.get_template(_MACROS)
    return made


def style() -> str:
    """Returns the style sheet that all pages share."""
    return (SHARED / _STYLE).read_text(encoding="utf-8")
