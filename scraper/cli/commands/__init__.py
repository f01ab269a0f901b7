"""The commands as typer reads them: arguments, options and help; what does the work is imported when it is called."""

from importlib import import_module
from typing import Any

from typer import Typer
from typer.main import get_command

SCRAPE = "<sources>"
"""Name of the command that is run without its name; no source is likely to be called so."""
_MODULES = {
    SCRAPE: "scrape",
    "demo": "demo",
    "plan": "plan",
    "try": "try_",
    "verify": "verify",
    "extract": "extract",
    "export": "export",
    "show": "show",
    "report": "report",
    "diff": "diff",
    "metrics": "metrics",
    "ctl": "ctl",
}
NAMES = tuple(_MODULES)
"""In the order that they are listed."""


def load(name: str) -> Any:
    """Import a command and return it. A call needs one: to make all of them took a tenth of the start of a run."""
    app = Typer(add_completion=False, rich_markup_mode=None)
    import_module(f"{__name__}.{_MODULES[name]}").add_to(app)
    return get_command(app)
