"""HTML and SVG elements that escape what they hold, and make visible what would hide in a text.

`theme.css` beside it is the look that the pages share: light and dark, for screens from 320 px and for paper.
"""

import re
import unicodedata
from html import escape
from importlib import resources

_VOID = frozenset({"meta", "link", "br"})
_JOINERS = frozenset("\u00ad\u200c\u200d")
"""Soft hyphen and joiners: Persian, Hindi and emoji are spelt with them, and they do no harm inside a `bdi`."""
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS_IN_A_ROW = 4
"""Combining marks on one letter: Vietnamese has two, vocalised Hebrew four; more are there to overflow their line."""
_MARKS = re.compile(
    rf"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{{{_MARKS_IN_A_ROW}}})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_WEB_URL = re.compile(r"https?://[^\s\x00-\x20\x7f]+", re.IGNORECASE)


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


def element(name: str, /, *content: str, **attributes: str | float | None) -> Markup:
    """Return an element. What is no Markup in `content`, and every attribute, is escaped; None leaves it out.

    `_` in the name of an attribute is `-`; one at the end is dropped (`class_`).
    """
    inside = "".join(f' {_name(key)}="{escape(str(value))}"' for key, value in attributes.items() if value is not None)
    if name in _VOID:
        return Markup(f"<{name}{inside}>")
    return Markup(f"<{name}{inside}>{joined(*content)}</{name}>")


def joined(*content: str) -> Markup:
    """Return the parts one after another, escaped where they are no Markup."""
    return Markup("".join(part if isinstance(part, Markup) else escape(shown(part)) for part in content))


def foreign(text: str, longest: int = 160) -> Markup:
    """Return a text that a stranger wrote, cut to `longest` characters; its direction does not reach beyond it."""
    return element("bdi", shown(cut(text, longest)))


def link(url: str, longest: int = 160) -> Markup:
    """Return a URL that a stranger wrote: a link when it is a whole one of the web, else its text."""
    if not _WEB_URL.fullmatch(url) or shown(url) != url:
        return foreign(url, longest)
    return element("a", foreign(url, longest), href=url, rel="noreferrer noopener nofollow")


def cut(text: str, longest: int) -> str:
    """Return `text`, or its beginning and an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shown(text: str) -> str:
    """Return `text` with what is invisible, or turns the direction of its line, as `⟨U+202E⟩`."""
    if text.isascii() and text.isprintable():
        return text
    return _MARKS.sub(r"\1…", "".join(map(_visible, text)))


def theme() -> str:
    """Return the style sheet that the pages share."""
    return resources.files("scraper.markup").joinpath("theme.css").read_text(encoding="utf-8")


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN_CATEGORIES or character in _JOINERS:
        return character
    return " " if character in "\t\n\r" else f"⟨U+{ord(character):04X}⟩"


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")
