"""Named CSS selectors, checked once, become a page's fields: `{"price": ".price::text", "img[]": "img::attr(src)"}`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from scraper.errors import ParseLimit, UsageError
from scraper.extract.document import MAX_CHARACTERS, collapse
from scraper.urls import join

_Read = Callable[[LexborNode, str], str | None]
"""An element and the base URL in, the field's value out; None when the element has no such value."""

_SUFFIX = re.compile(r"::(?:(?P<part>text|html)|attr\(\s*(?P<attribute>[^\s\"'<>/=()]+)\s*\))\s*\Z")
_QUOTED = re.compile(r"""\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)
# What Lexbor takes and never, or not as meant, finds in a page that nobody is looking at.
_FUTILE = {
    re.compile(r"::"): "a suffix is ::text, ::attr(name) or ::html, once and at the end",
    re.compile(
        r":(?:active|current|focus|hover)\b", re.IGNORECASE
    ): "no element of a fetched page is in that state; leave it out",
    re.compile(r"\|(?!=)"): "namespaces are not supported",
}
_URL_ATTRIBUTES = frozenset({"action", "cite", "data", "href", "poster", "src"})


class Field(Struct, frozen=True):
    """One field of the record and how it is read."""

    name: str
    css: str
    read: _Read
    is_list: bool
    """All matches, not the first alone."""


def compile_fields(select: Mapping[str, str]) -> tuple[Field, ...]:
    """Return the fields of `select`, in its order. Raises UsageError, naming the field and the selector.

    A name that ends in `[]` is a list of all matches, else the field is the first match, or None. The selector is CSS,
    with an optional suffix: `::text` (the default: all text in the element, whitespace collapsed), `::attr(name)` (URLs
    absolute, else as written; without a value ""), `::html` (the element with its own tags).
    """
    fields = tuple(_compile(name, selector) for name, selector in select.items())
    names = [field.name for field in fields]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--select: the field {name!r} is there twice")
    return fields


def read_fields(fields: tuple[Field, ...], tree: LexborHTMLParser, base: str) -> dict[str, Any]:
    """Return the value of each field, in their order. Raises ParseLimit."""
    return {field.name: (_all if field.is_list else _first)(field, tree, base) for field in fields}


def _compile(name: str, selector: str) -> Field:
    suffix = _SUFFIX.search(selector)
    field = Field(
        name=name.removesuffix("[]").strip(),
        css=(selector[: suffix.start()] if suffix else selector).strip(),
        read=_reader(suffix["part"], suffix["attribute"]) if suffix else _text,
        is_list=name.endswith("[]"),
    )
    if reason := _what_is_wrong(field):
        raise UsageError(f"--select {' '.join(f'{name}={selector}'.split())}: {reason}")
    return field


def _what_is_wrong(field: Field) -> str | None:
    if not field.name:
        return "the field has no name; write NAME=CSS"
    if not field.css:
        return "there is no selector; write NAME=CSS"
    unquoted = _QUOTED.sub("", field.css)
    for futile, reason in _FUTILE.items():
        if futile.search(unquoted):
            return reason
    try:
        LexborHTMLParser("").css(field.css)
    except (SelectolaxError, UnicodeError):
        return "not a CSS selector"
    return None


def _first(field: Field, tree: LexborHTMLParser, base: str) -> str | None:
    node = tree.css_first(field.css)
    return field.read(node, base) if node is not None else None


def _all(field: Field, tree: LexborHTMLParser, base: str) -> list[str]:
    values = []
    size = 0
    # Lexbor names an element once for each selector of a list that it matches.
    for node in {node.mem_id: node for node in tree.css(field.css)}.values():
        value = field.read(node, base)
        if value is None:
            continue
        size += len(value)
        if size > MAX_CHARACTERS:
            raise ParseLimit(f"the field {field.name!r} has more than {MAX_CHARACTERS:,} characters")
        values.append(value)
    return values


def _reader(part: str | None, attribute: str | None) -> _Read:
    if attribute is not None:
        return _url_attribute(attribute) if attribute.lower() in _URL_ATTRIBUTES else _attribute(attribute)
    return _html if part == "html" else _text


def _text(node: LexborNode, _base: str) -> str:
    return collapse(node.text())


def _html(node: LexborNode, _base: str) -> str | None:
    return node.html


def _attribute(name: str) -> _Read:
    return lambda node, _base: node.attrs.sget(name, None)


def _url_attribute(name: str) -> _Read:
    def read(node: LexborNode, base: str) -> str | None:
        value = node.attrs.sget(name, None)
        return value if value is None else join(base, value) or value

    return read
