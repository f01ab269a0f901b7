"""Walks through the tags of a page as tree construction would, for what its elements' nesting costs the parser."""

import re
from collections import Counter

from scraper.errors import ParseLimit

MAX_STEPS = 30_000_000
"""Open elements looked at, by all tags together: 0.1 s."""
NAMES_A_STEP = 10
"""Names that are looked through for a new one, which the parser keeps in lists that grow, in the time of a step."""
REMAKE_STEPS = 40
"""What it costs to make one formatting element anew."""
ATTRIBUTES_EVERY = 8
"""Of so many tags that have attributes, those of one are looked at."""

_ATTRIBUTE = re.compile(rb"""([^\s/>="'][^\s/>=]*+)(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']*+))?+""")
_TAG = re.compile(rb"<(?:!--|(/?)([a-zA-Z][^\s/>]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+'|[\"'])*+)(?:>|\Z))")


def _names(text: str) -> frozenset[bytes]:
    return frozenset(text.encode().split())


# HTML Standard, 13.2.4.2 and 13.2.4.3, and the start tags of 13.2.6.4.7 that close a <p>.
VOID = _names(
    "area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr"
)
_UNNESTED = _names("html head body frameset")
FORMATTING = _names("a b big code em font i nobr s small strike strong tt u")
_MARKERS = _names("applet caption marquee object td template th")
_SCOPES = _MARKERS | {b"table"}
_CLOSES_P = _names(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 "
    "h4 h5 h6 header hgroup hr li dd dt listing main menu nav ol p plaintext pre search section summary table ul xmp"
)
_SPECIAL = (_CLOSES_P | _SCOPES | _names("button colgroup tbody tfoot thead tr select iframe script style title")) - {
    b"dialog"
}
_TABLE_PARTS = {
    **dict.fromkeys((b"td", b"th"), _names("table tr template")),
    b"tr": _names("table tbody thead tfoot template"),
    **dict.fromkeys((b"tbody", b"thead", b"tfoot", b"caption", b"colgroup"), _names("table template")),
}
# 13.2.6.5: what leads out of a drawing or a formula, and what in them is HTML again.
_BREAKS_OUT = _names(
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta "
    "nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
)
_FOREIGN = _names("svg math")
_HTML_AGAIN = _names("foreignobject desc title annotation-xml mi mo mn ms mtext td th caption")
_ALONE = _names("a nobr button select")
_PEERS = {b"li": _names("li"), b"dd": _names("dd dt"), b"dt": _names("dd dt")}
_GATHERING = _names("html body")
_RAW_TEXT = {b"script": re.compile(rb"</script", re.IGNORECASE), b"style": re.compile(rb"</style", re.IGNORECASE)}
_OF_NOTE = _UNNESTED | VOID | FORMATTING | _MARKERS | _CLOSES_P | _SPECIAL | _ALONE | _FOREIGN | _names("option")
"""Elements whose start is more than one on the stack."""


