"""`scrape export`: an output as a table in another format."""

from typing import Annotated, Literal

import typer

from scraper.cli import options
from scraper.cli.app import Command


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", cls=Command)(export)


def export(  # noqa: PLR0913, PLR0917 - the command line's arguments and options
    output: Annotated[
        str, typer.Argument(metavar="OUTPUT", show_default=False, help="The file that a run wrote (.gz and .zst too).")
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="What to write: .csv, .tsv, .jsonl (.gz and .zst too), .sqlite, .xlsx or .parquet.",
        ),
    ],
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            show_default=False,
            help="Only these columns, in this order: 'url,fields.price'; fields stands for all below it.",
        ),
    ] = None,
    rows: Annotated[
        Literal["pages", "items"] | None,
        typer.Option(
            show_default=False, help="A row is a page, or an item of one. [default: items when there are any]"
        ),
    ] = None,
    ok: Annotated[bool, typer.Option("--ok", help="Only records that are ok.")] = False,  # noqa: FBT002 - a flag
    failed: Annotated[bool, typer.Option("--failed", help="Only records that failed.")] = False,  # noqa: FBT002 - a flag
    overwrite: options.Overwrite = False,  # noqa: FBT002 - a flag
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Write the records of an output as a table: nested keys are columns with dotted names, items are rows."""
    from scraper.cli import exporting  # noqa: PLC0415 - `--help` need not import it

    which = None if ok == failed else ok
    exporting.run(output, target, columns=columns, rows=rows, ok=which, overwrites=overwrite, is_quiet=quiet)
