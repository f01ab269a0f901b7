"""Sheets without a file, for the writers of formats."""

from collections.abc import Iterable, Iterator
from typing import Any

from scraper.export.columns import Survey


class MadeSheet:
    """Stands in for a Sheet of these records."""

    def __init__(self, records: Iterable[dict[str, Any]]) -> None:
        self._records = list(records)
        survey = Survey()
        for record in self._records:
            survey.add(record)
        self._table = survey.table()
        self.columns = self._table.columns
        self.kind = self._table.kind
        self.bytes_read = 0

    def __iter__(self) -> Iterator[list[Any]]:
        for row in self._table.rows(self._records):
            self.bytes_read += 1000
            yield row


RECORDS: list[dict[str, Any]] = [
    {"url": "http://h.example/1", "ok": True, "status": 200, "title": "=1+1", "links": ["a", "b"],
     "fields": {"n": -5, "f": 1.5, "mixed": 1, "big": 2**70, "objects": [{"a": 1}], "text": 'é\n"x",\t'}},
    {"url": "http://h.example/2", "ok": False, "fields": {"n": 2**60, "f": 2, "mixed": "-12.50", "text": "\0\x1b"}},
]  # fmt: skip
