"""robots.txt of each origin (RFC 9309), through the same Fetch as the pages."""

import asyncio
import http
from collections.abc import Callable

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
from scraper.robots.memory import RobotsMemory
from scraper.robots.rules import ALLOW_ALL, MAX_BYTES, Rules, parse, product_token

__all__ = ["ALLOW_ALL", "MAX_BYTES", "Robots", "RobotsMemory", "Rules", "parse", "product_token"]

_LARGE_BYTES = 32 * 1024
"""More than this is parsed beside the loop."""
_FIRST_UNREACHABLE_STATUS = 500
_TOO_MANY_REQUESTS = 429

_UNAVAILABLE = (TooManyRedirects, BadRedirect, UnsupportedScheme)
"""RFC 9309, section 2.3.1.2: a redirect that leads nowhere means that there is no robots.txt."""
_OF_ORIGIN = (DnsNotFound, TlsError, BlockedAddress, InvalidUrl)
"""No page of the origin could be fetched either: each URL's record is to say so."""


class Robots:
    """Asks origins for their robots.txt and remembers what it says."""

    def __init__(self, *, fetch: Fetch, user_agent: str, clock: Callable[[], float], memory: RobotsMemory) -> None:
        """`clock` gives seconds."""
        self._fetch = fetch
        self._token = product_token(user_agent)
        self._clock = clock
        self._memory = memory

    def known(self, origin: str) -> Rules | UrlError | None:
        """Return what is remembered of `origin`; None when nothing is, or no longer."""
        return self._memory.get(origin, self._clock())

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
        self._memory.keep(origin, rules, self._clock())
        return rules

    def give_up(self, origin: str, error: UrlError) -> None:
        """Remember that the robots.txt of `origin` was tried often enough and ended in `error`."""
        self._memory.keep_failure(origin, error, self._clock())

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
