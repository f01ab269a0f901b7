"""Records as columns: nested data by dotted names, the same columns for every run, plain lists of values."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from scraper.models import Record

BASE = {
    "url": "text",
    "ok": "flag",
    "status": "int",
    "error.kind": "text",
    "error.message": "text",
    "final_url": "text",
    "attempts": "int",
    "fetched_at": "time",
    "elapsed_ms": "float",
    "timings.dns": "float",
    "timings.connect": "float",
    "timings.first_byte": "float",
    "timings.body": "float",
    "timings.parse": "float",
    "content_type": "text",
    "encoding": "text",
    "bytes": "int",
    "etag": "text",
    "last_modified": "text",
    "sha256": "text",
    "title": "text",
    "description": "text",
    "canonical": "text",
    "lang": "text",
}
"""Columns that every frame has, a run without records too, and what they hold."""
_GROUPS = ("fields.", "input.")


class Columns:
    """The columns of a table of records: `values` has a list for each, None where a record has nothing.

    `kinds` tells what a column holds: `text`, `flag` (a bool, always there), `bool`, `int` (64 bits), `float`, `time`
    (a datetime in UTC) or `any`.
    """

    def __init__(self, records: Iterable[Record], field_names: Iterable[str] = ()) -> None:
        """Read all `records`. `field_names` are columns though no record has them."""
        self._values: dict[str, list[Any]] = {name: [] for name in BASE}
        for name in field_names:
            self._values[f"fields.{name}"] = []
        self._rows = 0
        for record in records:
            for name, value in _flat(record):
                column = self._values.setdefault(name, [])
                column.extend([None] * (self._rows - len(column)))  # the records before had nothing
                column.append(value)
            self._rows += 1
        for column in self._values.values():
            column.extend([None] * (self._rows - len(column)))
        names = _shown(self._values)
        self.values = {names[key]: self._values[key] for key in self._values}
        self.kinds = {names[key]: BASE.get(key) or _kind(self._values[key]) for key in self._values}


def _flat(record: Record) -> Iterator[tuple[str, Any]]:
    for key, value in msgspec.to_builtins(record).items():
        if key == "fetched_at":
            yield key, datetime.fromisoformat(value)
        elif isinstance(value, dict):
            yield from _dotted(key, value)
        else:
            yield key, value


def _dotted(name: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield from _dotted(f"{name}.{key}", item)
        else:
            yield f"{name}.{key}", item


def _shown(keys: Iterable[str]) -> dict[str, str]:
    """Return each column's name: items of `fields`, then of `input`, go by their own names while those are free."""
    shown = {key: key for key in keys}
    taken = {key for key in shown if not key.startswith(_GROUPS)} | set(Record.__struct_fields__)
    for group in _GROUPS:
        for key in shown:
            own = key.removeprefix(group)
            if own != key and own not in taken:
                shown[key] = own
                taken.add(own)
    return shown


def _kind(values: Iterable[Any]) -> str:
    """Return what a column of a page's or the user's data holds, `any` when that differs."""
    types = {type(value) for value in values if value is not None} or {str}
    if types == {int, float}:
        return "float"
    if types == {int}:
        return "int" if all(-(2**63) <= value < 2**63 for value in values if value is not None) else "any"
    return {bool: "bool", float: "float", str: "text"}.get(types.pop(), "any") if len(types) == 1 else "any"
