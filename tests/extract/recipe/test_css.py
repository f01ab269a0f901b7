import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.recipe.css import has_suffix, parse_css

HTML = """<main><div class=p id=a><b class=x>1</b><div class=p id=b><b class=x>2</b></div></div>
<div class=p id=c title=":scope"></div><b class=x>out</b><template><b class=x>no</b></template></main>"""


def found(css, within=None):
    tree = LexborHTMLParser(HTML)
    node = tree.css_first(within) if within else tree.root
    parsed = parse_css(css)
    nodes = parsed.all(node, is_page=within is None)
    first = parsed.first(node, is_page=within is None)
    assert (first and first.mem_id) == (nodes[0].mem_id if nodes else None)
    assert tree.html == LexborHTMLParser(HTML).html  # as it was
    return [node.id or node.text() for node in nodes]


@pytest.mark.parametrize(
    ("css", "within", "names"),
    [
        (".x", "#a", ["1", "2"]),
        (".x", "#b", ["2"]),
        (".x", "#c", []),
        (".p", None, ["a", "b", "c"]),
        (".p", "#a", ["b"]),
        (".p", "#b", []),
        ("main .x", "#b", ["2"]),
        (":scope", "#a", ["a"]),
        (":scope > .x", "#a", ["1"]),
        (":SCOPE .x", "#a", ["1", "2"]),
        (":scope > .p > .x, :scope > .x", "#a", ["1", "2"]),
        (":scope > body > main > .x", None, ["out"]),
        ("[title=':scope']", None, ["c"]),
        ("b, .x, main > .x", None, ["1", "2", "out"]),
    ],
)
def test_elements_are_found_within_their_scope_alone(css, within, names):
    assert found(css, within) == names


@pytest.mark.parametrize(("css", "has"), [("a", False), ("a::text", True), (":scope::attr(id)", True)])
def test_a_suffix_is_known(css, has):
    assert has_suffix(css) is has


def test_what_is_wrong_is_told_in_the_recipe_s_own_words():
    with pytest.raises(ValueError, match=r"^not a CSS selector; it goes wrong at '> :nope :scope'$"):
        parse_css("a > :nope :scope")
