"""What a page is called, who wrote it and when, by the best of its metadata that says so."""

import html
from collections.abc import Iterable, Iterator
from typing import Any

from scraper.extract.dates import iso_date
from scraper.extract.document import collapse
from scraper.extract.jsonld import entities, types

MAX_AUTHORS = 20

Found = tuple[str, str]
"""A value, and what it is from: `jsonld Recipe.author`."""

_PAGES = frozenset({"WebPage", "ItemPage", "AboutPage", "CollectionPage", "ProfilePage", "FAQPage", "MedicalWebPage"})
_SUBJECTS = frozenset(
    """Recipe Article NewsArticle BlogPosting ScholarlyArticle TechArticle Report Review HowTo Course Book Movie
    TVSeries TVEpisode PodcastEpisode PodcastSeries VideoObject AudioObject MusicRecording MusicAlbum
    SoftwareApplication WebApplication MobileApplication SoftwareSourceCode Dataset Product ProductGroup Event
    JobPosting QAPage Question CreativeWork SocialMediaPosting DiscussionForumPosting LiveBlogPosting
    MedicalScholarlyArticle OpinionNewsArticle AnalysisNewsArticle ReportageNewsArticle ReviewNewsArticle
    BackgroundNewsArticle AdvertiserContentArticle SatiricalArticle Thesis Game VideoGame Painting Photograph
    Place LocalBusiness Restaurant Hotel Vehicle Car RealEstateListing""".split()
)
"""What a page can be about, of https://schema.org; a site, an organisation or a trail of crumbs is around it."""

_METAS = {
    "title": (
        "og:title",
        "twitter:title",
        "dc.title",
        "dcterms.title",
        "citation_title",
        "parsely-title",
        "sailthru.title",
    ),
    "author": (
        *("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author"),
        *("sailthru.author", "book:author", "byl", "cxenseparse:author"),
    ),
    "site_name": ("og:site_name", "application-name", "apple-mobile-web-app-title", "al:ios:app_name"),
    "published": (
        *("article:published_time", "article:published", "og:published_time", "datepublished", "date", "dc.date"),
        *("dc.date.issued", "dcterms.date", "dcterms.issued", "dcterms.created", "dc.date.created", "pubdate"),
        *("publishdate", "publish-date", "publish_date", "publication_date", "citation_publication_date"),
        *("citation_date", "parsely-pub-date", "sailthru.date", "article.published", "cxenseparse:recs:publishtime"),
        *("book:release_date", "video:release_date", "music:release_date", "article:created"),
    ),
    "modified": (
        *("article:modified_time", "og:updated_time", "article:updated", "datemodified", "dc.date.modified"),
        *("dcterms.modified", "last-modified", "lastmod", "article.updated", "revised"),
    ),
}
"""Names of <meta> elements, the best first."""

_PROPERTIES = {
    "published": ("datePublished", "uploadDate", "datePosted", "dateCreated"),
    "modified": ("dateModified",),
}


