"""How many pages have each field: counted as records come, so that a selector that stopped matching is seen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

MAX_NAMES = 1000
"""Names that are counted: a page's JSON may have its data for keys, and memory must not grow with those."""
MAX_DEPTH = 4
"""Levels of dotted names: `items.offer.price` is three."""


class Fill(Struct, frozen=True):
    """In how many of its objects a field has a value."""

    had: int
    of: int
    """Ok pages; of a dotted name (`items.price`) the objects under what stands before its last dot."""

    @property
    def share(self) -> float:
        """From 0 to 1; 0 when there is no object that could have it."""
        return self.had / self.of if self.of else 0.0


class Coverage(Struct, frozen=True, kw_only=True):
    """What the records of an output amount to, those of earlier runs included."""

    ok: int = 0
    failed: int = 0
    fields: dict[str, Fill] = {}
    """By name, in the order they were asked for or seen."""


class FieldCounts:
    """Counts how many of the ok pages have each field. None, `""`, `[]` and `{}` count as missing.

    Objects within, such as a list page's rows, are counted by dotted names: `items.price`.
    """

    __slots__ = ("_groups", "_had", "pages")

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Count from nothing; `names` are told even if no page has them."""
        self.pages = 0
        self._had: dict[str, int] = dict.fromkeys(names, 0)
        self._groups: dict[str, int] = {}  # name of what holds them, to how many objects

    def add(self, fields: Mapping[str, Any] | None, items: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Count in the `fields` of one ok page, and its `items` as a field of that name; None when it has none."""
        self.pages += 1
        if fields:
            self._add(fields, "", MAX_DEPTH)
        if items is not None:
            self._add({"items": items}, "", MAX_DEPTH)

    def _add(self, fields: Mapping[str, Any], prefix: str, depth: int) -> None:
        had = self._had
        for key, value in fields.items():
            name = prefix + key
            if name not in had:
                if len(had) >= MAX_NAMES:
                    continue
                had[name] = 0
            if value or value == 0:  # False is a value too, and equals 0
                had[name] += 1
                if isinstance(value, dict):
                    self._add_objects([value], name, depth - 1)
                elif isinstance(value, list) and value and isinstance(value[0], dict):
                    self._add_objects([item for item in value if isinstance(item, dict)], name, depth - 1)

    def _add_objects(self, objects: list[dict[str, Any]], name: str, depth: int) -> None:
        if depth:
            self._groups[name] = self._groups.get(name, 0) + len(objects)
            for item in objects:
                self._add(item, name + ".", depth)

    def fills(self) -> dict[str, Fill]:
        """Return the Fill of each name."""
        return {name: Fill(number, self._population(name)) for name, number in self._had.items()}

    def _population(self, name: str) -> int:
        """Return how many objects could have the field: those of the longest name before one of its dots."""
        group = name
        while dot := group.rfind(".") + 1:
            group = group[: dot - 1]
            if group in self._groups:
                return self._groups[group]
        return self.pages


def outline(fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what `FieldCounts` needs to know of `fields`: True for each value, None for what is missing."""
    return None if fields is None else {key: _outline(value) for key, value in fields.items()}


def _outline(value: Any) -> Any:
    if isinstance(value, dict) and value:
        return outline(value)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [outline(item) for item in value if isinstance(item, dict)]
    return True if value or value == 0 else None
