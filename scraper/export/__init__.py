"""The records of an output as a table in another format: two passes over the file, whatever its size in little memory.

============  ==================================================================
`names`       dotted names of nested keys
`columns`     which columns there are, of which types, and what fills them
`sheet`       the rows, as a format's writer gets them
`cells`       values as text; texts that a spreadsheet must not run
`text`        CSV, TSV and JSON Lines
`sqlite`      SQLite
`excel`       Excel workbooks
`parquet`     Parquet
============  ==================================================================
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path, PurePath

from msgspec import Struct

from scraper.compression import compression_of
from scraper.errors import UsageError
from scraper.export.columns import Rows, Survey
from scraper.export.sheet import Sheet, filtered
from scraper.output.published import published
from scraper.resume.reading import Records, open_to_read

__all__ = ["Exported", "export"]

_WRITERS = {
    ".csv": "text",
    ".tsv": "text",
    ".jsonl": "text",
    ".sqlite": "sqlite",
    ".db": "sqlite",
    ".xlsx": "excel",
    ".parquet": "parquet",
}
_COMPRESSED = frozenset({".csv", ".tsv", ".jsonl"})


class Exported(Struct, frozen=True, kw_only=True):
    """What came of an export."""

    kind: Rows
    rows: int
    columns: int
    records: int
    """Of the source, those that were left out by `ok` not sheet."""
    without_items: int
    """Records that have no items, and so no row of items."""
    joined: list[str]
    """Columns that hold objects of too many different keys as JSON text."""
    notes: list[str]
    """What the format could not take as it was."""
    torn_bytes: int
    """A piece of a record at the end of the source, left out."""


def export(  # noqa: PLR0913 - what is chosen
    source: str,
    target: str,
    *,
    columns: Sequence[str] | None = None,
    rows: Rows | None = None,
    ok: bool | None = None,
    overwrites: bool = False,
) -> Exported:
    """Write the records of the file `source` to `target`, whose suffix tells the format.

    `columns` names those that are wanted; `rows` what a row is, None: an item when there are any, else a page; `ok`
    takes only the records that are ok, or only the others. Raises UsageError and OutputError; `target` is then as it
    was.
    """
    write = _writer(target)
    with open_to_read(source) as file, published(target, replaces=overwrites, source=source) as draft:
        records = Records(file)
        survey = Survey(columns)
        for record in filtered(records, ok):
            survey.add(record)
        if not survey.pages:
            what = {None: "no records", True: "no records that are ok", False: "no failed records"}[ok]
            raise UsageError(f"{source} has {what}: there is nothing to export")
        table = survey.table(rows)
        sheet = Sheet(table, records, ok)
        notes = write(draft, PurePath(target), sheet)
        return Exported(
            kind=table.kind,
            rows=sheet.number,
            columns=len(table.columns),
            records=survey.pages,
            without_items=survey.without_items if table.kind == "items" else 0,
            joined=survey.joined,
            notes=notes,
            torn_bytes=records.torn_bytes,
        )


def _writer(target: str) -> Callable[[Path, PurePath, Sheet], list[str]]:
    """Return what writes the format that the suffix of `target` names. Raises UsageError, also for a missing extra."""
    path = PurePath(target)
    suffix = path.suffix.lower()
    if compression_of(path) and PurePath(path.stem).suffix.lower() in _COMPRESSED:
        suffix = PurePath(path.stem).suffix.lower()
    if suffix not in _WRITERS:
        known = ", ".join(_WRITERS)
        raise UsageError(f"{target} names no known format ({known}; .csv, .tsv and .jsonl with .gz or .zst, too)")
    write: Callable[[Path, PurePath, Sheet], list[str]] = import_module(f"{__name__}.{_WRITERS[suffix]}").write
    return write
