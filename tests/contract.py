"""Runs a faulty server among good ones, and checks what holds for every fault: tests/faults says what else is to come.

Each URL ends in one record of a closed kind, its neighbours are ok, nothing is complained of, and no socket stays.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import local_site
from local_site import html

from scraper import ascrape
from scraper.errors import ERROR_KINDS
from scraper.models import Record

QUICK = {"robots": False, "connect_timeout": 0.3, "read_timeout": 0.3, "timeout": 2.0, "retries": 1, "grace": 1.0}
GOOD_PAGES = 3
_UNASKED = {"invalid-url", "unsupported-scheme", "robots-denied", "robots-unreachable", "blocked-address", "host-down"}


def open_sockets() -> int:
    """Return how many sockets this process has open (Linux; 0 elsewhere)."""
    folder = Path("/proc/self/fd")
    return sum(_target(descriptor).startswith("socket:") for descriptor in folder.iterdir()) if folder.exists() else 0


async def outcomes(urls: Iterable[str], **options: Any) -> list[Record]:
    """Scrape `urls` among good neighbours; return their records in that order, once the contract is seen to be kept."""
    urls = list(urls)
    async with local_site.serve({"/": html("<title>good</title>")}, host="127.0.0.9") as neighbours:
        good = [neighbours.url(f"/?{number}") for number in range(GOOD_PAGES)]
        before = open_sockets()
        run = await ascrape([*good[:1], *urls, *good[1:]], **{**QUICK, "allow_address": ["127.0.0.9"], **options})
        await neighbours.until(lambda: neighbours.open_connections == 0)
        assert await _settled(before), "a socket stays open"
    records = {record.url: record for record in run.records}
    assert sorted(record.url for record in run.records) == sorted([*good, *urls]), "not one record each"
    assert all(records[url].ok for url in good), "a neighbour failed"
    for url in urls:
        error = records[url].error
        assert records[url].ok or (error is not None and error.kind in ERROR_KINDS - {"internal-error"}), error
        assert records[url].attempts or (error is not None and error.kind in _UNASKED)
    return [records[url] for url in urls]


async def outcome(site: local_site.Site, target: str = "/", **options: Any) -> Record:
    """Return the record of one URL of `site`, whose connections are all closed then."""
    (record,) = await outcomes([site.url(target)], **options)
    await site.until(lambda: site.open_connections == 0)
    return record


async def _settled(before: int) -> bool:
    for _ in range(200):  # the sites close their ends of the connections when they come to it
        if open_sockets() <= before:
            return True
        await asyncio.sleep(0.005)
    return False


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # closed meanwhile
        return ""
