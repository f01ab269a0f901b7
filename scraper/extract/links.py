"""The links of a page, absolute, by the WHATWG URL Standard."""

import re
from collections.abc import Collection

from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.errors import ParseLimit
from scraper.extract.document import MAX_CHARACTERS, collapse, per_thread, tag_ids
from scraper.models import Link, Page
from scraper.urls import join

_NOFOLLOW = frozenset({"nofollow", "ugc", "sponsored"})
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


def read_link_details(tree: LexborHTMLParser, page: Page, base: str) -> list[Link]:
    """Return the same links with their texts, their rel and whether they leave the host. Raises ParseLimit.

    The text is the first that a link to that URL has, else what its picture or its label says. A page's own word, in
    <meta name=robots> or X-Robots-Tag, makes all its links nofollow.
    """
    body = tree.body
    if body is None:
        return []
    nodes = {node.mem_id: node for node in per_thread.selector.find("[href]", body) if node.tag_id in _LINKING}
    anchors = [(href, node) for node in nodes.values() if (href := node.attrs.sget("href", _NO_LINK)) is not None]
    urls = _resolved([href for href, _ in anchors], base)
    own_host = host_of(page.final_url)
    is_nofollow = _is_nofollow(tree, page)
    found: dict[str, Link] = {}
    size = 0
    for url, (_, node) in zip(urls, anchors, strict=True):
        known = found.get(url)
        if not url or (known is not None and known.text):
            continue
        text = _text(node)
        size += len(text)
        if size > MAX_CHARACTERS:
            raise ParseLimit(f"the texts of its links have more than {MAX_CHARACTERS:,} characters")
        if known is not None:
            found[url] = replace(known, text=text)
            continue
        rel = (node.attributes.get("rel") or "").lower().split()
        found[url] = Link(
            url=url,
            text=text,
            rel=rel,
            kind="internal" if host_of(url) == own_host else "external",
            nofollow=is_nofollow or not _NOFOLLOW.isdisjoint(rel),
        )
    return list(found.values())


def host_of(url: str) -> str:
    """Return the host of an absolute URL, without port and without a leading `www.`."""
    authority = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    host = authority.partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
    return host.removeprefix("www.")


def absolute(references: Collection[str], base: str) -> list[str]:
    """Return the http(s) URLs of `references`, resolved against `base` (serialised, without fragment), each once.

    Raises ParseLimit when many short references and a long base would make up more than a record may hold.
    """
    urls = dict.fromkeys(_resolved(references, base))
    urls.pop("", None)
    return list(urls)


def _resolved(references: Collection[str], base: str) -> list[str]:
    """Return the http(s) URL of each of `references`, "" for what is none."""
    if len(references) * len(base) > MAX_CHARACTERS:
        raise ParseLimit(f"{len(references):,} links to a base URL of {len(base):,} characters")
    prefixes = _prefixes(base)
    parents: dict[int, str] = {}
    urls: list[str] = []
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
        urls.append(url)
    return urls


def http_url(base: str, reference: str) -> str | None:
    """Return `reference` resolved against `base`, or None when that is no URL or none of http or https."""
    url = join(base, reference)
    return url if url is not None and url.startswith(_HTTP) else None


def _text(node: LexborNode) -> str:
    if text := collapse(node.text()):
        return text
    picture = node.css_first("img[alt]")
    alternative = picture.attributes.get("alt") if picture is not None else None
    return collapse(alternative or node.attributes.get("aria-label") or node.attributes.get("title") or "")


def _is_nofollow(tree: LexborHTMLParser, page: Page) -> bool:
    said = [page.header("x-robots-tag") or ""]
    said += [node.attributes.get("content") or "" for node in tree.css('meta[name="robots" i]')]
    words = {word.strip() for text in said for word in text.lower().split(",")}
    return not words.isdisjoint(("nofollow", "none"))


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
