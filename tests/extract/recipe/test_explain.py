import pytest

from scraper.extract.recipe.explain import explain
from scraper.models import Page

HTML = """<!doctype html>
<html lang=en><meta name="description" content="d">
<script type="application/ld+json">{"@type": "Product", "name": "Bike", "offers": {"price": "12.50"}}</script>
<body><main id="m"><article>
<p class="price">call us</p>
<p class="old">£3</p><p class="old">£4</p><i></i>
</article></main>
<ul><li><b>one</b><li>two</ul>"""


def told(html=HTML, select=None, **recipe):
    page = Page(url="u", final_url="https://a.example/", status=200, body=html.encode(), media_type="text/html")
    return explain(page, select=select or {}, recipe=recipe or None)


def test_the_alternatives_are_told_up_to_the_one_that_has_the_value():
    field = {
        "any": [{"jsonld": "Product.offers.cost"}, {"meta": "price"}, ".price", ".old", ".never"],
        "type": "float",
    }
    (story,) = told(fields={"price": field}).fields
    assert (story.name, story.type, story.value, story.is_default) == ("price", "float", 3.0, False)
    assert [(attempt.source, attempt.matches, attempt.problem) for attempt in story.attempts] == [
        ("jsonld Product.offers.cost", 0, "Product.offers has no cost; it has price"),
        ("meta price", 0, "there is no such <meta>; the page has description"),
        ("css .price", 1, "there is no number in 'call us'"),
        ("css .old", 2, None),
    ]
    assert story.attempts[-1].place == "main#m > article > p.old"


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("main .x", "no element matches; main alone matches 1"),
        ("main > article > .x::text", "no element matches; main > article alone matches 1"),
        ("b[title='a b']", "no element matches"),
        ("i", "it is empty"),
        ("p::attr(title)", "main#m > article > p.price, line 5 does not have that"),
        ({"jsonld": "Book.name"}, "there is no Book in the JSON-LD; it has Product"),
        ({"jsonld": "Product.name.first"}, "Product.name has no first; it is no object"),
        ({"jsonld": "Product.offers"}, "an object; go on to one of its keys (price), or take the type json"),
    ],
)
def test_what_is_missing_says_why(field, problem):
    (story,) = told(fields={"f": field}).fields
    assert story.is_missing
    assert [attempt.problem for attempt in story.attempts] == [problem]


def test_a_page_without_metadata_says_so():
    first, second = told("<p>", fields={"a": {"jsonld": "A.b"}, "b": {"opengraph": "title"}}).fields
    assert first.attempts[0].problem == "there is no JSON-LD"
    assert second.attempts[0].problem == "there is no <meta> with a content"


def test_a_default_is_called_one():
    (story,) = told(fields={"a": {"css": "x", "default": 0}}).fields
    assert (story.value, story.is_default, story.is_missing) == (0, True, False)


def test_a_place_has_its_line_when_its_tag_is_there_once():
    (story,) = told(select={"a": ".price"}).fields
    assert story.attempts[0].place == "main#m > article > p.price, line 5"


def test_items_are_told_with_what_is_left_out_and_why():
    fields = {"name": {"css": "b", "required": True}, "sub": {"scope": "x", "fields": {"y": "z"}}}
    story = told(items={"scope": [".no", "li"], "fields": fields}).items
    assert (story.scope, story.elements, story.place) == ("li", 2, "body > ul > li")
    assert story.rows == [{"name": "one", "sub": []}]
    assert story.left_out == {"name": 1}
    assert story.filled == {"name": 1, "sub": 0}
    assert story.problems == {"name": "css b: no element matches", "sub": "no element matches"}


def test_what_is_required_and_missing_is_named_of_fields_and_items():
    explanation = told(
        select={"z": "x"},
        fields={"a": {"css": "x", "required": True}, "b": {"css": "p", "required": True}},
        items={"scope": ".no", "required": True, "fields": {"a": "b"}},
    )
    assert [story.name for story in explanation.fields] == ["z", "a", "b"]
    assert explanation.missing == ["a", "items"]
    assert explanation.items.problem == "no element matches"
