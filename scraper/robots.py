"""robots.txt of each origin (RFC 9309), through the same Fetch as the pages.

Protego matches URLs with rules. What comes before that is done here: it takes a group for ours whose name only
begins like ours (section 2.2.1), lets Crawl-delay end a list of user agents (2.2.4), reads all octets that are not
UTF-8 as one character (2.2.2), and needs a second for 512 KiB that are made to hurt.
"""

import asyncio
import http
import math
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache

from msgspec import Struct
from protego import Protego

from scraper.errors import (
    BadRedirect,
    BlockedAddress,
    DnsNotFound,
    InvalidUrl,
    RobotsUnreachable,
    TlsError,
    TooManyRedirects,
    UnsupportedScheme,
    UrlError,
)
from scraper.models import Fetch, Page, Request, Trail

MAX_BYTES = 512 * 1024
"""Read and parsed of a robots.txt; RFC 9309, section 2.5, wants 500 KiB at least."""
MAX_SPECIAL_RULES = 1_000
"""Rules with `*` or `$` that are matched one by one; the most among 4,231 sites' is 586."""

_MAX_LINE_BYTES = 8 * 2083 - 1
"""Of a line are read: Google's bound, 8 times the 2,083 characters that a browser's URL once had."""
_LARGE_BYTES = 32 * 1024
"""More than this is parsed beside the loop, and once."""
_DEFAULT_TOKEN = "scraper"  # noqa: S105 - a name, not a secret
_FIRST_UNREACHABLE_STATUS = 500
_TOO_MANY_REQUESTS = 429

_UNAVAILABLE = (TooManyRedirects, BadRedirect, UnsupportedScheme)
"""RFC 9309, section 2.3.1.2: a redirect that leads nowhere means that there is no robots.txt."""
_OF_ORIGIN = (DnsNotFound, TlsError, BlockedAddress, InvalidUrl)
"""No page of the origin could be fetched either: each URL's record is to say so."""

