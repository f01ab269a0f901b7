"""A close look at a page: what a reader sees of it, what its machinery is, and whether there is much of either."""

from collections.abc import Iterator
from itertools import islice

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.extract.document import collapse, tag_ids
from scraper.extract.verdict_rules import MEDIA

FEW_ELEMENTS = 40
"""Of a bare page, its <body> counted in: challenges have 5 to 30."""
FEW_LINKS = 5
"""Of such a page."""
MAX_LOOKED_AT = 64 * 1024
"""Characters of scripts and attributes, and of text."""
MAX_NODES = 1_000
"""Elements and texts."""

(_A,) = tag_ids("a")
_MACHINES = frozenset(tag_ids("script", "form", "input", "iframe"))
_UNSEEN = frozenset({"script", "style", "noscript", "template"})
_HEADINGS = frozenset({"h1", "h2"})
_FIELDS = frozenset({"input", "textarea", "select"})
_BUTTONS = frozenset({"hidden", "submit", "button", "checkbox", "image", "reset"})


class Sight(Struct, frozen=True):
    """What a close look at a page finds."""

    words: str
    """What a reader sees, in lower case."""
    machinery: str
    """Scripts and attribute values, in lower case."""
    heading: str
    unseen: str
    """What <noscript> says."""
    inputs: tuple[str, ...]
    """Types of the fields of its forms."""
    has_media: bool
    has_script: bool
    is_whole: bool
    """Nothing was left out."""


def bareness(tree: LexborHTMLParser) -> str | None:
    """Return `plain` for a page of few elements that has neither scripts nor forms, `bare` for one that has, else None.

    An ordinary page costs 3 µs.
    """
    body, head = tree.body, tree.head
    if body is None:  # a frameset
        return None
    tags = [node.tag_id for node in islice(body.traverse(), FEW_ELEMENTS)]
    if len(tags) >= FEW_ELEMENTS or tags.count(_A) > FEW_LINKS:
        return None
    if head is not None:
        tags += [node.tag_id for node in head.iter()]
    return "plain" if _MACHINES.isdisjoint(tags) else "bare"


def look(tree: LexborHTMLParser) -> Sight:
    """Look at a page's elements and texts, as far as MAX_NODES and MAX_LOOKED_AT go."""
    machinery: list[str] = []
    words: list[str] = []
    inputs: list[str] = []
    tags: set[str] = set()
    heading = unseen = ""
    size = 0
    nodes = list(islice(_nodes(tree), MAX_NODES + 1))
    for node in nodes:
        tag = node.tag or ""
        if node.is_text_node:
            words.append(text := node.text_content or "")
            size += len(text)
            continue
        tags.add(tag)
        values = [value for value in node.attributes.values() if value]
        if tag == "script":
            values.append(node.text())
        elif tag == "noscript":
            unseen = unseen or collapse(node.text())
        elif tag in _HEADINGS:
            heading = heading or collapse(node.text())
        elif tag in _FIELDS:
            inputs.append((node.attributes.get("type") or "text").lower() if tag == "input" else tag)
        machinery += values
        size += sum(map(len, values))
        if size > MAX_LOOKED_AT:
            break
    return Sight(
        words=collapse(" ".join(words)).lower(),
        machinery="\n".join(machinery).lower(),
        heading=heading,
        unseen=unseen,
        inputs=tuple(kind for kind in inputs if kind not in _BUTTONS),
        has_media=not tags.isdisjoint(MEDIA),
        has_script="script" in tags,
        is_whole=len(nodes) <= MAX_NODES and size <= MAX_LOOKED_AT,
    )


def _nodes(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    """Yield the head's elements, and the body's elements and texts, but for what scripts and the like hold."""
    yield from tree.head.iter() if tree.head is not None else ()
    following = [tree.body.first_child] if tree.body is not None else []
    while following:
        node = following.pop()
        while node is not None:
            yield node
            following.append(node.next)
            node = None if node.tag in _UNSEEN else node.first_child
