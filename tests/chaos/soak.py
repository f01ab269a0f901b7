# ruff: noqa: T201 - what it prints is what it is for
"""Soak: minutes of nine hostile URLs to each good one; every good one must be ok, and nothing may grow.

    python tests/chaos/soak.py [--minutes 10]

The scraper and its two sites, a good and a hostile one, are processes of their own on loopback. Memory,
descriptors and tasks are taken each second; the lines fitted to the second half of the run must be level. Exits with 1
when a good page is lost or something grows. Needs Linux.
"""

import argparse
import asyncio
import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import linear_regression, mean

sys.path.insert(0, str(Path(__file__).parents[1]))

import local_site
from local_site import drip, endless, gzip, html, raw, redirect, reply

from scraper import Config, Record, stream

CONFIG = Config(
    concurrency=100, connect_timeout=2, read_timeout=2, timeout=5, retries=2, max_body="256K", max_redirects=5
)
IN_FLIGHT = 2 * CONFIG.concurrency
"""URLs that were given and have no record, at most: else those that wait would outlast the run."""
GROWTH = 0.03
"""Of the mean: what the fitted line may rise by in the second half."""
PAGE = html("<title>Good</title>" + "<p>text</p>" * 200)
_NOISE = random.Random(4)
HOSTILE = {
    "silence": raw(b"", then="hang"),
    "closed": raw(b""),
    "reset": raw(b"", then="reset"),
    "reset-in-body": raw(PAGE.data[:-100], then="reset"),
    "cut": raw(PAGE.data[:-100]),
    "half-closed": raw(PAGE.data[:-100], then="half-close"),
    "drip": drip(PAGE, 0.3),
    "drip-head": drip(PAGE.data, 0.3),
    "garbage": raw(_NOISE.randbytes(5000)),
    "endless": endless(),
    "endless-unframed": endless(chunked=False),
    "endless-head": endless(b"X-Header: value\r\n", head=b"HTTP/1.1 200 OK\r\n"),
    "endless-103": endless(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", head=b"", interval=0.01),
    "bomb": gzip(" " * 50_000_000),
    "bad-gzip": reply(200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, _NOISE.randbytes(5000)),
    "bad-chunks": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense\r\n0\r\n\r\n"),
    "endless-chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 100_000, then="hang"),
    "trailer": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: y\r\n", then="hang"),
    "lengths": reply(200, [("Content-Length", "5"), ("Content-Length", "7")], b"12345"),
    "http-9": raw(b"HTTP/9.9 200 OK\r\n\r\n"),
    "no-location": reply(302),
    "ftp": redirect("ftp://a.example/"),
    "500": reply(500, {}, b"oops"),
    "503": reply(503, {"Retry-After": "1"}, b"later"),
    "429": reply(429, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, b"slower"),
    "404": reply(404, {"Content-Type": "text/html"}, "<title>none</title>"),
    "not-html": reply(200, {"Content-Type": "image/png"}, b"\x89PNG\r\n\x1a\n"),
    "nested": html("<div>" * 2_000 + "deep"),
}
ODD = ("loop", "refused")
"""Those that a reply alone does not make."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Soak as the command line asks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="how long URLs are given (%(default)s)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        asyncio.run(_serve())
        return
    with _served() as good, _served() as hostile:
        is_good = asyncio.run(Soak(good, hostile, options.minutes * 60).run())
    raise SystemExit(0 if is_good else 1)


@contextmanager
def _served() -> Iterator[int]:
    """Serve in a process of its own; yield the port."""
    command = [sys.executable, str(Path(__file__).resolve()), "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield int(server.stdout.readline())
        finally:
            server.terminate()


class Soak:
    """One run and what was seen of it."""

    def __init__(self, good: int, hostile: int, seconds: float) -> None:
        self._good, self._hostile = good, hostile
        self._seconds = seconds
        self._ends = Counter[tuple[str, str]]()
        """By what the site did and what became of it."""
        self._room = threading.Semaphore(IN_FLIGHT)
        self._samples: list[tuple[float, float, float, float]] = []
        """Seconds, MiB, descriptors, tasks."""

    async def run(self) -> bool:
        """Scrape until the time is over; return whether all is well."""
        before = _descriptors()
        watcher = asyncio.ensure_future(self._watch())
        async for record in stream(self._urls(), CONFIG):
            self._count(record)
        watcher.cancel()
        await asyncio.wait([watcher])
        del watcher
        left = {"descriptors": _descriptors() - before, "tasks": len(asyncio.all_tasks()) - 1}
        return self._report(left)

    def _urls(self) -> Iterator[str]:
        kinds = itertools.cycle([*HOSTILE, *ODD])
        end = time.monotonic() + self._seconds
        with local_site.closed_port("0.0.0.0") as closed:
            for number in itertools.count():
                if time.monotonic() > end or not self._room.acquire(timeout=self._seconds):
                    return
                kind = next(kinds) if number % 10 else "good"
                host = f"127.{2 + number // 250 // 250 % 200}.{number // 250 % 250}.{1 + number % 250}"
                if kind == "good" and number % 20:
                    host = f"127.1.0.{1 + number % 50}"  # some are asked again and again, on kept connections
                port = self._good if kind == "good" else closed if kind == "refused" else self._hostile
                yield f"http://{host}:{port}/{kind}/{number}"

    def _count(self, record: Record) -> None:
        self._room.release()
        self._ends[record.url.split("/")[3], "ok" if record.ok else record.error.kind if record.error else ""] += 1

    async def _watch(self) -> None:
        started = time.monotonic()
        while True:
            await asyncio.sleep(1)
            self._samples.append((time.monotonic() - started, _mib(), _descriptors(), len(asyncio.all_tasks())))

    def _report(self, left: dict[str, int]) -> bool:
        for kind in ("good", *HOSTILE, *ODD):
            ends = {end: number for (what, end), number in self._ends.items() if what == kind}
            print(f"{kind:<17} {', '.join(f'{end} {number}' for end, number in ends.items())}")
        good = {end: number for (what, end), number in self._ends.items() if what == "good"}
        verdicts = {
            "every good page is ok": set(good) == {"ok"},
            "no internal error": not any(end == "internal-error" for _, end in self._ends),
            "nothing is left": not any(number > 0 for number in left.values()),
        }
        # The run goes on for a while after the last URL was given, and empties itself then.
        held = [sample for sample in self._samples if self._seconds / 2 < sample[0] < self._seconds]
        for place, what in enumerate(("MiB", "descriptors", "tasks"), 1):
            values = [sample[place] for sample in held]
            slope = linear_regression([sample[0] for sample in held], values).slope
            rise = slope * self._seconds / 2 / mean(values)
            print(f"{what:<17} {min(values):.0f} to {max(values):.0f}, {60 * slope:+.2f} a minute, {rise:+.1%} in all")
            verdicts[f"{what} are level"] = rise < GROWTH
        print(f"{sum(self._ends.values()):,} URLs, {sum(good.values()):,} of them good; left: {left}")
        for verdict, holds in verdicts.items():
            print(f"{'yes' if holds else 'NO':<17} {verdict}")
        return all(verdicts.values())


async def _serve() -> None:
    async def answer(hit: local_site.Hit, _: local_site.Connection) -> local_site.Reply:
        kind = hit.target.split("/")[1]
        if kind == "robots.txt":
            return _robots(hit.headers["host"])
        if kind == "loop":
            return redirect(hit.target)
        return HOSTILE.get(kind, PAGE)

    async with local_site.serve(answer, host="0.0.0.0") as site:
        print(site.port, flush=True)
        while True:
            await asyncio.sleep(1)
            site.hits.clear()


def _robots(host: str) -> local_site.Reply:
    """Return a robots.txt: of one host in twenty-five a hostile one, but of those with good pages."""
    third, last = map(int, host.partition(":")[0].split(".")[2:])
    if not host.startswith("127.1.") and last % 25 == 3 and third % 2:
        return HOSTILE["silence"]
    if not host.startswith("127.1.") and last % 25 == 4 and third % 2:
        return endless(b"Disallow: /\r\n" * 1000)
    return reply(404)


def _mib() -> float:
    """Return the memory that is in use (RSS)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


if __name__ == "__main__":
    main()
