"""What happened, in one sentence: how many pages were ok, what most failures were, and where."""

from collections.abc import Iterator

from scraper.markup import cut, shown
from scraper.report.groups import Group
from scraper.report.tally import NO_HOST, Tally
from scraper.stats import count

_MOST = 0.5
"""A part that is called most of a whole."""
_NAMED = 3
_NAME_LENGTH = 60


def sentence(tally: Tally) -> str:
    """Return it, without its full stop: `19,987 of 20,000 pages ok; 13 failed, mostly 404 at example.com`."""
    return "; ".join(_clauses(tally))


def _clauses(tally: Tally) -> Iterator[str]:
    pages = tally.all
    if not pages.pages:
        yield "There is no record yet"
        return
    if not pages.failed:
        yield "The one page was ok" if pages.pages == 1 else f"All {pages.pages:,} pages ok"
    elif not pages.ok:
        yield f"{'The one page' if pages.pages == 1 else f'All {pages.pages:,} pages'} failed{_why(tally)}"
    else:
        yield f"{pages.ok:,} of {pages.pages:,} pages ok"
        yield f"{pages.failed:,} failed{_why(tally)}"
    doubtful = [(name, group.pages) for name, group in tally.verdicts.largest(_NAMED + 1) if name != "ok"]
    if doubtful:
        yield f"{_list(doubtful)} by their verdict"
    changed = [(name, group.pages) for name, group in tally.changes.largest(_NAMED + 1) if name != "same"]
    if changed:
        yield _list(changed)


def _list(named: list[tuple[str, int]]) -> str:
    return ", ".join(f"{number:,} {_called(name)}" for name, number in named[:_NAMED])


def _called(name: str) -> str:
    """Return a name as it may stand in a sentence, and on a terminal, whoever wrote it."""
    return shown(cut(name, _NAME_LENGTH))


def _why(tally: Tally) -> str:
    """Tell the reason that most failures have, or the few that are most frequent."""
    reasons = tally.outcomes.largest(_NAMED)
    label, first = reasons[0]
    if first.pages >= tally.all.failed * _MOST:
        return f", {'' if first.pages == tally.all.failed else 'mostly '}{_called(label)}{_where(tally, label, first)}"
    others = len(tally.outcomes) - len(reasons)
    told = ", ".join(f"{_called(name)} {group.pages:,}" for name, group in reasons)
    return f": {told}" + (f" and {count(others, 'other kind')}" if others else "")


def _where(tally: Tally, label: str, reason: Group) -> str:
    """Tell the host that most failures of one reason have."""
    host, pages = main_host(tally, label)
    if host in ("", NO_HOST) or pages < reason.pages * _MOST:
        return ""
    return f" at {_called(host)}"


def main_host(tally: Tally, label: str) -> tuple[str, int]:
    """Return the host with most failures of one reason, and their number."""
    found = ((group.pages, host) for (name, host), group in tally.failed_at.items() if name == label)
    pages, host = max(found, key=lambda item: item[0], default=(0, ""))
    return host, pages
