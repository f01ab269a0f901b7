"""`scrape diff`: what changed between two outputs."""

from typing import Annotated

import typer

from scraper.cli.app import Command


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diff", cls=Command)(diff)


def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", show_default=False, help="The output of a run (.gz and .zst too).")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", show_default=False, help="That of a later one.")],
    fields: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            show_default=False,
            help="Compare only these: 'title,fields.price'; fields stands for all below it. [default: all that was "
            "extracted, and the pages' hashes]",
        ),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="A JSON object a line, the last with the counts.")] = False,  # noqa: FBT002 - a flag
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when there are differences.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """List the pages that are new, gone or changed from one output to another, with the values that changed."""
    from scraper.cli import diffing  # noqa: PLC0415 - `--help` need not import what reads outputs

    raise typer.Exit(diffing.run(old, new, fields=fields, is_json=is_json, has_exit_code=exit_code))
