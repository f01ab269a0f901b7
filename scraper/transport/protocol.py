"""One connection: one answer at a time, bounds on what is not body, and silence."""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import httpx

from scraper.transport.incoming import Incoming

MAX_HEAD_BYTES = 256 * 1024
"""Of all header lines together; browsers read as much."""
MAX_OVERHEAD_BYTES = 64 * 1024
"""Between two bytes of a body, or after it: chunk extensions and trailers (RFC 9112, section 7.1.1)."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_VERSIONS = (b"HTTP/1.1", b"HTTP/1.0")
_START_BYTES = 16
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
        self._answer: Incoming | None = None
        """None before the first request; the last one's stays."""
        self._early = b""
        """What came before the first request."""
        self._asked: asyncio.Future[Incoming] | None = None
        """Waits for the head of an answer."""
        self._is_idle = False
        """No answer is awaited any more."""
        self._is_last = False
        """It is of no use for another request."""
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

    def ask(self, head: bytes, read_s: float | None) -> asyncio.Future[Incoming]:
        """Send `head`. The future is the answer, once its head is whole; reading its body raises httpx.TransportError.

        Raises Dropped, and the future that, httpx.ReadTimeout or RemoteProtocolError. Nothing may come for `read_s` at
        most.
        """
        if self.transport is None or self.transport.is_closing():
            raise Dropped("the server closed the connection without an answer")
        self._is_idle = False
        self._read_s = read_s
        asked: asyncio.Future[Incoming] = self._loop.create_future()
        self._asked = asked
        self._await_head()
        self.transport.write(head)
        self._hear()
        # A new one, with a new parser: what came too much with the answer before is forgotten.
        self._answer = Incoming(pause=self._pause, resume=self._resume)
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

    def is_connected(self) -> bool:
        """Return whether a request may be sent on it."""
        return self.transport is not None and not self.transport.is_closing()

    @property
    def should_close(self) -> bool:
        """It is of no use for another request."""
        return self._is_last or self._asked is not None or (self._answer is not None and self._answer.is_in_body)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)

    def eof_received(self) -> None:
        """Close at once, as nothing more is to be sent; TLS would take its leave too, with a packet and a timer."""
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is read; a reset is not the end of a body that lasts until the connection is closed."""
        self._on_lost(self)
        self._end_timer()
        self.transport = None
        answer, self._answer = self._answer, None  # it leads back here: only the garbage collector would find the two
        if self._asked is not None:
            self._fail(Dropped("the server closed the connection without an answer"))
        elif answer is not None and answer.is_in_body and (exc is not None or not answer.end_with_connection()):
            answer.fail(httpx.ReadError("the connection closed before the body's end"))

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        answer = self._answer
        if answer is None:
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
            self._parse(answer, data[:cut])
            data = data[cut:]
            if not data or self.transport is None:
                return
        if self._asked is not None:
            self._seen = (self._seen + data)[-2:]
        self._parse(answer, data)
        self._weigh(answer, len(data))

    def _parse(self, answer: Incoming, data: bytes) -> None:
        heads = answer.heads
        try:
            answer.feed(data)
        except httpx.RemoteProtocolError as error:
            self._fail(error)
            return
        if answer.heads == heads:
            return
        self._await_head()
        if self._asked is None:
            self._fail(httpx.RemoteProtocolError("another answer came with it"))
        elif answer.has_head:
            self._is_last = self._is_last or answer.is_last
            asked, self._asked = self._asked, None
            if not asked.done():
                asked.set_result(answer)

    def _fail(self, error: httpx.TransportError) -> None:
        """End the connection, and with it the answer if it is not whole."""
        self._is_last = True
        self.abort()
        if self._asked is not None:
            asked, self._asked = self._asked, None
            if not asked.done():
                asked.set_exception(error)
        elif self._answer is not None and self._answer.is_in_body:
            self._answer.fail(error)
        else:
            _log.info("%s sent more than its answer; the connection was closed", self.peer)

    def _await_head(self) -> None:
        self._seen = self._start = b""
        self._overhead = self._size = 0

    def _weigh(self, answer: Incoming, count: int) -> None:
        """Count what came as overhead unless the body grew by it, and end an answer that is little else."""
        if answer.size != self._size:
            self._size = answer.size
            self._overhead = 0
            return
        self._overhead += count
        is_in_head = self._asked is not None
        if self._overhead > (MAX_HEAD_BYTES if is_in_head else MAX_OVERHEAD_BYTES) and self.transport is not None:
            what = "header lines" if is_in_head else "chunk extensions or trailers"
            self._fail(httpx.RemoteProtocolError(f"more than {self._overhead:,} bytes of {what}"))

    def _pause(self) -> None:
        if self.transport is not None:
            self._is_paused = True
            with suppress(RuntimeError):  # uvloop's, when it is closed and we are about to be told
                self.transport.pause_reading()

    def _resume(self) -> None:
        if self.transport is not None:
            self._is_paused = False
            with suppress(RuntimeError):
                self.transport.resume_reading()
            self._hear()

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


def _may_be_http_1(data: bytes) -> bool:
    """Return whether an answer may begin so (RFC 9112, sections 2.2 and 2.3); the parser takes RTSP/1.0 and 2.0 too."""
    line = data.lstrip(b"\r\n")
    return line[:8] in _VERSIONS or any(version.startswith(line) for version in _VERSIONS)
