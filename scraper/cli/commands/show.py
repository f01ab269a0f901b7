"""`scrape show`: an output as a table to look at."""

from typing import Annotated

import typer

from scraper.cli.app import Command


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show", cls=Command)(show)


def show(  # noqa: PLR0913, PLR0917 - the command line's arguments and options
    output: Annotated[
        str, typer.Argument(metavar="OUTPUT", show_default=False, help="The file that a run wrote (.gz and .zst too).")
    ],
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            show_default=False,
            help="What to show: 'url,fields.price,timings.parse'. [default: status, error.kind, url, title]",
        ),
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Show the failed records first.")] = False,  # noqa: FBT002 - a flag
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="KINDS", show_default=False, help="Only failures of these kinds and statuses: 'read-timeout,503'."
        ),
    ] = None,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", show_default=False, help="Only this host, with its port or without.")
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default=False, help="Order by a column; '-elapsed_ms' the highest first."),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=0, help="Rows to show; 0: all.")] = 20,
) -> None:
    """Show the records of an output as a table, and how many there are of each kind."""
    from scraper.cli import showing  # noqa: PLC0415 - rich takes long to import, and `--help` need not

    showing.run(output, columns=columns, is_failed_first=failed, kinds=kind, host=host, sort=sort, limit=limit)
