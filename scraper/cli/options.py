"""The options of the command line, one type each; defaults are shown from Config, which alone sets them."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from scraper.config import Config

_D = Config()
_FETCH, _POLITE, _EXTRACT, _FILES, _RUN = "Fetching", "Politeness", "Extracting", "Input and output", "The run"
_RECRAWL, _UNATTENDED = "Re-crawling", "Unattended runs"


def _opt(panel: str, text: str, *names: str, metavar: str | None = None, default: object = None) -> Any:
    shown = "" if default is None else f" [default: {default}]"
    return typer.Option(*names, help=text + shown, metavar=metavar, rich_help_panel=panel, show_default=False)


Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE...",
        show_default=False,
        help="A .txt, .csv, .tsv or .jsonl file (.gz and .zst too), '-' for stdin, or an http(s) URL.",
    ),
]

Concurrency = Annotated[
    int | None,
    _opt(
        _FETCH,
        "Workers: requests in flight.",
        "-c",
        "--concurrency",
        metavar="N",
        default=_D.concurrency,
    ),
]
Processes = Annotated[
    str | None,
    _opt(
        _FETCH,
        "Processes that share the hosts and the workers, to use more than one core; 'auto': one for each core.",
        metavar="N",
        default=_D.processes,
    ),
]
Timeout = Annotated[
    float | None,
    _opt(_FETCH, "Seconds for a whole attempt, redirects included.", metavar="S", default=f"{_D.timeout:g}"),
]
ConnectTimeout = Annotated[
    float | None, _opt(_FETCH, "Seconds for TCP and TLS.", metavar="S", default=f"{_D.connect_timeout:g}")
]
ReadTimeout = Annotated[float | None, _opt(_FETCH, "Seconds of silence.", metavar="S", default=f"{_D.read_timeout:g}")]
Retries = Annotated[int | None, _opt(_FETCH, "Further tries after the first.", metavar="N", default=_D.retries)]
MaxBody = Annotated[
    str | None, _opt(_FETCH, "Largest body, on the wire and decoded.", metavar="SIZE", default=_D.max_body)
]
MaxRedirects = Annotated[int | None, _opt(_FETCH, "Longest chain of redirects.", metavar="N", default=_D.max_redirects)]
Header = Annotated[
    list[str] | None,
    _opt(
        _FETCH,
        "A request header; repeatable. Sent to the origin of the listed URL only.",
        metavar="'K: V'",
    ),
]
UserAgent = Annotated[str | None, _opt(_FETCH, "User-Agent.", metavar="TEXT", default="scraper/VERSION (+project URL)")]
Proxy = Annotated[str | None, _opt(_FETCH, "An HTTP proxy.", metavar="URL")]
Insecure = Annotated[bool | None, _opt(_FETCH, "Do not check TLS certificates.", "--insecure")]
PublicOnly = Annotated[
    bool | None,
    _opt(
        _FETCH,
        "Ask public addresses only: no private, loopback or link-local ones. Where a public server's redirect leads "
        "must be public in any case.",
        "--public-only",
    ),
]
AllowAddress = Annotated[
    list[str] | None,
    _opt(_FETCH, "An address or network that counts as public: redirects may lead there; repeatable.", metavar="CIDR"),
]

PerHost = Annotated[int | None, _opt(_POLITE, "Requests in flight to one host.", metavar="N", default=_D.per_host)]
Delay = Annotated[
    float | None,
    _opt(_POLITE, "Seconds between the starts of two requests to one host.", metavar="S", default=f"{_D.delay:g}"),
]
Robots = Annotated[bool | None, _opt(_POLITE, "Obey robots.txt.", "--robots/--no-robots", default="robots")]

Select = Annotated[
    list[str] | None,
    _opt(
        _EXTRACT,
        "A field to extract; repeatable: 'title=h1', 'price=.price::text', 'more=a.next::attr(href)', "
        "'body=main::html', 'img[]=img::attr(src)' ([] keeps all matches).",
        metavar="NAME=CSS",
    ),
]
Recipe = Annotated[
    str | None,
    _opt(_EXTRACT, "A recipe: typed fields, alternatives, JSON-LD, repeated items.", metavar="FILE.toml"),
]
Links = Annotated[bool | None, _opt(_EXTRACT, "Keep the page's links, absolute.", "--links")]
LinkDetails = Annotated[
    bool | None,
    _opt(_EXTRACT, "Keep them as objects: url, text, rel, kind (internal, external), nofollow.", "--link-details"),
]
Meta = Annotated[
    bool | None,
    _opt(
        _EXTRACT,
        "Keep the metadata: title, author, site, dates, and OpenGraph, Twitter, JSON-LD, microdata, hreflang, feeds.",
        "--meta",
    ),
]
Text = Annotated[
    bool | None,
    _opt(_EXTRACT, "Keep the main text, without menus and the like (pip install 'scraper[text]').", "--text"),
]
Markdown = Annotated[bool | None, _opt(_EXTRACT, "Keep it as Markdown, in the same key `text`.", "--markdown")]
Html = Annotated[bool | None, _opt(_EXTRACT, "Keep the page's source.", "--html")]
Parse = Annotated[
    str | None,
    _opt(_EXTRACT, "A Python function that gets the Page and returns a dict of fields.", metavar="MODULE:FUNCTION"),
]

Expect = Annotated[
    list[str] | None,
    _opt(
        _RUN,
        "What must hold of the whole output at the end, else exit code 3; repeatable: 'price>=95%', 'title==100%', "
        "'price>=baseline-2%', 'ok>=99%', 'pages>=1000'.",
        metavar="TEXT",
    ),
]
Baseline = Annotated[
    str | None, _opt(_RUN, "An earlier output, whose fill rates are shown beside this one's.", metavar="FILE")
]

Output = Annotated[
    str | None,
    _opt(
        _FILES,
        "The JSONL file (.gz and .zst too); {date} and {time} are filled in; '-' is stdout.",
        "-o",
        "--output",
        metavar="FILE",
        default="output/<source name>.jsonl",
    ),
]
Keep = Annotated[
    str | None,
    _opt(
        _FILES,
        "Keep the fetched pages, for `scrape extract`: a .warc.zst or .warc.gz file, or a folder for one.",
        metavar="FILE_OR_DIR",
    ),
]
Fresh = Annotated[bool | None, _opt(_FILES, "Start anew; an existing output is renamed, never deleted.", "--fresh")]
RetryFailed = Annotated[
    str | None,
    _opt(
        _FILES,
        "Try the failed URLs of earlier runs again: all of them, or kinds and statuses ('read-timeout,503').",
        metavar="[KINDS]",
    ),
]
Limit = Annotated[int | None, _opt(_FILES, "Take only the first N URLs of the sources.", metavar="N")]
UrlColumn = Annotated[
    str | None,
    _opt(_FILES, "Column that holds the URL.", metavar="NAME", default="guessed: url, link, href"),
]
PriorityColumn = Annotated[
    str | None,
    _opt(
        _FILES,
        "Column with a number that orders what is waiting: higher first.",
        metavar="NAME",
        default="priority",
    ),
]

Since = Annotated[
    str | None,
    _opt(
        _RECRAWL,
        "An output of an earlier run: pages are asked for only if they have changed, and each record says whether its "
        "page is new, changed, the same or gone.",
        metavar="FILE",
    ),
]
ChangeOn = Annotated[
    Literal["body", "fields"] | None,
    _opt(
        _RECRAWL,
        "What makes a page a changed one: its body's hash, or only what --select, --recipe and --parse find.",
        metavar="[body|fields]",
        default=_D.change_on,
    ),
]
MaxAge = Annotated[
    str | None,
    _opt(_RECRAWL, "Do not ask at all for pages that FILE has and that are younger: 12h, 7d.", metavar="TIME"),
]

Grace = Annotated[
    float | None, _opt(_RUN, "Seconds that requests in flight get on a stop.", metavar="S", default=f"{_D.grace:g}")
]
Deadline = Annotated[
    str | None,
    _opt(_RUN, "End by then, whatever is left: 50m, 1h30m. The same line again goes on; exit code 6.", metavar="TIME"),
]
Cron = Annotated[
    bool | None,
    _opt(
        _UNATTENDED,
        "For a crontab: a start that overlaps another ends at once (exit code 4), no live line, one closing line (on "
        "standard error only when a person is needed), and an output with {date} in its name that was not finished is "
        "gone on with.",
        "--cron",
    ),
]
MaxFailures = Annotated[
    list[str] | None,
    _opt(
        _UNATTENDED,
        "More failures than this, of all records or of a kind or status, exit with 1; repeatable: 5%, 20, tls-error=0, "
        "404=1%.",
        metavar="[KIND=]N|N%",
        default="all pages",
    ),
]
Latest = Annotated[
    str | None,
    _opt(_UNATTENDED, "A link that moves to the output when the run exits with 0, and not before.", metavar="FILE"),
]
KeepRuns = Annotated[
    int | None,
    _opt(_UNATTENDED, "Then remove all but the newest N outputs of a name with {date} or {time}.", metavar="N"),
]
Heartbeat = Annotated[
    str | None,
    _opt(_UNATTENDED, "POST the account to URL when the run exits with 0, to URL/fail when it failed.", metavar="URL"),
]
Notify = Annotated[
    str | None,
    _opt(_UNATTENDED, "Run a shell command at the end, with the account as JSON on its stdin.", metavar="CMD"),
]
ConfigFile = Annotated[
    Path | None,
    _opt(
        _RUN,
        "Settings by their long names; also SCRAPER_* variables. Options win over both.",
        "--config",
        metavar="FILE.toml",
    ),
]
MetricsPort = Annotated[
    str | None,
    _opt(
        _UNATTENDED,
        "Serve Prometheus metrics while the run goes on, on this port of 127.0.0.1 or at HOST:PORT.",
        metavar="PORT",
    ),
]
MetricsFile = Annotated[
    str | None,
    _opt(
        _UNATTENDED,
        "At the end, however it comes, write the metrics and the exit code for node_exporter's textfile collector.",
        metavar="FILE.prom",
    ),
]
Dashboard = Annotated[
    str | None,
    _opt(
        _RUN,
        "Show the run on a page that only this machine can open, on a free port or on this one.",
        metavar="[PORT]",
    ),
]
Quiet = Annotated[bool | None, _opt(_RUN, "No progress and no summary; errors only.", "-q", "--quiet")]
Verbose = Annotated[bool | None, _opt(_RUN, "A line on stderr for each retry and failure.", "-v", "--verbose")]
LogFile = Annotated[str | None, _opt(_RUN, "The same as JSON lines, with tracebacks.", metavar="FILE")]
Version = Annotated[bool | None, _opt(_RUN, "Show the version and exit.", "--version")]

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file when it is there already.")]
