"""An httpx transport of the user's (httpx.MockTransport, say), spoken with as our own is."""

from collections.abc import AsyncIterator

import httpx

from scraper.transport.phases import Phases
from scraper.transport.seam import Headers


class HttpxAdapter:
    """A Transport over an httpx.AsyncBaseTransport, which gets the guard of addresses as the extension `guard`."""

    def __init__(self, transport: httpx.AsyncBaseTransport, *, connect_timeout_s: float, read_timeout_s: float) -> None:
        self._transport = transport
        self._limits = {"connect": connect_timeout_s, "read": read_timeout_s, "write": read_timeout_s, "pool": None}

    async def send(self, origin: str, target: str, headers: Headers, phases: Phases) -> "_HttpxAnswer":
        """Return the answer to a GET."""
        if phases.on_sent is not None:  # it cannot tell when: from now on
            phases.on_sent()
        extensions = {"timeout": self._limits, "target": target.encode("ascii"), "phases": phases}
        if phases.guard is not None:
            extensions["guard"] = phases.guard
        request = httpx.Request("GET", origin + target, headers=headers.raw, extensions=extensions)
        return _HttpxAnswer(await self._transport.handle_async_request(request))


class _HttpxAnswer:
    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers.raw
        self._response = response
        self._pieces: AsyncIterator[bytes] = aiter(response.stream)  # type: ignore[arg-type]  # an async transport's is async

    async def read(self) -> bytes:
        async for piece in self._pieces:
            if piece:
                return piece
        return b""

    async def aclose(self) -> None:
        await self._response.aclose()
