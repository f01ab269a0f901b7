"""Tells the pages that would cost the parser more than any page may, before it is given them.

Lexbor's time grows with the square of several things, at about 3.5 ns each: a tag looks through the elements that are
open around it, a paragraph makes anew the formatting elements that one before left open, an attribute is compared with
the others of its element. The parser cannot be stopped, so what it would do is estimated first. Nearly every page is
told by counting its `<`; one with many, by how far they are outnumbered by `</`; one of those left, by the tags of each
name that it does not close. The rest are walked through, tag by tag, as the HTML Standard's tree construction would, as
far as depth goes.
"""

import re
from collections import Counter

from scraper.extract.nesting import MAX_STEPS, Walk
from scraper.extract.unclosed import most_steps

FEW_TAGS = 2_000
"""A page of so many `<` takes 0.1 s at the worst, whatever they are."""
SOME_TAGS = 10_000
"""From here on start and end tags are counted by name, for an end tag may be another's."""
MANY_TAGS = 100_000
"""From here on a page is walked through in any case: one real page in 3,000."""
MAX_UNCLOSED = 1_000
"""Start tags that outnumber the end tags somewhere in a page that is not looked at more closely."""
MAX_NAMES = 1_000
"""Different names in a sixteenth of a page that is not looked at more closely."""
MAX_ATTRIBUTES = 5_000
"""Of one element: 50 ms; 100,000 take 19 s."""

_CHUNK = 4096
_SHORTEST = 3 * MAX_ATTRIBUTES
"""Bytes of a tag with more than MAX_ATTRIBUTES different ones."""
_TAG_START = re.compile(rb"</?[a-zA-Z]")
_TAG_OF_MANY = re.compile(
    rb"""
    </?[a-zA-Z][^\s/>]*+
    (?: [\s/]*+ [^\s/>][^\s/>=]*+ (?: \s*+ = \s*+ (?: "[^"]*+" | '[^']*+' | [^\s>"'][^\s>]*+ ) )?+ ){%d,}+
    """
    % (MAX_ATTRIBUTES + 1),
    re.VERBOSE,
)  # HTML Standard, 13.2.5.32 and following
_NAME = re.compile(rb"</?[a-zA-Z][^\s/>]*+")


def refuse_costly(html: bytes) -> None:
    """Raise ParseLimit when the elements of `html` are nested so that parsing it would take 0.1 s more than it should.

    Costs an ordinary page 1 µs for each KB, one of more than FEW_TAGS up to half as much again; one that leaves many
    tags unclosed, half of what parsing it does, and a page that is walked through, 2 µs for each tag.
    """
    number = html.count(b"<")
    if number <= FEW_TAGS:
        return
    if number <= MANY_TAGS:
        is_ordinary = _most_unclosed(html) <= MAX_UNCLOSED and (number <= SOME_TAGS or not _is_odd(html))
        if is_ordinary or most_steps(html) <= MAX_STEPS:
            return
    Walk().through(html)


def tags_of_many_attributes(html: bytes) -> list[tuple[int, int]]:
    """Return where in `html` a tag of more than MAX_ATTRIBUTES may begin, and where its last attribute ends.

    It may be none, in a script or a comment. An ordinary page costs a microsecond: only stretches without a `>` are
    looked at, so that a tag that has one in a quoted value every few thousand bytes is not found.
    """
    found = []
    place = 0
    while place + _SHORTEST < len(html):
        end = html.find(b">", place)
        end = len(html) if end < 0 else end
        if end - place > _SHORTEST // 2:
            tag = _TAG_START.search(html, html.rfind(b">", 0, place) + 1, end)
            if tag and (many := _TAG_OF_MANY.match(html, tag.start())):
                found.append(many.span())
                end = many.end()
        place = max(end, place + _SHORTEST // 2)
    return found


def _most_unclosed(html: bytes) -> int:
    """Return by how many the start tags outnumber the end tags between any two places, going by every 4th chunk."""
    unclosed = lowest = most = 0
    for start in range(0, len(html), 4 * _CHUNK):
        end = start + _CHUNK
        unclosed += 4 * (html.count(b"<", start, end) - 2 * html.count(b"</", start, end))
        lowest = min(lowest, unclosed)
        most = max(most, unclosed - lowest)
    return most


def _is_odd(html: bytes) -> bool:
    """Tell whether, in every 16th chunk, a tenth of the end tags has no start tag, or there are many names."""
    names: Counter[bytes] = Counter()
    for start in range(0, len(html), 16 * _CHUNK):
        names.update(_NAME.findall(html, start, start + _CHUNK))
    ends = {name: number for name, number in names.items() if name[1:2] == b"/"}
    strays = sum(max(0, number - names[name.replace(b"/", b"")]) for name, number in ends.items())
    return len(names) > MAX_NAMES or strays * 10 > sum(ends.values())
