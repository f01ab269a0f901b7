"""`scrape show`: a table on a terminal, lines with tabs in a pipe; what hostile pages put in is made visible."""

import heapq
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count, islice
from typing import Any, Literal

from scraper.config.values import split_kinds
from scraper.errors import HttpStatus, InvalidUrl, UsageError
from scraper.export.cells import as_text
from scraper.export.names import split_dotted, split_list
from scraper.resume.reading import Records, open_to_read
from scraper.urls import parse

_DEFAULT = ("status", "error.kind", "url", "title")
_CELL_CHARACTERS = 2_000
"""Of a value: no terminal shows more."""
# C0, DEL, C1 (ECMA-48), what turns the direction of a line round (UAX 9), line separators, lone surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff\ufeff]")
_NUMBER = re.compile(r"-?[\d.]*")
_GAP = 2
"""Spaces between two columns."""
_NARROWEST = 4
"""What every column keeps, though the line gets too long."""
Json = dict[str, Any]


def run(  # noqa: PLR0913 - what is chosen
    output: str,
    *,
    columns: str | None,
    is_failed_first: bool,
    kinds: str | None,
    host: str | None,
    sort: str | None,
    limit: int,
) -> None:
    """Print the chosen records on stdout and the counts on stderr. Raises UsageError."""
    names = split_list(columns) if columns else list(_DEFAULT)
    paths = [split_dotted(name) for name in names]
    counts: Counter[str] = Counter()
    with open_to_read(output) as file:
        records = Records(file)
        wanted = _counted(filter(_filter(kinds, host), records), counts)
        chosen = _chosen(wanted, is_failed_first=is_failed_first, sort=sort, limit=limit)
        rows = [[printable(_at(record, path)) for path in paths] for record in chosen]
        _print(names, rows)
        print(account(counts, len(rows), torn_bytes=records.torn_bytes), file=sys.stderr)  # noqa: T201 - the interface


def _print(names: Sequence[str], rows: list[list[str]]) -> None:
    if sys.stdout.isatty():
        _draw(names, rows)
        return
    for cells in chain([list(names)], rows):
        sys.stdout.write("\t".join(cells) + "\n")


def account(counts: Counter[str], shown: int, *, torn_bytes: int = 0) -> str:
    """Return the closing line: `20 of 1,234 records · 1,200 ok · 34 failed (read-timeout 20 · http-status 14)`."""
    failed = {kind: number for kind, number in counts.most_common() if kind != "ok"}
    total = sum(counts.values())
    parts = [f"{shown:,} of {total:,} record{'' if total == 1 else 's'}", f"{counts['ok']:,} ok"]
    if failed:
        kinds = " · ".join(f"{kind} {number:,}" for kind, number in failed.items())
        parts.append(f"{sum(failed.values()):,} failed ({kinds})")
    if torn_bytes:
        parts.append(f"the last {torn_bytes:,} bytes are a piece of a record")
    return " · ".join(parts)


def printable(value: Any) -> str:
    """Return `value` on one line, with escapes for what would move a cursor, colour or turn round a line."""
    if value is None:
        return ""
    text = as_text(value)
    if len(text) > _CELL_CHARACTERS:
        text = f"{text[:_CELL_CHARACTERS]}…"
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "backslashreplace").decode("ascii")


def _counted(records: Iterable[Json], counts: Counter[str]) -> Iterator[Json]:
    for record in records:
        counts[_kind(record)] += 1
        yield record


def _kind(record: Json) -> str:
    if record.get("ok") is True:
        return "ok"
    return printable(_at(record, ("error", "kind"))) or "of no kind"


def _at(record: Json, path: Sequence[str]) -> Any:
    value: Any = record
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _filter(kinds: str | None, host: str | None) -> Callable[[Json], bool]:
    """Return what tells whether a record is wanted. Raises UsageError for an unknown kind."""
    if kinds is not None:
        try:
            wanted = split_kinds(kinds)
        except UsageError as error:
            raise UsageError(str(error).replace("--retry-failed", "--kind", 1)) from None

    def is_wanted(record: Json) -> bool:
        if kinds is not None and not _is_of(record, wanted):
            return False
        return host is None or _is_at(record, host.lower())

    return is_wanted


def _is_of(record: Json, kinds: frozenset[str]) -> bool:
    kind = _at(record, ("error", "kind"))
    return kind in kinds or (kind == HttpStatus.kind and str(record.get("status")) in kinds)


def _is_at(record: Json, host: str) -> bool:
    try:
        own = parse(str(record.get("url"))).host
    except InvalidUrl:
        return False
    return host in (own, own.rpartition(":")[0])


def _chosen(records: Iterable[Json], *, is_failed_first: bool, sort: str | None, limit: int) -> list[Json]:
    """Return the first `limit` records in the order that is wanted; all are looked at, for they are counted."""
    order = _order(sort, is_failed_first=is_failed_first)
    if order is None:
        chosen = list(islice(records, limit or None))
        for _ in records:
            pass
        return chosen
    turns = count()
    keyed = ((order(record), next(turns), record) for record in records)
    return [record for _, _, record in (heapq.nsmallest(limit, keyed) if limit else sorted(keyed))]


def _order(sort: str | None, *, is_failed_first: bool) -> Callable[[Json], tuple[Any, ...]] | None:
    if sort is None:
        return (lambda record: (record.get("ok") is True,)) if is_failed_first else None
    path = split_dotted(sort.removeprefix("-"))
    is_falling = sort.startswith("-")

    def order(record: Json) -> tuple[Any, ...]:
        value = _at(record, path)
        is_number = isinstance(value, int | float)
        rank = (value is None, not is_number)  # numbers, then texts, then what is not there, whatever the direction
        key = (value if is_number else 0, "" if is_number or value is None else as_text(value))
        is_ok = is_failed_first and record.get("ok") is True
        return is_ok, *rank, _Falling(key) if is_falling else key

    return order


class _Falling:
    """Turns an order round."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def __lt__(self, other: "_Falling") -> bool:
        return bool(other.key < self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


def _draw(names: Sequence[str], rows: list[list[str]]) -> None:
    # Rich takes long to import, and only a terminal needs it.
    from rich.cells import cell_len  # noqa: PLC0415 - see above
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.table import Table  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    columns = shutil.get_terminal_size().columns
    console = Console(file=sys.stdout, width=columns, highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    natural = [max(map(cell_len, cells)) for cells in zip(names, *rows, strict=True)]
    for place, (name, width) in enumerate(zip(names, widths(natural, columns), strict=True)):
        is_number = all(_NUMBER.fullmatch(row[place]) for row in rows)
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(Text(name), no_wrap=True, overflow="ellipsis", width=width, justify=justify)
    kinds = [place for place, name in enumerate(names) if name == "error.kind"]
    for row in rows:
        is_failed = any(row[place] for place in kinds)
        table.add_row(*(Text(cell) for cell in row), style="red" if is_failed else None)
    console.print(table)


def widths(natural: Sequence[int], columns: int) -> list[int]:
    """Return how wide columns of these `natural` widths are in `columns` characters: the widest give way first."""
    room = columns - _GAP * (len(natural) - 1)
    widest = max(natural, default=0)
    while widest > _NARROWEST and sum(min(width, widest) for width in natural) > room:
        widest -= 1
    return [min(width, widest) for width in natural]
