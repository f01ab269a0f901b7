"""`scrape report`: what a run did, as a page."""

from typing import Annotated

import typer

from scraper.cli.app import Command


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", cls=Command)(report)


def report(
    output: Annotated[
        str, typer.Argument(metavar="OUTPUT", show_default=False, help="The file that a run wrote (.gz and .zst too).")
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.html",
            show_default=False,
            help="The page; '-' is stdout. [default: <OUTPUT's name>.report.html beside it]",
        ),
    ] = None,
) -> None:
    """Tell in one HTML page what a run did: outcomes, latency, speed, hosts, fields; it needs no other file."""
    from scraper.cli import reporting  # noqa: PLC0415 - `--help` need not import what reads records

    raise typer.Exit(reporting.run(output, target))
