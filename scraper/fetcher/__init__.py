"""One URL -> one Page: redirects, limits, decoding, deadline."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import httpx
from msgspec import structs

from scraper.errors import (
    REFUSAL_STATUSES,
    BlockedAddress,
    DeadlineExceeded,
    HttpStatus,
    NotHtml,
    TooLarge,
    TooManyRedirects,
    UrlError,
)
from scraper.fetcher import redirects
from scraper.fetcher.attempt import Attempt
from scraper.fetcher.charset import decide, decode
from scraper.fetcher.failures import to_url_error
from scraper.fetcher.inflate import inflater
from scraper.fetcher.media_type import is_html, may_be_html, media_type
from scraper.fetcher.outgoing import Outgoing, authorization
from scraper.models import NOT_MODIFIED, Page, Redirect, Request
from scraper.transport.addresses import Guard, literal
from scraper.transport.deadline import Deadlines
from scraper.transport.seam import Answer, Headers, Transport, status_line
from scraper.urls import Address, split

__all__ = ["Fetcher"]

_SUCCESS = range(200, 300)
_REFUSAL_BYTES = 32 * 1024
_REFUSAL_S = 1.0
"""What is read of the page that comes with a refusal, to tell a challenge by it, and how long it may take."""


class Fetcher:
    """A Fetch over a Transport.

    The page or the UrlError comes within `timeout_s` seconds; bodies are bounded to `max_body_bytes`, on the
    wire and decoded. `headers` and the listed URL's userinfo go to its origin and to no other, and not with a request
    for robots.txt, whose origin a redirect may have named. Where a public server's redirect leads must pass `guard`,
    which the transport asks about the addresses that names resolve to.
    """

    def __init__(  # noqa: PLR0913 - each is one setting of the run
        self,
        transport: Transport,
        *,
        user_agent: str,
        headers: Sequence[tuple[str, str]],
        timeout_s: float,
        max_body_bytes: int,
        max_redirects: int,
        guard: Guard,
    ) -> None:
        self._transport = transport
        self._guard = guard
        self._intranet_guard = structs.replace(guard, spares_intranets=True)
        self._outgoing = Outgoing(user_agent, headers)
        self._timeout_s = timeout_s
        self._deadlines = Deadlines()
        self._max_body_bytes = max_body_bytes
        self._max_redirects = max_redirects

    async def __call__(self, request: Request) -> Page:
        """Return the page at `request.url`. Raises UrlError, with how far the attempt came."""
        attempt = Attempt(request)
        try:
            elapsed_s = request.trail.elapsed_s if request.trail else 0.0
            with self._deadlines.within(self._timeout_s - elapsed_s) as deadline:
                attempt.deadline = deadline
                return await self._follow(attempt)
        except UrlError as known:
            error = known
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as foreign:
            if isinstance(foreign, TimeoutError) and deadline.is_over:
                error = _too_late(attempt, self._timeout_s)
            else:
                error = to_url_error(foreign, is_in_body=attempt.is_in_body)
        raise attempt.described(error)

    async def _follow(self, attempt: Attempt) -> Page:
        request = attempt.request
        address = split(request.url)
        trail = request.trail
        listed = split(trail.listed.href) if trail else address
        own_origin = listed.origin if request.is_page else ""
        login = authorization(listed)
        may_lead_inside = not self._guard.is_for_all and (trail is None or trail.may_lead_inside)
        guard = None if trail is None else self._intranet_guard  # the user may list any address
        validators = request.validators
        while True:
            is_own = address.origin == own_origin
            headers = self._outgoing.to(address.origin, is_own, login if is_own else None, request.is_last_of_host)
            if validators:
                headers = headers.with_more(validators)
            answer = await self._send(address, headers, guard if may_lead_inside else self._guard, attempt)
            try:
                if answer.status == NOT_MODIFIED and validators:
                    return self._unchanged(answer, attempt)
                if answer.status not in redirects.STATUSES:
                    return await self._read(answer, attempt)
                may_lead_inside = may_lead_inside and self._is_inside(address, attempt.phases.peer)
                address = self._next(answer, attempt)
                guard = self._intranet_guard
                validators = ()  # what they describe is elsewhere
            finally:
                await answer.aclose()  # a redirect's body is never read
            if not request.is_followed:
                return attempt.elsewhere(address, may_lead_inside=may_lead_inside)
            attempt.begin(address.href)

    async def _send(self, address: Address, headers: Headers, guard: Guard | None, attempt: Attempt) -> Answer:
        if guard is not None and (refusal := guard.refusal_of_host(address.host)):
            raise BlockedAddress(refusal)
        phases = attempt.phases
        phases.guard = guard
        target = attempt.href[len(address.origin) :]
        answer = await self._transport.send(address.origin, target, headers, phases)
        attempt.answered(answer.status)
        return answer

    def _is_inside(self, address: Address, peer: str | None) -> bool:
        """Return whether what answered is not public; without a peer (a proxy, a user's transport) the host tells."""
        answered = peer or literal(address.host)
        return answered is not None and self._guard.refusal(answered) is not None

    def _next(self, answer: Answer, attempt: Attempt) -> Address:
        if len(attempt.redirects) >= self._max_redirects:
            raise TooManyRedirects(f"more than {self._max_redirects} redirects")
        locations = [value for name, value in answer.headers if name.lower() == b"location"]
        following = redirects.target(locations, attempt.href)
        attempt.redirects.append(Redirect(answer.status, attempt.href))
        if any(following.href == hop.url for hop in attempt.redirects):
            raise TooManyRedirects(f"the redirects go round in a loop, back to {following.href}")
        return following

    def _unchanged(self, answer: Answer, attempt: Attempt) -> Page:
        """Return the Page that stands for one that is as it was."""
        return Page(
            url=attempt.listed_url,
            final_url=attempt.href,
            status=answer.status,
            headers=_headers_of(answer),
            redirects=tuple(attempt.redirects),
            timings=attempt.timings(),
        )

    async def _read(self, answer: Answer, attempt: Attempt) -> Page:
        headers = _headers_of(answer)
        content_type = _joined(headers, "content-type")
        if attempt.request.is_page:
            if answer.status not in _SUCCESS:
                attempt.retry_after = _joined(headers, "retry-after")
                raise await self._refusal(answer, headers, attempt)
            if not may_be_html(content_type):
                raise NotHtml(f"the server says {content_type}")
        body = await self._read_body(answer, _joined(headers, "content-encoding"), attempt)
        kind = media_type(content_type, body)
        if attempt.request.is_page and body and not is_html(kind):
            raise NotHtml(f"the body is {kind}")
        encoding, encoding_source = decide(body, content_type)
        return Page(
            url=attempt.listed_url,
            final_url=attempt.href,
            status=answer.status,
            headers=headers,
            body=body,
            media_type=kind,
            encoding=encoding,
            encoding_source=encoding_source,
            decoded=None if encoding == "utf-8" else decode(body, encoding),
            redirects=tuple(attempt.redirects),
            timings=attempt.timings(),
        )

    async def _refusal(self, answer: Answer, headers: tuple[tuple[str, str], ...], attempt: Attempt) -> HttpStatus:
        """Return the error of a status, with the beginning of its page when that may be a challenge."""
        status = answer.status
        error = HttpStatus(status_line(status), status)
        content_type = _joined(headers, "content-type")
        if status in REFUSAL_STATUSES and may_be_html(content_type):
            body = await self._read_refusal(answer, _joined(headers, "content-encoding"))
            encoding, _ = decide(body, content_type)
            error.page = Page(
                url=attempt.listed_url,
                final_url=attempt.href,
                status=status,
                headers=headers,
                body=body,
                encoding=encoding,
                decoded=None if encoding == "utf-8" else decode(body, encoding),
            )
        return error

    async def _read_refusal(self, answer: Answer, content_encoding: str | None) -> bytes:
        """Return the beginning of a body that is not worth waiting for: what comes of it in time, broken or not."""
        pieces: list[bytes] = []
        size = 0
        with suppress(UrlError, httpx.HTTPError, httpx.StreamError, OSError):  # TimeoutError is an OSError
            async with asyncio.timeout(_REFUSAL_S):
                decoder = inflater(content_encoding, self._max_body_bytes)
                while piece := await answer.read():
                    for decoded in decoder.feed(piece):
                        pieces.append(decoded)
                        size += len(decoded)
                    if size >= _REFUSAL_BYTES:
                        break
        return b"".join(pieces)[:_REFUSAL_BYTES]

    async def _read_body(self, answer: Answer, content_encoding: str | None, attempt: Attempt) -> bytes:
        attempt.is_in_body = True
        wanted = attempt.request.head_bytes
        most = max(self._max_body_bytes, wanted or 0)
        decoder = inflater(content_encoding, most)
        pieces: list[bytes] = []
        on_wire = size = 0
        while piece := await answer.read():
            on_wire += len(piece)
            attempt.received = on_wire
            if on_wire > most:
                raise TooLarge(f"the body has more than {most:,} bytes")
            for decoded in decoder.feed(piece):
                pieces.append(decoded)
                size += len(decoded)
                if wanted is not None and size >= wanted:
                    return b"".join(pieces)[:wanted]
        decoder.finish()
        return b"".join(pieces)


def _headers_of(answer: Answer) -> tuple[tuple[str, str], ...]:
    return tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers])


def _joined(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """Return the value of header `name`; several lines are one list (RFC 9110, section 5.3)."""
    return ", ".join([value for key, value in headers if key == name]) or None


def _too_late(attempt: Attempt, timeout_s: float) -> DeadlineExceeded:
    if attempt.silent_s is None:
        return DeadlineExceeded(f"not finished within {timeout_s:g} s")
    error = DeadlineExceeded(f"given up: nothing came for {attempt.silent_s:.0f} s, nor for any other URL")
    error.is_retried = False  # what holds the whole run up would hold it up again
    return error
