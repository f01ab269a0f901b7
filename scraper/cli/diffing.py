"""`scrape diff`: the differences of two outputs, a few lines or a JSON object for each, and their counts."""

import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from scraper.cli.showing import printable
from scraper.export.names import split_dotted, split_list
from scraper.recrawl.diff import Diff, Difference, Value, Verdict
from scraper.stats import LABEL_WIDTH, count

EXIT_DIFFERENT = 1
_VALUE_CHARACTERS = 60
_BEFORE = 20
"""Characters that are shown of what two long texts have in common before their first difference."""
_MISSING = "-"
_HASH = "sha256"
_ELSEWHERE = "(its source, but nothing that was extracted)"


def run(old: str, new: str, *, fields: str | None, is_json: bool, has_exit_code: bool) -> int:
    """Print what differs between two outputs; return the exit code. Raises UsageError."""
    diff = Diff(old, new, [split_dotted(name) for name in split_list(fields)] if fields else ())
    write = sys.stdout.write
    for difference in diff:
        write(_json(difference) if is_json else text(difference))
    if is_json:
        counts = {verdict: diff.counts[verdict] for verdict in get_args(Verdict)}
        write(_json({"old": diff.old_records, "new": diff.new_records, "counts": counts}))
    else:
        write(account(diff) + "\n")
    return EXIT_DIFFERENT if has_exit_code and diff.has_differences else 0


def text(difference: Difference) -> str:
    """Return the lines that tell of a page."""
    about = printable(difference.error or difference.title)
    line = f"{difference.change:<{LABEL_WIDTH}}{printable(difference.url)}"
    rows = [f"{line}  {about}" if about else line]
    names = {printable(name): value for name, value in difference.fields.items()}
    width = max(map(len, names), default=0)
    if names.keys() == {_HASH}:
        return "".join(f"{row}\n" for row in [*rows, f"{'':<{LABEL_WIDTH}}{_ELSEWHERE}"])
    rows += [f"{'':<{LABEL_WIDTH}}{name:<{width}}  {change(value)}" for name, value in names.items()]
    return "".join(f"{row}\n" for row in rows)


def change(value: Value) -> str:
    """Return `old → new`, of lists how many entries came and went, of long texts the place where they differ."""
    old, new = value.old, value.new
    if isinstance(old, list) and isinstance(new, list):
        came, went = _entries(new) - _entries(old), _entries(old) - _entries(new)
        first = [f"{sign}{_short(next(iter(entries)))}" for sign, entries in (("+", came), ("-", went)) if entries]
        numbers = f"{count(len(old), 'entry')} → {count(len(new), 'entry')}".replace("entrys", "entries")
        return (
            f"{numbers} (+{came.total():,} -{went.total():,}{': ' if first else ', in another order'}{' '.join(first)})"
        )
    before, after = _shown(old), _shown(new)
    start = 0
    if max(len(before), len(after)) > _VALUE_CHARACTERS:
        start = max(0, _common_length(before, after) - _BEFORE)
    return f"{_short(before, start)} → {_short(after, start)}"


def account(diff: Diff) -> str:
    """Return the closing line."""
    counts = " · ".join(f"{verdict} {diff.counts[verdict]:,}" for verdict in get_args(Verdict))
    return f"{count(diff.old_records, 'old record')}, {diff.new_records:,} new: {counts}"


def _entries(values: Iterable[Any]) -> "Counter[str]":
    return Counter(map(_shown, values))


def _shown(value: Any) -> str:
    return _MISSING if value is None else msgspec.json.encode(value).decode()


def _short(value: str, start: int = 0) -> str:
    cut = value[start : start + _VALUE_CHARACTERS]
    return printable(f"{'…' if start else ''}{cut}{'…' if start + len(cut) < len(value) else ''}")


def _common_length(one: str, other: str) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode() + "\n"
