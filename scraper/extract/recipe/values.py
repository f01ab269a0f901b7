"""What is found on a page becomes a value of its field's type, or is Unreadable as that."""

from collections.abc import Callable
from typing import Any

import msgspec

from scraper.extract.json_data import NotJsonError, parse
from scraper.extract.recipe.dates import read_date, require_dates
from scraper.extract.recipe.numbers import read_float, read_int
from scraper.extract.recipe.scope import Surroundings
from scraper.extract.recipe.unreadable import Unreadable, shown
from scraper.recipe import Field
from scraper.urls import join

Convert = Callable[[Any, Surroundings], Any]
"""A text, or a value from JSON-LD, and its page in; a JSON value of the field's type out. Raises Unreadable."""

_YES = frozenset("true yes on y t 1 ✓ ✔".split())
_NO = frozenset("false no off n f 0 ✗ ✘".split())
_NAMES = ("@value", "name", "@id", "url")
"""What an object of JSON-LD is called by, where a text is wanted: an author may be a text or a Person."""


def converter(field: Field, *, is_data: bool = False) -> Convert:
    """Return what makes values of the type of `field`; `is_data`: of what is no text, but from JSON already.

    Raises UsageError when that needs an extra that is missing.
    """
    if field.type == "date":
        require_dates()
        return lambda value, page: read_date(_scalar(value), page.lang, field.date_order)
    if field.type == "float":
        return lambda value, _page: read_float(_scalar(value), field.decimal)
    if field.type == "int":
        return lambda value, _page: read_int(_scalar(value), field.decimal)
    return {"str": _text, "url": _url, "bool": _bool, "json": _json_data if is_data else _json}[field.type]


def as_text(value: Any) -> str:
    """Return a value as the text that a str field has and a regex searches. Raises Unreadable for a bare object."""
    value = _scalar(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        keys = ", ".join(list(value)[:8])
        raise Unreadable(f"an object; go on to one of its keys ({keys}), or take the type json")
    return str(value)


def _scalar(value: Any) -> Any:
    """Return what names an object of JSON-LD, or the value itself when it is none."""
    if isinstance(value, dict):
        return next((value[name] for name in _NAMES if isinstance(value.get(name), str | int | float)), value)
    return value


def _text(value: Any, page: Surroundings) -> str:
    text = value if isinstance(value, str) else as_text(value)
    page.spend(len(text))
    return text


def _url(value: Any, page: Surroundings) -> str:
    if isinstance(value, dict):
        named = [value[key] for key in ("url", "contentUrl", "@id") if isinstance(value.get(key), str)]
        value = named[0] if named else value
    text = as_text(value).strip()
    if not text:
        raise Unreadable("an empty text is no URL")
    url = join(page.base, text)
    if url is None:
        raise Unreadable(f"{shown(text)} is not a URL")
    page.spend(len(url))
    return url


def _bool(value: Any, _page: Surroundings) -> bool:
    word = as_text(value).strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unreadable(f"{shown(word)} is neither true nor false; a regex makes it true where it is found")


def _json(value: Any, page: Surroundings) -> Any:
    page.spend(len(value))
    try:
        return parse(value)
    except NotJsonError as error:
        raise Unreadable(f"not JSON: {error}") from None


def _json_data(value: Any, page: Surroundings) -> Any:
    page.spend(len(value) if isinstance(value, str) else len(msgspec.json.encode(value)))
    return value
