"""The rows of a table, as a format's writer gets them."""

from collections.abc import Iterator
from typing import Any

from scraper.export.columns import Table
from scraper.resume.reading import Records


class Sheet:
    """Columns, and the rows of the records that are wanted; read from the file as they are asked for."""

    def __init__(self, table: Table, records: Records, ok: bool | None) -> None:  # noqa: FBT001 - see `export`
        self.columns = table.columns
        self.kind = table.kind
        """What a row is: `pages` or `items`."""
        self.number = 0
        """Rows so far."""
        self._table = table
        self._records = records
        self._ok = ok

    @property
    def bytes_read(self) -> int:
        """Bytes of the records that the rows so far were made of."""
        return self._records.bytes_read

    def __iter__(self) -> Iterator[list[Any]]:
        for row in self._table.rows(filtered(self._records, self._ok)):
            self.number += 1
            yield row


def filtered(records: Records, ok: bool | None) -> Iterator[dict[str, Any]]:  # noqa: FBT001 - None: all of them
    """Yield the records that are ok, or those that are not."""
    return iter(records) if ok is None else (record for record in records if (record.get("ok") is True) == ok)
