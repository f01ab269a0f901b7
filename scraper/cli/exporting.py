"""`scrape export`: says what was written, and what the format could not take."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from scraper.cli.interrupts import interruptible
from scraper.export import Exported, export
from scraper.export import columns as found
from scraper.export.names import split_list
from scraper.stats import count, duration


def run(  # noqa: PLR0913 - what is chosen
    output: str,
    target: str,
    *,
    columns: str | None,
    rows: Literal["pages", "items"] | None,
    ok: bool | None,
    overwrites: bool,
    is_quiet: bool,
) -> None:
    """Write `target`, and tell on stderr what came of it. Raises RunError."""
    started = time.monotonic()
    with interruptible(target):
        chosen = None if columns is None else split_list(columns)
        exported = export(output, target, columns=chosen, rows=rows, ok=ok, overwrites=overwrites)
    if not is_quiet:
        for line in text(exported, output, target, elapsed_s=time.monotonic() - started):
            print(line, file=sys.stderr)  # noqa: T201 - the user interface


def text(exported: Exported, output: str, target: str, *, elapsed_s: float) -> Iterator[str]:
    """Yield the lines that tell what was written to `target`."""
    size_mb = Path(target).stat().st_size / 1e6
    rows = f"{count(exported.rows, 'row')} of {exported.kind} x {count(exported.columns, 'column')}"
    yield f"{rows} in {target} ({size_mb:,.1f} MB, {duration(elapsed_s)})"
    if exported.without_items:
        yield f"{count(exported.without_items, 'record')} without items: no row of their own; --rows pages has them"
    for name in exported.joined:
        yield f"{name} has too many different keys ({found.MAX_COLUMNS:,} columns at most): it is one column of JSON"
    yield from exported.notes
    if exported.torn_bytes:
        yield f"{output} ends with a piece of a record ({exported.torn_bytes:,} bytes): left out"
