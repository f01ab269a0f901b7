"""Answers a Prometheus server while a run goes on: GET /metrics, on loopback unless another address is named."""

import socket
import sys
import time
from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address
from types import TracebackType
from typing import Self

from scraper.config.values import parse_endpoint
from scraper.errors import UsageError
from scraper.loopback import Reply, Request, Server
from scraper.metrics.collect import collect
from scraper.metrics.exposition import CONTENT_TYPE, text
from scraper.run import Running
from scraper.stats import LABEL_WIDTH

_HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class MetricsServer:
    """Serves the metrics of a run, once it is there, for as long as its block lasts.

    On loopback only requests for a name of this machine are answered; on another address those for any address, for the
    host that was named and for this machine's own name: a web site that has its name resolve to this machine (DNS
    rebinding) gets nothing.
    """

    def __init__(self, endpoint: str | int, *, is_quiet: bool = False) -> None:
        self._run: Running | None = None
        self._endpoint = endpoint
        self._host, port = parse_endpoint(endpoint)
        self._names = _LOCAL_NAMES if _is_loopback(self._host) else None
        self._server = Server(self._respond, host=self._host, port=port)
        self._is_quiet = is_quiet

    def attend(self, run: Running) -> None:
        """Tell of `run` from now on."""
        self._run, self._started = run, time.time()

    async def __aenter__(self) -> Self:
        try:
            port = await self._server.start()
        except (OSError, UnicodeError) as error:
            what = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                f"--metrics-port {self._endpoint} cannot be used: {what}; name another one, or 0 for a free one"
            ) from error
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"http://{host}:{port}/metrics"
        if not self._is_quiet:
            with suppress(OSError, ValueError, AttributeError):  # nobody is there to read it: broken, closed, or None
                sys.stderr.write(f"{'metrics':<{LABEL_WIDTH}}{self.url}\n")
                sys.stderr.flush()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._server.stop()

    async def _respond(self, request: Request) -> Reply:
        if not self._is_for_us(request.headers.get("host", "")):
            return _told(HTTPStatus.MISDIRECTED_REQUEST, "Ask for this machine by its address or its own name.")
        if request.path == "/":
            return _told(HTTPStatus.OK, "The metrics are at /metrics.")
        if request.path != "/metrics":
            return _told(HTTPStatus.NOT_FOUND, "The metrics are at /metrics.")
        if self._run is None:
            return _told(HTTPStatus.SERVICE_UNAVAILABLE, "The run has not begun.")
        return Reply(text(collect(self._run, time.time(), self._started)).encode(), CONTENT_TYPE, headers=_HEADERS)

    def _is_for_us(self, header: str) -> bool:
        host = _without_port(header.lower())
        if self._names is not None:
            return host in self._names
        own = {self._host.lower(), "localhost", socket.gethostname().lower(), socket.getfqdn().lower()}
        return host in own or _is_address(host)


def _told(status: HTTPStatus, sentence: str) -> Reply:
    return Reply(f"{sentence}\n".encode(), "text/plain; charset=utf-8", status, _HEADERS)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
