"""A recipe's CSS selectors: as `--select` takes them, within an element too, with `:scope` for that element itself."""

import re
from collections.abc import Iterable

from msgspec import Struct
from selectolax.lexbor import LexborNode

from scraper.extract.selectors import Read, parse_selector

# Lexbor has no :scope. The element is marked for the time of a search, which costs 2 µs.
_MARK = "data-scraper-scope"
_SCOPE = re.compile(r"""(\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|:scope\b""", re.DOTALL | re.IGNORECASE)


class Css(Struct, frozen=True):
    """A selector that is known to be right."""

    text: str
    """As it stands in the recipe."""
    css: str
    read: Read
    has_suffix: bool
    has_scope: bool

    def first(self, node: LexborNode, *, is_page: bool) -> LexborNode | None:
        """Return the first element within `node` that it chooses; `node` itself only when that is the whole page's."""
        if self.has_scope:
            node.attrs[_MARK] = ""
            try:
                return node.css_first(self.css)
            finally:
                del node.attrs[_MARK]
        first = node.css_first(self.css)
        if first is None or is_page or first.mem_id != node.mem_id:
            return first
        return next(iter(self.all(node, is_page=False)), None)

    def all(self, node: LexborNode, *, is_page: bool) -> list[LexborNode]:
        """Return the elements within `node` that it chooses, in the page's order."""
        if self.has_scope:
            node.attrs[_MARK] = ""
            try:
                return _each_once(node.css(self.css))
            finally:
                del node.attrs[_MARK]
        found = _each_once(node.css(self.css))
        if found and not is_page and found[0].mem_id == node.mem_id:
            del found[0]
        return found


def parse_css(text: str) -> Css:
    """Return the Css that `text` spells. Raises ValueError with what is wrong with it."""
    css = _SCOPE.sub(lambda match: match[1] or f"[{_MARK}]", text)
    try:
        selector = parse_selector(css)
    except ValueError as error:
        raise ValueError(str(error).replace(f"[{_MARK}]", ":scope")) from None
    return Css(text, selector.css, selector.read, has_suffix=selector.has_suffix, has_scope=css != text)


def has_suffix(text: str) -> bool:
    """Return whether a selector says what to take, as `::text` does. Raises ValueError when it cannot work."""
    return parse_css(text).has_suffix


def _each_once(nodes: Iterable[LexborNode]) -> list[LexborNode]:
    """Lexbor names an element once for each selector of a list that it matches."""
    return list({node.mem_id: node for node in nodes}.values())
