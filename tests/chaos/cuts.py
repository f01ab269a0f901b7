"""An output cut at every byte of its last three records, as a torn write or a lost page of the disk leaves it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from outputs import SUFFIXES, complete, failed, opened, record, urls, urls_in, write

from scraper.sources import open_sources
from scraper.verify import verify

COUNT = 6


def run(folder: Path, *, suffix: str, retry: bool = False, step: int = 1) -> tuple[int, list[str]]:
    """Cut it at each `step`-th byte, go on, and look; return how many cuts there were, and what was wrong.

    With `retry` what is cut are three records that a killed run with --retry-failed had appended.
    """
    path, listed = folder / f"out.jsonl{suffix}", folder / "urls.txt"
    every = urls(COUNT)
    listed.write_text("".join(f"{url}\n" for url in every))
    with opened(path) as output:
        write(output, [failed(url, "deadline") if retry else record(url) for url in every[:3]])
    start = path.stat().st_size
    with opened(path, retry_failed=retry) as output:
        for url in every[:3] if retry else every[3:]:
            write(output, [record(url)])  # a member for each
    whole = path.read_bytes()
    faults = []
    for end in range(start, len(whole), step):
        path.write_bytes(whole[:end])
        complete(path, every)
        verdict = asyncio.run(verify(str(path), open_sources([str(listed)])))
        if not verdict.is_proven or sorted(urls_in(path)) != every:
            faults.append(f"cut at byte {end} of {len(whole)}: {verdict}")
    path.unlink()
    return (len(whole) - start + step - 1) // step, faults


def run_all(folder: Path, tell: Callable[[str], None]) -> list[str]:
    """Cut files of every kind; return what was wrong."""
    faults = []
    for suffix in SUFFIXES:
        for retry in (False, True):
            cuts, wrong = run(folder, suffix=suffix, retry=retry)
            tell(f"{suffix or 'plain'}{', retried' * retry}: {cuts:,} cuts, {len(wrong)} faults")
            faults += wrong
    return faults
