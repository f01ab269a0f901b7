"""Numbers as a reader wants them, and labelled rows of a text."""

import math
import textwrap
from collections.abc import Iterable

TEXT_WIDTH = 100
LABEL_WIDTH = 12


def count(number: int, noun: str) -> str:
    """Return `1 line`, `20,000 lines`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def rate(per_s: float) -> str:
    """Return `612`, `3.4` or `0.02`: as many digits as are worth reading."""
    if per_s >= 9.95:  # noqa: PLR2004 - would round to a two-digit 10.0
        return f"{per_s:,.0f}"
    return _one_decimal(per_s) if per_s >= 1 or per_s == 0 else f"{per_s:.2f}"


def duration(seconds: float) -> str:
    """Return `2.4 ms`, `41 ms`, `32.6 s`, `4 min 10 s`, `2 h 5 min` or `3 d 4 h`."""
    if seconds < 0.9995:  # noqa: PLR2004 - would round to 1000 ms
        return f"{_one_decimal(seconds * 1000) if seconds < 0.00995 else round(seconds * 1000)} ms"  # noqa: PLR2004 - 10 ms
    if seconds < 59.95:  # noqa: PLR2004 - would round to 60.0 s
        return f"{_one_decimal(seconds)} s"
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_min = divmod(minutes, 60)
    days, rest_h = divmod(hours, 24)
    if days:
        return f"{days:,} d {rest_h} h"
    return f"{hours} h {rest_min} min" if hours else f"{minutes} min {rest_s} s"


def _one_decimal(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def size(number: int) -> str:
    """Return `512 bytes` or `1.2 GB` (units of 1000, as SI has them)."""
    if number < 1000:  # noqa: PLR2004 - a KB
        return count(number, "byte")
    value = float(number)
    for unit in ("KB", "MB", "GB"):
        value /= 1000
        if value < 999.95:  # noqa: PLR2004 - would round to 1000.0
            return f"{value:.1f} {unit}"
    return f"{value / 1000:,.1f} TB"


def percent(share: float) -> str:
    """Return `100 %`, `94.1 %` or `0 %`, rounded down: 100 % says all, and 0 % says none."""
    tenths = math.floor(share * 1000 + 1e-9)
    if share > 0 and not tenths:
        return "under 0.1 %"
    return f"{_one_decimal(tenths / 10)} %"


def printable(text: str) -> str:
    """Return `text` in one line that a terminal shows as it is: a page may have chosen it."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def row(label: str, items: Iterable[str]) -> str:
    """Lay out `items` beside a label, in lines of TEXT_WIDTH, an item never broken."""
    unbroken = "\N{NO-BREAK SPACE}· ".join(item.replace(" ", "\N{NO-BREAK SPACE}") for item in items)
    lines = textwrap.wrap(unbroken, TEXT_WIDTH - LABEL_WIDTH, break_long_words=False, break_on_hyphens=False)
    block = textwrap.indent("\n".join(lines), " " * LABEL_WIDTH).lstrip()
    return f"{label:<{LABEL_WIDTH}}{block}".replace("\N{NO-BREAK SPACE}", " ")
