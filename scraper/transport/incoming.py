"""One answer as it comes in: its head from httptools' parser, its body piece by piece."""

import asyncio
from collections.abc import Callable

import httptools
import httpx

MAX_LINE_BYTES = 64 * 1024
"""Of a header's name and value: real Content-Security-Policy headers have more than 8 KiB."""
MAX_LINES = 1_000
"""Of one head."""

_BUFFER_BYTES = 512 * 1024
"""Reading pauses when nobody has taken so much."""
_INTERIM = frozenset(range(100, 200)) - {101}
"""What comes before the answer (RFC 9110, section 15.2); 101 would be the last of HTTP on the connection."""
_LOWEST_STATUS, _HIGHEST_STATUS = 200, 599
"""RFC 9110, section 15; 101 was not asked for."""
_LONGEST = 2**63 - 1
"""A longer Content-Length is no length of anything."""
_CODINGS = frozenset({b"chunked", b"identity"})
"""Transfer codings that are taken off, each alone; the old `identity` (RFC 2616) is none. None other is asked for."""


class Incoming:
    """What the parser has found of an answer so far.

    `on_header` and the other `on_` methods are the parser's to call; it would hide what is raised there.
    """

    def __init__(self, *, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        """`pause` and `resume` stop and start what comes."""
        self.has_head = False
        """The head of the answer, not of an interim one, is whole."""
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.has_ended = False
        self.is_last = False
        """The server keeps the connection no longer than its answer."""
        self.heads = 0
        """That have come, interim ones and one that came too much included."""
        self.size = 0
        """Bytes of the body so far."""
        self._release: Callable[[], None] | None = None
        self._lines = 0
        self._flaw: str | None = None
        """What is wrong with the head."""
        self._pieces: list[bytes] = []
        self._held = 0
        """Bytes of the pieces that nobody has taken."""
        self._is_paused = False
        self._pause = pause
        self._resume = resume
        self._waiting: asyncio.Future[None] | None = None
        self._error: httpx.TransportError | None = None
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        """None once it is at the end: the two hold one another."""
        # As lax as other clients, browsers among them, are with what servers really send.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    def feed(self, data: bytes) -> None:
        """Parse what came. Raises httpx.RemoteProtocolError."""
        if self._parser is None:
            raise httpx.RemoteProtocolError("more came than the answer")
        if not self.has_head:
            self._look_at_head(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # what comes now is not HTTP
            self.is_last = True
        except httptools.HttpParserError as error:
            raise httpx.RemoteProtocolError(str(error)) from error

    @property
    def is_in_body(self) -> bool:
        """Whether its body is under way."""
        return self.has_head and not self.has_ended and self._error is None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take note of a header, or of a trailer, which counts for nothing."""
        if not self.has_head:
            self.headers.append((name, value.rstrip(b" \t")))  # RFC 9110, section 5.5
            if len(name) + len(value) > MAX_LINE_BYTES:
                self._flaw = f"a header has more than {MAX_LINE_BYTES:,} bytes"

    def on_headers_complete(self) -> None:
        """Take note that a head is whole."""
        self.heads += 1
        if self._parser is None or self.has_head:
            return
        status = self._parser.get_status_code()
        if status in _INTERIM:
            self.headers = []
            self._lines = 0
        else:
            self.has_head = True
            self.status = status
            self.is_last = not self._parser.should_keep_alive()

    def on_body(self, piece: bytes) -> None:
        """Hand a piece of the body over."""
        if self.has_ended:
            return
        self._pieces.append(piece)
        self._held += len(piece)
        self.size += len(piece)
        if self._held > _BUFFER_BYTES and not self._is_paused:
            self._is_paused = True
            self._pause()
        self._wake()

    def on_message_complete(self) -> None:
        """Take note that the body is whole."""
        if self.has_head and not self.has_ended:
            self._end()

    def end_with_connection(self) -> bool:
        """Return whether the body is whole, now that the connection was closed in order: one that has no length is."""
        lengths, codings = self._framing()
        if not lengths and b"chunked" not in codings:
            self._end()
        return self.has_ended

    def fail(self, error: httpx.TransportError) -> None:
        """Have who reads the body get `error`."""
        self._error = error
        self._parser = None
        self._wake()

    def problem(self) -> str | None:
        """Return what is wrong with a head that the parser lets pass."""
        lengths, codings = self._framing()
        if not _LOWEST_STATUS <= self.status <= _HIGHEST_STATUS:
            return f"{self.status} is no status of an answer"
        if len(lengths) > 1 or (lengths and int(lengths[0]) > _LONGEST):
            return "its Content-Length is no length of anything, or there are several"
        if codings and (coding := b", ".join(codings)) not in _CODINGS:
            return f"its Transfer-Encoding is {coding.decode('latin-1')!r}"
        return self._flaw

    async def read(self) -> bytes:
        """Return the next piece of the body as it comes off the wire, none at its end. Raises httpx.TransportError."""
        while True:
            if self._error is not None:
                raise self._error
            if self._pieces or self.has_ended:
                return self._taken()
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def when_done(self, release: Callable[[], None]) -> None:
        """Have `release` called once the body is whole, or nobody wants it any more; perhaps twice."""
        self._release = release
        if self.has_ended:
            release()

    async def aclose(self) -> None:
        """Give the connection back if the body has arrived whole; close it otherwise."""
        if self._release is not None:
            self._release()

    def _taken(self) -> bytes:
        pieces, self._pieces, self._held = self._pieces, [], 0
        if self._is_paused:
            self._is_paused = False
            self._resume()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _look_at_head(self, data: bytes) -> None:
        """Find what the parser lets pass. Raises httpx.RemoteProtocolError for what would take it too long."""
        self._lines += data.count(b"\n")
        if self._lines > MAX_LINES:  # it copies a value with each line that goes on with it
            raise httpx.RemoteProtocolError(f"more than {MAX_LINES:,} header lines")
        if b"\0" in data:  # RFC 9110, section 5.5
            self._flaw = "there is a zero byte in its head"

    def _framing(self) -> tuple[list[bytes], list[bytes]]:
        """Return the values of Content-Length and of Transfer-Encoding."""
        lengths, codings = [], []
        for name, value in self.headers:
            if len(name) == len(b"content-length"):
                if name.lower() == b"content-length":
                    lengths.append(value)
            elif len(name) == len(b"transfer-encoding") and name.lower() == b"transfer-encoding":
                codings.append(value.lower())
        return lengths, codings

    def _end(self) -> None:
        self.has_ended = True
        self._parser = None
        if self._release is not None:
            self._release()
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None:
            if not self._waiting.done():
                self._waiting.set_result(None)
            self._waiting = None
