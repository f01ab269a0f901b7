"""The chapters on what came back: fields, verdicts and changes, pages that stand out, what servers answered."""

from collections import Counter
from collections.abc import Callable, Mapping

from scraper.markup import Markup, foreign, link
from scraper.report import tables
from scraper.report.chapters import undercount
from scraper.report.groups import Groups, Largest
from scraper.report.tables import Cell, Table
from scraper.report.tally import Standout, Tally
from scraper.stats import duration, size

_SHOWN = 20
_FIELDS_SHOWN = 200
_LONGEST_SHOWN = 10


def fields(tally: Tally) -> Markup:
    """Return how many ok pages had something in each field."""
    ok = tally.all.ok
    if not ok:
        return Markup()
    content = []
    if tally.with_fields:
        note = f"Of the {tally.with_fields:,} ok pages that were asked for fields." if tally.with_fields != ok else ""
        content.append(_fills("Fields", note, tally.present, tally.with_fields))
    content.append(_fills("What every page may tell", "", tally.always, ok))
    return tables.section("fields", "Fill rates", *content)


def _fills(caption: str, note: str, filled: Mapping[str, int], whole: int) -> Markup:
    emptiest_first = sorted(filled.items(), key=lambda item: (item[1], item[0]))[:_FIELDS_SHOWN]
    rows = [
        [Cell(foreign(name), "name"), tables.number(pages), *tables.share(pages, whole)]
        for name, pages in emptiest_first
    ]
    if not rows:
        return Markup()
    return tables.table(Table(caption=caption, note=note, head=["Field", "Pages that have it", "Share", ""], rows=rows))


def verdicts(tally: Tally) -> Markup:
    """Return what the pages were taken for, beside ok."""
    if not tally.verdicts:
        return Markup()
    named = [(foreign(name), group) for name, group in tally.verdicts.largest(_SHOWN)]
    shown = tables.groups("Pages by verdict", "Verdict", named, whole=tally.all.pages)
    return tables.section("verdicts", "Verdicts", shown)


def changes(tally: Tally) -> Markup:
    """Return what became of the pages since an earlier run."""
    if not tally.changes:
        return Markup()
    named = [(foreign(name), group) for name, group in tally.changes.largest(_SHOWN)]
    shown = tables.groups("Pages by what changed since the earlier run", "Change", named, whole=tally.all.pages)
    return tables.section("changes", "What changed", shown)


def standouts(tally: Tally) -> Markup:
    """Return the slowest and the largest pages."""

    def slow(value: float, page: Standout) -> list[Cell]:
        return [
            Cell(duration(value / 1000), "number"),
            Cell(page.slowest_phase.replace("_", " "), "kind"),
            _size(page),
            _status(page),
        ]

    def large(value: float, page: Standout) -> list[Cell]:
        return [Cell(size(int(value)), "number"), Cell(duration(page.elapsed_ms / 1000), "number"), _status(page)]

    content = [
        _pages("Slowest pages", ["Page", "Took", "Mostly", "Bytes", "Status"], tally.slowest, slow),
        _pages("Largest pages", ["Page", "Bytes", "Took", "Status"], tally.largest, large),
    ]
    return tables.section("pages", "Pages that stand out", *content) if any(content) else Markup()


def _size(page: Standout) -> Cell:
    return tables.bytes_(page.bytes)


def _status(page: Standout) -> Cell:
    return Cell(tables.NONE if page.status is None else str(page.status), "number")


def _pages(
    caption: str, head: list[str], pages: Largest[Standout], cells: Callable[[float, Standout], list[Cell]]
) -> Markup:
    rows = [[tables.page_cell(page.url, page.title), *cells(value, page)] for value, page in pages.items()]
    return tables.table(Table(caption=caption, head=head, rows=rows)) if rows else Markup()


def answers(tally: Tally) -> Markup:
    """Return what servers answered: statuses, media types, charsets."""
    told: list[tuple[str, str, Groups[str]]] = [
        ("Pages by their last status", "Status", tally.statuses),
        ("Pages by content type", "Content type", tally.content_types),
        ("Pages by charset", "Charset", tally.charsets),
    ]
    content = []
    for caption, first, groups in told:
        named = [(foreign(name), group) for name, group in groups.largest(_SHOWN)]
        more = f"The {_SHOWN} with most pages of {len(groups):,}." if len(groups) > _SHOWN else ""
        note = more + undercount(groups)
        content.append(tables.groups(caption, first, named, whole=tally.all.pages, note=note))
    return tables.section("answers", "Statuses, content types, charsets", *content) if any(content) else Markup()


def detours(tally: Tally) -> Markup:
    """Return the tries and redirects that it took."""
    content = []
    if set(tally.attempts) - {1}:
        content.append(_counts("Pages by number of tries", "Tries", tally.attempts, tally.all.pages))
    if tally.hops:
        content += [
            _counts("Pages by number of redirects", "Redirects", tally.hops, tally.all.pages),
            _counts("Redirects by status", "Status", tally.hop_statuses, tally.hop_statuses.total()),
            _longest(tally),
        ]
    return tables.section("detours", "Retries and redirects", *content) if content else Markup()


def _counts(caption: str, first: str, counts: Counter[int], whole: int) -> Markup:
    rows = [
        [Cell(str(key)), tables.number(pages), *tables.share(pages, whole)]
        for key, pages in sorted(counts.items())[:_SHOWN]
    ]
    head = [first, "Redirects" if first == "Status" else "Pages", "Share", ""]
    return tables.table(Table(caption=caption, head=head, rows=rows))


def _longest(tally: Tally) -> Markup:
    rows = [
        [Cell(link(page.url, 120), "long"), Cell(page.hops, "kind"), Cell(link(page.final_url, 120), "long")]
        for _, page in tally.longest.items()[:_LONGEST_SHOWN]
    ]
    head = ["Page", "By way of", "Ended at"]
    return tables.table(Table(caption="Pages with most redirects", head=head, rows=rows))
