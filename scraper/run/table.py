"""The first records of a run as a table for a notebook."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from scraper.models import Record
from scraper.stats import html

ROWS_SHOWN = 10
CELL_CHARACTERS = 80


def first_rows(records: Sequence[Record], total: int) -> str:
    """Return the first ROWS_SHOWN of `total` records as HTML: what became of each URL, its title, its fields."""
    shown = list(records[:ROWS_SHOWN])
    names = list(dict.fromkeys(name for record in shown for name in record.fields or {}))
    rows = [list(_cells(record, names)) for record in shown]
    more = total - len(shown)
    note = f"and {more:,} more: run.to_pandas(), run.records" if more else ""
    return html.table(["url", "status", "title", *names], rows, note) if shown else ""


def _cells(record: Record, names: Sequence[str]) -> Iterator[str]:
    yield _short(record.url)
    yield f"{record.status or ''} {record.error.kind if record.error else ''}".strip()
    yield _short(record.title)
    for name in names:
        yield _short((record.fields or {}).get(name))


def _short(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"
