"""The demo site in a thread of its own, for a notebook or any program that has no loop to spare."""

import asyncio
import threading
from concurrent.futures import Future
from typing import Self

from scraper.demo.site import DemoSite


class ServedSite:
    """The demo site on a free port of 127.0.0.1, from now until `close`.

    ::

        site = ServedSite()
        run = scrape(site.urls)
        site.close()
    """

    def __init__(self, *, slow_s: float = 1.0) -> None:
        """Start to serve; see `DemoSite`. Raises OSError when no port can be had."""
        started: Future[tuple[DemoSite, asyncio.AbstractEventLoop]] = Future()
        self._closed = asyncio.Event()

        async def serve() -> None:
            async with DemoSite(slow_s=slow_s) as site:
                started.set_result((site, asyncio.get_running_loop()))
                await self._closed.wait()

        def work() -> None:
            try:
                asyncio.run(serve())
            except OSError as error:
                started.set_exception(error)

        self._thread = threading.Thread(target=work, name="demo site", daemon=True)
        self._thread.start()
        site, self._loop = started.result()
        self.base_url = site.base_url
        self.urls = site.urls
        """What to scrape."""

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closed.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
