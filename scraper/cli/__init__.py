"""typer: options -> Config -> api -> exit code; nothing else."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from scraper.cli import options
from scraper.cli.settings import settings
from scraper.config import VERSION, split_kinds
from scraper.errors import RunError, UsageError

__all__ = ["app", "main"]

_SCRAPE = "<sources>"
"""Name of the command that is run without its name; no source is likely to be called so."""
_LAST_STANDARD = 2
_COMPLETION = ("--install-completion", "--show-completion")


class _Command(TyperCommand):
    """Its help shows the options by what they are for."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                panel = "Arguments" if parameter.param_type_name == "argument" else "Options"
                panels.setdefault(getattr(parameter, "rich_help_panel", None) or panel, []).append(record)
        for title, records in sorted(panels.items(), key=lambda panel: panel[0] == "Options"):
            with formatter.section(title):
                formatter.write_dl(records)


class _Group(TyperGroup):
    """Its unknown first word falls to the scraping command: `scrape urls.txt` beside `scrape demo`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and not args[0].startswith(_COMPLETION)):
            args = [_SCRAPE, *_with_kinds(args)]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == _SCRAPE else name), command, rest


app = typer.Typer(
    cls=_Group,
    rich_markup_mode=None,  # rich takes 0.25 s to import, half of what `--help` took
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command(
    _SCRAPE,
    cls=_Command,
    epilog="`scrape demo` runs the same engine against a small site that it serves itself, with no network; "
    "`scrape plan` tells what a run would do, `scrape verify` proves what one did. Running the same line again goes on "
    "where it stopped. Exit codes: 0 finished · 1 every page failed · 2 wrong usage · 4 another run holds the output · "
    "5 cannot write · 70 our bug · 130/143 interrupted, resumable.",
)
def scrape_sources(  # noqa: PLR0913, PLR0917 - the command line's options, each a setting of Config
    ctx: typer.Context,
    sources: options.Sources = None,
    concurrency: options.Concurrency = None,
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
    links: options.Links = None,
    meta: options.Meta = None,
    html: options.Html = None,
    parse: options.Parse = None,
    output: options.Output = None,
    fresh: options.Fresh = None,
    retry_failed: options.RetryFailed = None,
    limit: options.Limit = None,
    url_column: options.UrlColumn = None,
    priority_column: options.PriorityColumn = None,
    grace: options.Grace = None,
    config: options.ConfigFile = None,
    quiet: options.Quiet = None,
    verbose: options.Verbose = None,
    log_file: options.LogFile = None,
    version: options.Version = None,
) -> None:
    """Scrape a list of URLs: exactly one JSONL record for each, streamed to a file; nothing is lost."""
    given = dict(locals())
    del given["ctx"], given["sources"], given["config"], given["version"]
    if version:
        typer.echo(f"scrape {VERSION}")
        return
    if not sources:
        raise UsageError("there is no SOURCE; try `scrape urls.txt`, `scrape demo` or `scrape --help`")
    from scraper.cli import session  # noqa: PLC0415 - `--help` need not import the engine

    raise typer.Exit(session.scrape(sources, settings(sources, given, config, os.environ)))


@app.command("demo", cls=_Command)
def demo() -> None:
    """Scrape a small bookshop that this command serves itself on loopback: no network needed."""
    from scraper.cli import demonstration  # noqa: PLC0415 - only this command serves a site

    raise typer.Exit(demonstration.run())


@app.command("plan", cls=_Command)
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


@app.command("verify", cls=_Command)
def verify(  # noqa: PLR0913, PLR0917 - the command line's arguments and options
    output: Annotated[
        str, typer.Argument(metavar="OUTPUT", show_default=False, help="The file that a run wrote (.gz and .zst too).")
    ],
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE", show_default=False, help="What the run read; without, only the records are checked."
        ),
    ] = None,
    limit: options.Limit = None,
    url_column: options.UrlColumn = None,
    config: options.ConfigFile = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Prove from the files that each URL has exactly one whole record; exit with 3 when that is not so."""
    from scraper.cli import verifying  # noqa: PLC0415 - `--help` need not import the engine

    given = {"limit": limit, "url_column": url_column, "output": output}
    chosen = settings(sources or [output], given, config, os.environ)
    raise typer.Exit(verifying.run(output, sources or [], chosen, is_json=is_json))


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    _fill_standard_streams()
    try:
        code = app(args=args, prog_name="scrape", standalone_mode=False) or 0
    except RunError as error:
        _complain(str(error))
        code = error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted before the first request")
        code = 130
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        _complain(f"{error.format_message().rstrip('.')}; see `scrape --help`")  # typer refused the words of the call
        code = UsageError.exit_code
    sys.exit(code)


def _fill_standard_streams() -> None:
    """Open /dev/null in the place of a standard stream that is closed: else a socket would get its descriptor."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _LAST_STANDARD:
        pass
    os.close(descriptor)


def _complain(message: str) -> None:
    typer.echo(f"scrape: {' '.join(message.split())}", err=True)


def _with_kinds(args: Sequence[str]) -> list[str]:
    """Give `--retry-failed` its value, all, when no kinds stand behind it: the word there is a source then."""
    words = []
    for place, word in enumerate(args):
        words.append(word)
        if word == "--retry-failed" and not _are_kinds("".join(args[place + 1 : place + 2])):
            words.append("all")
    return words


def _are_kinds(word: str) -> bool:
    try:
        return word == "all" or bool(split_kinds(word))
    except UsageError:
        return False
