"""What a page's head says of it: title, description, canonical URL, language and base URL, in one walk."""

from collections.abc import Iterator

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.extract.document import collapse, tag_ids
from scraper.extract.links import http_url
from scraper.urls import join

_TITLE, _META, _LINK, _BASE = tag_ids("title", "meta", "link", "base")
# An element that <head> does not allow, such as a tracking pixel in its <noscript>, ends it; what its author wrote
# after that starts <body>, up to the first element that is neither head's nor a tracker's.
_SPILLED = frozenset(
    (_TITLE, _META, _LINK, _BASE, *tag_ids("script", "style", "noscript", "template", "img", "iframe"))
)


class Head(Struct, frozen=True, gc=False):
    """What the head says; None where it says nothing."""

    base: str
    """What the page's references are relative to: <base href>, else the URL that answered."""
    title: str | None
    description: str | None
    canonical: str | None
    """Absolute; http or https."""
    lang: str | None


def read_head(tree: LexborHTMLParser, url: str) -> Head:
    """Return what the head of `tree` says; `url` is where the page was found."""
    title = description = canonical = base = None
    for node in _head_elements(tree):
        tag = node.tag_id
        if tag == _META:
            if description is None:
                description = _description(node)
        elif tag == _LINK:
            if canonical is None:
                canonical = _canonical(node)
        elif tag == _TITLE:
            title = title or collapse(node.text())
        elif tag == _BASE and base is None:
            base = node.attributes.get("href")
    base_url = document_base(url, base)
    return Head(
        base=base_url,
        title=title or _title_elsewhere(tree),
        description=description,
        canonical=http_url(base_url, canonical) if canonical is not None else None,
        lang=_lang(tree),
    )


def document_base(url: str, reference: str | None) -> str:
    """Return the document base URL (HTML Standard, 2.4.3), without fragment: `reference` of <base>, else `url`."""
    base = join(url, reference) if reference is not None else None
    if base is None or base.startswith(("data:", "javascript:")):
        base = url
    return base.partition("#")[0]


def _head_elements(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    if tree.head is not None:
        yield from tree.head.iter()
    if tree.body is not None:
        for node in tree.body.iter():
            if node.tag_id not in _SPILLED:
                return
            yield node


def _description(meta: LexborNode) -> str | None:
    attributes = meta.attributes
    if (attributes.get("name") or "").strip().lower() != "description":
        return None
    return collapse(attributes.get("content") or "") or None


def _canonical(link: LexborNode) -> str | None:
    attributes = link.attrs
    if "canonical" not in (attributes.get("rel") or "").lower().split():
        return None
    return (attributes.get("href") or "").strip() or None


def _title_elsewhere(tree: LexborHTMLParser) -> str | None:
    """Return the title of a page that has it in its body; a drawing's title is none. One scan of the document."""
    node = tree.css_first("title:not(svg *)")
    return (collapse(node.text()) or None) if node is not None else None


def _lang(tree: LexborHTMLParser) -> str | None:
    root = tree.root
    lang = root.attributes.get("lang") if root is not None else None
    return (lang or "").strip() or None
