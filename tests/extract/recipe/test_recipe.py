"""A whole recipe on whole pages, by the door that a run uses."""

import pytest

from scraper.errors import ExtractError, ParseLimit, UsageError
from scraper.extract import build_extractor
from scraper.extract.recipe import scope
from scraper.extract.recipe.css import Css
from scraper.models import Page

SHOP = """<!doctype html><html lang=en><base href=/shop/><title>Shop</title>
<script type=application/ld+json>{"@type": "ItemList", "name": "All"}</script>
<div class=product><h2>One</h2><b class=price>£1,234.50</b><a href=one>more</a></div>
<div class=product><h2>Two</h2><a href=two>more</a></div>"""
ITEMS = {
    "scope": ".product",
    "fields": {
        "name": {"css": "h2", "required": True},
        "price": {"css": ".price", "type": "float"},
        "url": {"css": "a", "type": "url"},
    },
}


def extract(recipe, html=SHOP, **options):
    settings = {"select": {}, "links": False, "meta": False, "html": False, "parse": None, **options}
    page = Page(
        url="https://a.example/", final_url="https://a.example/", status=200, body=html.encode(), media_type="text/html"
    )
    return build_extractor(**settings, recipe=recipe)(page)


def test_fields_and_items_are_apart_and_in_the_page_s_order():
    found = extract({"fields": {"list": {"jsonld": "ItemList.name"}}, "items": ITEMS})
    assert found.title == "Shop"
    assert found.fields == {"list": "All"}
    assert found.items == [
        {"name": "One", "price": 1234.5, "url": "https://a.example/shop/one"},
        {"name": "Two", "price": None, "url": "https://a.example/shop/two"},
    ]


def test_what_is_not_asked_for_is_absent():
    found = extract({"items": ITEMS}, "<p>nothing")
    assert found.fields is None
    assert found.items == []
    assert extract({"fields": {"a": "p"}}).items is None


def test_plain_strings_do_what_select_does():
    select = {
        "a": "h2",
        "b[]": "h2",
        "c": "a::attr(href)",
        "d[]": "a::attr(href)",
        "e": "b::html",
        "f": "i",
        "g": "base",
    }
    by_select = extract(None, select=select)
    by_recipe = extract({"fields": select})
    assert by_recipe.fields == by_select.fields
    assert list(by_recipe.fields) == list(by_select.fields)


def test_select_and_recipe_and_callback_go_together():
    found = extract({"fields": {"b": "h2"}}, select={"a": "title"}, parse=lambda page: {"c": page.tree is not None})
    assert found.fields == {"a": "Shop", "b": "One", "c": True}


def test_a_name_that_select_and_recipe_share_is_refused():
    with pytest.raises(UsageError, match="--select and --recipe both have the field 'a'"):
        extract({"fields": {"a": "h1"}}, select={"a[]": "h1"})


@pytest.mark.parametrize(
    ("recipe", "names"),
    [
        ({"fields": {"a": {"css": "h7", "required": True}, "b": {"css": "h2", "required": True}}}, "a"),
        ({"items": {**ITEMS, "scope": ".no", "required": True}}, "items"),
        ({"fields": {"a": {"css": "h2", "type": "int", "required": True}}, "items": {**ITEMS, "scope": ".no"}}, "a"),
    ],
)
def test_a_page_without_what_is_required_is_an_extract_error(recipe, names):
    with pytest.raises(ExtractError, match=f"^required and missing: {names}$"):
        extract(recipe)


def test_c2_fields_that_nesting_multiplies_are_refused(monkeypatch):
    monkeypatch.setattr(scope, "MAX_CHARACTERS", 1000)
    with pytest.raises(ParseLimit, match="more than 1,000 characters"):
        extract({"items": {"scope": "div", "fields": {"text": ":scope"}}}, "<div>" * 40 + "x" * 30)


def test_template_content_and_nul_are_as_the_parser_has_them():
    html = "<template><b>no</b></template><b>a\0b</b>"
    assert extract({"fields": {"b": {"css": "b", "many": True}}}, html).fields == {"b": ["ab"]}


def test_the_document_is_searched_once_however_many_items_it_has(monkeypatch):
    searched = []
    search = Css.all
    monkeypatch.setattr(Css, "all", lambda css, node, **where: searched.append(node.tag) or search(css, node, **where))
    found = extract({"items": ITEMS}, SHOP * 50)
    assert len(found.items) == 100
    assert searched.count("html") == 1
