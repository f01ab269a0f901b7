"""The page of a report: what happened, in a sentence and a few figures, then chapter by chapter."""

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from scraper.markup import Markup, element, foreign, joined, theme
from scraper.report import chapters, details, tables
from scraper.report.reading import Left
from scraper.report.sentence import sentence
from scraper.report.tally import Tally
from scraper.stats import count, duration, rate, size

_CHAPTERS = (
    chapters.outcomes,
    chapters.latency,
    chapters.speed,
    chapters.hosts,
    details.fields,
    details.verdicts,
    details.changes,
    details.standouts,
    details.answers,
    details.detours,
)
_OWN_STYLE = """
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; margin: 1.25rem 0 0; list-style: none; }
.plot { height: 206px; } .stack { height: 20px; border-radius: 4px; margin-bottom: 1rem; }
.scroll + .scroll, details + .scroll { margin-top: 1.75rem; }
.notice { border-left: 4px solid var(--warn); padding-left: 0.75rem; }
"""
_HEADING = re.compile(r'<section id="([a-z]+)"|<h2 id="[a-z-]+">([^<]+)</h2>')


def render(tally: Tally, left: Left, *, name: str, size_bytes: int) -> str:
    """Return the page. `name` and `size_bytes` are those of the output."""
    style = Markup(theme() + _OWN_STYLE)
    sections = [made for chapter in _CHAPTERS if tally.all.pages and (made := chapter(tally))]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", f"Report on {name}"),
        element("style", style),
    )
    body = element(
        "body",
        element("a", "To the outcomes", href="#main", class_="skip"),
        _header(tally, left, name),
        _contents(sections),
        element("main", *sections, id="main", tabindex="-1"),
        _footer(tally, name, size_bytes),
    )
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def _policy(style: str) -> str:
    """Let the page load nothing, run nothing, send nothing: only its own style sheet counts."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _header(tally: Tally, left: Left, name: str) -> Markup:
    notices = [element("p", notice, class_="notice") for notice in notices_of(left)]
    return element(
        "header",
        element("h1", "Report on ", foreign(name, 200)),
        element("p", f"{sentence(tally)}.", class_="lead"),
        *([element("p", when, class_="soft")] if (when := _when(tally)) else []),
        *notices,
        *([tables.tiles(_facts(tally))] if tally.all.pages else []),
    )


def _when(tally: Tally) -> str:
    if tally.first_s > tally.last_s:
        return ""
    first, last = (datetime.fromtimestamp(at_s, UTC) for at_s in (tally.first_s, tally.last_s))
    until = f"{last:%H:%M:%S}" if first.date() == last.date() else f"{last:%d %b %Y %H:%M:%S}"
    return f"Fetched from {first:%d %b %Y %H:%M:%S} to {until} UTC."


def _facts(tally: Tally) -> Iterator[tuple[str, str, str]]:
    pages, latency = tally.all, tally.all.latency
    yield "Pages ok", tables.percentage(pages.ok, pages.pages), f"{pages.ok:,} of {pages.pages:,}"
    yield "Failed", f"{pages.failed:,}", f"in {count(len(tally.outcomes), 'way')}" if pages.failed else ""
    yield "Hosts", f"{len(tally.hosts):,}{'+' if tally.hosts.undercount else ''}", ""
    if latency.counts:
        median, slow = latency.quantile(0.5) or 0.0, latency.quantile(0.95) or 0.0
        yield "Latency, p50", duration(median / 1000), f"p95 {duration(slow / 1000)}"
    active_s = min(tally.last_s - tally.first_s, tally.timeline.active_s)
    if tally.first_s < tally.last_s:
        yield "Speed", f"{rate((pages.pages - tally.untimed) / active_s)}/s", f"for {duration(active_s)}"
    yield "Bodies", size(pages.bytes), "decoded"
    retries = sum((tries - 1) * number for tries, number in tally.attempts.items())
    if retries:
        yield "Retries", f"{retries:,}", ""


def notices_of(left: Left) -> Iterator[str]:
    """Yield what of the output is not in the report, a sentence each."""
    if left.damage:
        yield f"The output is damaged {left.damage}; what follows is not in this report."
    if left.malformed:
        verb = "is" if left.malformed == 1 else "are"
        yield f"{count(left.malformed, 'line')} of the output {verb} no record and left out ({left.first})."
    if left.torn_bytes:
        end = f"The end of the output, {count(left.torn_bytes, 'byte')}"
        yield f"{end}, is a piece of a record, and left out: the run was killed, or is still at it."


def _contents(sections: list[Markup]) -> Markup:
    items = []
    for made in sections:
        (name, _), (_, heading) = _HEADING.findall(made)[:2]
        items.append(element("li", element("a", Markup(heading), href=f"#{name}")))
    return element("nav", element("ul", *items), aria_label="Chapters") if items else Markup()


def _footer(tally: Tally, name: str, size_bytes: int) -> Markup:
    terms = [f"{count(tally.all.pages, 'record')} in {size(size_bytes)}"]
    if tally.untimed:
        terms.append(f"{tally.untimed:,} of them were never fetched and are in no plot over time")
    told = joined("; ".join(terms), ". Latencies are those of the last try; percentiles are within 2 %.")
    return element("footer", element("p", told), element("p", "Made by scrape report from ", foreign(name, 200), "."))
