"""Meets faults with the whole library, among good neighbours, and holds each outcome to the contract of every fault.

outcome = meet(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx"))
assert (outcome.kind, outcome.attempts) == ("truncated", 2)
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import local_site
import msgspec
from local_site import Answer, Reply, html

from scraper import Record, ascrape
from scraper.config import constants
from scraper.errors import ERROR_KINDS
from scraper.output.encoder import append_line
from scraper.run import Run

NEIGHBOUR = "127.0.0.2"
"""A host whose pages are always good."""
GOOD = "/neighbour"
LIMITS: dict[str, Any] = {"timeout": 2.0, "read_timeout": 0.3, "connect_timeout": 1.0, "retries": 1, "robots": False}


class Outcome:
    """What came of one URL."""

    def __init__(self, record: Record, site: local_site.Site, output: bytes) -> None:
        self.record = record
        self.site = site
        self.output = output
        """All lines of the run."""

    @property
    def kind(self) -> str:
        """The error's kind, or `ok`."""
        return self.record.error.kind if self.record.error else "ok"

    @property
    def message(self) -> str:
        return self.record.error.message if self.record.error else ""

    @property
    def attempts(self) -> int:
        return self.record.attempts

    @property
    def hits(self) -> list[str]:
        """What the faulty host was asked for."""
        return [hit.target for hit in self.site.hits if not hit.target.startswith(GOOD)]


def meet(answer: Reply | Answer | Mapping[str, Reply | Answer], target: str = "/", **options: Any) -> Outcome:
    """Scrape `target` of a site that answers so (a mapping: by path), beside two good pages of another host.

    Fails unless each URL has one record, of the closed set, as one line of JSON; the neighbours are ok; nothing was
    logged as a bug; and no connection stays open.
    """
    pages = dict(answer) if isinstance(answer, Mapping) else {target: answer}
    return asyncio.run(_meet({**pages, GOOD: html("<title>good</title>")}, target, options))


async def _meet(pages: Mapping[str, Reply | Answer], target: str, options: Mapping[str, Any]) -> Outcome:
    async with local_site.serve(pages, host="0.0.0.0") as site:
        url = site.url(target)
        good = [site.url(f"{GOOD}?{n}", host=NEIGHBOUR) for n in range(2)]
        run, lines = await scraped([url, *good], options)
        by_url = {record.url: record for record in run.records}
        assert set(by_url) == {url, *good}
        assert all(by_url[each].title == "good" for each in good)
        await site.until(lambda: site.open_connections == 0)
    return Outcome(by_url[url], site, lines)


async def scraped(urls: Sequence[str], options: Mapping[str, Any] | None = None) -> tuple[Run, bytes]:
    """Scrape `urls` with short limits; return the run and its lines. Fails on a broken contract."""
    with no_bugs(), mock.patch.object(constants, "RETRY_WAIT_S", 0.001):
        run = await ascrape(urls, **{**LIMITS, **(options or {})})
    lines = bytearray()
    for record in run.records:
        append_line(record, lines)
        held = msgspec.json.decode(lines.splitlines()[-1])
        assert held["ok"] is (record.error is None)
        assert record.error is None or record.error.kind in ERROR_KINDS - {"internal-error"}
        assert record.error is None or "\n" not in record.error.message
        assert record.attempts == 0 or record.elapsed_ms is not None
    assert lines.count(b"\n") == len(run.records)
    assert run.summary.is_balanced
    assert run.summary.is_complete
    return run, bytes(lines)


@contextmanager
def no_bugs() -> Iterator[list[str]]:
    """Fail when something is logged as an error; give all log lines, short ones too."""
    lines: list[str] = []
    bugs: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))
            if record.levelno >= logging.ERROR:
                bugs.append(lines[-1])

    handler = Handler()
    loggers = [logging.getLogger(name) for name in ("scraper", "asyncio")]
    levels = [logger.level for logger in loggers]
    loggers[0].setLevel(logging.INFO)
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield lines
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
    assert not bugs
