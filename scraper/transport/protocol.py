"""One connection: one answer at a time through aiohttp's parser, bounds on what is not body, and silence."""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import httpx
from aiohttp import StreamReader
from aiohttp.http import HttpResponseParser, RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import EMPTY_PAYLOAD

MAX_HEAD_BYTES = 256 * 1024
"""Of all header lines together; browsers read as much."""
MAX_OVERHEAD_BYTES = 64 * 1024
"""Between two bytes of a body, or after it: chunk extensions and trailers (RFC 9112, section 7.1.1)."""

_MAX_LINE_BYTES = 64 * 1024
"""Of a status or header line: real Content-Security-Policy headers pass aiohttp's 8,190."""
_MAX_HEADERS = 1_000
_BUFFER_BYTES = 256 * 1024
"""Reading pauses at twice as much that nobody has taken."""
_INTERIM = frozenset(range(100, 200)) - {101}
"""What comes before the answer (RFC 9110, section 15.2); 101 would be the last of HTTP on the connection."""
_WITHOUT_BODY = frozenset({204, 304})
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_VERSIONS = (b"HTTP/1.1", b"HTTP/1.0")
_START_BYTES = 16
_Head = tuple[RawResponseMessage, StreamReader]
"""The head of an answer, and its body."""
_log = logging.getLogger(__name__)


class Dropped(httpx.ReadError):
    """The connection was closed without an answer."""


