"""A web on loopback, as cheap as Python can be: a tiny page for any path of any host in 127.0.0.0/8.

with tiny_web.serving(core=0) as site:
    ... site.port ...
    site.first_request_at()
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PAGE = b"<!doctype html><title>Tiny</title><p>A page.</p>"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (
    len(PAGE),
    PAGE,
)
NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Site:
    """The process that serves."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._line())

    def first_request_at(self) -> float:
        """Return when the first request came, in seconds since 1970; wait for it."""
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def serving(core: int | None = None) -> Iterator[Site]:
    """Serve in a process of its own, on CPU `core` if one is given, for as long as the block lasts."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    command = [*pinned, sys.executable, str(Path(__file__).resolve())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Site(process)
        finally:
            process.terminate()


class _Conversation(asyncio.Protocol):
    is_first = True

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        if _Conversation.is_first:
            _Conversation.is_first = False
            _tell(time.time())
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for head in heads:
            self._transport.write(NO_ROBOTS if head.startswith(b"GET /robots.txt ") else ANSWER)
            if b"\r\nconnection: close" in head.lower():
                self._transport.close()


def _tell(value: float) -> None:
    sys.stdout.write(f"{value}\n")
    sys.stdout.flush()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Conversation, "0.0.0.0", 0, backlog=4096)
    listener: socket.socket = server.sockets[0]
    _tell(listener.getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    from scraper.loops import new_event_loop

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve())
