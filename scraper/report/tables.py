"""Tables, tiles, figures and the sections that they stand in."""

from collections.abc import Iterable, Sequence
from itertools import count

from msgspec import Struct

from scraper.markup import Markup, element, foreign, joined, link
from scraper.report.groups import Group
from scraper.report.plots import share_bar
from scraper.stats import duration, percent, size

_NUMBERS = count(1)
NONE = "\N{EN DASH}"


class Cell(Struct, frozen=True):
    """What a table shows in one place; `kind` is its class: number, long, name, or none."""

    content: str
    kind: str = ""


class Table(Struct, frozen=True, kw_only=True):
    """A table: the first cell of a row is its header."""

    caption: str
    note: str = ""
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def table(told: Table) -> Markup:
    """Return it, in a box that scrolls by itself when it is too wide, with keys too."""
    name = f"table-{next(_NUMBERS)}"
    kinds = [cell.kind for cell in told.rows[0]] if told.rows else [""] * len(told.head)
    heads = [_head(text, kind) for text, kind in zip(told.head, kinds, strict=True)]
    note = [element("small", told.note)] if told.note else []
    return element(
        "div",
        element(
            "table",
            element("caption", element("span", told.caption, *note, id=name)),
            element("thead", element("tr", *heads)),
            element("tbody", *map(_row, told.rows)),
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_labelledby=name,
    )


def _head(text: str, kind: str) -> Markup:
    """Return the header of a column; one of bars, which only show the number beside them, has none."""
    return element("th", text, scope="col", class_=kind or None) if text else element("td")


def _row(cells: Sequence[Cell]) -> Markup:
    first, *others = cells
    head = element("th", first.content, scope="row", class_=first.kind or None)
    return element("tr", head, *(element("td", cell.content, class_=cell.kind or None) for cell in others))


def number(value: float) -> Cell:
    """Return `20,000`."""
    return Cell(f"{value:,}", "number")


def milliseconds(value_ms: float | None) -> Cell:
    """Return `41 ms`, or a dash."""
    return Cell(NONE if value_ms is None else duration(value_ms / 1000), "number")


def bytes_(value: int) -> Cell:
    """Return `1.2 GB`, or a dash for none."""
    return Cell(size(value) if value else NONE, "number")


def share(part: int, whole: int, kind: str = "ok") -> tuple[Cell, Cell]:
    """Return `98.2 %` and a bar of that length."""
    return Cell(percentage(part, whole), "number"), Cell(share_bar(part / whole if whole else 0.0, kind), "")


def percentage(part: int, whole: int) -> str:
    """Return `98.2 %`, or a dash where there is nothing to have a share of."""
    return percent(part / whole) if whole else NONE


def groups(  # noqa: PLR0913 - what a table of groups can differ in
    caption: str,
    first: str,
    named: Iterable[tuple[Markup, Group]],
    *,
    whole: int,
    note: str = "",
    has_ok: bool = True,
) -> Markup:
    """Return a table of groups of pages: how many, which part of the `whole`, ok, latency, bytes."""
    rows = [
        [
            Cell(name, "name"),
            number(group.pages),
            *share(group.pages, whole),
            *([Cell(percentage(group.ok, group.pages), "number")] if has_ok else []),
            milliseconds(group.latency.quantile(0.5)),
            milliseconds(group.latency.quantile(0.95)),
            bytes_(group.bytes),
        ]
        for name, group in named
    ]
    head = [first, "Pages", "Share", "", *(["Ok"] if has_ok else []), "p50", "p95", "Bytes"]
    return table(Table(caption=caption, note=note, head=head, rows=rows)) if rows else Markup()


def page_cell(url: str, title: str) -> Cell:
    """Return a page by its URL and its title, both as strangers wrote them."""
    below = [element("br"), element("span", foreign(title, 100), class_="soft")] if title else []
    return Cell(joined(link(url, 120), *below), "long")


def figure(caption: str, plot: Markup, numbers: Table, keys: Sequence[tuple[str, str]] = ()) -> Markup:
    """Return a plot with its caption, its colours named, and its numbers as a table that opens."""
    named = [element("small", element("span", class_=f"key {kind}"), text) for kind, text in keys]
    opened = element("details", element("summary", "The numbers of this plot"), table(numbers))
    return joined(element("figure", element("figcaption", caption, *named), plot), opened)


def tiles(facts: Iterable[tuple[str, str, str]]) -> Markup:
    """Return a few figures that matter, each with its name and a remark."""
    return element(
        "dl", *(element("div", element("dt", name), _fact(value, note)) for name, value, note in facts), class_="tiles"
    )


def _fact(value: str, note: str) -> Markup:
    return element("dd", value, *([element("small", note)] if note else []))


def section(name: str, heading: str, *content: str) -> Markup:
    """Return a chapter of the page that can be gone to by `#name`."""
    return element(
        "section", element("h2", heading, id=f"{name}-heading"), *content, id=name, aria_labelledby=f"{name}-heading"
    )
