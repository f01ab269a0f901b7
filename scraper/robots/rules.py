"""What a robots.txt says to us (RFC 9309).

Protego matches URLs with rules. What comes before that is done here: it takes a group for ours whose name only
begins like ours (section 2.2.1), lets Crawl-delay end a list of user agents (2.2.4), reads all octets that are not
UTF-8 as one character (2.2.2), and needs a second for 512 KiB that are made to hurt.
"""

import math
import re
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct
from protego import Protego

MAX_BYTES = 512 * 1024
"""Read and parsed of a robots.txt; RFC 9309, section 2.5, wants 500 KiB at least."""
MAX_SPECIAL_RULES = 1_000
"""Rules with `*` or `$` that are matched one by one; the most among 4,231 sites' is 586."""

_MAX_LINE_BYTES = 8 * 2083 - 1
"""Of a line are read: Google's bound, 8 times the 2,083 characters that a browser's URL once had."""
_LARGE_BYTES = 4 * 1024
"""More than this is parsed once, by its first reader; less whenever it is not among the last 512 that were asked."""
_PARSED_TIMES = 10
"""Parsed, rules take so many times the room of their text."""
_DEFAULT_TOKEN = "scraper"  # noqa: S105 - a name, not a secret

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

    @property
    def size_bytes(self) -> int:
        """About how much memory they take, with what remembers them."""
        return 500 + len(self.lines) * (1 + _PARSED_TIMES * (self.matcher is not None))

    def allows(self, url: str) -> bool:
        """Return whether `url` (normalised, absolute) may be fetched: the longest rule decides, Allow in a tie."""
        if not self.lines:
            return True
        matcher = self.matcher or _matcher(self.lines)
        return matcher.can_fetch(_ascii(url.encode()) if "%" in url else url, _DEFAULT_TOKEN)


ALLOW_ALL = Rules()
"""Nothing disallowed, no Crawl-delay; shared by all origins that say so."""


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
    # Many sites say the same.
    return Protego.parse(lines)
