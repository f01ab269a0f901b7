"""`scrape demo`: the main job with no network."""

import typer

from scraper.cli.app import Command


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", cls=Command)(demo)


def demo() -> None:
    """Scrape a small bookshop that this command serves itself on loopback: no network needed."""
    from scraper.cli import demonstration  # noqa: PLC0415 - only this command serves a site

    raise typer.Exit(demonstration.run())
