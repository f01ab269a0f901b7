"""`scrape try`: prints what came of one page, field by field, or its record as JSON."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from rich.cells import cell_len, set_cell_size

from scraper.config import Config
from scraper.errors import InvalidUrl, UnsupportedScheme, UsageError
from scraper.extract.recipe.explain import Explanation, FieldStory, ItemsStory
from scraper.fetcher.saved import saved_page
from scraper.loops import new_event_loop
from scraper.models import Record
from scraper.trial import try_saved, try_url
from scraper.urls import parse

EXIT_FAILED = 1
EXIT_INCOMPLETE = 3
PIPE_WIDTH = 120
"""Columns when nobody's terminal has a width."""
ROWS_SHOWN = 10
_NARROWEST = 8
"""Columns that each field of the table of items has, however many there are."""
_VALUES_SHOWN = 5
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_OWN = ("title", "description", "canonical", "lang")


def run(page: str, config: Config, *, base_url: str | None = None, is_json: bool = False) -> int:
    """Print what came of the URL or file `page`; return the exit code. Raises RunError.

    0 all is there · 1 the page could not be had · 3 something required is missing.
    """
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        if page.lower().startswith(("http://", "https://")):
            if base_url is not None:
                raise UsageError("--base-url is for saved files; a page that is fetched has its URL")
            trial = runner.run(try_url(page, config))
        else:
            body = _read(page, config.max_body_bytes)
            saved = saved_page(body, os.fsencode(page).decode(errors="replace"), _checked(base_url))
            trial = runner.run(try_saved(saved, config))
    if trial.record is None:
        raise UsageError(f"{page}: the host wants to be left alone for longer than a run waits; try again later")
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if sys.stdout.isatty() else PIPE_WIDTH
    out = msgspec.json.encode(trial.record).decode() + "\n" if is_json else text(trial.record, trial.explanation, width)
    sys.stdout.write(out)
    if trial.explanation is not None and trial.explanation.missing:
        return EXIT_INCOMPLETE
    return 0 if trial.record.ok else EXIT_FAILED


def _read(name: str, most: int) -> bytes:
    """Return what a file holds, or standard input. Raises UsageError."""
    try:
        if name == "-":
            body = sys.stdin.buffer.read(most + 1)
        else:
            with Path(name).open("rb") as file:
                body = file.read(most + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{name!r} cannot be read: {why}; name a saved HTML file, or a URL with https://") from None
    if len(body) > most:
        raise UsageError(f"{name} has more than {most:,} bytes; see --max-body")
    return body


def _checked(base_url: str | None) -> str | None:
    try:
        return None if base_url is None else parse(base_url).href
    except (InvalidUrl, UnsupportedScheme) as error:
        raise UsageError(f"--base-url: {error}") from None


def text(record: Record, explanation: Explanation | None, width: int) -> str:
    """Return what is printed of a page, in lines of `width` columns."""
    lines = [*_head(record), *_metadata(record)]
    if explanation is not None:
        for story in explanation.fields:
            lines += ["", *(_field(story) if isinstance(story, FieldStory) else _items(story, width))]
        told = {story.name for story in explanation.fields}
        for name, value in (record.fields or {}).items():
            if name not in told:
                lines += ["", f"{name}  {_value(value)}", "    from --parse"]
        if explanation.items is not None:
            lines += ["", *_items(explanation.items, width)]
        if explanation.missing:
            lines += ["", f"MISSING: {', '.join(explanation.missing)}. In a run this page would be an extract-error."]
    return "".join(f"{_fitted(line, width)}\n" for line in lines)


def _head(record: Record) -> Iterator[str]:
    yield record.url
    if record.final_url and record.final_url != record.url:
        yield f"    {'from' if record.status is None else 'led to'} {record.final_url}"
    facts = [record.status, record.content_type, record.encoding]
    shown = [str(fact) for fact in facts if fact is not None]
    if record.bytes is not None:
        shown.append(f"{record.bytes:,} bytes")
    if shown:
        yield f"    {' · '.join(shown)}"
    if record.error is not None:
        yield f"    {record.error.kind}: {record.error.message}"


def _metadata(record: Record) -> Iterator[str]:
    for name in _OWN:
        if (value := getattr(record, name)) is not None:
            yield f"    {name} {_value(value)}"
    for part, found in (record.meta or {}).items():
        for key, value in found.items() if isinstance(found, Mapping) else enumerate(_listed(found), start=1):
            yield f"    meta {part} {key} {_value(value)}"
    if record.links is not None:
        yield f"    links {_value(record.links)}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _field(story: FieldStory) -> Iterator[str]:
    notes = [story.type]
    if story.is_default:
        notes.append("the default")
    if story.is_missing:
        notes.append("required" if story.is_required else "missing")
    yield f"{story.name}  {_value(story.value)}  ({', '.join(notes)})"
    numbered = len(story.attempts) > 1
    for place, attempt in enumerate(story.attempts, start=1):
        number = f"{place}. " if numbered else ""
        if attempt.problem is not None:
            what = f": {attempt.problem}"
        else:
            matches = f"{attempt.matches:,} matches" if attempt.matches > 1 else ""
            what = "".join(f" · {part}" for part in (attempt.place, matches) if part)
        yield f"    {number}{attempt.source}{what}"


def _items(story: ItemsStory, width: int) -> Iterator[str]:
    left = story.elements - len(story.rows)
    of = f" of {story.elements:,}" if left else ""
    yield f"{story.name}  {len(story.rows):,}{of}"
    yield f"    css {story.scope}{f': {story.problem}' if story.problem else f' · {story.place}'}"
    if left:
        whats = ", ".join(f"{name} ({number:,})" for name, number in story.left_out.items())
        yield f"    {left:,} left out, for what is required is missing: {whats}"
    yield from (f"    {line}" for line in _table(story.rows[:ROWS_SHOWN], width - 4))
    if len(story.rows) > ROWS_SHOWN:
        yield f"    and {len(story.rows) - ROWS_SHOWN:,} more; --json prints all"
    for name, number in story.filled.items():
        if number < story.elements:
            why = f": {story.problems[name]}" if name in story.problems else ""
            yield f"    {name} is in {number:,} of {story.elements:,}{why}"


def _table(rows: list[dict[str, Any]], width: int) -> Iterator[str]:
    """Yield the lines of a table; columns as wide as what is in them, up to what fits."""
    if not rows:
        return
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(cell_len(line[place]) for line in cells) for place in range(len(names))]
    while sum(widths) + 2 * (len(names) - 1) > width and max(widths) > _NARROWEST:
        widest = widths.index(max(widths))
        widths[widest] = max(_NARROWEST, min(widths[widest] - 1, width))
    for line in cells:
        yield "  ".join(set_cell_size(_fitted(cell, size), size) for cell, size in zip(line, widths, strict=True))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return _harmless(" ".join(value.split())) if isinstance(value, str) else _harmless(_value(value))


def _harmless(text: str) -> str:
    """Return `text` without what a page must not send to a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _value(value: Any) -> str:
    """Return a value on one line; a long list by its first ones and how many there are."""
    if value is None:
        return "-"
    if isinstance(value, list) and len(value) > _VALUES_SHOWN:
        shown = ", ".join(_value(item) for item in value[:_VALUES_SHOWN])
        return f"[{shown}, … {len(value):,} in all]"
    return msgspec.json.encode(value).decode()


def _fitted(line: str, width: int) -> str:
    line = _harmless(line).rstrip()
    return line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…"
