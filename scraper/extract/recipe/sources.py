"""The alternatives of a field: each finds raw values in a Scope, and takes from one what the recipe asks for."""

import re
from collections.abc import Sequence
from typing import Any, Protocol

from selectolax.lexbor import LexborNode

from scraper.extract.recipe.css import Css, parse_css
from scraper.extract.recipe.scope import Scope
from scraper.extract.recipe.unreadable import Unreadable, shown
from scraper.extract.recipe.values import as_text
from scraper.extract.selectors import Read, reader
from scraper.recipe import Field

_LINKS = ("href", "src", "content")
_DATES = ("datetime", "content")


class Source(Protocol):
    """One place where a field's value may be."""

    kind: str
    text: str
    """As it stands in the recipe."""
    is_data: bool
    """What it takes is from JSON, not text."""

    def first(self, scope: Scope) -> Any:
        """Return the first raw value, None when there is none."""
        ...

    def all(self, scope: Scope) -> Sequence[Any]:
        """Return all raw values."""
        ...

    def take(self, raw: Any, scope: Scope) -> Any:
        """Return what the recipe wants of a raw value, None when it does not have that."""
        ...


class CssSource:
    """Elements that a selector chooses."""

    kind = "css"
    is_data = False

    def __init__(self, css: Css, read: Read) -> None:
        self.text = css.text
        self._css = css
        self._read = read

    def first(self, scope: Scope) -> LexborNode | None:
        """Return the first element."""
        return None if scope.node is None else self._css.first(scope.node, is_page=scope.is_page)

    def all(self, scope: Scope) -> list[LexborNode]:
        """Return all elements."""
        return [] if scope.node is None else self._css.all(scope.node, is_page=scope.is_page)

    def take(self, raw: LexborNode, scope: Scope) -> str | None:
        """Return an element's attribute, source or text."""
        return self._read(raw, scope.page.base)


class MetaSource:
    """The contents of <meta> elements."""

    is_data = False

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text
        self._key = text.lower()

    def first(self, scope: Scope) -> str | None:
        """Return the first content that is not empty."""
        return next(filter(None, self.all(scope)), None)

    def all(self, scope: Scope) -> list[str]:
        """Return all contents."""
        return scope.metas.get(self._key, [])

    def take(self, raw: str, scope: Scope) -> str:  # noqa: ARG002 - as the others take it
        """Return it as it is."""
        return raw


class JsonLdSource:
    """What a path into the JSON-LD leads to."""

    kind = "jsonld"
    is_data = True

    def __init__(self, text: str) -> None:
        self.text = text

    def first(self, scope: Scope) -> Any:
        """Return the first value that is no empty text."""
        return next((value for value in self.all(scope) if value != ""), None)

    def all(self, scope: Scope) -> list[Any]:
        """Return all values."""
        return scope.graph.find(self.text)

    def take(self, raw: Any, scope: Scope) -> Any:  # noqa: ARG002 - as the others take it
        """Return it without white space around."""
        return raw.strip() if isinstance(raw, str) else raw


class Searched:
    """A source of which a regular expression takes a part."""

    is_data = False

    def __init__(self, source: Source, pattern: re.Pattern[str], group: int | str | None, *, is_test: bool) -> None:
        self.kind = source.kind
        self.text = source.text
        self.first = source.first
        self.all = source.all
        self._source = source
        self._pattern = pattern
        self._group = group if group is not None else min(1, pattern.groups)
        self._is_test = is_test

    def take(self, raw: Any, scope: Scope) -> Any:
        """Return the group, or whether it is there for a field that is true or false. Raises Unreadable."""
        value = self._source.take(raw, scope)
        if value is None:
            return None
        text = as_text(value)
        match = self._pattern.search(text)
        if self._is_test:
            return match is not None
        if match is None:
            raise Unreadable(f"the regex finds nothing in {shown(text)}")
        return match[self._group]


def build_sources(field: Field) -> tuple[Source, ...]:
    """Return the sources of a field of a loaded recipe, in its order."""
    return tuple(_build(alternative, field.type) for alternative in field.any if isinstance(alternative, Field))


def _build(alternative: Field, kind: str) -> Source:
    source: Source
    if alternative.css:
        css = parse_css(str(alternative.css))
        source = CssSource(css, css.read if css.has_suffix else _reader(alternative, kind))
    elif alternative.jsonld:
        source = JsonLdSource(str(alternative.jsonld))
    elif alternative.opengraph:
        source = MetaSource("opengraph", str(alternative.opengraph))
    else:
        source = MetaSource("meta", str(alternative.meta))
    if alternative.regex is None:
        return source
    return Searched(source, re.compile(alternative.regex), alternative.group, is_test=kind == "bool")


def _reader(alternative: Field, kind: str) -> Read:
    """Return what reads an element: a URL is in its href or src, a date in its datetime, unless the recipe says."""
    if alternative.attr is not None:
        return _boolean_attribute(alternative.attr) if kind == "bool" else reader(None, alternative.attr)
    if kind == "json" and not alternative.html:
        return _raw_text
    read = reader("html" if alternative.html else "text", None)
    if alternative.html or alternative.text or kind not in ("url", "date"):
        return read
    names = _LINKS if kind == "url" else _DATES

    def attribute_or_text(node: LexborNode, base: str) -> str | None:
        found = (node.attrs.sget(name, None) for name in names)
        return next((value for value in found if value), None) or read(node, base)

    return attribute_or_text


def _boolean_attribute(name: str) -> Read:
    """HTML Standard, 2.3.2: it is true when it is there, with no value or its own name."""

    def read(node: LexborNode, _base: str) -> str | None:
        value = node.attrs.sget(name, None)
        return "true" if value is not None and value.lower() in ("", name.lower()) else value

    return read


def _raw_text(node: LexborNode, _base: str) -> str:
    """Return an element's text as it is: white space within JSON's strings counts."""
    return node.text()
