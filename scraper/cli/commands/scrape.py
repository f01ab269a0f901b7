"""`scrape SOURCE...`: the command line's options, each a setting of Config."""

import os
import time

import typer

from scraper.cli import options
from scraper.cli.app import Command
from scraper.cli.commands import SCRAPE
from scraper.cli.settings import settings
from scraper.config.constants import VERSION
from scraper.errors import UsageError

_EPILOG = (
    "`scrape demo` runs the same engine against a small site that it serves itself, with no network; `scrape plan` "
    "tells what a run would do, `scrape try` what a recipe finds on one page, `scrape verify` proves what a run did, "
    "`scrape show` shows its records, `scrape report` makes a page of them, `scrape export` a table, `scrape extract` "
    "makes them again from pages that --keep kept. Running the same line again goes on where it stopped. Exit codes: "
    "0 finished · 1 too many failures · 2 wrong usage · 3 --expect does not hold · 4 another run holds the output · 5 "
    "cannot write · 6 the deadline came first, resumable · 70 our bug · 71 a process was killed, resumable · 130/143 "
    "interrupted, resumable."
)


def add_to(app: typer.Typer) -> None:
    """Make it the command that is run without a name."""
    app.command(
        SCRAPE,
        cls=Command,
        epilog=_EPILOG,
    )(scrape_sources)


def scrape_sources(  # noqa: PLR0913, PLR0917 - the command line's options, each a setting of Config
    ctx: typer.Context,
    sources: options.Sources = None,
    concurrency: options.Concurrency = None,
    processes: options.Processes = None,
    timeout: options.Timeout = None,
    connect_timeout: options.ConnectTimeout = None,
    read_timeout: options.ReadTimeout = None,
    retries: options.Retries = None,
    max_body: options.MaxBody = None,
    max_redirects: options.MaxRedirects = None,
    header: options.Header = None,
    user_agent: options.UserAgent = None,
    proxy: options.Proxy = None,
    insecure: options.Insecure = None,
    public_only: options.PublicOnly = None,
    allow_address: options.AllowAddress = None,
    per_host: options.PerHost = None,
    delay: options.Delay = None,
    robots: options.Robots = None,
    select: options.Select = None,
    recipe: options.Recipe = None,
    links: options.Links = None,
    link_details: options.LinkDetails = None,
    meta: options.Meta = None,
    text: options.Text = None,
    markdown: options.Markdown = None,
    html: options.Html = None,
    parse: options.Parse = None,
    output: options.Output = None,
    keep: options.Keep = None,
    fresh: options.Fresh = None,
    retry_failed: options.RetryFailed = None,
    expect: options.Expect = None,
    baseline: options.Baseline = None,
    limit: options.Limit = None,
    url_column: options.UrlColumn = None,
    priority_column: options.PriorityColumn = None,
    since: options.Since = None,
    change_on: options.ChangeOn = None,
    max_age: options.MaxAge = None,
    grace: options.Grace = None,
    deadline: options.Deadline = None,
    cron: options.Cron = None,
    max_failures: options.MaxFailures = None,
    latest: options.Latest = None,
    keep_runs: options.KeepRuns = None,
    heartbeat: options.Heartbeat = None,
    notify: options.Notify = None,
    metrics_port: options.MetricsPort = None,
    metrics_file: options.MetricsFile = None,
    config: options.ConfigFile = None,
    dashboard: options.Dashboard = None,
    quiet: options.Quiet = None,
    verbose: options.Verbose = None,
    log_file: options.LogFile = None,
    version: options.Version = None,
) -> None:
    """Scrape a list of URLs: exactly one JSONL record for each, streamed to a file; nothing is lost."""
    given = dict(locals())
    started = time.monotonic()  # a deadline counts from here: what is imported below takes half a second
    del given["ctx"], given["sources"], given["config"], given["version"]
    if version:
        typer.echo(f"scrape {VERSION}")
        return
    if not sources:
        raise UsageError("there is no SOURCE; try `scrape urls.txt`, `scrape demo` or `scrape --help`")
    from scraper.start import lean_imports  # noqa: PLC0415 - `--help` need not import what follows

    with lean_imports():
        from scraper.cli import session  # noqa: PLC0415 - see above

    raise typer.Exit(session.scrape(sources, settings(sources, given, config, os.environ), started=started))