_TOKEN = re.compile(r"[A-Za-z_-]+")
_AGENT = re.compile(rb"[a-z_-]+|\*(?!\S)")
_RECORD = re.compile(
    # Spellings and the forgotten colon as Google's parser and Protego take them.
    rb"^[ \t]*(user[- ]?agent|allow|diss?all?ow|diasllow|disallaw|crawl[- ]delay)[ \t]*(?::|(?<=[ \t]))[ \t]*"
    rb"([^#\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_BYTE_ORDER_MARK = re.compile(rb"(?:\xef(?:\xbb\xbf?)?)?")
"""Or the beginning of one, as Google's parser takes it."""
_HTML = re.compile(rb"\s*<(?:!doctype|html|head|body|script|\?xml)\b", re.IGNORECASE)
_NOT_TEXT = re.compile(rb"%([0189A-Fa-f][0-9A-Fa-f])|([\x00-\x1f\x80-\xff])")


class Rules(Struct, frozen=True):
    """What one origin's robots.txt says to us. Cheap to hold: the text is parsed again when it is asked."""

    crawl_delay_s: float | None = None
    """Seconds between two requests, as the Crawl-delay of our group has it."""
    lines: str = ""
    """Our group's rules for Protego."""
    matcher: Protego | None = None
    """`lines` parsed, when they are many."""

    def allows(self, url: str) -> bool:
        """Return whether `url` (normalised, absolute) may be fetched: the longest rule decides, Allow in a tie."""
        if not self.lines:
            return True
        matcher = self.matcher or _matcher(self.lines)
        return matcher.can_fetch(_ascii(url.encode()) if "%" in url else url, _DEFAULT_TOKEN)


ALLOW_ALL = Rules()
"""Nothing disallowed, no Crawl-delay; shared by all origins that say so."""


class Robots:
    """What is known of each origin's robots.txt: rules for `ttl_s`, a failure for `failure_ttl_s` seconds.

    At most `max_origins` are remembered, those that were asked for last.
    """

    def __init__(  # noqa: PLR0913 - each is one setting of the run
        self,
        *,
        fetch: Fetch,
        user_agent: str,
        clock: Callable[[], float],
        ttl_s: float,
        failure_ttl_s: float,
        max_origins: int,
    ) -> None:
        self._fetch = fetch
        self._token = product_token(user_agent)
        self._clock = clock
        self._ttl_s = ttl_s
        self._failure_ttl_s = failure_ttl_s
        self._max_origins = max_origins
        self._answers: OrderedDict[str, tuple[Rules | UrlError, float]] = OrderedDict()

    def known(self, origin: str) -> Rules | UrlError | None:
        """Return what is remembered of `origin`; None when nothing is, or no longer."""
        entry = self._answers.get(origin)
        if entry is None:
            return None
        answer, expires = entry
        if self._clock() >= expires:
            del self._answers[origin]
            return None
        self._answers.move_to_end(origin)
        return answer

    async def fetch(self, origin: str, on_sent: Callable[[], None] | None = None, trail: Trail | None = None) -> Rules:
        """Ask `origin` (`https://example.com`) for its robots.txt; remember and return what it says.

        `trail` is set when a redirect led to the origin: nothing goes there that a page of it would not get.
        Raises RobotsUnreachable, which a later try may mend (RFC 9309, section 2.3.1.4), or the kind of error that
        every URL of the origin would end in.
        """
        request = Request(url=f"{origin}/robots.txt", is_page=False, head_bytes=MAX_BYTES, on_sent=on_sent, trail=trail)
        try:
            page = await self._fetch(request)
        except _UNAVAILABLE:
            rules = ALLOW_ALL
        except UrlError as error:
            raise _failure(error) from error
        else:
            rules = await self._read(page)
        self._remember(origin, rules, self._ttl_s)
        return rules

    def give_up(self, origin: str, error: UrlError) -> None:
        """Remember that the robots.txt of `origin` was tried often enough and ended in `error`.

        Its traceback and causes are dropped: they hold the frames of the last try, and so its response and connection.
        """
        error.__traceback__ = error.__cause__ = error.__context__ = None
        self._remember(origin, error, self._failure_ttl_s)

    async def _read(self, page: Page) -> Rules:
        # 429 is no "unavailable": a host that wants less would get the most (Google reads it so, too).
        if page.status >= _FIRST_UNREACHABLE_STATUS or page.status == _TOO_MANY_REQUESTS:
            failure = RobotsUnreachable(f"robots.txt: {_status_line(page.status)}")
            failure.status = page.status
            failure.retry_after = page.header("retry-after")
            raise failure
        if not 200 <= page.status < 300:  # noqa: PLR2004 - RFC 9309, section 2.3.1.3: unavailable
            return ALLOW_ALL
        if len(page.body) > _LARGE_BYTES:
            return await asyncio.to_thread(parse, page.body, self._token)
        return parse(page.body, self._token)

    def _remember(self, origin: str, answer: Rules | UrlError, ttl_s: float) -> None:
        self._answers[origin] = (answer, self._clock() + ttl_s)
        self._answers.move_to_end(origin)
        if len(self._answers) > self._max_origins:
            self._answers.popitem(last=False)


def product_token(user_agent: str) -> str:
    """Return the name that robots.txt files know `user_agent` by (RFC 9309, section 2.2.1): its first word."""
    found = _TOKEN.match(user_agent)
    return found[0] if found else _DEFAULT_TOKEN


def parse(body: bytes, token: str) -> Rules:
    """Return what the robots.txt `body` says to the product `token`. Whatever it is, it is some Rules."""
    text = _BYTE_ORDER_MARK.sub(b"", body[:MAX_BYTES], count=1).replace(b"\r", b"\n")
    if _HTML.match(text):  # a page that came with 200, mostly "not found"
        return ALLOW_ALL
    records = dict.fromkeys(_our_records(text, token.lower().encode()))
    delay_s = max((_seconds(value) for field, value in records if field == b"c"), default=0.0) or None
    patterns = _bounded((field, value) for field, value in records if field != b"c" and value)
    if not any(field == b"d" for field, _ in patterns):
        return ALLOW_ALL if delay_s is None else Rules(delay_s)
    rules = (f"{'Allow' if field == b'a' else 'Disallow'}: {_ascii(value)}" for field, value in patterns)
    lines = "\n".join(["User-agent: *", *rules])
    return Rules(delay_s, lines, Protego.parse(lines) if len(lines) > _LARGE_BYTES else None)


def _our_records(text: bytes, token: bytes) -> list[tuple[bytes, bytes]]:
    """Return the records of all groups for `token`, or else of those for `*` (RFC 9309, section 2.2.1).

    Each is the first letter of its field, a(llow), d(isallow) or c(rawl-delay), and its value.
    """
    named: list[tuple[bytes, bytes]] = []
    general: list[tuple[bytes, bytes]] = []
    is_ever_named = is_named = is_general = is_among_agents = False
    for match in _RECORD.finditer(text):
        field = match[1][:1].lower()
        value = match[2][: _MAX_LINE_BYTES - (match.start(2) - match.start())].rstrip()
        if field == b"u":
            if not is_among_agents:
                is_named = is_general = False
                is_among_agents = True
            agent = _AGENT.match(value.lower())
            if agent and agent[0] == token:
                is_ever_named = is_named = True
            elif agent and agent[0] == b"*":
                is_general = True
            continue
        if field != b"c":  # section 2.2.4: other records do not end the list of user agents
            is_among_agents = False
        if is_named:
            named.append((field, value))
        if is_general:
            general.append((field, value))
    return named if is_ever_named else general


def _bounded(patterns: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return `patterns` with a bounded number of special ones.

    Those over the bound are cut at their first `*`, so that they disallow more, not less; such an Allow is dropped.
    """
    bounded = []
    special = 0
    for field, value in patterns:
        special += b"*" in value or b"$" in value
        if special <= MAX_SPECIAL_RULES or (b"*" not in value and b"$" not in value):
            bounded.append((field, value))
        elif field == b"d":
            bounded.append((field, value.partition(b"*")[0].rstrip(b"$")))
    return list(dict.fromkeys(bounded))


def _ascii(text: bytes) -> str:
    """Return `text` with octets that are no ASCII text as `%25XX`, raw or escaped: a form that Protego leaves as it is.

    It would decode `%XX` as UTF-8, and take everything that is not for the same U+FFFD.
    """
    return _NOT_TEXT.sub(lambda match: b"%%25%02X" % (int(match[1], 16) if match[1] else match[2][0]), text).decode()


def _seconds(value: bytes) -> float:
    """Return a Crawl-delay, 0 for one that makes no sense."""
    try:
        seconds = float(value)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


@lru_cache(maxsize=512)
def _matcher(lines: str) -> Protego:
    # Parsed, it takes ten times the room of its text, and many sites say the same.
    return Protego.parse(lines)


def _failure(error: UrlError) -> UrlError:
    """Return what an `error` of the robots.txt means to the URLs of its origin.

    A robots.txt that is broken (protocol-error, decode-error, too-large) is unreachable, not unavailable: the server
    failed, it did not say that there is none (RFC 9309, section 2.3.1.4).
    """
    failure: UrlError
    if isinstance(error, _OF_ORIGIN) and not error.redirects:  # after a redirect it is another host's trouble
        failure = type(error)(f"robots.txt: {error.message}")
    else:
        failure = RobotsUnreachable(f"robots.txt: {error.kind} ({error.message})")
    failure.status = error.status
    failure.retry_after = error.retry_after
    return failure


def _status_line(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
