"""What travels between the parts: Row, Job, Request, Page, Record and the Fetch type. Plain frozen data."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Literal, Protocol

from msgspec import Struct, structs

NOT_MODIFIED = 304
"""RFC 9110, section 15.4.5: the page is what it was; there is no body."""

Change = Literal["new", "changed", "same", "gone"]
"""What has become of a page since an earlier run."""


class Row(Struct, frozen=True, gc=False, array_like=True):
    """One line of a source. `url` is trimmed, and empty for a blank line or a comment."""

    url: str
    line: int
    """Line number in the source, from 1; of a record that spans lines, the first."""
    source: str = ""
    priority: float = 0.0
    """Higher goes first."""
    input: dict[str, Any] | None = None
    """The other columns of the row."""
    problem: str = ""
    """What is wrong with a line that has no URL where one belongs; `url` is then the line's text."""
    earlier: int | None = None
    """Where the ok record of its URL stands in the output that the run compares with (`earlier`)."""


class Rows(Protocol):
    """Where the rows come from, a batch at a time."""

    def __aiter__(self) -> AsyncGenerator[list[Row], None]:  # noqa: PYI058 - closed when it is left early
        """Start to read, from the beginning."""
        ...


class Job(Struct, frozen=True):
    """One URL to fetch, as the frontier orders it."""

    row: Row
    href: str
    """The URL normalised by the WHATWG URL Standard, without its fragment: its identity."""
    host: str
    """The host and port that politeness counts by (`example.com:8080`)."""
    ordinal: int
    """How many jobs were made before it; decides between equal priorities."""
    origin: str = ""
    """Scheme, host and port: what a robots.txt speaks for."""
    attempt: int = 1
    """Which try comes next, from 1."""
    is_robots: bool = False
    """An errand of the scraper's own: `href` is a robots.txt, and goes before its host's pages."""
    trail: "Trail | None" = None
    """Set when redirects led to `href`: its host's turn and robots.txt count, as for a listed URL."""
    is_unconditional: bool = False
    """The server refused the conditions of a try before: the page is asked for without any."""

    def again(self) -> "Job":
        """Return the job for its next try, which begins at the listed URL."""
        start = self.trail.listed if self.trail and not self.is_robots else self
        return structs.replace(start, attempt=self.attempt + 1)

    def without_conditions(self) -> "Job":
        """Return the job for its next try, which asks for the page whatever an earlier run had of it."""
        return structs.replace(self.again(), is_unconditional=True)


class Redirect(Struct, frozen=True):
    """One hop that was followed: the status and the URL that answered with it."""

    status: int
    url: str


class Timings(Struct, frozen=True, omit_defaults=True):
    """Milliseconds that an attempt spent in each phase; absent when it did not get there or needed none."""

    dns: float | None = None
    connect: float | None = None
    """TCP and TLS."""
    first_byte: float | None = None
    """From the request being sent to the whole response head."""
    body: float | None = None
    parse: float | None = None
    text: float | None = None
    """To find the main text, with the wait for a process."""


class Trail(Struct, frozen=True):
    """The way of an attempt before its last redirect."""

    listed: Job
    """As it was before the first redirect."""
    redirects: tuple[Redirect, ...]
    timings: Timings
    elapsed_s: float
    """What the attempt has used of its time limit; waiting for a host's turn does not count."""
    fetched_at: str
    """Start of the attempt, as in the Record."""
    may_lead_inside: bool = False
    """It has not left the addresses that are not public: it may lead to others of them."""


class Request(Struct, frozen=True):
    """What a Fetch is asked for."""

    url: str
    """Normalised and absolute."""
    is_last_of_host: bool = False
    """No other URL of this host is waiting: the connection need not be kept."""
    is_page: bool = True
    """A page is wanted: a status other than 2xx or a body that is not HTML is an error. robots.txt wants neither."""
    head_bytes: int | None = None
    """Read only so many bytes of the body and leave the rest; None: all, and one that is too large is an error."""
    is_followed: bool = True
    """Follow redirects; else the first is returned, as a Page without a body that has a `location`."""
    trail: Trail | None = None
    """Where the attempt had come from, when redirects led to `url`."""
    validators: tuple[tuple[str, str], ...] = ()
    """Conditions for the first hop (RFC 9110, section 13): a 304 is then a Page without a body, not an error."""
    on_sent: Callable[[], None] | None = None
    """Called when it goes out, once there is a connection; a Fetch that cannot tell may leave it."""


