"""The JSON-LD of a page as one graph, and paths into it: `Product.offers.price`."""

from collections.abc import Iterable, Iterator
from typing import Any

_Node = dict[str, Any]
_REFERENCE = {"@id"}
_NO_NODES = ({"@context", "@graph"}, {"@graph"}, _REFERENCE)
"""Keys of what holds nodes, or names one, and is none itself."""


class Graph:
    """The objects of a page's JSON-LD, those at the top first, then what they hold, level by level.

    So a product's own node comes before the related products within it, and `@graph` is nothing but a level.
    """

    def __init__(self, objects: Iterable[_Node]) -> None:
        self._nodes = list(_by_level(objects))
        self._by_type: dict[str, list[_Node]] = {}
        self._by_id: dict[str, _Node] = {}
        for node in self._nodes:
            for name in _types(node):
                self._by_type.setdefault(name, []).append(node)
            identity = node.get("@id")
            if isinstance(identity, str) and len(node) > len(self._by_id.get(identity, ())):
                self._by_id[identity] = node  # a mere reference has nothing but its @id

    def find(self, path: str) -> list[Any]:
        """Return the values that `path` leads to, lists laid flat, without nulls.

        A first name in upper case is a type (also where a node has several, or an IRI): each node of that type is a
        start. Without one each node is. A node that is named by its `@id` only is looked up.
        """
        first, *names = path.split(".")
        if first[:1].isupper():
            values: list[Any] = list(self._by_type.get(first, ()))
        else:
            values, names = list(self._nodes), [first, *names]
        for name in names:
            values = _once(child for value in values for child in self._children(value, name))
        return values

    def types(self) -> list[str]:
        """Return the types of all nodes."""
        return list(self._by_type)

    def _children(self, value: Any, name: str) -> Iterator[Any]:
        if not isinstance(value, dict):
            return
        child = value.get(name)
        if child is None and isinstance(value.get("@id"), str):
            child = self._by_id.get(value["@id"], value).get(name)
        for item in _flat(child):
            is_reference = isinstance(item, dict) and item.keys() == _REFERENCE and isinstance(item["@id"], str)
            yield self._by_id.get(item["@id"], item) if is_reference else item


def _by_level(objects: Iterable[_Node]) -> Iterator[_Node]:
    level: list[Any] = list(objects)
    while level:
        nodes = [node for node in level if isinstance(node, dict)]
        yield from (node for node in nodes if node.keys() not in _NO_NODES)
        level = [item for node in nodes for child in node.values() for item in _flat(child) if isinstance(item, dict)]


def _types(node: _Node) -> Iterator[str]:
    """Yield a node's types without the vocabulary: `Product` for `https://schema.org/Product` and `schema:Product`."""
    for name in _flat(node.get("@type")):
        if isinstance(name, str):
            yield name.replace("#", "/").replace(":", "/").rstrip("/").rpartition("/")[2]


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield value


def _once(values: Iterable[Any]) -> list[Any]:
    """Leave out an object that several ways lead to: references in a circle would multiply with each step."""
    kept = []
    seen: set[int] = set()
    for value in values:
        if isinstance(value, dict):
            if id(value) in seen:
                continue
            seen.add(id(value))
        kept.append(value)
    return kept
