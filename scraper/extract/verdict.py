"""Tells a page that was asked for from what comes in its place: challenge, login, consent, "not found" or nothing.

A page that is what it should be costs a few microseconds: its headers and title are looked up, and whether it has more
than a few elements is found out. Only what is suspicious by that is looked at closely. Whoever tells the wrong ones
too often is not believed: each rule wants a page to be small or bare besides, and to be about nothing of that kind.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from scraper.errors import REFUSAL_STATUSES
from scraper.extract.sight import Sight, bareness, look
from scraper.extract.verdict_rules import (
    CHALLENGES,
    LOADING,
    NEEDS_SCRIPTS,
    NOTICES,
    WIDGET_WORDS,
    WIDGETS,
    Challenge,
    Notice,
)
from scraper.models import Page, Verdict

FEW_WORDS = 800
"""Characters that the reader of a bare page sees at most, when that is all that there is."""
MAX_LOGIN_FIELDS = 4
"""Name, password, a one-time code, a choice."""
MAX_LOADING = 30
MAX_EXCUSE = 300
"""Characters of "Loading…" and of "please enable JavaScript", when that is all that a page says."""
LITTLE_TEXT = 3_000
"""Characters of a page whose title alone tells what it is."""

_SEPARATORS = "-–—·•/:›»‹~"  # noqa: RUF001 - dashes and arrows that titles have
_EDGES = " \t\n…!¡.,;\"'“”„«»\N{ZERO WIDTH SPACE}()[]"
_WORD = re.compile(r"\w")
_PASSWORD = "password"  # noqa: S105 - the type of an input


OK = Verdict()


def judge(page: Page, tree: LexborHTMLParser, title: str | None) -> Verdict:
    """Return what `page` is; `tree` is its document, and `title` what that is called."""
    if found := _by_headers(page) or (_by_redirect(page) if page.final_url != page.url else None):
        return found
    suspect = _suspect(title) if title else None
    kind = bareness(tree)
    if suspect is None and (kind is None or (kind == "plain" and _says_something(tree))):
        return OK
    sight = look(tree)
    found = _confirmed(suspect, page, tree, sight, is_bare=kind is not None) if suspect is not None else None
    if found is None and kind is not None and sight.is_whole:
        found = _bare(page, sight)
    return found or OK


def _says_something(tree: LexborHTMLParser) -> bool:
    """Return whether a page without scripts and forms has text, and no heading that is suspicious."""
    headings = tree.tags("h1")  # a selector takes 4 µs more
    if headings and _suspect(headings[0].text()):
        return False
    return tree.body is not None and _WORD.search(tree.body.text()) is not None


def _by_headers(page: Page) -> Verdict | None:
    for name, value in page.headers:
        for challenge, part in _HEADERS.get(name, ()):
            if part in value.lower():
                return _blocked(challenge, f"the header {name}: {value[:80]}")
        if page.status in REFUSAL_STATUSES:
            for challenge, part in _REFUSAL_HEADERS.get(name, ()):
                if part in value.lower():
                    return _blocked(challenge, f"status {page.status} with the header {name}: {value[:80]}")
    return None


def _by_redirect(page: Page) -> Verdict | None:
    """Tell what a redirect has led to in place of the page that was asked for."""
    asked, found = urlsplit(page.url), urlsplit(page.final_url)
    path = found.path.lower()
    parts = set(_path_parts(path)) - set(_path_parts(asked.path.lower()))
    for challenge in CHALLENGES:
        for sign in challenge.paths:
            if path.startswith(sign) and not asked.path.lower().startswith(sign):
                return _blocked(challenge, f"the redirect to {found.path[:80]}")
    host, asked_host = (found.hostname or "").partition(".")[0], (asked.hostname or "").partition(".")[0]
    for notice in NOTICES:
        for part in notice.paths:
            if part in parts and part not in page.url.lower():
                return Verdict(notice.verdict, f"the redirect to {found.path[:80]}")
        if host in notice.hosts and host != asked_host:
            return Verdict(notice.verdict, f"the redirect to the host {found.hostname}")
    return None


def _path_parts(path: str) -> Iterator[str]:
    for part in path.split("/"):
        yield part
        yield part.rpartition(".")[0]


def _suspect(title: str) -> tuple[Challenge | Notice, str] | None:
    """Return the rule that has a part of `title`, and that part."""
    parts = title.lower()
    for separator in _SEPARATORS:
        if separator in parts:  # one character is found in a tenth of the time that two take
            parts = parts.replace(f"{separator} ", "|")
    for part in parts.split("|"):
        text = part.strip(_EDGES).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        rule = _TITLES.get(text)
        if rule is not None and not (rule is CHALLENGES[-1] and f"{text}: " in title.lower()):  # its heading
            return rule, text
        if text[:_OPENING_LENGTH] in _OPENING_STARTS and text.startswith(_OPENINGS):
            return next(notice for notice in NOTICES if text.startswith(notice.openings)), text
    whole = title.lower().strip(_EDGES)
    return (_TITLES[whole], whole) if whole in _TITLES else None


def _confirmed(
    suspect: tuple[Challenge | Notice, str], page: Page, tree: LexborHTMLParser, sight: Sight, *, is_bare: bool
) -> Verdict | None:
    """Return what the title says the page is, when the page bears it out."""
    rule, text = suspect
    evidence = f"the title says {text!r}"
    is_short = sight.is_whole and len(sight.words) <= LITTLE_TEXT
    if rule in _LOGIN:
        return Verdict("login", f"{evidence}, and there is a password field") if _PASSWORD in sight.inputs else None
    if _is_about(page, text):
        return None
    if isinstance(rule, Challenge):
        is_proper = (is_bare and len(sight.words) <= FEW_WORDS) if rule is CHALLENGES[-1] else is_short
        return _blocked(rule, evidence) if is_proper else None
    if rule.verdict == "soft-404" and not is_short:
        if not _is_noindex(tree):
            return None
        evidence += ", and it is not to be indexed"
    elif rule.verdict == "consent" and not is_short and not text.startswith(_OPENINGS):
        return None
    return Verdict(rule.verdict, evidence)


def _is_about(page: Page, text: str) -> bool:
    """Return whether the URL that was asked for has the words of `text`: then it is what was asked for."""
    path = unquote(urlsplit(page.url).path).lower()
    words = [word for word in re.findall(r"\w+", text) if len(word) > 2]  # noqa: PLR2004 - "a", "to", "we"
    if any(word.isdigit() and re.search(rf"(?<!\d){word}(?!\d)", path) for word in words):
        return True
    return bool(words) and all(word in path for word in words) and not text.startswith(_OPENINGS)


def _is_noindex(tree: LexborHTMLParser) -> bool:
    nodes = tree.css('meta[name="robots" i]')
    return any("noindex" in (node.attributes.get("content") or "").lower() for node in nodes)


def _bare(page: Page, sight: Sight) -> Verdict | None:
    """Tell what a page with few elements is."""
    for sign, challenge in _MACHINERY:
        if sign in sight.machinery:
            return _blocked(challenge, f"a script or an attribute has {sign!r}")
    is_short = len(sight.words) <= FEW_WORDS
    if is_short and (found := _by_words(sight)):
        return found
    if is_short and sight.heading and (suspect := _suspect(sight.heading)) and not _is_about(page, suspect[1]):
        rule, text = suspect
        if isinstance(rule, Notice) and rule.verdict == "soft-404":
            return Verdict("soft-404", f"the heading says {text!r}")
    if is_short and sight.inputs.count(_PASSWORD) == 1 and len(sight.inputs) <= MAX_LOGIN_FIELDS:
        return Verdict("login", "a form with a password field is all that there is")
    return _empty(page, sight)


def _by_words(sight: Sight) -> Verdict | None:
    for sign, challenge in _WORDS:
        if sign in sight.words:
            return _blocked(challenge, f"the page says {sign!r}")
    widget = next((sign for sign in WIDGETS if sign in sight.machinery), None)
    asks_for_text = sum(kind in ("email", "textarea", "search", "tel") for kind in sight.inputs)
    if widget and not asks_for_text and _PASSWORD not in sight.inputs:
        said = next((word for word in WIDGET_WORDS if word in sight.words), None)
        if said is not None:
            return Verdict("blocked", f"a captcha: the page has {widget!r} and says {said!r}")
    return None


def _empty(page: Page, sight: Sight) -> Verdict | None:
    if not page.body:
        return Verdict("empty", "the body has 0 bytes")
    if sight.has_media or sight.inputs:
        return None
    if not _WORD.search(sight.words):
        said = f"; <noscript> says {sight.unseen[:80]!r}" if sight.unseen else ""
        return Verdict("empty", f"there is no text in the body{said}")
    is_loading = len(sight.words) <= MAX_LOADING and sight.words.startswith(LOADING)
    wants_scripts = len(sight.words) <= MAX_EXCUSE and any(words in sight.words for words in NEEDS_SCRIPTS)
    if sight.has_script and (is_loading or wants_scripts):
        return Verdict("empty", f"all that the page says is {sight.words[:80]!r}")
    return None


def _blocked(challenge: Challenge, evidence: str) -> Verdict:
    return Verdict("blocked", f"{challenge.name}: {evidence}")


def _by_header(pairs: str) -> dict[str, list[tuple[Challenge, str]]]:
    found: dict[str, list[tuple[Challenge, str]]] = {}
    for challenge in CHALLENGES:
        for name, part in getattr(challenge, pairs):
            found.setdefault(name, []).append((challenge, part))
    return found


_HEADERS = _by_header("headers")
_REFUSAL_HEADERS = _by_header("refusal_headers")
_MACHINERY = tuple((sign, challenge) for challenge in CHALLENGES for sign in challenge.machinery)
_WORDS = tuple((sign, challenge) for challenge in CHALLENGES for sign in challenge.words)
_TITLES: dict[str, Challenge | Notice] = {title: rule for rule in (*NOTICES, *CHALLENGES) for title in rule.titles}
_LOGIN = tuple(notice for notice in NOTICES if notice.verdict == "login")
_OPENINGS = tuple(opening for notice in NOTICES for opening in notice.openings)
_OPENING_LENGTH = min(map(len, _OPENINGS))
_OPENING_STARTS = frozenset(opening[:_OPENING_LENGTH] for opening in _OPENINGS)