class Protocol(asyncio.Protocol):
    """Sends requests one after the other, each once the answer to the one before has ended.

    A head is parsed apart from what follows it, so that a fault after the body leaves the answer whole.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_lost: Callable[["Protocol"], None]) -> None:
        """`on_lost` is told when it is closed, before anybody who reads."""
        self.transport: asyncio.Transport | None = None
        self.peer = ""
        """The address at the other end."""
        self._loop = loop
        self._on_lost = on_lost
        self._parser: HttpResponseParser | None = None
        """None before the first request."""
        self._early = b""
        """What came before the first request."""
        self._asked: asyncio.Future[_Head] | None = None
        """Waits for the head of an answer."""
        self._body: StreamReader | None = None
        self._is_idle = False
        """No answer is awaited any more."""
        self._is_last = False
        """The server keeps the connection no longer than its answer."""
        self._is_paused = False
        self._seen = b""
        """The last bytes of a head that has not ended: its end may be cut anywhere."""
        self._start = b""
        """The first bytes of a head."""
        self._overhead = 0
        """Bytes that came since the head began or the body last grew."""
        self._size = 0
        """Of the body, when it last grew."""
        self._read_s: float | None = None
        self._heard_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        """Goes on while the connection is kept: it is set anew when it rings, not with each piece that comes."""

    def ask(self, head: bytes, read_s: float | None) -> asyncio.Future[_Head]:
        """Send `head`. The future is the head of the answer and its body, which raises httpx.TransportError when read.

        Raises Dropped, and the future that, httpx.ReadTimeout or RemoteProtocolError. Nothing may come for `read_s` at
        most.
        """
        if self.transport is None or self.transport.is_closing():
            raise Dropped("the server closed the connection without an answer")
        self._is_idle = False
        self._read_s = read_s
        asked: asyncio.Future[_Head] = self._loop.create_future()
        self._asked = asked
        self._await_head()
        self.transport.write(head)
        self._hear()
        self._parser = _parser(self, self._loop)  # a new one: what came too much with the answer before is forgotten
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)
        return asked

    def rest(self) -> None:
        """Take note that no answer is awaited any more."""
        self._is_idle = True

    def abort(self) -> None:
        """Close the connection at once."""
        self._end_timer()
        if self.transport is not None:
            self.transport.abort()
            self.transport = None

    @property
    def connected(self) -> bool:
        """Whether more may come; aiohttp's StreamReader asks."""
        return self.transport is not None

    def is_connected(self) -> bool:
        """Return whether a request may be sent on it."""
        return self.transport is not None and not self.transport.is_closing()

    @property
    def should_close(self) -> bool:
        """It is of no use for another request."""
        return self._is_last or self._asked is not None or (self._body is not None and not self._body.is_eof())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is read; a reset is not the end of a body that lasts until the connection is closed."""
        self._on_lost(self)
        self._end_timer()
        self.transport = None
        body = self._body
        if body is not None and not body.is_eof() and exc is None and self._parser is not None:
            with suppress(HttpProcessingError):
                self._parser.feed_eof()
        if self._asked is not None:
            self._fail(Dropped("the server closed the connection without an answer"))
        elif body is not None and not body.is_eof():
            self._fail(httpx.ReadError("the connection closed before the body's end"))

    def pause_reading(self) -> None:
        """Wait until some of what came is taken; aiohttp's StreamReader asks for it."""
        if self.transport is not None and not self._is_paused:
            self._is_paused = True
            with suppress(RuntimeError):  # uvloop's, when it is closed and we are about to be told
                self.transport.pause_reading()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - aiohttp's signature
        """Go on; aiohttp's StreamReader asks for it after each piece that is taken, paused or not."""
        if self.transport is not None and self._is_paused:
            self._is_paused = False
            with suppress(RuntimeError):
                self.transport.resume_reading()
            self._hear()

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        parser = self._parser
        if parser is None:
            self._early += data
            return
        if self._is_idle:  # nothing was asked
            self.abort()
            return
        self._heard_at = self._loop.time()
        if self._asked is not None and len(self._start) < _START_BYTES:
            self._start += data[:_START_BYTES]
            if not _may_be_http_1(self._start):
                self._fail(httpx.RemoteProtocolError("the answer does not begin with HTTP/1.0 or HTTP/1.1"))
                return
        while self._asked is not None and (end := _END_OF_HEAD.search(self._seen + data if self._seen else data)):
            cut = end.end() - len(self._seen)
            self._seen = b""
            self._parse(parser, data[:cut])
            data = data[cut:]
            if not data or self.transport is None:
                return
        if self._asked is not None:
            self._seen = (self._seen + data)[-2:]
        self._parse(parser, data)
        self._weigh(len(data))

    def _parse(self, parser: HttpResponseParser, data: bytes) -> None:
        try:
            messages, is_upgraded, _ = parser.feed_data(data)
        except HttpProcessingError as error:
            self._fail(httpx.RemoteProtocolError(error.message))
            return
        for message, body in messages:
            self._await_head()
            if self._asked is None:
                self._fail(httpx.RemoteProtocolError("another answer came with it"))
            elif message.code not in _INTERIM:
                self._is_last = self._is_last or message.should_close
                self._body = body
                self._answer((message, EMPTY_PAYLOAD if message.code in _WITHOUT_BODY else body))
        if is_upgraded:  # what comes now is not HTTP
            self.abort()

    def _answer(self, answer: _Head) -> None:
        asked, self._asked = self._asked, None
        if asked is not None and not asked.done():
            asked.set_result(answer)

    def _fail(self, error: httpx.TransportError) -> None:
        """End the connection, and with it the answer if it is not whole."""
        self._is_last = True
        self.abort()
        body, self._body = self._body, None
        if self._asked is not None:
            asked, self._asked = self._asked, None
            if not asked.done():
                asked.set_exception(error)
        elif body is not None and not body.is_eof():
            body.set_exception(error)
        else:
            _log.info("%s sent more than its answer; the connection was closed", self.peer)

    def _await_head(self) -> None:
        self._seen = self._start = b""
        self._overhead = self._size = 0

    def _weigh(self, count: int) -> None:
        """Count what came as overhead unless the body grew by it, and end an answer that is little else."""
        body = self._body
        if body is not None and body.total_bytes != self._size:
            self._size = body.total_bytes
            self._overhead = 0
            return
        self._overhead += count
        is_in_head = self._asked is not None
        if self._overhead > (MAX_HEAD_BYTES if is_in_head else MAX_OVERHEAD_BYTES) and self.transport is not None:
            what = "header lines" if is_in_head else "chunk extensions or trailers"
            self._fail(httpx.RemoteProtocolError(f"more than {self._overhead:,} bytes of {what}"))

    def _hear(self) -> None:
        """Count silence from now on."""
        self._heard_at = self._loop.time()
        if self._timer is None and self._read_s:
            self._timer = self._loop.call_later(self._read_s, self._listen)

    def _listen(self) -> None:
        self._timer = None
        if self._is_idle or self._is_paused or not self._read_s:
            return
        left_s = self._heard_at + self._read_s - self._loop.time()
        if left_s > 0:
            self._timer = self._loop.call_later(left_s, self._listen)
        else:
            self._fail(httpx.ReadTimeout("the server fell silent"))

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _parser(protocol: Protocol, loop: asyncio.AbstractEventLoop) -> HttpResponseParser:
    return HttpResponseParser(
        protocol,  # type: ignore[arg-type]  # what it calls is there
        loop,
        _BUFFER_BYTES,
        read_until_eof=True,
        auto_decompress=False,
        max_line_size=_MAX_LINE_BYTES,
        max_field_size=_MAX_LINE_BYTES,
        max_headers=_MAX_HEADERS,
    )


def _may_be_http_1(data: bytes) -> bool:
    """Return whether an answer may begin so (RFC 9112, sections 2.2 and 2.3); the parser takes RTSP/1.0 and 2.0 too."""
    line = data.lstrip(b"\r\n")
    return line[:8] in _VERSIONS or any(version.startswith(line) for version in _VERSIONS)