class Page(Struct, frozen=True, kw_only=True):
    """A fetched page: what extraction and a user's callback get."""

    url: str
    """The URL that was asked for, normalised: the listed one, before any redirect; a password in it is `***`."""
    final_url: str
    """The URL that answered, after redirects."""
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Response headers in the order they came, names in lower case."""
    body: bytes = b""
    """Decoded from its Content-Encoding."""
    media_type: str = ""
    """`text/html`, without parameters, in lower case; sniffed when the server names none."""
    encoding: str = "utf-8"
    """The charset used, by its WHATWG name."""
    encoding_source: str = "default"
    """What that was decided by: `bom`, `header`, `meta`, `xml`, `default` or `sniffed`."""
    decoded: str | None = None
    """`body` decoded with `encoding`, when that is not UTF-8."""
    redirects: tuple[Redirect, ...] = ()
    location: str | None = None
    """Where a redirect leads that was not followed: normalised and absolute."""
    may_lead_inside: bool = False
    """No public address has answered so far: what it leads to need not be public either."""
    timings: Timings = Timings()
    tree: Any = None
    """The parsed document (`selectolax.lexbor.LexborHTMLParser`); set for a `parse` callback."""

    @property
    def text(self) -> str:
        """The source: `body` decoded with `encoding`, broken bytes as U+FFFD. Made anew at each look."""
        if self.decoded is not None:
            return self.decoded
        return self.body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")

    def header(self, name: str) -> str | None:
        """Return the first value of header `name` (lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


class Link(Struct, frozen=True, gc=False):
    """Where a page leads."""

    url: str
    text: str
    """Whitespace collapsed; of a picture its alternative text."""
    rel: list[str]
    """In lower case."""
    kind: str
    """`internal` when it stays on the page's host, ports and a leading `www.` aside, else `external`."""
    nofollow: bool
    """By its rel (`nofollow`, `ugc`, `sponsored`) or by the page's robots directive."""


class Verdict(Struct, frozen=True, gc=False):
    """What a page is, and what says so."""

    name: str = "ok"
    """`ok`, `empty`, `soft-404`, `login`, `consent` or `blocked`."""
    evidence: str | None = None
    """The rule and what it found; None when ok."""


class Extracted(Struct, frozen=True, kw_only=True):
    """What extraction found on a page."""

    verdict: Verdict = Verdict()
    title: str | None = None
    description: str | None = None
    canonical: str | None = None
    lang: str | None = None
    meta: dict[str, Any] | None = None
    links: list[str | Link] | None = None
    text: str | None = None
    html: str | None = None
    fields: dict[str, Any] | None = None
    items: list[dict[str, Any]] | None = None
    extractor: str | None = None
    """Stands for what was asked for, and how it is found."""

    def in_record(self) -> dict[str, Any]:
        """Return it as keys of a Record."""
        return {**structs.asdict(self), "verdict": self.verdict.name, "evidence": self.verdict.evidence}


class Failure(Struct, frozen=True):
    """Why a URL has no page: a slug of the closed set in `errors`, and a sentence."""

    kind: str
    message: str


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the output: the end of one URL. Keys in this order, absent when not applicable."""

    url: str
    """As it stood in the input, trimmed; a password in it is `***`."""
    ok: bool
    verdict: str | None = None
    """What the page is that was fetched: `ok`, `empty`, `soft-404`, `login`, `consent` or `blocked`."""
    evidence: str | None = None
    """The rule that says so and what it found, when that is not ok."""
    status: int | None = None
    error: Failure | None = None
    change: Change | None = None
    """Against the output that the run compares with; absent without one, and for failures that may pass."""
    final_url: str | None = None
    redirects: tuple[Redirect, ...] = ()
    attempts: int
    fetched_at: str | None = None
    """Start of the last attempt, UTC, ISO 8601 with `Z`."""
    elapsed_ms: float | None = None
    """Duration of the last attempt."""
    timings: Timings | None = None
    content_type: str | None = None
    encoding: str | None = None
    encoding_source: str | None = None
    """What the charset was decided by: `bom`, `header`, `meta`, `xml`, `default` or `sniffed`."""
    bytes: int | None = None
    """Size of the decoded body."""
    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    """Of the decoded body, in hex."""
    title: str | None = None
    description: str | None = None
    canonical: str | None = None
    lang: str | None = None
    meta: dict[str, Any] | None = None
    links: list[str | Link] | None = None
    text: str | None = None
    html: str | None = None
    fields: dict[str, Any] | None = None
    items: list[dict[str, Any]] | None = None
    """The repeated objects of a recipe, in the page's order."""
    extractor: str | None = None
    """Stands for what was asked for, and how it is found: other selectors or options, another recipe, another text."""
    input: dict[str, Any] | None = None


class Ending(Struct, frozen=True, gc=False, array_like=True):
    """What the account of a run needs to know of a Record."""

    ok: bool
    status: int | None
    error: Failure | None
    attempts: int
    bytes: int | None
    elapsed_ms: float | None
    url: str = ""
    """That answered, or was asked for."""
    fields: dict[str, Any] | None = None
    """Which there are, not what they hold: see `fill.outline`."""
    items: list[dict[str, Any]] | None = None
    final_url: str | None = None
    verdict: str | None = None
    change: Change | None = None


class Lines(Struct, frozen=True, gc=False):
    """Records as they are written: encoded in another process, not to be looked at again in this one."""

    data: bytes
    """Whole lines of JSON."""
    records: int
    """How many they are."""


Fetch = Callable[[Request], Awaitable[Page]]
"""One URL in, its page out, or a UrlError. The seam: wrappers take one and are one; a test passes a lambda."""

ReadText = Callable[[Page], Awaitable[str | None]]
"""The main text of a page, None when it has none."""

Judge = Callable[[Page], Verdict]
"""What the head of an error's page says it is."""

Extract = Callable[[Page], Extracted]
"""A page in, its fields out, or a UrlError."""

Keep = Callable[[Page, Record], Awaitable[None]]
"""Stores a page that was fetched, before its record is."""
