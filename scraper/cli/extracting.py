"""`scrape extract`: a live line while it works, the account at the end, the exit code."""

import sys
import time
from collections.abc import Iterator
from pathlib import PurePath

from scraper.cli.interrupts import interruptible
from scraper.config import Config
from scraper.memory import keep_for_the_next_page
from scraper.offline import Extraction, extract
from scraper.stats import LABEL_WIDTH, count, duration, rate

EXIT_FAILED = 1
EXIT_BUG = 70
_LIVE_INTERVAL_S = 0.25


def run(kept: str, output: str | None, config: Config, *, overwrites: bool, is_quiet: bool) -> int:
    """Make the records again; return the exit code. Raises RunError."""
    target = output or default_output(kept)
    live = _Live(is_shown=not is_quiet and sys.stderr.isatty())
    with interruptible(target):
        account = extract(kept, target, config, overwrites=overwrites, prepare=keep_for_the_next_page, watch=live.show)
    live.clear()
    if not is_quiet:
        for line in text(account, target, elapsed_s=live.elapsed_s):
            print(line, file=sys.stderr)  # noqa: T201 - the user interface
    if account.failed["internal-error"]:
        return EXIT_BUG
    return EXIT_FAILED if account.failed and not account.ok else 0


def default_output(kept: str) -> str:
    """Return `output/<name of what was kept>-extracted.jsonl`."""
    name = PurePath(kept).name
    for ending in (".gz", ".zst", ".warc", ".jsonl"):
        name = name.removesuffix(ending)
    return f"output/{name or 'kept'}-extracted.jsonl"


def text(account: Extraction, target: str, *, elapsed_s: float) -> Iterator[str]:
    """Yield the lines of the account."""
    failed = (f"{number:,} {kind}" for kind, number in account.failed.most_common())
    records = account.ok + account.failed.total()
    yield f"{count(records, 'record')} = {' + '.join([f'{account.ok:,} ok', *failed])}"
    if account.without_page:
        yield _row("taken over", f"{count(account.without_page, 'record')} as they were: they have no page")
    if account.repeated:
        yield _row("repeated", f"{count(account.repeated, 'page')} fetched once more later: the last one counts")
    if account.damaged_bytes:
        yield _row("damaged", f"{account.damaged_bytes:,} bytes that hold no whole page: skipped")
    if account.torn_bytes:
        yield _row("torn", f"the last {account.torn_bytes:,} bytes are a piece of a page or a record: left out")
    if elapsed_s > 0:
        yield _row("speed", f"{rate(account.pages / elapsed_s)} pages/s in {duration(elapsed_s)}")
    yield _row("output", "standard output" if target == "-" else target)


def _row(label: str, words: str) -> str:
    return f"{label:<{LABEL_WIDTH}}{words}"


class _Live:
    """One line on a terminal that tells how far it is."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._started = time.monotonic()
        self._due = self._started
        self._is_drawn = False

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def show(self, account: Extraction) -> None:
        now = time.monotonic()
        if self._is_shown and now >= self._due:
            self._due = now + _LIVE_INTERVAL_S
            self._is_drawn = True
            share = f"{account.bytes_done / account.bytes_in_all:4.0%} · " if account.bytes_in_all else ""
            speed = rate(account.pages / max(self.elapsed_s, _LIVE_INTERVAL_S))
            sys.stderr.write(f"\r\x1b[K{share}{account.pages:,} pages · {speed} pages/s")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._is_drawn:
            sys.stderr.write("\r\x1b[K")
