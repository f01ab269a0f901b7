import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.sight import FEW_ELEMENTS, FEW_LINKS, MAX_LOOKED_AT, MAX_NODES, bareness, look


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("", "plain"),
        ("<title>x</title><p>x<a href=1>y</a>", "plain"),
        ("<script>1</script><p>x", "bare"),
        ("<p>x<form></form>", "bare"),
        ("<p>" * (FEW_ELEMENTS - 2), "plain"),
        ("<p>" * (FEW_ELEMENTS - 1), None),
        ("<a>1</a>" * FEW_LINKS, "plain"),
        ("<a>1</a>" * (FEW_LINKS + 1), None),
        ("<frameset><frame>", None),
    ],
)
def test_a_page_of_few_elements_and_links_is_bare_and_plain_without_machines(html, kind):
    assert bareness(LexborHTMLParser(html)) == kind


def test_words_are_what_a_reader_sees_and_machinery_is_the_rest():
    html = """<head><script src=/A.js>var B</script><style>p {}</style></head><body class=C>
    <h1 id=D>Hello  <b>World</b></h1><noscript>No <img></noscript><template><p>T</p></template><script>var E</script>
    <form action=/F><input type=PASSWORD><input><input type=hidden value=G><textarea></textarea></form>"""
    sight = look(LexborHTMLParser(html))
    assert sight.words == "hello world"
    assert sight.heading == "Hello World"
    assert sight.unseen.startswith("No")
    assert sight.inputs == ("password", "text", "textarea")
    assert sight.is_whole
    assert sight.has_script
    assert not sight.has_media
    for part in ("/a.js", "var b", "var e", "/f", "g", "d"):
        assert part in sight.machinery.split("\n")


@pytest.mark.parametrize("html", ["<p>" * (MAX_NODES + 1), "<p>" + "x" * MAX_LOOKED_AT + "y", f"<p id={'x' * 99_999}>"])
def test_c1_what_is_too_much_is_not_looked_at_whole(html):
    assert not look(LexborHTMLParser(html)).is_whole
