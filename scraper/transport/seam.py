"""What the fetcher asks of a transport: to send a GET, and to hand over its answer piece by piece."""

import http
import re
from collections.abc import Sequence
from typing import Protocol

import httpx

from scraper.transport.phases import Phases

_NO_LINE = re.compile(rb"[\r\n\0]")


class Headers:
    """The headers of a request, as bytes: made once for all requests that differ in their target only."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Take names and values. Raises httpx.LocalProtocolError for a line break or a zero byte in them."""
        self._pairs = pairs
        self.raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in pairs]
        self.lines = b"".join([b"%b: %b\r\n" % (checked(name), checked(value)) for name, value in self.raw])

    def with_more(self, pairs: Sequence[tuple[str, str]]) -> "Headers":
        """Return these and `pairs`."""
        return Headers([*self._pairs, *pairs])


class Answer(Protocol):
    """The head of an answer, whose body is still to be read."""

    @property
    def status(self) -> int:
        """Of three digits."""
        ...

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """In the order they came."""
        ...

    async def read(self) -> bytes:
        """Return the next piece of the body as it comes off the wire, none at its end. Raises httpx.TransportError."""
        ...

    async def aclose(self) -> None:
        """Give the connection back if the body has arrived whole; close it otherwise."""
        ...


class Transport(Protocol):
    """Sends requests, one attempt each."""

    async def send(self, origin: str, target: str, headers: Headers, phases: Phases) -> Answer:
        """Return the answer to a GET of `origin` (`https://example.com`) and `target` (`/path?query`), byte for byte.

        `phases` says which addresses it may go to, and is filled in. Raises httpx.TransportError, or BlockedAddress.
        Redirects, cookies, decoding and the time limit of the whole are the caller's.
        """
        ...


def checked(text: bytes) -> bytes:
    """Return what may stand in a request's head. Raises httpx.LocalProtocolError for a line break or a zero byte."""
    if _NO_LINE.search(text):
        raise httpx.LocalProtocolError("a line break or a zero byte in the request's target or headers")
    return text


def status_line(status: int) -> str:
    """Return a status with what it is called (RFC 9110, section 15), where it has a name."""
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
