"""One connection's protocol: what a server sends after the end of its answer costs the connection, never a page."""

import re
from typing import Any

from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_FIRST_FINAL_STATUS = 200


class Protocol(ResponseHandler):
    """aiohttp's, which would take what comes too much for a fault of the whole answer, or for the next answer."""

    peer = ""
    """The address at the other end."""
    _is_idle = False
    _is_in_head = False
    _seen = b""
    """The last bytes of a head that has not ended: its end may be cut anywhere."""

    def rest(self) -> None:
        """Take note that no answer is awaited any more."""
        self._is_idle = True

    def set_response_params(self, **options: Any) -> None:
        """Await an answer."""
        self._is_idle = False
        self._is_in_head = True
        self._seen = b""
        super().set_response_params(**options)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take what the parser makes of a head."""
        self._is_in_head = data[0].code < _FIRST_FINAL_STATUS
        super().feed_data(data, size)

    def set_exception(self, exc: Any, *cause: Any) -> None:
        """Take note of a fault; aiohttp would leave who reads a body waiting when the parser gives it up half-way."""
        super().set_exception(exc, *cause)
        body = self._payload
        if isinstance(exc, HttpProcessingError) and body is not None and not body.is_eof():
            body.set_exception(exc, *cause)

    def data_received(self, data: bytes) -> None:
        """Parse what came; the body apart from its head, so that a fault after the body leaves the answer whole."""
        if self._is_idle and data:  # nothing was asked; without data, reading is resumed after a pause
            self.abort()
            return
        while self._is_in_head and (end := _END_OF_HEAD.search(self._seen + data)):
            cut = end.end() - len(self._seen)
            self._seen = b""
            super().data_received(data[:cut])
            data = data[cut:]
            if not data or self.transport is None:
                return
        if self._is_in_head:
            self._seen = data[-2:]
        super().data_received(data)
        if (
            self._is_idle and self.should_close and self.transport is not None
        ):  # the answer ended, and more came with its end
            self.abort()
