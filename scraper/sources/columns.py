"""Which column of a table holds the URL and which the priority, and a row of it as a Row."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from scraper.errors import UsageError
from scraper.models import Row
from scraper.urls import MAX_URL_LENGTH

_URL_WORDS = ("url", "link", "href")
_WORD = re.compile(r"URLs?(?![a-z])|[A-Z]+(?![^\W\d_A-Z])|[^\W\d_][^\W\d_A-Z]*")
"""A word of a column's name: `page_url`, `page url`, `pageUrl` and `pageURLs` have two, `hourly_rate` has no `url`."""
_PRIORITY = "priority"
_SHOWN_COLUMNS = 20
_SHOWN_CHARACTERS = 40


class Columns(Struct, frozen=True):
    """The columns that the user named; what is None is guessed."""

    url: str | None = None
    priority: str | None = None

    def url_among(self, names: Sequence[str]) -> str | None:
        """Return which of `names` holds the URL, or None.

        It is the one that was named; else one that is `url`, `link` or `href`; else one that has it as a word, in the
        singular or the plural.
        """
        if self.url is not None:
            return _match(self.url, names)
        exact = (_match(word, names) for word in _URL_WORDS)
        partial = (name for word in _URL_WORDS for name in names if {word, f"{word}s"} & _words(name))
        return next(filter(None, exact), None) or next(partial, None)

    def priority_among(self, names: Sequence[str]) -> str | None:
        """Return which of `names` holds the priority, or None."""
        return _match(_PRIORITY if self.priority is None else self.priority, names)

    def require_url(self, names: Sequence[str], source: str) -> str:
        """Return which of `names` holds the URL. Raises UsageError, listing them, when none does."""
        found = self.url_among(names)
        if found is None and self.url is not None:
            raise UsageError(f"{source}: there is no column {self.url!r} (--url-column); {_listed(names)}")
        if found is None:
            raise UsageError(
                f"{source}: no column is called url, link or href; name one with --url-column; {_listed(names)}"
            )
        return found

    def require_priority(self, names: Sequence[str], source: str) -> str | None:
        """Return which of `names` holds the priority, or None. Raises UsageError when the one named is missing."""
        found = self.priority_among(names)
        if found is None and self.priority is not None:
            raise UsageError(f"{source}: there is no column {self.priority!r} (--priority-column); {_listed(names)}")
        return found


class Mapper:
    """Turns the mappings of one source (JSON objects, dicts) into Rows. Each may have keys of its own."""

    def __init__(self, source: str, columns: Columns) -> None:
        self._source = source
        self._columns = columns
        self._names: tuple[str, ...] | None = None
        self._url: str | None = None
        self._priority: str | None = None
        self._first_names: tuple[str, ...] | None = None
        self._has_found_url = False

    def row(self, fields: dict[str, Any], line: int, text: str) -> Row:
        """Return the Row of `fields`. Without a URL in them it is made of `text`, so that it fails as what it is."""
        names = tuple(fields)
        if names != self._names:
            self._choose(names)
        if self._url is None:
            problem = f"none of its keys is called url, link or href; {_listed(names)}"
            if self._columns.url is not None:
                problem = f"it has no {self._columns.url!r} (--url-column); {_listed(names)}"
            return unusable(text, line, self._source, problem)
        if not isinstance(fields[self._url], str | None):
            problem = f"{self._url!r} is {described(fields[self._url])}, not a URL in quotes"
            return unusable(text, line, self._source, problem)
        return make_row(fields, self._url, self._priority, line, self._source)

    def check(self) -> None:
        """Raise UsageError when there were mappings and none of them had a URL column."""
        if self._first_names is not None and not self._has_found_url:
            self._columns.require_url(self._first_names, self._source)

    def _choose(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._url = self._columns.url_among(names)
        self._priority = self._columns.priority_among(names)
        self._first_names = self._first_names or names
        self._has_found_url = self._has_found_url or self._url is not None


def make_row(fields: dict[str, Any], url_column: str, priority_column: str | None, line: int, source: str) -> Row:
    """Return the Row of `fields`, whose other columns become its `input`."""
    url = fields.pop(url_column, None) or ""
    priority = 0.0 if priority_column is None else number(fields.get(priority_column))
    return Row(url.strip(), line, source, priority, fields or None)


def unusable(text: str, line: int, source: str, problem: str) -> Row:
    """Return the Row of a line without a usable URL: it fails as invalid-url, and shows what stood there.

    A text that is cut stays longer than any URL may be, for it must not be taken for a shorter one.
    """
    text = text.strip()
    url = text if len(text) <= MAX_URL_LENGTH else text[: MAX_URL_LENGTH + 1] + "…"
    return Row(url, line, source, problem=problem)


def described(value: object) -> str:
    """Return what a value of JSON is, shortly: `the number 17`, `an object`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float | Decimal):
        return f"the number {_shortened(str(value))}"
    return "an object" if isinstance(value, Mapping) else "an array" if isinstance(value, list) else "no text"


def number(value: object) -> float:
    """Return `value` as a finite number; 0 for what is none."""
    try:
        result = float(value)  # type: ignore[arg-type] # what float() cannot take is what TypeError is for
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return result if math.isfinite(result) else 0.0


def _match(wanted: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that is `wanted`: to the letter, or else in another case."""
    names = list(names)
    if wanted in names:
        return wanted
    return next((name for name in names if name.strip().lower() == wanted.strip().lower()), None)


def _listed(names: Sequence[str]) -> str:
    shown = [_shortened(" ".join(name.split())) for name in names[:_SHOWN_COLUMNS]]
    more = ", …" if len(names) > _SHOWN_COLUMNS else ""
    return f"it has: {', '.join(shown)}{more}" if shown else "it has none"


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}
