"""`scrape extract`: records made again of pages that were kept."""

import inspect
import os
from typing import Annotated, Any

import typer

from scraper.cli import options
from scraper.cli.app import Command
from scraper.cli.commands.scrape import scrape_sources
from scraper.cli.settings import settings

_PANEL = "Extracting"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("extract", cls=Command)(extract)


def extract(
    kept: Annotated[
        str,
        typer.Argument(
            metavar="KEPT",
            show_default=False,
            help="What --keep made (the file, or its folder), or an output of a run with --html.",
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            show_default=False,
            help="The JSONL file (.gz and .zst too); '-' is stdout. [default: output/<name>-extracted.jsonl]",
        ),
    ] = None,
    overwrite: options.Overwrite = False,  # noqa: FBT002 - a flag
    config: options.ConfigFile = None,
    quiet: options.Quiet = None,
    **extracting: Any,
) -> None:
    """Make the records of kept pages again with other selectors: offline, on all processors, nothing is fetched."""
    from scraper.cli import extracting as command  # noqa: PLC0415 - `--help` need not import the parser

    chosen = settings([kept], extracting, config, os.environ)
    raise typer.Exit(command.run(kept, output, chosen, overwrites=overwrite, is_quiet=bool(quiet)))


def _with_the_extracting_options() -> inspect.Signature:
    """Return the signature of `extract` with the options of a run that say what is extracted, whatever they are."""
    own = [item for item in inspect.signature(extract).parameters.values() if item.kind is not item.VAR_KEYWORD]
    options_of_a_run = inspect.signature(scrape_sources).parameters.values()
    return inspect.Signature([*own, *(item for item in options_of_a_run if _panel_of(item) == _PANEL)])


def _panel_of(parameter: inspect.Parameter) -> str | None:
    described = getattr(parameter.annotation, "__metadata__", (None,))[0]
    return getattr(described, "rich_help_panel", None)


extract.__signature__ = _with_the_extracting_options()  # type: ignore[attr-defined]  # functions take attributes
