"""Frozen settings with every default, checked when built.

============  ==================================================================
`constants`   what a run goes by that nobody needs to set
`values`      texts that stand for sizes, times, addresses, headers and kinds
============  ==================================================================
"""

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Literal, Self

import msgspec
from msgspec import Struct

from scraper.config.constants import MOST_PROCESSES, PROJECT_URL, VERSION
from scraper.config.values import (
    HEADER_VALUE,
    HIGHEST_PORT,
    option,
    parse_duration,
    parse_endpoint,
    parse_size,
    split_header,
    split_kinds,
    split_networks,
)
from scraper.errors import UsageError

_PROXY = re.compile(r"http://([^\s/@]*@)?([\w.\-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?/?", re.ASCII)
_ALL_FAILED = frozenset({"all", "true", "1", "yes"})


class HostLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different for one host; None: as for all."""

    per_host: int | None = None
    delay: float | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        if self.per_host is not None and self.per_host < 1:
            raise UsageError(f"per_host of a host is {self.per_host}; it must be at least 1")
        if self.delay is not None and not self.delay >= 0:
            raise UsageError(f"delay of a host is {self.delay}; it must be at least 0")


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting of a run. Names are the long options with underscores. Raises UsageError when built wrong."""

    concurrency: int = 50
    """Workers: requests in flight."""
    per_host: int = 4
    """Requests in flight to one host."""
    processes: int | Literal["auto"] = 1
    """Processes that the hosts are divided among; `"auto"`: one for each core that this one may use."""
    delay: float = 0.0
    """Seconds between the starts of two requests to one host, at least; up to a quarter more at random."""
    hosts: dict[str, HostLimits] = {}
    """Host name to its own limits: `{"example.com": {"per_host": 1, "delay": 2.0}}`; in a config file
    `[hosts."example.com"]`."""
    robots: bool = True
    """Obey robots.txt (RFC 9309)."""
    connect_timeout: float = 10.0
    """Seconds for TCP and TLS; covers SYN retransmits after 1, 2 and 4 s."""
    read_timeout: float = 20.0
    """Seconds of silence."""
    timeout: float = 45.0
    """Seconds for a whole attempt, from DNS to the last byte, redirects included."""
    retries: int = 3
    """Further tries after the first."""
    max_body: int | str = 10 * 1024**2
    """Bytes of a body, on the wire and decoded; also `"10MiB"`."""
    max_redirects: int = 10
    user_agent: str = f"scraper/{VERSION} (+{PROJECT_URL})"
    header: tuple[str, ...] = ()
    """Further request headers, each `"Name: value"`; sent to the origin of the listed URL only."""
    proxy: str | None = None
    """URL of an HTTP proxy. Environment variables are not looked at."""
    insecure: bool = False
    """Do not check TLS certificates."""
    public_only: bool = False
    """Ask public addresses only. Without it, only where a public server's redirect leads must be public."""
    allow_address: tuple[str, ...] = ()
    """Addresses and networks (`"10.1.0.0/16"`) that count as public: redirects may lead there."""
    select: dict[str, str] = {}
    """Field name to CSS selector: `{"title": "h1", "price": ".price::text", "img[]": "img::attr(src)"}`."""
    recipe: Any = None
    """A `Recipe`, or the path of one in TOML: typed fields, alternatives, repeated items."""
    links: bool = False
    """Keep the page's links, absolute."""
    link_details: bool = False
    """Keep them as objects: URL, text, rel, internal or external, nofollow."""
    meta: bool = False
    """Keep title, author, site and dates by the page's metadata, and these: OpenGraph, Twitter, JSON-LD, microdata,
    hreflang, feeds."""
    text: bool = False
    """Keep the page's main text, without what is around it (the extra `text`)."""
    markdown: bool = False
    """Keep the main text as Markdown."""
    html: bool = False
    """Keep the page's source."""
    parse: Any = None
    """A function, or `"module:function"`, that gets the Page and returns a dict for the record's `fields`."""
    output: str | None = None
    """The JSONL file (`.gz`, `.zst` too), a str or a path; `-` is stdout; `{date}` and `{time}` are filled in."""
    keep: str | None = None
    """Where fetched pages are kept, to be extracted again: a `.warc.zst` or `.warc.gz` file, or a folder for one named
    like the output. A str or a path; `{date}` and `{time}` are filled in."""
    fresh: bool = False
    """Start anew: an existing output is renamed, never deleted."""
    retry_failed: str | bool = False
    """Try failed URLs of an earlier run again: True, or kinds and statuses (`"read-timeout,503"`)."""
    expect: tuple[str, ...] = ()
    """What must hold of the whole output when the run is finished: `"price>=95%"`, `"pages>=1000"`, `"ok>=99%"`."""
    baseline: str | None = None
    """An earlier output (`.gz`, `.zst` too) whose fill rates are shown beside this one's: `"price>=baseline-2%"`."""
    limit: int | None = None
    """Take only the first so many URLs of the sources."""
    url_column: str | None = None
    """Column of CSV, TSV and JSONL sources that holds the URL; guessed when a header has url, link or href."""
    priority_column: str | None = None
    """Column with a number that orders what is waiting, higher first; `priority` when there is one."""
    since: str | None = None
    """An output of an earlier run: its pages are asked for only if they have changed, and told apart. A str or path."""
    change_on: Literal["body", "fields"] = "body"
    """What makes a page that was fetched again a changed one: its hash, or only what `fields` and `items` hold."""
    max_age: float | str | None = None
    """Pages that `since` has, fetched within these seconds, or `"12h"`, `"7d"`, are not asked for at all."""
    grace: float = 10.0
    """Seconds that requests in flight get when the run is stopped."""
    deadline: float | str | None = None
    """When the run must have ended: seconds, or `"50m"`, `"1h30m"`. What is left stays pending for the next start."""
    cron: bool = False
    """Nobody watches: one start at a time, one closing line, and the next start goes on with what was not finished."""
    max_failures: tuple[str, ...] = ()
    """What the run may have and still be well: `"5%"`, `"20"`, `"tls-error=0"`; without, anything but all pages."""
    latest: str | None = None
    """A link that is moved to the output once the run is well."""
    keep_runs: int | None = None
    """Of the outputs that a name with `{date}` or `{time}` gave, keep so many."""
    heartbeat: str | None = None
    """A URL that gets the account: as it is when the run is well, with `/fail` when it is not."""
    notify: str | None = None
    """A shell command that gets the account as JSON on its standard input."""
    metrics_port: int | str | None = None
    """Serve Prometheus metrics while the run goes on: a port of 127.0.0.1 (0: a free one), or `HOST:PORT`."""
    metrics_file: str | None = None
    """A `.prom` file that gets the metrics, and how the run ended, at its end: for node_exporter."""
    dashboard: bool | int = False
    """Show the run on a page that this machine alone can open: on this port, or with True on a free one."""
    quiet: bool = False
    log_file: str | None = None
    verbose: bool = False

    def __post_init__(self) -> None:
        """Check every value."""
        self._check_types()
        self._check_numbers()
        if self.dashboard is not True and not 0 <= self.dashboard <= HIGHEST_PORT:
            raise UsageError(f"--dashboard is {self.dashboard}; a port is a number from 1 to {HIGHEST_PORT}")
        if self.metrics_port is not None:
            parse_endpoint(self.metrics_port)
        if self.metrics_file is not None and not self.metrics_file.endswith(".prom"):
            raise UsageError(f"--metrics-file is {self.metrics_file}; node_exporter reads files that end in .prom only")
        if self.output == "":
            raise UsageError("--output is empty; name a file, or - for standard output")
        if self.keep == "":
            raise UsageError("--keep is empty; name a folder, or a file that ends in .warc.zst or .warc.gz")
        for line in self.header:
            split_header(line)
        if not self.user_agent or not HEADER_VALUE.fullmatch(self.user_agent):
            raise UsageError("--user-agent must be one line of ASCII text")
        parse_size(self.max_body)
        split_networks(self.allow_address)
        if isinstance(self.retry_failed, str):
            split_kinds(self.retry_failed)
        self.deadline_s, self.max_age_s  # noqa: B018 - raise for what is no duration
        self._check_recrawl()
        if self.proxy is not None and not _PROXY.fullmatch(self.proxy):
            raise UsageError("--proxy must be the URL of an HTTP proxy, like http://proxy.example:3128")

    def _check_recrawl(self) -> None:
        if self.since is None and (self.max_age is not None or self.change_on != "body"):
            raise UsageError("--max-age and --change-on compare with an earlier output; name it with --since")
        if self.since == "":
            raise UsageError("--since is empty; name the output of an earlier run")
        if self.change_on == "fields" and not self.select and self.recipe is None and self.parse is None:
            raise UsageError("--change-on fields compares what --select, --recipe or --parse find; give one of them")

    def _check_types(self) -> None:
        """Bring each value to its field's type, as `build` does, but for texts that stand for numbers."""
        for field in msgspec.structs.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, os.PathLike) and field.name in _PATHS:
                value = os.fspath(value)
            try:
                msgspec.structs.force_setattr(self, field.name, msgspec.convert(value, field.type))
            except msgspec.ValidationError as error:
                raise _refusal(error, field.name) from None

    def _check_numbers(self) -> None:
        for name, low in _MINIMUM.items():
            value = getattr(self, name)
            if value is not None and value != "auto" and not value >= low:
                raise UsageError(f"{option(name)} is {value}; it must be at least {low}")
        for name in ("connect_timeout", "read_timeout", "timeout"):
            if not 0 < getattr(self, name) < float("inf"):
                raise UsageError(f"{option(name)} is {getattr(self, name)}; it must be more than 0 seconds")
        for name, high in _MAXIMUM.items():
            if getattr(self, name) != "auto" and getattr(self, name) > high:
                raise UsageError(f"{option(name)} is {getattr(self, name):g}; it must be at most {high:,}")

    def limits_of(self, host: str) -> tuple[int, float]:
        """Return `per_host` and `delay` for a host, named with its port or without."""
        own = self.hosts.get(host) or self.hosts.get(host.rpartition(":")[0]) or HostLimits()
        return (
            self.per_host if own.per_host is None else own.per_host,
            self.delay if own.delay is None else own.delay,
        )

    @property
    def has_fields(self) -> bool:
        """Something is asked for that makes `fields`, or that is to be said of them."""
        return bool(self.select or self.recipe or self.parse or self.expect or self.baseline)

    @property
    def field_names(self) -> list[str]:
        """The fields that are known by name: a run tells of them though no page has them."""
        return [name.removesuffix("[]").strip() for name in self.select]

    @property
    def max_body_bytes(self) -> int:
        """`max_body` as a number of bytes."""
        return parse_size(self.max_body)

    @property
    def deadline_s(self) -> float | None:
        """`deadline` in seconds."""
        return None if self.deadline is None else parse_duration(self.deadline, "--deadline")

    @property
    def is_since_latest(self) -> bool:
        """Whether `since` is the name that `latest` moves: before the first good run there is no such file."""
        return self.since is not None and self.latest is not None and _same_name(self.since, self.latest)

    @property
    def max_age_s(self) -> float | None:
        """`max_age` in seconds."""
        return None if self.max_age is None else parse_duration(self.max_age, "--max-age")

    @property
    def allowed_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`allow_address` as networks."""
        return split_networks(self.allow_address)

    @classmethod
    def build(cls, *layers: Mapping[str, Any]) -> Self:
        """Return the Config of `layers`, later ones winning. Raises UsageError for a key or a type that is wrong."""
        merged = {key.replace("-", "_"): value for layer in layers for key, value in layer.items()}
        if str(merged.get("retry_failed", "")).lower() in _ALL_FAILED:
            merged["retry_failed"] = True
        for key, value in merged.items():
            if key not in cls.__struct_fields__:
                raise UsageError(f"there is no setting {key!r}; see `scrape --help`")
            if isinstance(value, os.PathLike) and key in _PATHS:
                merged[key] = os.fspath(value)
        try:
            return msgspec.convert(merged, cls, strict=False)
        except msgspec.ValidationError as error:
            raise _refusal(error) from None


_PATHS = frozenset({"output", "log_file", "baseline", "latest", "recipe", "keep", "since", "metrics_file"})
_MINIMUM: dict[str, float] = {
    "concurrency": 1,
    "processes": 1,
    "per_host": 1,
    "delay": 0,
    "retries": 0,
    "max_redirects": 0,
    "limit": 1,
    "grace": 0,
    "keep_runs": 1,
}


_MAXIMUM = {"concurrency": 10_000, "processes": MOST_PROCESSES, "delay": 86_400, "grace": 86_400}


def _refusal(error: msgspec.ValidationError, name: str = "") -> UsageError:
    """Return what a value of the wrong type is refused with; it may be a secret, and is not shown."""
    if isinstance(error.__cause__, UsageError):
        return error.__cause__
    what, _, place = str(error).partition(" - at ")
    name = name or re.split(r"\W+", place.removeprefix("`$."))[0]
    return UsageError(f"{option(name)} has the wrong type: {what[0].lower()}{what[1:]}")


def _same_name(one: str, other: str) -> bool:
    return os.path.normpath(one) == os.path.normpath(other)
