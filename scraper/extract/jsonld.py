"""JSON-LD as pages have it: scripts whose JSON is nearly right, and the objects in them by their types."""

import html
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from selectolax.lexbor import LexborNode

from scraper.extract.json_data import NotJsonError, parse

MAX_CHARACTERS = 2**20
"""Of one script; longer ones are left out."""
MAX_ENTITIES = 1_000
"""Objects that are looked through for what a page is about."""

_MEDIA_TYPE = "application/ld+json"
# Many generators leave line ends and the like inside strings, which JSON forbids; anywhere else a space is as good.
_CONTROLS = dict.fromkeys(range(0x20), " ")
_WRAPPER_START = re.compile(r"\s*+(?://|/\*)?\s*+<!(?:\[CDATA\[|--)\s*+(?:\*/)?")
_WRAPPER_END = re.compile(r"(?://|/\*)?\s*(?:\]\]|--)>\s*(?:\*/)?\s*\Z")
# A string that is not closed ends with the text, so that each place is read once.
_STRING = r'"(?:[^"\\]++|\\.)*+"?'
_STRING_OR_COMMENT = re.compile(rf"({_STRING})|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?", re.DOTALL)
_STRING_OR_COMMA = re.compile(rf"({_STRING})|,(?=\s*+[}}\]])|;\s*+\Z", re.DOTALL)
_BAD_ESCAPE = re.compile(r"""\\(?:(["\\/bfnrtu])|('?))""")
_LINKS = ("@graph", "mainEntity", "mainEntityOfPage")


def jsonld_objects(script: LexborNode) -> list[dict[str, Any]]:
    """Return the objects at the top of a script of JSON-LD; none when it is another script or cannot be read.

    Forgiven are what browsers and search engines forgive: line ends in strings, comments and CDATA marks around it,
    comments in it, commas and a semicolon too many, escapes that JSON does not have, and being escaped as HTML.
    """
    media_type = (script.attributes.get("type") or "").partition(";")[0]
    if media_type.strip().lower() != _MEDIA_TYPE:
        return []
    text = script.text()
    if len(text) > MAX_CHARACTERS:
        return []
    data = _loaded(text)
    return [item for item in (data if isinstance(data, list) else [data]) if isinstance(item, dict)]


def entities(objects: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects, and those of their graphs and main entities, outer ones first; at most MAX_ENTITIES."""
    yield from islice(_walk(objects), MAX_ENTITIES)


def types(entity: dict[str, Any]) -> set[str]:
    """Return the names of an object's types, without vocabulary: `{"NewsArticle"}`."""
    named = entity.get("@type")
    names = named if isinstance(named, list) else [named]
    return {re.split(r"[/:#]", name)[-1] for name in names if isinstance(name, str)}


def _walk(objects: Iterable[Any]) -> Iterator[dict[str, Any]]:
    level = list(objects)
    while level:
        found = [item for item in level if isinstance(item, dict)]
        yield from found
        level = [
            child
            for item in found
            for name in _LINKS
            if isinstance(value := item.get(name), dict | list)
            for child in (value if isinstance(value, list) else [value])
        ]


def _loaded(text: str) -> Any:
    """Return the data of a script, None when it cannot be read."""
    with suppress(NotJsonError):
        return parse(text.translate(_CONTROLS))
    for nearly in (text, html.unescape(text)):
        with suppress(NotJsonError):
            return parse(_mended(nearly).translate(_CONTROLS))
    return None


def _mended(text: str) -> str:
    text = _WRAPPER_START.sub("", text, count=1) if "<!" in text else text
    text = _WRAPPER_END.sub("", text)
    text = _STRING_OR_COMMENT.sub(lambda match: match[1] or " ", text)
    return _STRING_OR_COMMA.sub(lambda match: _with_good_escapes(match[1]) if match[1] else "", text)


def _with_good_escapes(string: str) -> str:
    if "\\" not in string:
        return string
    return _BAD_ESCAPE.sub(lambda match: match[0] if match[1] else match[2] or "\\\\", string)
