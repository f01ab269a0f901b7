"""The process ended in its 1st, 2nd, ... n-th call that changes a file: before it, after it, with half of it done.

The method is that of SQLite's crash tests (https://www.sqlite.org/testing.html, section 3.3).
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import local_site
from local_site import Hit, Reply, html, reply
from outputs import urls_in

from scraper import scrape
from scraper.sources import open_sources
from scraper.verify import verify

PORTIONS = (0.0, 0.5, 1.0)
_DRIVER = Path(__file__).with_name("dying.py")
_KILLED = -9


class Ends(NamedTuple):
    """What came of ending a run at each of its calls."""

    ended: int
    faults: list[str]
    """What was lost, doubled or torn after the next start, with the call it was ended in."""


def run(
    folder: Path,
    *,
    urls: int = 12,
    suffix: str = "",
    portions: Sequence[float] = PORTIONS,
    turns: Iterable[int] | None = None,
    retry: bool = False,
) -> Ends:
    """End a run over `urls` URLs in each of its calls, or those of `turns`, then start it again and look.

    With `retry` it is the second run, with --retry-failed, over a file of which each third record is a failed one.
    """
    is_back = False

    async def answer(hit: Hit, _: local_site.Connection) -> Reply:
        number = int(hit.target[1:])  # the delays: records come one after the other, and so are written
        return reply(404) if not is_back and number % 3 == 0 else html("<title>x</title>", delay=number % 7 / 200)

    output = folder / f"out.jsonl{suffix}"
    words = ["urls.txt", "--no-robots", "-c3", "--quiet", "-o", output.name, *(["--retry-failed"] if retry else [])]
    with local_site.running(answer) as site:
        wanted = sorted(site.url(f"/{n}") for n in range(urls))
        (folder / "urls.txt").write_text("".join(f"{url}\n" for url in wanted))
        if retry:
            go_on(output)
            before = output.read_bytes()
            is_back = True
        faults, ended = [], 0
        for portion in portions:
            for turn in turns or count(1):
                output.write_bytes(before) if retry else output.unlink(missing_ok=True)
                driver = [sys.executable, str(_DRIVER), str(turn), str(portion), *words]
                if subprocess.run(driver, cwd=folder, check=False).returncode != _KILLED:
                    break
                ended += 1
                go_on(output, retry_failed=retry and turn % 2 == 0)  # the next start may do without the option
                faults += [f"call {turn}, {portion} of it: {fault}" for fault in faults_in(output, wanted)]
    return Ends(ended, faults)


def go_on(output: Path, **options: Any) -> None:
    """Scrape the list beside `output` to its end, in this process."""
    scrape(output.with_name("urls.txt"), output=str(output), robots=False, concurrency=3, **options)


def faults_in(output: Path, wanted: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong, by `scrape verify` and by our own reading."""
    listed = output.with_name("urls.txt")
    verdict = asyncio.run(verify(str(output), open_sources([str(listed)])))
    if not verdict.is_proven:
        yield str(verdict)
    if sorted(urls_in(output)) != wanted:
        yield f"{len(wanted)} records wanted, {len(urls_in(output))} there"
    if left := [path.name for path in output.parent.iterdir() if path not in (output, listed)]:
        yield f"left behind: {left}"
