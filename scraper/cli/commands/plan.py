"""`scrape plan`: what a run would do."""

import os
from typing import Annotated

import typer

from scraper.cli import options
from scraper.cli.app import Command
from scraper.cli.settings import settings
from scraper.errors import UsageError


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan", cls=Command)(plan)


def plan(  # noqa: PLR0913, PLR0917 - those of the scraping options that change what a run would do
    sources: options.Sources = None,
    concurrency: options.Concurrency = None,
    per_host: options.PerHost = None,
    delay: options.Delay = None,
    robots: Annotated[
        bool | None,
        typer.Option(
            "--robots/--no-robots",
            show_default=False,
            help="--robots asks each origin for its robots.txt now; --no-robots: the run would do without. "
            "[default: nothing is asked now]",
        ),
    ] = None,
    output: options.Output = None,
    limit: options.Limit = None,
    url_column: options.UrlColumn = None,
    priority_column: options.PriorityColumn = None,
    config: options.ConfigFile = None,
    request_time: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            show_default=False,
            help="Seconds that a request is assumed to take. [default: 0.5]",
        ),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,  # noqa: FBT002 - a flag
    quiet: Annotated[
        bool | None, typer.Option("--quiet", "-q", show_default=False, help="Show no progress while origins are asked.")
    ] = None,
) -> None:
    """Tell what scraping a list would do and how long it would take, before any page is fetched."""
    given = dict(locals())
    for name in ("sources", "config", "request_time", "is_json"):
        del given[name]
    if not sources:
        raise UsageError("there is no SOURCE; try `scrape plan urls.txt` or `scrape plan --help`")
    from scraper.cli import planning  # noqa: PLC0415 - `--help` need not import the engine

    planning.run(
        sources,
        settings(sources, given, config, os.environ),
        asks_robots=bool(robots),
        request_s=request_time,
        is_json=is_json,
    )
