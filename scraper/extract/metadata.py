"""A page's metadata for machines, OpenGraph, Twitter cards, JSON-LD, microdata, translations, feeds; what they say."""

from typing import Any

from msgspec import Struct, field
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.extract.document import collapse, tag_ids
from scraper.extract.facts import Facts
from scraper.extract.jsonld import jsonld_objects
from scraper.extract.microdata import read_microdata
from scraper.urls import join

MAX_LINKS = 1_000
"""Translations, feeds and pictures, of each; more are left out."""
MAX_BASE_CHARACTERS = 8_192
"""Of the base URL; what is relative to a longer one stays as it is, for a page could make much of it."""

_META, _SCRIPT, _LINK, _TIME = tag_ids("meta", "script", "link", "time")
_EVERYTHING = "meta[content], script[type], link[rel], time[datetime], [rel~=author], [itemscope]"
# The Open Graph protocol's own vocabulary and its types' (https://ogp.me/#types).
_OPENGRAPH = ("og:", "article:", "book:", "music:", "product:", "profile:", "video:")
_TWITTER = "twitter:"
_MEDIA = {"og:image": "images", "og:video": "videos", "og:audio": "audios"}
_FEEDS = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/rdf+xml": "rss",
    "application/feed+json": "json",
}


class _Walk(Struct):
    """What one walk through a page gathers."""

    base: str
    opengraph: dict[str, Any] = field(default_factory=dict)
    media: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    twitter: dict[str, Any] = field(default_factory=dict)
    jsonld: list[Any] = field(default_factory=list)
    hreflang: dict[str, str] = field(default_factory=dict)
    feeds: dict[str, dict[str, str]] = field(default_factory=dict)
    metas: dict[str, list[str]] = field(default_factory=dict)
    times: list[dict[str, str]] = field(default_factory=list)
    byline: str = ""
    has_items: bool = False

    def resolve(self, reference: str) -> str:
        """Return an absolute URL; what is none stays as it is."""
        if len(self.base) > MAX_BASE_CHARACTERS:
            return reference
        return join(self.base, reference) or reference

    def take(self, node: LexborNode) -> None:
        """Take what an element says."""
        tag = node.tag_id
        if tag == _SCRIPT:
            self.jsonld += jsonld_objects(node)
            return
        attributes = node.attributes
        if tag == _META:
            self._take_meta(attributes)
        elif tag == _LINK:
            self._take_link(attributes)
        elif tag == _TIME:
            self.times.append({name: value or "" for name, value in attributes.items()})
        elif not self.byline and "author" in (attributes.get("rel") or "").lower().split():
            self.byline = collapse(node.text())
        self.has_items = self.has_items or "itemscope" in attributes

    def _take_meta(self, attributes: dict[str, str | None]) -> None:
        content = (attributes.get("content") or "").strip()
        named = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
        key = named.strip().lower()
        if not key or not content:
            return
        self.metas.setdefault(key, []).append(content)
        if key.startswith(_OPENGRAPH):
            _add(self.opengraph, key, content)
            self._take_media(key, content)
        elif key.startswith(_TWITTER):
            _add(self.twitter, key, content)

    def _take_media(self, key: str, content: str) -> None:
        """Add to a picture, video or sound; what comes after one is its own (https://ogp.me/#structured)."""
        root = ":".join(key.split(":")[:2])
        kind = _MEDIA.get(root)
        if kind is None:
            return
        found = self.media.setdefault(kind, [])
        detail = key.removeprefix(root).removeprefix(":")
        if detail in ("", "url"):
            url = self.resolve(content)
            if (not found or found[-1].get("url") != url) and len(found) < MAX_LINKS:  # og:image and og:image:url
                found.append({"url": url})
        elif found:
            found[-1].setdefault(detail, self.resolve(content) if detail == "secure_url" else content)

    def _take_link(self, attributes: dict[str, str | None]) -> None:
        rel = (attributes.get("rel") or "").lower().split()
        href = (attributes.get("href") or "").strip()
        if "alternate" not in rel or not href:
            return
        language = (attributes.get("hreflang") or "").strip()
        kind = _FEEDS.get((attributes.get("type") or "").partition(";")[0].strip().lower())
        if kind is not None and len(self.feeds) < MAX_LINKS:
            url = self.resolve(href)
            title = collapse(attributes.get("title") or "")
            self.feeds.setdefault(url, {"url": url, "type": kind, **({"title": title} if title else {})})
        elif language and len(self.hreflang) < MAX_LINKS:
            self.hreflang.setdefault(language, self.resolve(href))


def read_metadata(tree: LexborHTMLParser, base: str) -> dict[str, Any] | None:
    """Return what a page says of itself to machines, None when that is nothing. `base` is its document base URL.

    First what it comes to: `title`, `author`, `site_name`, `published` and `modified` (ISO 8601), and in `sources` what
    each is from. Then where that stands: `opengraph` and `twitter`, texts by key, or lists of them for a key that is
    repeated; `images`, `videos` and `audios`, objects with `url`, `width` and so on, of OpenGraph's structured
    properties; `jsonld`, all objects, whole; `microdata`, items with `type`, `id` and `properties`; `hreflang`, URLs by
    language; `feeds`, objects with `url`, `type` (`rss`, `atom`, `json`) and `title`. What is empty is absent, what
    cannot be read is left out.
    """
    walk = _Walk(base)
    for node in tree.css(_EVERYTHING):
        walk.take(node)
    microdata = read_microdata(tree, walk.resolve) if walk.has_items else []
    facts = Facts(
        metas=walk.metas, jsonld=walk.jsonld, microdata=microdata, times=walk.times, byline=walk.byline
    ).found()
    parts = {
        **facts,
        "opengraph": walk.opengraph,
        **walk.media,
        "twitter": walk.twitter,
        "jsonld": walk.jsonld,
        "microdata": microdata,
        "hreflang": walk.hreflang,
        "feeds": list(walk.feeds.values()),
    }
    return {name: part for name, part in parts.items() if part} or None


def _add(part: dict[str, Any], key: str, content: str) -> None:
    known = part.get(key)
    if known is None:
        part[key] = content
    elif isinstance(known, list):
        known.append(content)
    else:
        part[key] = [known, content]
