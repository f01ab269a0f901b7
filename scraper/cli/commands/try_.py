"""`scrape try`: what a recipe finds on one page."""

import os
from typing import Annotated

import typer

from scraper.cli import options
from scraper.cli.app import Command
from scraper.cli.settings import settings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("try", cls=Command)(try_)


def try_(  # noqa: PLR0913, PLR0917 - those of the scraping options that make a difference to one page
    page: Annotated[
        str,
        typer.Argument(
            metavar="URL_OR_FILE", show_default=False, help="An http(s) URL, a saved HTML file, or '-' for stdin."
        ),
    ],
    recipe: options.Recipe = None,
    select: options.Select = None,
    links: options.Links = None,
    meta: options.Meta = None,
    parse: options.Parse = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            "--url",
            metavar="URL",
            show_default=False,
            help="Where a saved file is from: its links are relative to that.",
        ),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print the record, one JSON object.")] = False,  # noqa: FBT002 - a flag
    timeout: options.Timeout = None,
    connect_timeout: options.ConnectTimeout = None,
    read_timeout: options.ReadTimeout = None,
    retries: Annotated[
        int, typer.Option(metavar="N", show_default=False, help="Further tries after the first. [default: 0]")
    ] = 0,
    max_body: options.MaxBody = None,
    max_redirects: options.MaxRedirects = None,
    header: options.Header = None,
    user_agent: options.UserAgent = None,
    proxy: options.Proxy = None,
    insecure: options.Insecure = None,
    public_only: options.PublicOnly = None,
    allow_address: options.AllowAddress = None,
    robots: options.Robots = None,
    config: options.ConfigFile = None,
) -> None:
    """Show what a recipe finds on one page, where, and why not; exit with 3 when something required is missing."""
    given = dict(locals())
    for name in ("page", "base_url", "is_json", "config"):
        del given[name]
    from scraper.cli import trying  # noqa: PLC0415 - `--help` need not import the engine

    raise typer.Exit(trying.run(page, settings([page], given, config, os.environ), base_url=base_url, is_json=is_json))
