"""`scrape ctl OUTPUT VERB`: steer a run that goes on."""

from typing import Annotated

import typer

from scraper.cli.app import Command


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ctl", cls=Command)(ctl)


def ctl(
    output: Annotated[
        str, typer.Argument(metavar="OUTPUT", show_default=False, help="The file that the run writes to.")
    ],
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="VERB...",
            show_default=False,
            help="status, set concurrency=N, set per-host=N, pause HOST, resume HOST, skip HOST (its waiting URLs end "
            "as host-down), or stop (as SIGTERM does).",
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print the status as JSON.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Ask a run that goes on how it is, or change it: its workers, its hosts, its end."""
    from scraper.cli import steering  # noqa: PLC0415 - `--help` need not import it

    steering.run(output, words, is_json=json)
