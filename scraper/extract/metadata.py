"""A page's metadata for machines: OpenGraph, Twitter cards and JSON-LD."""

from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.extract.document import tag_ids
from scraper.extract.json_data import NotJsonError, parse

MAX_JSONLD_CHARACTERS = 2**20
"""Of one script; longer ones are left out."""

(_META,) = tag_ids("meta")
# The Open Graph protocol's own vocabulary and its types' (https://ogp.me/#types).
_OPENGRAPH = ("og:", "article:", "book:", "music:", "product:", "profile:", "video:")
_TWITTER = "twitter:"
_JSONLD = "application/ld+json"
_LINE_ENDS = str.maketrans("\t\n\r", "   ")


def read_metadata(tree: LexborHTMLParser) -> dict[str, Any] | None:
    """Return `{"opengraph": {key: text}, "twitter": {key: text}, "jsonld": [object]}`, or None when there is nothing.

    What is empty is absent. A key that the page repeats has a list of texts, in the page's order. JSON-LD that cannot
    be read is left out.
    """
    opengraph: dict[str, Any] = {}
    twitter: dict[str, Any] = {}
    jsonld: list[Any] = []
    for node in tree.css("meta[content], script[type]"):
        if node.tag_id != _META:
            jsonld += jsonld_objects(node)
            continue
        attributes = node.attributes
        content = (attributes.get("content") or "").strip()
        key = (attributes.get("property") or attributes.get("name") or "").strip().lower()
        if not content:
            continue
        if key.startswith(_OPENGRAPH):
            _add(opengraph, key, content)
        elif key.startswith(_TWITTER):
            _add(twitter, key, content)
    parts = {"opengraph": opengraph, "twitter": twitter, "jsonld": jsonld}
    return {name: part for name, part in parts.items() if part} or None


def _add(part: dict[str, Any], key: str, content: str) -> None:
    known = part.get(key)
    if known is None:
        part[key] = content
    elif isinstance(known, list):
        known.append(content)
    else:
        part[key] = [known, content]


def jsonld_objects(script: LexborNode) -> list[dict[str, Any]]:
    """Return the objects at the top of a script of JSON-LD; none when it is another script or cannot be read."""
    media_type = (script.attributes.get("type") or "").partition(";")[0]
    if media_type.strip().lower() != _JSONLD:
        return []
    text = script.text()
    if len(text) > MAX_JSONLD_CHARACTERS:
        return []
    try:
        # Many generators leave line ends inside strings, which JSON forbids; anywhere else a space is as good.
        data = parse(text.translate(_LINE_ENDS))
    except NotJsonError:
        return []
    return [item for item in (data if isinstance(data, list) else [data]) if isinstance(item, dict)]
