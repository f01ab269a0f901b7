"""A page's bytes become a tree: how Lexbor is called, and what the rest of the family shares of it."""

import re
import threading

from selectolax.lexbor import LexborCSSSelector, LexborDocumentOptions, LexborHTMLParser, create_tag

from scraper.errors import ParseLimit
from scraper.extract.guard import MAX_ATTRIBUTES, refuse_costly, tags_of_many_attributes
from scraper.models import Page

MAX_CHARACTERS = 2**27
"""Of one part of a record; a short page that would make more of itself, by nesting or a long base, is refused."""

_UTF8_BOM = b"\xef\xbb\xbf"
# Mutation events only serve <selectedcontent>, a copy of what the page has elsewhere; parsing without is 3 % faster.
_OPTIONS = int(LexborDocumentOptions.WO_EVENTS)
# ASCII whitespace as the Infra Standard has it, where it is more than the single space that it collapses to.
_WHITESPACE = re.compile(r"[\t\n\f\r][\t\n\f\r ]*| [\t\n\f\r ]+")


_PROBE = b"data-scraper-many-attributes"


class _PerThread(threading.local):
    """A selector engine costs 5 µs to make, and two threads must not use one at a time."""

    def __init__(self) -> None:
        self.selector = LexborCSSSelector()  # type: ignore[no-untyped-call]  # its stub leaves __init__ bare


per_thread = _PerThread()


def parse_html(page: Page) -> LexborHTMLParser:
    """Return the tree of `page`, by the HTML Standard, whatever the page holds.

    UTF-8 goes in as bytes, which spares encoding the text again (a tenth of the time); bytes that are no UTF-8 come
    out as U+FFFD. Scripting is off: what is in a <noscript> is meant for readers like us. A byte-order mark is dropped,
    for as text it would end <head> before it began. Raises ParseLimit for a page that would cost too much.
    """
    html = page.body if page.decoded is None else page.decoded.encode("utf-8", "replace")
    html = html.removeprefix(_UTF8_BOM)
    refuse_costly(html)
    if tags := tags_of_many_attributes(html):
        _refuse_many_attributes(html, tags)
    return LexborHTMLParser(html, options=_OPTIONS)


def _refuse_many_attributes(html: bytes, tags: list[tuple[int, int]]) -> None:
    """Raise ParseLimit when one of `tags` is a tag, not a piece of a script or a comment: the parser knows which."""
    pieces = []
    place = 0
    for start, end in tags:
        pieces += [html[place:start], b"<a ", _PROBE, b" "]
        place = end
    pieces.append(html[place:])
    tree = LexborHTMLParser(b"".join(pieces), options=_OPTIONS)
    if tree.css_first(f"[{_PROBE.decode()}]") is not None:
        raise ParseLimit(f"an element with more than {MAX_ATTRIBUTES:,} attributes")


def tag_ids(*names: str) -> tuple[int, ...]:
    """Return the numbers that Lexbor knows the elements `names` by; comparing them is three times as fast as names."""
    return tuple(create_tag(name).tag_id for name in names)


def collapse(text: str) -> str:
    """Return `text` with runs of ASCII whitespace as one space, none at the ends, as `document.title` has it."""
    return _WHITESPACE.sub(" ", text).strip(" ")
