"""The columns of a table made of nested records: a first pass finds them and their types, a second fills the rows."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from scraper.errors import UsageError
from scraper.export.names import dotted, split_dotted
from scraper.models import Record

MAX_COLUMNS = 1_000
"""More are put together; SQLite takes 2,000 (SQLITE_MAX_COLUMN), people fewer."""
MAX_DEPTH = 10
"""Objects within each other that become columns; what lies deeper is JSON text."""
ITEMS = "items"
"""The key of a record whose list of objects makes rows of their own."""

Kind = Literal["bool", "int", "float", "text", "json"]
Rows = Literal["pages", "items"]

_BOOL, _INT, _WIDE, _BIG, _FLOAT, _TEXT, _OBJECT, _LIST = (1 << bit for bit in range(8))
_TYPES = {bool: _BOOL, int: _INT, float: _FLOAT, str: _TEXT, dict: _OBJECT, list: _LIST, type(None): 0}
_EXACT = 2**53
"""Whole numbers up to here are exact as floats."""
_INT64 = 2**63
_KEYS = {key: place for place, key in enumerate(Record.__struct_fields__)}


class Column(Struct, frozen=True):
    """One column of a table."""

    name: str
    kind: Kind
    """`text` also for values whose types do not agree and for integers over 64 bits; `json`: JSON stands for it."""
    is_list: bool = False
    """Its values are lists of `kind`."""


class _Node:
    """A key: what was seen under it, and the keys of the objects under it."""

    __slots__ = ("children", "chosen", "depth", "elements", "index", "is_joined", "is_parted", "is_seen", "seen")

    def __init__(self, depth: int, chosen: "_Chosen | None", *, is_items: bool = False) -> None:
        self.children: dict[str, _Node] = {}
        self.chosen = chosen
        """The keys below that are wanted; None: all."""
        self.depth = depth
        self.is_joined = depth >= MAX_DEPTH
        """Objects here are one column of JSON."""
        self.is_parted = not (self.is_joined or is_items)
        """An object here is taken apart; items are by rows only."""
        self.is_seen = False
        self.seen = 0
        self.elements = 0
        self.index = -1
        """Place of its column, if it has one."""


class _Chosen(dict[str, "_Chosen | None"]):
    """Wanted keys, each with those wanted under it."""


class Survey:
    """Learns from records which columns they make, in memory that depends on MAX_COLUMNS alone.

    `columns` names those that are wanted, in their order; a name that has others below it stands for all of these.
    """

    def __init__(self, columns: Iterable[str] | None = None) -> None:
        self.pages = 0
        self.items = 0
        self.without_items = 0
        """Records that have none."""
        self.joined: list[str] = []
        """Names of the columns that hold objects of too many different keys as JSON."""
        self._wanted = None if columns is None else [split_dotted(name) for name in columns]
        self._root = _Node(0, None if self._wanted is None else _trie(self._wanted))
        self._number = 0

    def add(self, record: dict[str, Any]) -> None:
        """Take in one record. Raises UsageError when there are too many keys at the top."""
        self.pages += 1
        self._walk(self._root, record)
        if items := _items_of(record):
            self.items += len(items)
            if (node := self._root.children.get(ITEMS)) is not None:
                for item in items:
                    self._walk(node, item)
        else:
            self.without_items += 1

    def table(self, rows: Rows | None = None) -> "Table":
        """Return the table; `rows` says of what, None: of items when there are any and they are wanted.

        Raises UsageError for a wanted column that no record has, and for items when there are none.
        """
        if rows == "items" and not self.items:
            raise UsageError("--rows items: no record has items; --rows pages makes a row of each page")
        are_wanted = self._wanted is None or any(keys[0] == ITEMS for keys in self._wanted)
        kind: Rows = rows or ("items" if self.items and are_wanted else "pages")
        nodes = list(_leaves(self._root, (), is_items=kind == "items"))
        if self._wanted is not None:
            nodes = list(_in_order(nodes, self._wanted))
        columns = []
        for index, (keys, node) in enumerate(nodes):
            node.index = index
            columns.append(_column(dotted(keys), node, is_item=kind == "items" and keys == (ITEMS,)))
        return Table(kind, columns, self._root)

    def _walk(self, node: _Node, record: dict[str, Any]) -> None:
        if node.is_joined:
            self._note(node, record)
            return
        for key, value in record.items():
            child = node.children.get(key) or self._new(node, key)
            if child is None:
                continue
            if type(value) is dict and child.is_parted:
                self._walk(child, value)
            else:
                self._note(child, value)
            if node.is_joined:
                return

    def _new(self, node: _Node, key: str) -> _Node | None:
        below = node.chosen
        if below is not None:
            if key not in below:
                return None
            below = below[key]
        node.children[key] = child = _Node(node.depth + 1, below, is_items=not node.depth and key == ITEMS)
        return child

    def _note(self, node: _Node, value: Any) -> None:
        if not node.is_seen:
            node.is_seen = True
            self._number += 1
            if self._number > MAX_COLUMNS:
                self._join_while_too_many()
        node.seen |= _bit(value)
        if type(value) is list:
            for element in value:
                node.elements |= _bit(element)

    def _join_while_too_many(self) -> None:
        """Make one column of the object that has the most columns right below it, until there are few enough."""
        while (number := sum(1 for _ in _leaves(self._root, (), is_items=None))) > MAX_COLUMNS:
            keys, widest = max(_inner(self._root, ()), key=lambda pair: len(pair[1].children), default=((), self._root))
            if widest is self._root or len(widest.children) < 2:  # noqa: PLR2004 - nothing to gain
                raise UsageError(f"there are more than {MAX_COLUMNS:,} columns; choose some with --columns")
            widest.is_joined = widest.is_seen = True
            widest.is_parted = False
            widest.seen |= _OBJECT
            widest.children.clear()
            self.joined.append(dotted(keys))
        self._number = number


class Table:
    """Columns, and what fills them."""

    def __init__(self, kind: Rows, columns: list[Column], root: _Node) -> None:
        self.kind: Rows = kind
        """What a row is."""
        self.columns = columns
        self._root = root

    def rows(self, records: Iterable[dict[str, Any]]) -> Iterator[list[Any]]:
        """Yield the rows of `records`: a value as JSON has it for each column, None where there is none."""
        width = len(self.columns)
        for record in records:
            row = [None] * width
            _fill(self._root, record, row)
            if self.kind == "pages":
                yield row
            else:
                yield from self._item_rows(_items_of(record), row)

    def _item_rows(self, items: list[dict[str, Any]], page: list[Any]) -> Iterator[list[Any]]:
        node = self._root.children.get(ITEMS)
        for item in items:
            row = page.copy()
            if node is not None and node.is_joined:
                if node.index >= 0:
                    row[node.index] = item
            elif node is not None:
                _fill(node, item, row)
            yield row


def _fill(node: _Node, record: dict[str, Any], row: list[Any]) -> None:
    for key, value in record.items():
        child = node.children.get(key)
        if child is None:
            continue
        if type(value) is dict and child.is_parted:
            _fill(child, value, row)
        elif child.index >= 0:
            row[child.index] = value


def _items_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a record's items, none when what has that key is something else."""
    items = record.get(ITEMS)
    return items if type(items) is list and all(type(item) is dict for item in items) else []


