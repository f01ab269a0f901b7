"""Microdata to JSON (HTML Standard, 5.4 and 5.5): the items of a page with their properties."""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.extract.document import collapse

MAX_PROPERTIES = 5_000
"""Of a page, an item's that is referred to counted each time; a page with more has none."""
MAX_STEPS = 200_000
"""Ancestors that are looked at for whose a property is: a page that takes more has none."""
MAX_DEPTH = 50
"""Items within each other."""

_URLS = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video"), "src"),
    **dict.fromkeys(("a", "area", "link"), "href"),
    "object": "data",
}
_VALUES = {"meta": "content", "data": "value", "meter": "value", "time": "datetime"}
_ERROR = "ERROR"
"""What the Standard puts for an item that contains itself."""

Resolve = Callable[[str], str]


class _TooMuchError(Exception):
    pass


def read_microdata(tree: LexborHTMLParser, resolve: Resolve) -> list[dict[str, Any]]:
    """Return the top-level items: `{"type": [...], "id": ..., "properties": {name: [value]}}`, values in their order.

    A value is text (URLs made absolute by `resolve`) or an item; the text of elements has its whitespace collapsed. A
    page whose items would cost too much has none.
    """
    try:
        return _Items(tree, resolve).top()
    except _TooMuchError:
        return []


class _Items:
    """The items of a page: whose property each is, found once, from the property upwards."""

    def __init__(self, tree: LexborHTMLParser, resolve: Resolve) -> None:
        self._resolve = resolve
        self._scopes = tree.css("[itemscope]")
        self._by_id: dict[str, LexborNode] = {}
        self._own: dict[int, list[tuple[int, LexborNode]]] = {}
        """Properties, with their places in the document, by the item that they are in."""
        self._lent: dict[int, list[tuple[int, LexborNode]]] = {}
        """The same by the element that an itemref names, for the item that has that."""
        self._left = MAX_PROPERTIES
        self._steps = MAX_STEPS
        wanted = {name for scope in self._scopes for name in _tokens(scope, "itemref")}
        if wanted:
            for node in tree.css("[id]"):
                name = node.attributes.get("id") or ""
                if name in wanted:
                    self._by_id.setdefault(name, node)
        referred = {node.mem_id for node in self._by_id.values()}
        scopes = {scope.mem_id for scope in self._scopes}
        for place, node in enumerate(tree.css("[itemprop]")):
            self._file(place, node, scopes, referred)

    def top(self) -> list[dict[str, Any]]:
        """Return the items that are no property of another."""
        return [self._item(scope, ()) for scope in self._scopes if "itemprop" not in scope.attributes]

    def _file(self, place: int, node: LexborNode, scopes: set[int], referred: set[int]) -> None:
        at: LexborNode | None = node
        while at is not None:
            self._steps -= 1
            if self._steps < 0:
                raise _TooMuchError
            key = at.mem_id
            if key in scopes and at is not node:
                self._own.setdefault(key, []).append((place, node))
                return
            if key in referred:
                self._lent.setdefault(key, []).append((place, node))
            at = at.parent

    def _item(self, scope: LexborNode, memory: tuple[int, ...]) -> dict[str, Any]:
        item: dict[str, Any] = {}
        if kinds := _tokens(scope, "itemtype"):
            item["type"] = kinds
        if name := (scope.attributes.get("itemid") or "").strip():
            item["id"] = self._resolve(name)
        within = (*memory, scope.mem_id)
        properties: dict[str, list[Any]] = {}
        for node in self._properties(scope):
            self._left -= 1
            if self._left < 0:
                raise _TooMuchError
            value = self._value(node, within)
            for key in _tokens(node, "itemprop"):
                properties.setdefault(key, []).append(value)
        item["properties"] = properties
        return item

    def _properties(self, scope: LexborNode) -> Iterable[LexborNode]:
        """Return what is in the item or in what its itemref names, each once, in the order of the document."""
        found = dict(self._own.get(scope.mem_id, ()))
        for name in _tokens(scope, "itemref"):
            if name in self._by_id:
                found |= dict(self._lent.get(self._by_id[name].mem_id, ()))
        return [node for _, node in sorted(found.items(), key=itemgetter(0)) if node.mem_id != scope.mem_id]

    def _value(self, node: LexborNode, memory: tuple[int, ...]) -> Any:
        attributes = node.attributes
        if "itemscope" in attributes:
            is_loop = node.mem_id in memory or len(memory) >= MAX_DEPTH
            return _ERROR if is_loop else self._item(node, memory)
        tag = node.tag or ""
        if tag in _URLS:
            reference = attributes.get(_URLS[tag])
            return self._resolve(reference.strip()) if reference is not None else ""
        value = attributes.get(_VALUES[tag]) if tag in _VALUES else None
        return collapse(node.text()) if value is None and tag != "meta" else (value or "").strip()


def _tokens(node: LexborNode, attribute: str) -> list[str]:
    return list(dict.fromkeys((node.attributes.get(attribute) or "").split()))