class Facts:
    """The sources of a page, asked in turn."""

    def __init__(
        self,
        *,
        metas: dict[str, list[str]],
        jsonld: list[Any],
        microdata: list[Any],
        times: list[dict[str, str]],
        byline: str,
    ) -> None:
        """`metas` are contents by name, `times` the attributes of its <time> elements, `byline` its rel=author."""
        self._metas = metas
        self._times = times
        self._byline = byline
        everything = list(entities(jsonld))
        self._by_id = {name: entity for entity in reversed(everything) if isinstance(name := entity.get("@id"), str)}
        plain = [_plain(item) for item in microdata]
        self._ranked = [
            *_ranked("jsonld", everything, _SUBJECTS),
            *_ranked("microdata", plain, _SUBJECTS),
            *_ranked("jsonld", everything, _PAGES),
            *_ranked("microdata", plain, _PAGES),
        ]
        self._sites = _ranked("jsonld", everything, frozenset({"WebSite"}))

    def found(self) -> dict[str, Any]:
        """Return `title`, `author`, `site_name`, `published` and `modified`, and by `sources` where each is from.

        What is not found is absent. Several authors are one text, joined by commas. Dates are ISO 8601.
        """
        facts = {
            "title": next(self._title(), None),
            "author": next(self._author(), None),
            "site_name": next(self._site_name(), None),
            "published": next(self._dates("published"), None),
            "modified": next(self._dates("modified"), None),
        }
        known = {name: fact for name, fact in facts.items() if fact is not None}
        if not known:
            return {}
        values = {name: value for name, (value, _) in known.items()}
        return {**values, "sources": {name: source for name, (_, source) in known.items()}}

    def _title(self) -> Iterator[Found]:
        for kind, entity in self._ranked[:1]:
            for key in ("headline", "name") if "headline" in entity else ("name",):
                yield from _labelled(_texts(entity.get(key)), f"{kind}.{key}")
        yield from self._of_metas("title")

    def _author(self) -> Iterator[Found]:
        for kind, entity in self._ranked:
            for key in ("author", "creator"):
                names = [name for name in self._names(entity.get(key)) if not _is_url(name)]
                if names:
                    yield ", ".join(dict.fromkeys(names[:MAX_AUTHORS])), f"{kind}.{key}"
        for name in _METAS["author"]:
            names = [text for text in self._metas.get(name, ()) if not _is_url(text)]
            if names:
                yield ", ".join(dict.fromkeys(names[:MAX_AUTHORS])), f"meta {name}"
        if self._byline:
            yield self._byline, "rel=author"

    def _site_name(self) -> Iterator[Found]:
        yield from _labelled(self._metas.get("og:site_name", ()), "meta og:site_name")
        for kind, entity in self._ranked:
            yield from _labelled(self._names(entity.get("publisher")), f"{kind}.publisher")
        for kind, entity in self._sites:
            yield from _labelled(_texts(entity.get("name")), f"{kind}.name")
        yield from self._of_metas("site_name")

    def _dates(self, fact: str) -> Iterator[Found]:
        for text, source in self._dates_as_written(fact):
            if date := iso_date(text):
                yield date, source

    def _dates_as_written(self, fact: str) -> Iterator[Found]:
        for key in _PROPERTIES[fact]:
            for kind, entity in self._ranked:
                yield from _labelled(_texts(entity.get(key)), f"{kind}.{key}")
        yield from self._of_metas(fact)
        says = _is_published if fact == "published" else _is_modified
        for time in self._times:
            if says(time) or (fact == "published" and len(self._times) == 1 and not _is_modified(time)):
                yield time["datetime"], "time"

    def _of_metas(self, fact: str) -> Iterator[Found]:
        for name in _METAS[fact]:
            yield from _labelled(self._metas.get(name, ()), f"meta {name}")

    def _names(self, value: Any) -> list[str]:
        """Return the names in what is a name, somebody with a name, a reference to one, or a list of these."""
        names: list[str] = []
        for item in (value if isinstance(value, list) else [value])[:MAX_AUTHORS]:
            known = item
            if isinstance(item, dict) and "name" not in item:
                known = self._by_id.get(str(item.get("@id")), item)
            names += _texts(known.get("name") if isinstance(known, dict) else known)
        return names


def _ranked(kind: str, items: Iterable[dict[str, Any]], wanted: frozenset[str]) -> list[tuple[str, dict[str, Any]]]:
    """Return the items of a type that is wanted, with what they are called; a recipe goes before what is around it."""
    found = [(f"{kind} {min(named)}", item) for item in items if (named := types(item) & wanted)]
    return sorted(found, key=lambda pair: "Recipe" not in pair[0])


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item of microdata as JSON-LD would have it."""
    properties = {
        name: [_plain(value) if isinstance(value, dict) else value for value in values]
        for name, values in item["properties"].items()
    }
    return {"@type": item.get("type", []), **properties}


def _labelled(texts: Iterable[str], source: str) -> Iterator[Found]:
    return ((text, source) for text in texts)


def _texts(value: Any) -> list[str]:
    """Return the texts in `value`, which may be a list, without markup's escapes."""
    found = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
    return [text for item in found if (text := collapse(html.unescape(item)))]


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://", "//"))


def _is_published(time: dict[str, str]) -> bool:
    classes = time.get("class", "").lower()
    return "pubdate" in time or any(word in classes for word in ("publish", "entry-date", "post-date"))


def _is_modified(time: dict[str, str]) -> bool:
    classes = time.get("class", "").lower()
    return ("updated" in classes or "modified" in classes) and not _is_published(time)
