import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.errors import ParseLimit
from scraper.extract.recipe import scope as module
from scraper.extract.recipe.scope import Scope, Surroundings, page_scope

HTML = """<head><meta name=Description content=" page ">
<meta property=og:image content=a><meta property=og:image content=b>
<script type="application/ld+json">{"@type":"WebPage","name":"page"}</script></head><body>
<div><meta itemprop=price content=12><meta name=x property=X content=y>
<script type="Application/LD+JSON; charset=utf-8">[{"@type":"Product","name":"inner"}, 3]</script>
<script type="application/ld+json">{broken</script></div>"""


def test_the_page_s_metadata_is_that_of_all_elements():
    scope = page_scope(LexborHTMLParser(HTML), "https://a.example/", None)
    assert scope.metas == {"description": ["page"], "og:image": ["a", "b"], "price": ["12"], "x": ["y"]}
    assert scope.graph.find("name") == ["page", "inner"]


def test_an_element_s_metadata_is_that_within_it():
    node = LexborHTMLParser(HTML).css_first("div")
    scope = Scope(node, Surroundings("https://a.example/", None), is_page=False)
    assert scope.metas == {"price": ["12"], "x": ["y"]}
    assert scope.graph.find("name") == ["inner"]


def test_no_element_has_nothing():
    scope = Scope(None, Surroundings("https://a.example/", None), is_page=True)
    assert scope.metas == {}
    assert scope.graph.find("name") == []


def test_a_record_takes_so_much_of_a_page(monkeypatch):
    monkeypatch.setattr(module, "MAX_CHARACTERS", 10)
    page = Surroundings("", None)
    page.spend(10)
    with pytest.raises(ParseLimit, match="more than 10 characters"):
        page.spend(1)
