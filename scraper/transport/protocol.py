"""One connection's protocol: bounds on what is not body, and what a server sends after the end of its answer."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

from aiohttp import ClientPayloadError
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

MAX_HEAD_BYTES = 256 * 1024
"""Of all header lines together; browsers read as much."""
MAX_OVERHEAD_BYTES = 64 * 1024
"""Between two bytes of a body, or after it: chunk extensions and trailers (RFC 9112, section 7.1.1)."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_VERSIONS = (b"HTTP/1.1", b"HTTP/1.0")
_START_BYTES = 16
_FIRST_FINAL_STATUS = 200
_log = logging.getLogger(__name__)


class Protocol(ResponseHandler):
    """aiohttp's, which would take what comes too much for a fault of the whole answer, or for the next answer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_lost: Callable[["Protocol"], None]) -> None:
        """`on_lost` is told when it is closed, before anybody who reads."""
        super().__init__(loop)
        self._on_lost = on_lost

    peer = ""
    """The address at the other end."""
    _is_idle = False
    _is_in_head = False
    _seen = b""
    """The last bytes of a head that has not ended: its end may be cut anywhere."""
    _start = b""
    """The first bytes of a head."""
    _overhead = 0
    """Bytes that came since the head began or the body last grew."""
    _size = 0
    """Of the body, when it last grew."""

    def rest(self) -> None:
        """Take note that no answer is awaited any more."""
        self._is_idle = True

    def set_response_params(self, **options: Any) -> None:
        """Await an answer."""
        self._is_idle = False
        self._await_head()
        super().set_response_params(**options)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take what the parser makes of a head."""
        self._await_head()
        self._is_in_head = data[0].code < _FIRST_FINAL_STATUS
        super().feed_data(data, size)

    def set_exception(self, exc: Any, *cause: Any) -> None:
        """Take note of a fault; aiohttp would leave who reads a body waiting when the parser gives it up half-way."""
        super().set_exception(exc, *cause)
        body = self._payload
        if isinstance(exc, HttpProcessingError) and not self._is_in_head:
            if body is not None and not body.is_eof():
                body.set_exception(exc, *cause)
            else:
                _log.info("%s sent more than its answer; the connection was closed", self.peer)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End what is read; a reset is not the end of a body that lasts until the connection is closed."""
        self._on_lost(self)
        body = self._payload
        if exc is not None and body is not None and not body.is_eof():
            body.set_exception(ClientPayloadError(str(exc)), exc)
        super().connection_lost(exc)

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 - aiohttp's signature
        """Go on after a pause; aiohttp asks for that after each piece of a body that is read, paused or not."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def data_received(self, data: bytes) -> None:
        """Parse what came; the body apart from its head, so that a fault after the body leaves the answer whole."""
        if self._is_idle and data:  # nothing was asked; without data, reading is resumed after a pause
            self.abort()
            return
        if self._is_in_head and len(self._start) < _START_BYTES:
            self._start += data[:_START_BYTES]
            if not _may_be_http_1(self._start):
                self._refuse("the answer does not begin with HTTP/1.0 or HTTP/1.1")
                return
        while self._is_in_head and (end := _END_OF_HEAD.search(self._seen + data if self._seen else data)):
            cut = end.end() - len(self._seen)
            self._seen = b""
            super().data_received(data[:cut])
            data = data[cut:]
            if not data or self.transport is None:
                return
        if self._is_in_head:
            self._seen = (self._seen + data)[-2:]
        super().data_received(data)
        self._weigh(len(data))
        if self._is_idle and self.should_close and self.transport is not None:  # more came with the answer's end
            self.abort()

    def _await_head(self) -> None:
        self._is_in_head = True
        self._seen = self._start = b""
        self._overhead = self._size = 0

    def _weigh(self, count: int) -> None:
        """Count what came as overhead unless the body grew by it, and end an answer that is little else."""
        body = self._payload
        if body is not None and body.total_bytes != self._size:
            self._size = body.total_bytes
            self._overhead = 0
            return
        self._overhead += count
        if self._overhead > (MAX_HEAD_BYTES if self._is_in_head else MAX_OVERHEAD_BYTES) and self.transport is not None:
            what = "header lines" if self._is_in_head else "chunk extensions or trailers"
            self._refuse(f"more than {self._overhead:,} bytes of {what}")

    def _refuse(self, reason: str) -> None:
        if self.transport is not None:
            self.transport.close()
        self.set_exception(HttpProcessingError(message=reason))


def _may_be_http_1(data: bytes) -> bool:
    """Return whether an answer may begin so (RFC 9112, sections 2.2 and 2.3); the parser takes RTSP/1.0 and 2.0 too."""
    line = data.lstrip(b"\r\n")
    return line[:8] in _VERSIONS or any(version.startswith(line) for version in _VERSIONS)
