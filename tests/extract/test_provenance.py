"""Equal texts stand for equal values of the same page, and nothing else for them."""

import importlib

from scraper.config import Config
from scraper.extract import extractor_in, make_extract
from scraper.extract.provenance import extractor_of
from scraper.models import Page
from scraper.recipe import Field, Recipe

PAGE = Page(url="http://a.test/", final_url="http://a.test/", status=200, body=b"<h1>x</h1>")


def of(**settings):
    return extractor_in(Config(**settings))


def test_nothing_asked_for_is_nothing():
    assert of() is None


def test_whatever_makes_other_fields_has_another_text():
    made = [
        of(select={"h": "h1"}),
        of(select={"h": "h2"}),
        of(links=True),
        of(link_details=True),
        of(select={"h": "h1"}, html=True),
        of(text=True),
        of(text=True, markdown=True),
        of(select={"g": "h1"}),
        of(select={"h[]": "h1"}),
        of(recipe={"fields": {"h": "h1"}}),
        of(recipe={"fields": {"h": {"css": "h1", "type": "int"}}}),
        of(recipe={"items": {"scope": "li", "fields": {"h": "h1"}}}),
        of(parse="json:dumps"),
        of(parse="json:loads"),
        of(select={"h": "h1"}, parse="json:loads"),
    ]
    assert len(set(made)) == len(made)
    assert None not in made


def test_the_same_recipe_is_the_same_wherever_it_comes_from(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text("[fields]\nh = { css = 'h1', type = 'int' }  # a note\n")
    in_python = Recipe(fields={"h": Field(css="h1", type="int")})
    assert of(recipe=str(path)) == of(recipe=in_python) == of(recipe={"fields": {"h": {"type": "int", "css": "h1"}}})


def test_a_callback_is_another_one_when_its_module_is(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "shop_of_provenance.py"
    path.write_text("def price(page):\n    return {}\n")
    first = of(parse="shop_of_provenance:price")
    assert of(parse="shop_of_provenance:price") == first
    path.write_text("RATE = 2\n\ndef price(page):\n    return {}\n")
    importlib.invalidate_caches()
    assert of(parse="shop_of_provenance:price") != first


def test_a_callback_without_a_source_is_never_the_same():
    names = {}
    exec("def price(page): return {}", names)
    made = {extractor_of({}, None, names["price"]) for _ in range(3)}
    assert len(made) == 3


def test_it_stands_in_what_is_extracted():
    config = Config(select={"h": "h1"})
    assert make_extract(config)(PAGE).extractor == extractor_in(config)
    assert make_extract(Config())(PAGE).extractor is None
