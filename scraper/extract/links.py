"""The links of a page, absolute, by the WHATWG URL Standard."""

import re
from collections.abc import Collection

from selectolax.lexbor import LexborHTMLParser

from scraper.errors import ParseLimit
from scraper.extract.document import MAX_CHARACTERS, per_thread, tag_ids
from scraper.urls import join

_HTTP = ("http://", "https://")
_LINKING = frozenset(tag_ids("a", "area"))
_NO_LINK = "javascript:"  # of an <a> in a drawing that "[href]" found by its xlink:href

# References that the URL Standard's parser leaves as they are, so that resolving one is putting a piece of the base
# before it: 0.7 µs instead of 3. The empty group that matched says which piece. All else is left to ada: characters
# that may be encoded, backslashes, dot segments (also as %2e), what is or may be a scheme, hosts with ports, numbers or
# punycode. The loops are possessive or end at a character they cannot hold, so that a reference costs its length.
_NAME = r"A-Za-z0-9_~!$&()*+,;=@\-"
_PLAIN = re.compile(
    rf"""
    (?: [{_NAME}] [{_NAME}.]*+ (?!:) ()                                       # 1 relative path
      | \# ()                                                               # 2 fragment
      | https?:// (?:(?!xn--)[a-z0-9-]+\.)+ [a-z]+ / ()                     # 3 whole URL
      | \.\./ (?:\.\./)* ()                                                 # 4 relative path, upwards
      | / (?!/) ()                                                          # 5 absolute path
      | \? ()                                                               # 6 query
      | \Z ()                                                               # 7 nothing
    )
    (?!\.) [{_NAME}:.?\#]*+
    (?: (?: / (?!\.) | % (?!2[eE]) ) [{_NAME}:.?\#]*+ )*+
    """,
    re.VERBOSE,
).fullmatch
_UPWARDS = 4


def read_links(tree: LexborHTMLParser, base: str) -> list[str]:
    """Return the http(s) URLs that <a> and <area> lead to, in the order of the document, each once.

    `base` is the document base URL. Fragments are kept; what is no URL is left out. Raises ParseLimit.
    """
    body = tree.body
    if body is None:  # a frameset
        return []
    # The cheapest way to them: an attribute alone is found faster than a list of selectors, and told apart by number.
    nodes = per_thread.selector.find("[href]", body)
    hrefs = [node.attrs.sget("href", _NO_LINK) for node in nodes if node.tag_id in _LINKING]
    return absolute(dict.fromkeys(hrefs), base)


def absolute(references: Collection[str], base: str) -> list[str]:
    """Return the http(s) URLs of `references`, resolved against `base` (serialised, without fragment), each once.

    Raises ParseLimit when many short references and a long base would make up more than a record may hold.
    """
    if len(references) * len(base) > MAX_CHARACTERS:
        raise ParseLimit(f"{len(references):,} links to a base URL of {len(base):,} characters")
    prefixes = _prefixes(base)
    parents: dict[int, str] = {}
    urls: dict[str, None] = {}
    for reference in references:
        plain = _PLAIN(reference)
        if plain is None or not prefixes:
            url = http_url(base, reference) or ""
        elif (kind := plain.lastindex or 0) != _UPWARDS:
            url = prefixes[kind] + reference
        else:
            end = plain.end(kind)
            if end not in parents:
                parents[end] = _parent(prefixes, end // len("../"))
            url = parents[end] + reference[end:]
        urls[url] = None
    urls.pop("", None)
    return list(urls)


def http_url(base: str, reference: str) -> str | None:
    """Return `reference` resolved against `base`, or None when that is no URL or none of http or https."""
    url = join(base, reference)
    return url if url is not None and url.startswith(_HTTP) else None


def _prefixes(base: str) -> tuple[str, ...]:
    """Return what goes before a reference of each group of _PLAIN; nothing for a base that is not http(s)."""
    if not base.startswith(_HTTP):
        return ()
    path = base.partition("?")[0]
    root = path.find("/", len("https://"))
    if root < 0:  # not serialised by the URL Standard
        return ()
    origin = path[:root]
    directory = path[: path.rindex("/") + 1]
    return ("", directory, base, "", "", origin, path, base)


def _parent(prefixes: tuple[str, ...], levels: int) -> str:
    """Return the directory `levels` above the base's own; above the root is the root."""
    directory, origin = prefixes[1], prefixes[5]
    return origin + directory[len(origin) :].rsplit("/", levels + 1)[0] + "/"
