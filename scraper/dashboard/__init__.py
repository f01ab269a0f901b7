"""A page on loopback that shows a run while it goes: served by the run's own event loop, to those who look.

============  ==================================================================
`history`     pages over time, in a bounded number of steps
`state`       what the page shows at one moment, in words
`page.html`   the page, with `page.css` and `page.js`; nothing else is loaded
============  ==================================================================

Each second, while somebody looks, one State is made and sent to all (server-sent events, WHATWG HTML 9.2). A viewer
who is slow misses states, and holds nobody up. When the run ends, the last state is sent and stays on the page.
"""

import asyncio
import secrets
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from importlib import resources
from types import TracebackType
from typing import Self

import msgspec

from scraper.dashboard.state import Observer, State
from scraper.engine.view import View
from scraper.errors import UsageError
from scraper.loopback import Reply, Request, Server
from scraper.markup import foreign, theme
from scraper.stats import LABEL_WIDTH

VIEWERS = 20
"""At a time; one more is told to come back later."""
WATCHED_S = 1.0
UNWATCHED_S = 10.0
"""How often the run is looked at: for the plot alone it need not be often."""
FAREWELL_S = 1.0
"""How long the end of the run waits until those who look have the last state."""
TOKEN_BYTES = 16

_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


class Dashboard:
    """Serves the page for as long as its block lasts; `watch` is what looks at the run meanwhile.

    With a `port` of the user's own the address is `http://127.0.0.1:PORT/`. On a free port it ends in a secret that
    other users of the machine cannot guess. Requests for another host's name, as DNS rebinding makes them, are refused.
    """

    def __init__(self, *, port: int | None, title: str) -> None:
        self._server = Server(self._respond, port=port or 0)
        self._port = port
        self._root = "/" if port else f"/{secrets.token_urlsafe(TOKEN_BYTES)}/"
        self._files = _files(title)
        self._observer = Observer()
        self._view: View | None = None
        self._message = b""
        self._messages = 0
        """How many there have been."""
        self._changed = asyncio.Event()
        """Set, and replaced, with each."""
        self._viewers = 0
        self._arrived = asyncio.Event()
        self._left = asyncio.Event()
        self._is_over = False

    async def __aenter__(self) -> Self:
        try:
            port = await self._server.start()
        except OSError as error:
            what = error.strerror or str(error)
            raise UsageError(
                f"--dashboard {self._port} cannot be used: {what}; name another port, or none for a free one"
            ) from error
        self.url = f"http://127.0.0.1:{port}{self._root}"
        with suppress(OSError, ValueError, AttributeError):  # nobody is there to read it: broken, closed, or None
            sys.stderr.write(f"{'dashboard':<{LABEL_WIDTH}}{self.url}\n")
            sys.stderr.flush()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Tell those who look how the run ended, and close."""
        self._is_over = True
        if self._view is not None:
            self._publish(self._observer.state(self._view, ending=_ending(error)))
        self._changed.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                while self._viewers:
                    self._left.clear()
                    await self._left.wait()
        await self._server.stop()

    async def watch(self, view: Callable[[], View]) -> None:
        """Look at a run until cancelled."""
        try:
            while True:
                self._look(view())
                if self._viewers:
                    await asyncio.sleep(WATCHED_S)
                    continue
                self._arrived.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(UNWATCHED_S):
                        await self._arrived.wait()
        finally:
            self._look(view())

    def _look(self, view: View) -> None:
        self._view = view
        self._observer.look(view)
        if self._viewers and not self._is_over:
            self._publish(self._observer.state(view))

    def _publish(self, state: State) -> None:
        self._message = b"data: " + msgspec.json.encode(state) + b"\n\n"
        self._messages += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def _respond(self, request: Request) -> Reply:
        host = request.headers.get("host", "").rpartition(":")
        if (host[0] or host[2]).lower() not in _LOCAL_NAMES:
            return _refusal(HTTPStatus.MISDIRECTED_REQUEST, "Ask for 127.0.0.1 or localhost.")
        if not secrets.compare_digest(request.path[: len(self._root)].encode(), self._root.encode()):
            return _refusal(HTTPStatus.NOT_FOUND, "The whole address stands where the run was started.")
        name = request.path[len(self._root) :]
        if name == "events":
            return self._events()
        return self._files.get(name) or _refusal(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _events(self) -> Reply:
        if self._viewers >= VIEWERS:
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, f"{VIEWERS} are looking already.")
        return Reply(b"retry: 2000\n\n", "text/event-stream", headers=_HEADERS, stream=self._states())

    async def _states(self) -> AsyncGenerator[bytes, None]:
        """Yield the newest state, again and again until the last; those in between that a viewer missed are gone."""
        is_message_new = self._viewers > 0 or self._is_over
        seen = 0 if is_message_new else self._messages
        self._viewers += 1
        self._arrived.set()
        try:
            while True:
                while seen == self._messages and not self._is_over:
                    await self._changed.wait()
                if seen == self._messages:
                    return
                seen = self._messages
                yield self._message
        finally:
            self._viewers -= 1
            self._left.set()


def _ending(error: BaseException | None) -> str:
    """Return why the run is over: `ended`, or what went wrong."""
    if isinstance(error, asyncio.CancelledError):
        return "it was cancelled"
    return "ended" if error is None else str(error) or type(error).__name__


def _files(title: str) -> Mapping[str, Reply]:
    folder = resources.files("scraper.dashboard")
    page, style, script = (
        folder.joinpath(f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
    )
    return {
        "": Reply(page.replace("TITLE", foreign(title)).encode(), headers=_HEADERS),
        "page.css": Reply((theme() + style).encode(), "text/css; charset=utf-8", headers=_HEADERS),
        "page.js": Reply(script.encode(), "text/javascript; charset=utf-8", headers=_HEADERS),
    }


def _refusal(status: HTTPStatus, sentence: str) -> Reply:
    return Reply(f"{sentence}\n".encode(), "text/plain; charset=utf-8", status, _HEADERS)