class Walk:
    """The stack of open elements, and what it costs to build it."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        """Names; of formatting elements the whole tag, for no more than three of the same count (13.2.4.3)."""
        self._names: Counter[bytes] = Counter()
        self._lost: list[bytes] = []
        """Formatting elements that were closed with what was around them, and that what comes next makes anew."""
        self._known: set[bytes] = set()
        """Names of elements."""
        self._attributes: set[bytes] = set()
        """Names of attributes, of every ATTRIBUTES_EVERYth tag that has any."""
        self._with_attributes = 0
        self._gathered = 0
        """Attributes of <html> and <body> tags, which go to the one element."""
        self.steps = 0

    def through(self, html: bytes) -> None:
        """Raise ParseLimit as soon as parsing `html` so far takes MAX_STEPS.

        2 µs for each tag: most only go on the stack, or match its top.
        """
        opened, names = self._open, self._names
        place = deepest = 0
        while tag := _TAG.search(html, place):
            if self._lost and html[place : tag.start()].strip():
                self._remake()
            place = tag.end()
            slash, name, rest = tag.groups()
            if name is None:
                end = html.find(b"-->", place - 2)  # "<!-->" is a whole comment
                place = len(html) if end < 0 else end
                continue
            name = name.lower()
            if rest or name not in self._known:
                self._learn(name, rest)
            if slash:
                if opened and opened[-1] == name and name not in _MARKERS:
                    opened.pop()
                    names[name] -= 1
                else:
                    self._end(name)
            elif name in _OF_NOTE or self._lost or names[b"svg"] or names[b"math"]:
                self._start(name, rest)
                if name in _RAW_TEXT and not self._foreign():
                    close = _RAW_TEXT[name].search(html, place)
                    place = close.start() if close else len(html)
            else:
                opened.append(name)
                names[name] += 1
            depth = len(opened)
            self.steps += depth
            deepest = max(deepest, depth)
            if self.steps > MAX_STEPS:
                raise ParseLimit(f"elements nested {deepest:,} deep, or as costly, after {place:,} bytes")

    def _learn(self, name: bytes, rest: bytes) -> None:
        number = len(self._known)
        self._known.add(name)
        self.steps += (len(self._known) - number) * number // NAMES_A_STEP
        self._with_attributes += 1
        if name in _GATHERING:
            self._gathered += len(_ATTRIBUTE.findall(rest))
            self.steps += self._gathered
        if self._with_attributes % ATTRIBUTES_EVERY == 0:
            number = len(self._attributes)
            self._attributes.update(_ATTRIBUTE.findall(rest))
            added = (len(self._attributes) - number) * ATTRIBUTES_EVERY
            self.steps += added * number * ATTRIBUTES_EVERY // NAMES_A_STEP

    def _start(self, name: bytes, rest: bytes) -> None:
        if foreign := self._foreign():
            if name not in _BREAKS_OUT:
                if not rest.endswith(b"/"):
                    self._push(name)
                return
            self._pop(foreign - 1)
        self._start_html(name, rest)

    def _start_html(self, name: bytes, rest: bytes) -> None:
        if name in _UNNESTED or (name == b"form" and self._names[name] and not self._names[b"template"]):
            return
        if name in _TABLE_PARTS:
            if not self._names[b"table"] and not self._names[b"template"]:
                return
            self._clear_back_to(_TABLE_PARTS[name])
        self._close_implied(name)
        if name in VOID:
            return
        is_block = name in _CLOSES_P
        if is_block:  # what was lost is made anew in it
            self._push(name)
        if self._lost:
            self._remake()
        if not is_block:
            self._push(name + b" " + rest if name in FORMATTING else name)

    def _close_implied(self, name: bytes) -> None:
        """Close what the start tag `name` closes."""
        if name in _PEERS:
            self._close_peer(_PEERS[name])
        if name in _CLOSES_P and self._names[b"p"]:
            self._close(b"p", _SCOPES | {b"button"})
        if name in _ALONE and self._names[name]:
            self._close(name, _SCOPES)
        if name == b"option" and self._open and self._open[-1] == name:
            self._pop(len(self._open) - 1)

    def _remake(self) -> None:
        self.steps += REMAKE_STEPS * len(self._lost)
        for lost in self._lost:
            self._push(lost)
        self._lost.clear()

    def _end(self, name: bytes) -> None:
        if name in FORMATTING and self._open and _name(self._open[-1]) == name:
            self._open.pop()
            self._names[name] -= 1
        elif not self._names[name]:
            self._lost = [tag for tag in self._lost if _name(tag) != name] if name in FORMATTING else self._lost
        elif name in _TABLE_PARTS or name in (b"table", b"template"):
            self._close(name, frozenset((b"table", b"template")) - {name})
        elif name in _SPECIAL or name in FORMATTING:
            self._close(name, _SCOPES - {name})
        else:
            self._close(name, _SPECIAL)

    def _close(self, name: bytes, barriers: frozenset[bytes]) -> None:
        """Close the innermost `name`, with all that is in it, unless one of `barriers` is around that."""
        for index in range(len(self._open) - 1, -1, -1):
            self.steps += 1
            found = _name(self._open[index])
            if found == name:
                if name in FORMATTING or name == b"form":  # only itself (13.2.6.4.7)
                    self._names[name] -= 1
                    del self._open[index]
                else:
                    self._pop(index)
                return
            if found in barriers:
                return

    def _close_peer(self, peers: frozenset[bytes]) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            name = _name(self._open[index])
            if name in peers:
                self._pop(index)
                return
            if name in _SPECIAL and name not in (b"address", b"div", b"p"):
                return

    def _clear_back_to(self, names: frozenset[bytes]) -> None:
        index = len(self._open)
        while index and self._open[index - 1] not in names:
            index -= 1
        if index:
            self._pop(index)

    def _push(self, tag: bytes) -> None:
        self._open.append(tag)
        self._names[_name(tag)] += 1

    def _pop(self, index: int) -> None:
        """Close the elements from `index` on."""
        lost: list[bytes] = []
        for tag in reversed(self._open[index:]):
            name = _name(tag)
            self._names[name] -= 1
            if name in _MARKERS:
                lost.clear()
            elif name in FORMATTING:
                lost.append(tag)
        del self._open[index:]
        for tag in reversed(lost):
            if self._lost.count(tag) < 3:  # noqa: PLR2004 - "Noah's Ark", 13.2.4.3
                self._lost.append(tag)
            self.steps += len(self._lost)

    def _foreign(self) -> int:
        """Return the place, from 1, of the drawing or formula that the next tag belongs to; 0 when that is HTML."""
        if self._names[b"svg"] or self._names[b"math"]:
            for index in range(len(self._open) - 1, -1, -1):
                self.steps += 1
                name = self._open[index]
                if name in _FOREIGN:
                    return index + 1
                if name in _HTML_AGAIN:
                    return 0
        return 0


def _name(tag: bytes) -> bytes:
    """Return the name of a formatting element's tag; every other is its own."""
    return tag.partition(b" ")[0]
