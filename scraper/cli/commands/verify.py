"""`scrape verify`: what a run did, proven from its files."""

import os
from typing import Annotated

import typer

from scraper.cli import options
from scraper.cli.app import Command
from scraper.cli.settings import settings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify", cls=Command)(verify)


def verify(  # noqa: PLR0913, PLR0917 - the command line's arguments and options
    output: Annotated[
        str, typer.Argument(metavar="OUTPUT", show_default=False, help="The file that a run wrote (.gz and .zst too).")
    ],
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE", show_default=False, help="What the run read; without, only the records are checked."
        ),
    ] = None,
    limit: options.Limit = None,
    url_column: options.UrlColumn = None,
    config: options.ConfigFile = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Prove from the files that each URL has exactly one whole record; exit with 3 when that is not so."""
    from scraper.cli import verifying  # noqa: PLC0415 - `--help` need not import the engine

    given = {"limit": limit, "url_column": url_column, "output": output}
    chosen = settings(sources or [output], given, config, os.environ)
    raise typer.Exit(verifying.run(output, sources or [], chosen, is_json=is_json))
