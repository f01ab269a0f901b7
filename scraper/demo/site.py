"""The demo site as a whole: its pages behind a server, and the list of URLs to scrape."""

import asyncio
from typing import Self

from scraper.demo import pages
from scraper.loopback import Reply, Request, Server


class DemoSite:
    """A bookshop of 50 pages on a free port of 127.0.0.1, for as long as its block lasts.

    ::

        async with DemoSite() as site:
            run = await ascrape(site.urls)

    One page answers after `slow_s` seconds, one with 503 the first time; there is a 301, a 404, a PDF, a page that
    robots.txt disallows, one in windows-1252, one in Shift_JIS.
    """

    base_url: str = ""
    """`http://127.0.0.1:PORT`, once the block is entered."""

    def __init__(self, *, slow_s: float = 1.0) -> None:
        self.urls: list[str] = []
        """What to scrape, the slow and the flaky page first; the last one is a duplicate."""
        self._slow_s = slow_s
        self._is_engaged = True
        self._server = Server(self._respond)

    async def __aenter__(self) -> Self:
        self.base_url = f"http://127.0.0.1:{await self._server.start()}"
        self._pages = pages.build(self.base_url)
        waits = [pages.SLOW, pages.FLAKY]  # what takes long starts first
        others = [path for path in self._pages if path not in (*waits, pages.ROBOTS)]
        self.urls = [self.base_url + path for path in (*waits, *others, pages.MISSING, others[0])]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop()

    async def _respond(self, request: Request) -> Reply:
        path = request.path
        if path == pages.SLOW:
            await asyncio.sleep(self._slow_s)
        if path == pages.FLAKY and self._is_engaged:
            self._is_engaged = False
            return pages.engaged()
        return self._pages.get(path) or pages.not_found(path)
