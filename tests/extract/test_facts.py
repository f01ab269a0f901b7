# ruff: noqa: E501 - pages as they are
import json

import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.metadata import read_metadata


def facts(html="", *, ld=None, items=""):
    script = f'<script type="application/ld+json">{json.dumps(ld)}</script>' if ld is not None else ""
    return read_metadata(LexborHTMLParser(f"<head>{script}{html}</head><body>{items}"), "https://a.example/") or {}


def of(name, found):
    """Return a fact and what it is from."""
    return found.get(name), found.get("sources", {}).get(name)


def test_a_recipe_in_a_graph_has_its_title_author_site_and_dates():
    graph = [
        {"@type": "Organization", "@id": "#org", "name": "Kitchen"},
        {"@type": "WebSite", "name": "Kitchen site"},
        {
            "@type": "Article",
            "headline": "My grandmother and I",
            "author": {"@id": "#jo"},
            "publisher": {"@id": "#org"},
        },
        {
            "@type": ["Recipe"],
            "name": "Fish &amp; Chips",
            "author": [{"@id": "#jo"}, "Al"],
            "datePublished": "2024-01-02",
        },
        {"@type": "Person", "@id": "#jo", "name": "Jo Cook"},
    ]
    found = facts(ld={"@context": "https://schema.org", "@graph": graph})
    assert of("title", found) == ("Fish & Chips", "jsonld Recipe.name")
    assert of("author", found) == ("Jo Cook, Al", "jsonld Recipe.author")
    assert of("site_name", found) == ("Kitchen", "jsonld Article.publisher")
    assert of("published", found) == ("2024-01-02", "jsonld Recipe.datePublished")
    assert of("modified", found) == (None, None)
    assert found["jsonld"] == [{"@context": "https://schema.org", "@graph": graph}]


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Jo", "Jo"),
        ({"name": "Jo"}, "Jo"),
        ({"@type": "Person", "name": ["Jo", "Al"]}, "Jo, Al"),
        (["Jo", {"name": "Al"}, {"name": "Jo"}], "Jo, Al"),
        ("https://a.example/jo", None),
        ({"@id": "#nobody"}, None),
        ({}, None),
        (7, None),
        (None, None),
        ([[]], None),
    ],
)
def test_an_author_is_named_in_many_ways(author, name):
    assert facts(ld={"@type": "NewsArticle", "author": author}).get("author") == name


@pytest.mark.parametrize(
    ("html", "name", "value", "source"),
    [
        ("<meta property=og:title content=T>", "title", "T", "meta og:title"),
        ("<meta name=author content=Jo><meta name=author content=Al>", "author", "Jo, Al", "meta author"),
        (
            "<meta property=article:author content=https://f.example/jo><meta name=dc.creator content=Al>",
            "author",
            "Al",
            "meta dc.creator",
        ),
        ("<meta property=og:site_name content=S>", "site_name", "S", "meta og:site_name"),
        ("<meta name=application-name content=S>", "site_name", "S", "meta application-name"),
        (
            "<meta property=article:published_time content=2024-05-01T10:00:00+02:00>",
            "published",
            "2024-05-01T10:00:00+02:00",
            "meta article:published_time",
        ),
        (
            "<meta name=date content=nonsense><meta name=pubdate content='May 1, 2024'>",
            "published",
            "2024-05-01",
            "meta pubdate",
        ),
        (
            "<meta property=article:modified_time content=2024-05-01>",
            "modified",
            "2024-05-01",
            "meta article:modified_time",
        ),
        ("<meta itemprop=datePublished content=2024-05-01>", "published", "2024-05-01", "meta datepublished"),
    ],
)
def test_metas_tell_it_where_nothing_better_does(html, name, value, source):
    assert of(name, facts(html)) == (value, source)


def test_microdata_tells_it_as_json_ld_does():
    items = """<div itemscope itemtype=http://schema.org/Recipe><h1 itemprop=name>Pie</h1>by <span itemprop=author itemscope
    itemtype=http://schema.org/Person><b itemprop=name>Jo</b></span><time itemprop=datePublished datetime=2024-05-01>May</time></div>"""
    found = facts(items=items)
    assert of("title", found) == ("Pie", "microdata Recipe.name")
    assert of("author", found) == ("Jo", "microdata Recipe.author")
    assert of("published", found) == ("2024-05-01", "microdata Recipe.datePublished")


@pytest.mark.parametrize(
    ("items", "published", "modified"),
    [
        ("<time datetime=2024-05-01>x</time>", "2024-05-01", None),
        ("<time datetime=2024-05-01>x</time><time datetime=2024-05-02>y</time>", None, None),
        ("<time datetime=2024-05-01>x</time><time datetime=2024-05-02 pubdate>y</time>", "2024-05-02", None),
        (
            "<time class='entry-date published' datetime=2024-05-01>x</time><time class=updated datetime=2024-05-02>y</time>",
            "2024-05-01",
            "2024-05-02",
        ),
        ("<time class='entry-date published updated' datetime=2024-05-01>x</time>", "2024-05-01", None),
        ("<time class=updated datetime=2024-05-02>y</time>", None, "2024-05-02"),
    ],
)
def test_a_time_element_tells_when_it_says_what_of_or_is_the_only_one(items, published, modified):
    found = facts(items=items)
    assert (found.get("published"), found.get("modified")) == (published, modified)


def test_what_is_around_a_page_is_not_what_it_is_about():
    crumbs = {"@type": "BreadcrumbList", "name": "Crumbs"}
    assert facts(ld=[crumbs, {"@type": "Organization", "name": "Acme"}]).get("title") is None
    assert facts(ld=[crumbs, {"@type": "WebPage", "name": "Page"}, {"@type": "Product", "name": "P"}])["title"] == "P"


def test_an_author_by_link():
    assert of("author", facts(items="<a rel='nofollow author' href=/jo> Jo  Cook </a>")) == ("Jo Cook", "rel=author")


def test_nothing_is_found_in_nothing():
    assert facts() == {}
