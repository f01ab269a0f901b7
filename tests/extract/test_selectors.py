import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from scraper.errors import ParseLimit, UsageError
from scraper.extract import selectors
from scraper.extract.selectors import compile_fields, read_fields

BASE = "https://a.example/dir/page.html"
HTML = """<h1 id=top class=x> Big &amp;
  <b>bold</b> </h1><h2></h2><p>one</p><p class=x>two<i> three</i></p>
<img src="a.png" alt=" A "><img data-src=b><img src="https://[" alt><a href="../c?d" title=x>c</a><a href>e</a>"""


def select(fields: dict[str, str], html: str = HTML) -> dict[str, object]:
    return read_fields(compile_fields(fields), LexborHTMLParser(html), BASE)


def refusal(fields: dict[str, str]) -> str:
    with pytest.raises(UsageError) as refused:
        compile_fields(fields)
    message = str(refused.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("selector", "value"),
    [
        ("h1", "Big & bold"),
        ("h1::text", "Big & bold"),
        ("  h1 ::text ", "Big & bold"),
        ("h2", ""),
        ("h3", None),
        ("h1::attr(id)", "top"),
        ("h1::attr( ID )", "top"),
        ("h1::attr(title)", None),
        ("img[alt]:not([data-src])::attr(alt)", " A "),
        ("p.x::html", '<p class="x">two<i> three</i></p>'),
        ("p::html", "<p>one</p>"),
        ("h3, h2, p", ""),
        ("h3, p::attr(class)", None),
        ("p:nth-child(4)::text", "two three"),
        ('a[title="x"]', "c"),
        ("a[title='::text']", None),
        ("[lang|=en]", None),
    ],
)
def test_a_field_is_the_first_match_s_part(selector, value):
    assert select({"field": selector}) == {"field": value}


@pytest.mark.parametrize(
    ("selector", "values"),
    [
        ("p", ["one", "two three"]),
        ("h3", []),
        ("p::html", ["<p>one</p>", '<p class="x">two<i> three</i></p>']),
        ("p::attr(class)", ["x"]),
        ("img::attr(alt)", [" A ", ""]),
        ("p, .x, h1", ["Big & bold", "one", "two three"]),
    ],
)
def test_a_field_with_brackets_is_a_list_of_every_match_once(selector, values):
    assert select({"field[]": selector}) == {"field": values}


def test_urls_in_attributes_are_absolute_where_they_can_be():
    fields = {"src[]": "img::attr(src)", "href[]": "a::attr(HREF)", "data-src": "img::attr(data-src)"}
    found = select({**fields, "data-src": "[data-src]::attr(data-src)"})
    assert found == {
        "src": ["https://a.example/dir/a.png", "https://["],
        "href": ["https://a.example/c?d", BASE],
        "data-src": "b",
    }


def test_fields_come_in_the_order_they_were_asked_for():
    assert list(select({"z": "p", "a[]": "p", "m": "h1"})) == ["z", "a", "m"]


def test_text_keeps_a_non_breaking_space():
    assert select({"price": "b"}, "<b>12\xa0€\n</b>") == {"price": "12\xa0€"}


@pytest.mark.parametrize(
    "selector",
    [
        "", " ", "::text", "h1[", "a >", "> a", "a,,b", "a,", ",a", "a)", "h1{", "//a", "a/text()", "#", ".", "..x",
        "1h", "a!b", "a:first", "a:contains(x)", "a:not()", "a:has(", ":nope", "a[href=/x]", "@x", "\ud800",
        "::nope", "h1::before", "h1::TEXT", "a::attr()", "a::attr(", "a::attr(x", "a::attr(b c)", "a::text, b::text",
        "a::text::text",
        "a:hover", "a:FOCUS", "li:active > b", ":current(p)", "svg|a", "*|a", "|a", "a || b",
    ],
)  # fmt: skip
def test_a_selector_that_cannot_work_is_refused_with_its_field(selector):
    message = refusal({"title": "h1", "price": selector})
    assert message.startswith(f"--select price={selector}".rstrip() + ": ")


def test_a_selector_with_a_line_feed_is_refused_in_one_line():
    assert refusal({"a": "h1\n["}) == "--select a=h1 [: not a CSS selector; it goes wrong at '['"


@pytest.mark.parametrize("selector", [r".md\:hover\:x", r".a\|b", "[title='a::b|c:hover']", r'[title="\"::"]'])
def test_what_is_escaped_or_quoted_is_no_reason_to_refuse(selector):
    assert select({"field": selector}) == {"field": None}


@pytest.mark.parametrize("name", ["", "[]", " "])
def test_a_field_needs_a_name(name):
    assert "no name" in refusal({name: "h1"})


def test_a_field_cannot_be_there_twice():
    assert refusal({"a": "h1", "a[]": "h1"}) == "--select: the field 'a' is there twice"


@given(st.text(alphabet="ah1.#[]()='\":>~+*|,-^$ \\@!{};/", max_size=12))
def test_a_selector_is_refused_or_works(selector):
    try:
        fields = compile_fields({"a": selector, "b[]": selector})
    except UsageError:
        return
    found = read_fields(fields, LexborHTMLParser(HTML), BASE)
    assert found["a"] == next(iter(found["b"]), None)


def test_c2_a_field_that_nesting_multiplies_is_refused(monkeypatch):
    monkeypatch.setattr(selectors, "MAX_CHARACTERS", 1000)
    html = "<div>" * 40 + "x" * 30
    assert len(select({"d": "div"}, html)["d"]) == 30
    with pytest.raises(ParseLimit, match="'d' has more than 1,000 characters"):
        select({"d[]": "div"}, html)