def _bit(value: Any) -> int:
    bit = _TYPES[type(value)]
    if bit == _INT and not -_EXACT <= value <= _EXACT:
        return _WIDE if -_INT64 <= value < _INT64 else _BIG
    return bit


def _trie(names: Iterable[tuple[str, ...]]) -> _Chosen:
    root = _Chosen()
    for keys in names:
        node: _Chosen | None = root
        for key in keys[:-1]:
            if node is not None:
                node = node.setdefault(key, _Chosen())
        if node is not None:
            node[keys[-1]] = None
    return root


def _leaves(node: _Node, keys: tuple[str, ...], *, is_items: bool | None) -> Iterator[tuple[tuple[str, ...], _Node]]:
    """Yield what becomes a column, in the order of the record's keys and as they were found."""
    children: Iterable[tuple[str, _Node]] = node.children.items()
    if not node.depth:
        children = sorted(children, key=lambda child: _KEYS.get(child[0], len(_KEYS)))
    for key, child in children:
        is_of_items = not node.depth and key == ITEMS
        if child.is_seen and not (is_of_items and is_items and not child.is_joined):
            yield (*keys, key), child
        if not (is_of_items and is_items is False):
            yield from _leaves(child, (*keys, key), is_items=is_items)


def _in_order(
    leaves: list[tuple[tuple[str, ...], _Node]], wanted: list[tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], _Node]]:
    taken: set[tuple[str, ...]] = set()
    for keys in wanted:
        found = [leaf for leaf in leaves if leaf[0][: len(keys)] == keys]
        if not found:
            raise UsageError(f"--columns: no record has a column {dotted(keys)}; without --columns all are shown")
        for leaf in found:
            if leaf[0] not in taken:
                taken.add(leaf[0])
                yield leaf


def _inner(node: _Node, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], _Node]]:
    for key, child in node.children.items():
        if child.children:
            yield (*keys, key), child
            yield from _inner(child, (*keys, key))


def _column(name: str, node: _Node, *, is_item: bool) -> Column:
    seen = node.seen
    if seen == _LIST and not is_item and not node.elements & _NESTED:
        return Column(name, _scalar(node.elements), is_list=True)
    return Column(name, "json" if seen and not seen & ~_NESTED else _scalar(seen))


def _scalar(seen: int) -> Kind:
    """Return the one type that all values which were seen can have."""
    for kinds, kind in _SCALARS.items():
        if seen and not seen & ~kinds:
            return kind
    return "text"


_NESTED = _LIST | _OBJECT
_SCALARS: Mapping[int, Kind] = {_BOOL: "bool", _INT | _WIDE: "int", _FLOAT | _INT: "float"}
