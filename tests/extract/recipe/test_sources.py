import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.recipe.scope import page_scope
from scraper.extract.recipe.sources import build_sources
from scraper.extract.recipe.unreadable import Unreadable
from scraper.recipe import Field

HTML = """<meta property=og:title content=""><meta property=og:title content=Title>
<script type="application/ld+json">{"@type": "A", "n": [" x ", 2]}</script>
<a href=/b title=t>link <b>bold</b></a><img src=i.png><time datetime=2024-03-05>5 March</time><time>2023</time>
<p id=p>Price:
12</p><input checked><input disabled=no>"""


def taken(kind="str", **alternative):
    """Return what a field of one alternative takes first, and of all that it finds."""
    tree = LexborHTMLParser(HTML)
    scope = page_scope(tree, "https://a.example/c/", None)
    (source,) = build_sources(Field(any=(Field(**alternative),), type=kind))
    first = source.first(scope)
    return None if first is None else source.take(first, scope), [source.take(raw, scope) for raw in source.all(scope)]


@pytest.mark.parametrize(
    ("kind", "alternative", "first"),
    [
        ("str", {"css": "a"}, "link bold"),
        ("str", {"css": "a", "text": True}, "link bold"),
        ("str", {"css": "a::attr(title)"}, "t"),
        ("str", {"css": "a", "attr": "href"}, "https://a.example/b"),
        ("str", {"css": "a", "attr": "none"}, None),
        ("str", {"css": "b", "html": True}, "<b>bold</b>"),
        ("url", {"css": "a"}, "/b"),
        ("url", {"css": "img"}, "i.png"),
        ("url", {"css": "b"}, "bold"),
        ("url", {"css": "a", "text": True}, "link bold"),
        ("url", {"css": "meta:nth-of-type(2)"}, "Title"),
        ("date", {"css": "time"}, "2024-03-05"),
        ("date", {"css": "time:nth-of-type(2)"}, "2023"),
        ("date", {"css": "time", "text": True}, "5 March"),
        ("json", {"css": "p"}, "Price:\n12"),
        ("bool", {"css": "input", "attr": "checked"}, "true"),
        ("bool", {"css": "input:nth-of-type(2)", "attr": "disabled"}, "no"),
        ("str", {"css": "none"}, None),
        ("str", {"opengraph": "og:title"}, "Title"),
        ("str", {"meta": "OG:Title"}, "Title"),
        ("str", {"meta": "none"}, None),
        ("str", {"jsonld": "A.n"}, "x"),
        ("str", {"css": "p", "regex": r"\d+"}, "12"),
        ("str", {"css": "p", "regex": r"(\w+): (\d+)"}, "Price"),
        ("str", {"css": "p", "regex": r"(\w+): (\d+)", "group": 0}, "Price: 12"),
        ("str", {"css": "p", "regex": r"(\w+): (?P<n>\d+)", "group": "n"}, "12"),
        ("str", {"css": "p", "regex": r"(x)?\d"}, None),
        ("str", {"css": "none", "regex": "x"}, None),
        ("bool", {"css": "p", "regex": "price"}, False),
        ("bool", {"css": "p", "regex": "(?i)price"}, True),
    ],
)
def test_the_first_that_is_found_gives_what_the_recipe_takes(kind, alternative, first):
    assert taken(kind, **alternative)[0] == first


def test_all_that_is_found_is_in_the_page_s_order():
    assert taken(opengraph="og:title")[1] == ["", "Title"]
    assert taken(jsonld="A.n")[1] == ["x", 2]
    assert taken(css="time")[1] == ["5 March", "2023"]


def test_a_regex_that_finds_nothing_says_where_it_looked():
    with pytest.raises(Unreadable, match=r"the regex finds nothing in 'Price: 12'"):
        taken(css="p", regex="x")
