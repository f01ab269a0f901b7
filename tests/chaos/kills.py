"""SIGKILL at random moments of one run; a site on loopback counts what it was asked for more than once."""

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import local_site
from local_site import Hit, Reply, Site, html

_POLL_S = 0.002
_AT_THE_START = 10
"""Every so many lives one ends in its first half second, before or while it begins."""


class Toll(NamedTuple):
    """What the kills cost."""

    kills: int
    extra_requests: int
    """Requests that reached the site, beyond one for each URL."""
    verdict: str
    """What `scrape verify` says of the file."""
    is_proven: bool


def run(
    folder: Path,
    *,
    urls: int,
    kills: int,
    suffix: str = "",
    options: Sequence[str] = (),
    concurrency: int = 50,
    delay_s: float = 0.0,
    seed: int = 1,
) -> Toll:
    """Scrape `urls` URLs of one host, killed `kills` times on the way, then to the end; return what it cost.

    `delay_s` is how long the site takes to answer, at most: with some, every worker has a request in flight.
    """
    rng = random.Random(seed)
    bodies = [_page(rng) for _ in range(50)]

    async def answer(hit: Hit, _: local_site.Connection) -> Reply:
        return html(bodies[hash(hit.target) % len(bodies)], delay=rng.uniform(0, delay_s))

    words = f"urls.txt --no-robots --concurrency {concurrency} --per-host {concurrency} --quiet -o out.jsonl{suffix}"
    command = [sys.executable, "-m", "scraper", *words.split(), *options]
    with local_site.running(answer) as site:
        (folder / "urls.txt").write_text("".join(f"{site.url(f'/{n}')}\n" for n in range(urls)))
        hit = 0
        for number in range(kills):
            left = urls - len({hit.target for hit in site.hits})
            share = left / (kills - number + 1) * rng.uniform(0.2, 1.8)
            patience_s = rng.uniform(0, 0.5) if number % _AT_THE_START == _AT_THE_START - 1 else 60
            hit += _killed(command, folder, site, len(site.hits) + share, patience_s, rng.uniform(0, 0.02))
        subprocess.run(command, cwd=folder, check=True)
        extra = len(site.hits) - urls
    verdict = verified(folder, f"out.jsonl{suffix}")
    return Toll(hit, extra, verdict.stdout + verdict.stderr, verdict.returncode == 0)


def verified(folder: Path, output: str) -> subprocess.CompletedProcess[str]:
    """Return what `scrape verify` says of `output`, beside its `urls.txt`."""
    command = [sys.executable, "-m", "scraper", "verify", output, "urls.txt"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _killed(command: Sequence[str], folder: Path, site: Site, hits: float, patience_s: float, late_s: float) -> bool:  # noqa: PLR0917
    """Start a life and kill it `late_s` after the site has had so many `hits`; return whether it still ran then."""
    process = subprocess.Popen(command, cwd=folder)
    end = time.monotonic() + patience_s
    while process.poll() is None and len(site.hits) < hits and time.monotonic() < end:
        time.sleep(_POLL_S)
    time.sleep(late_s)
    was_running = process.poll() is None
    process.kill()
    process.wait()
    return was_running


def _page(rng: random.Random) -> str:
    """Return a page of 1 to 20 KB with links."""
    items = "".join(f"<li><a href='/next/{n}'>item {rng.random()}</a>" for n in range(rng.randrange(20, 300)))
    return f"<!doctype html><title>Page {rng.random()}</title><ul>{items}</ul>"
