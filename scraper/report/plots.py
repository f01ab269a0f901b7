"""Columns and bars as SVG that fits any width: lengths across in per cent, lengths up and letters in pixels."""

from collections.abc import Sequence
from itertools import count

from msgspec import Struct

from scraper.markup import Markup, element, joined

_HEIGHT = 160
"""Pixels of the plot itself; above it is room for the labels of marks, below for those of the ticks."""
_ABOVE = 22
_BELOW = 24
_GAP = 0.12
"""Part of a column that is left free to the next."""
_EDGE = 8.0
"""Per cent from an edge within which a label ends at it."""
_NUMBERS = count(1)


class Bar(Struct, frozen=True):
    """One column: where it begins and ends across, in per cent, and what it is made of."""

    left: float
    right: float
    ok: int
    failed: int = 0
    tip: str = ""


class Tick(Struct, frozen=True):
    """A label below, or a line over the plot with a label above."""

    at: float
    """Per cent."""
    label: str


def columns(
    bars: Sequence[Bar], *, title: str, description: str, ticks: Sequence[Tick], marks: Sequence[Tick] = ()
) -> Markup:
    """Return the plot of `bars`. `description` is for those who do not see it."""
    number = next(_NUMBERS)
    top = nice_ceiling(max((bar.ok + bar.failed for bar in bars), default=0))
    return element(
        "svg",
        element("title", title, id=f"plot-{number}-title"),
        element("desc", description, id=f"plot-{number}-desc"),
        *_lines(),
        *(_column(bar, top) for bar in bars),
        *_heights(top),
        *_ticks(ticks),
        *_marks(marks),
        role="img",
        height=_ABOVE + _HEIGHT + _BELOW,
        aria_labelledby=f"plot-{number}-title plot-{number}-desc",
        class_="plot",
    )


def share_bar(share: float, kind: str = "ok") -> Markup:
    """Return a small bar that is full to `share` (0 to 1); the number stands beside it."""
    return element(
        "svg",
        element("rect", width="100%", height="100%", class_="track"),
        element("rect", width=percent(100 * share), height="100%", class_=kind),
        class_="bar",
        aria_hidden="true",
    )


def stack(parts: Sequence[tuple[str, int]]) -> Markup:
    """Return one wide bar of parts, each with its class."""
    total = sum(number for _, number in parts) or 1
    pieces, left = [], 0.0
    for kind, number in parts:
        width = 100 * number / total
        pieces.append(element("rect", x=percent(left), width=percent(width), height="100%", class_=kind))
        left += width
    return element("svg", *pieces, class_="stack", height=20, aria_hidden="true")


def nice_ceiling(value: float) -> int:
    """Return the first of 2, 4, 10, 20, 40, 100, … that `value` does not exceed: its half is a whole number too."""
    step = 1
    while True:
        for factor in (2, 4):
            if value <= factor * step:
                return factor * step
        step *= 10
        if value <= step:
            return step


def percent(value: float) -> str:
    """Return a length for SVG."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"


def _column(bar: Bar, top: int) -> Markup:
    width = (bar.right - bar.left) * (1 - _GAP)
    bottom = float(_ABOVE + _HEIGHT)
    pieces = []
    for kind, number in (("ok", bar.ok), ("failed", bar.failed)):
        if number:
            height = max(_HEIGHT * number / top, 1.0)
            bottom -= height
            pieces.append(
                element(
                    "rect",
                    x=percent(bar.left),
                    y=f"{bottom:.1f}",
                    width=percent(width),
                    height=f"{height:.1f}",
                    class_=kind,
                )
            )
    return element("g", element("title", bar.tip), *pieces) if pieces else Markup()


def _lines() -> list[Markup]:
    heights = ((_ABOVE, "grid"), (_ABOVE + _HEIGHT // 2, "grid"), (_ABOVE + _HEIGHT, "base"))
    return [element("line", x1="0", x2="100%", y1=y, y2=y, class_=kind) for y, kind in heights]


def _heights(top: int) -> list[Markup]:
    """Return what the lines stand for, over the columns."""
    labels = ((_ABOVE, top), (_ABOVE + _HEIGHT // 2, top // 2))
    return [element("text", f"{value:,}", x=0, y=y + 14, class_="halo") for y, value in labels]


def _ticks(ticks: Sequence[Tick]) -> list[Markup]:
    y = _ABOVE + _HEIGHT
    return [element("text", tick.label, x=percent(tick.at), y=y + 18, text_anchor=_anchor(tick.at)) for tick in ticks]


def _marks(marks: Sequence[Tick]) -> list[Markup]:
    pieces = []
    for mark in marks:
        at = percent(mark.at)
        pieces.append(element("line", x1=at, x2=at, y1=_ABOVE - 4, y2=_ABOVE + _HEIGHT, class_="mark"))
        pieces.append(element("text", mark.label, x=at, y=12, class_="strong halo", text_anchor=_anchor(mark.at)))
    return [joined(*pieces)]


def _anchor(at: float) -> str:
    if at < _EDGE:
        return "start"
    return "end" if at > 100 - _EDGE else "middle"
