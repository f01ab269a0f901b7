"""What parsing a page may cost at most, going by how many elements of each name it leaves open."""

import re
from collections import Counter, defaultdict

from scraper.extract.nesting import FORMATTING, NAMES_A_STEP, REMAKE_STEPS, VOID

_STRETCH = 8 * 1024
"""Bytes; what is opened and closed within one is not seen: 0.15 s at the most in a page of 100,000 tags."""
_NAME = re.compile(rb"</?[a-zA-Z][^\s/>]*+")
_CELLS = tuple(b"caption colgroup tbody td tfoot th thead tr".split())
"""What is open of each at once is no more than the tables around it (HTML Standard, 13.2.6.4.9 and following)."""
_ENDED_BY_THE_NEXT = ((b"p",), (b"li",), (b"dd", b"dt"), (b"option",))
"""Elements that the next of their kind ends (13.1.2.4), unless one of another kind is open in between."""
_COUNTED_APART = frozenset((*_CELLS, *(name for kind in _ENDED_BY_THE_NEXT for name in kind)))


def most_steps(html: bytes) -> int:
    """Return how many open elements parsing `html` looks at, at the most, in the steps of `nesting`.

    0.25 µs for each tag. It goes by the names alone: what markup in a script, a comment or an attribute closes, or
    what may not be closed where it stands, is taken as closed.
    """
    tags = 0
    opened: defaultdict[bytes, int] = defaultdict(int)
    lowest: defaultdict[bytes, int] = defaultdict(int)
    most: defaultdict[bytes, int] = defaultdict(int)
    for start in range(0, len(html), _STRETCH):
        changes: Counter[bytes] = Counter()
        for tag, number in Counter(_NAME.findall(html, start, start + _STRETCH)).items():
            tags += number
            if tag.startswith(b"</"):
                changes[tag[2:].lower()] -= number
            else:
                changes[tag[1:].lower()] += number
        for name, change in changes.items():
            opened[name] += change
            lowest[name] = min(lowest[name], opened[name])
            most[name] = max(most[name], opened[name] - lowest[name])
    nested = sum(number for name, number in most.items() if name not in VOID and name not in _COUNTED_APART)
    tables = most[b"table"] + most[b"template"] + 1
    nested += sum(min(most[name], tables) for name in _CELLS)
    *others, widest = sorted(sum(most[name] for name in kind) for kind in _ENDED_BY_THE_NEXT)
    nested += sum(others)  # they may be what is in between
    nested += min(widest, nested + 1)
    remade = sum(most[name] for name in FORMATTING)
    return tags * (nested + REMAKE_STEPS * remade) + len(opened) ** 2 // (2 * NAMES_A_STEP)
