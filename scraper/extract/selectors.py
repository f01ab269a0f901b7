"""Named CSS selectors, checked once, become a page's fields: `{"price": ".price::text", "img[]": "img::attr(src)"}`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from scraper.errors import ParseLimit, UsageError
from scraper.extract.document import MAX_CHARACTERS, collapse
from scraper.urls import join

Read = Callable[[LexborNode, str], str | None]
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
_MAX_SEARCHED = 1_000
"""Characters of a selector that are tried one by one for the place where it goes wrong."""
_URL_ATTRIBUTES = frozenset({"action", "cite", "data", "href", "poster", "src"})


class Selector(Struct, frozen=True):
    """CSS, and what is read of the elements that it chooses."""

    css: str
    read: Read
    has_suffix: bool


class Field(Struct, frozen=True):
    """One field of the record and how it is read."""

    name: str
    css: str
    read: Read
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


def parse_selector(text: str) -> Selector:
    """Return the Selector that `text` spells: CSS and an optional suffix. Raises ValueError with what is wrong."""
    suffix = _SUFFIX.search(text)
    css = (text[: suffix.start()] if suffix else text).strip()
    if reason := _what_is_wrong(css):
        raise ValueError(reason)
    read = reader(suffix["part"], suffix["attribute"]) if suffix else _text
    return Selector(css=css, read=read, has_suffix=suffix is not None)


def reader(part: str | None, attribute: str | None) -> Read:
    """Return what reads an attribute, or a part of an element: `html`, else its text."""
    if attribute is not None:
        return _url_attribute(attribute) if attribute.lower() in _URL_ATTRIBUTES else _attribute(attribute)
    return _html if part == "html" else _text


def _compile(name: str, selector: str) -> Field:
    try:
        parsed = parse_selector(selector)
        field = Field(name.removesuffix("[]").strip(), parsed.css, parsed.read, is_list=name.endswith("[]"))
        if not field.name:
            raise ValueError("the field has no name; write NAME=CSS")  # noqa: TRY301 - refused as the others are
    except ValueError as error:
        raise UsageError(f"--select {' '.join(f'{name}={selector}'.split())}: {error}") from None
    return field


def _what_is_wrong(css: str) -> str | None:
    if not css:
        return "there is no selector; write NAME=CSS"
    unquoted = _QUOTED.sub("", css)
    for futile, reason in _FUTILE.items():
        if futile.search(unquoted):
            return reason
    if _is_css(css):
        return None
    if css.startswith(("/", "./")):
        return "this is XPath; only CSS selectors are known"
    wrong = next((css[end:] for end in range(min(len(css), _MAX_SEARCHED), 0, -1) if _is_css(css[:end])), "")
    return f"not a CSS selector; it goes wrong at {wrong.strip()!a}" if wrong else "not a CSS selector"


def _is_css(css: str) -> bool:
    try:
        LexborHTMLParser("").css(css)
    except (SelectolaxError, UnicodeError):
        return False
    return True


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


def _text(node: LexborNode, _base: str) -> str:
    return collapse(node.text())


def _html(node: LexborNode, _base: str) -> str | None:
    return node.html


def _attribute(name: str) -> Read:
    return lambda node, _base: node.attrs.sget(name, None)


def _url_attribute(name: str) -> Read:
    def read(node: LexborNode, base: str) -> str | None:
        value = node.attrs.sget(name, None)
        return value if value is None else join(base, value) or value

    return read
