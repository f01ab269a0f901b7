"""`scrape ctl`: one question to a run, one answer."""

from collections.abc import Sequence

import msgspec
import typer

from scraper.control.client import ask
from scraper.control.command import Command, command_of
from scraper.errors import UsageError


def run(output: str, words: Sequence[str], *, is_json: bool) -> None:
    """Ask the run of `output`, and print what it answers. Raises UsageError."""
    command = command_of(words)
    if is_json and command != Command("status"):
        raise UsageError("--json goes with `ctl OUTPUT status`")
    reply = ask(output, command)
    typer.echo(msgspec.json.encode(reply.status).decode() if is_json else reply.text)
