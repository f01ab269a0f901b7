"""HTML for a notebook: nothing that a page chose is markup."""

from selectolax.lexbor import LexborHTMLParser

from scraper.stats.html import card, table

HOSTILE = "<script>alert(1)</script>\"'&"


def tags_of(text):
    return {node.tag for node in LexborHTMLParser(text).body.css("*")} - {"body", "tbody"}


def test_every_text_is_escaped():
    for text in (card(HOSTILE, [(HOSTILE, HOSTILE)]), table([HOSTILE], [[HOSTILE]], HOSTILE)):
        assert tags_of(text) <= {"div", "b", "table", "tr", "th", "td"}
        assert "&lt;script&gt;" in text


def test_no_colour_is_set_that_a_dark_page_would_hide():
    text = card("a", [("b", "c")]) + table(["a"], [["b"]], "c")
    assert "color:" not in text
    assert "background: none" in text


def test_a_table_has_a_note_only_when_there_is_something_to_say():
    assert 'opacity: .6">n</div>' in table(["a"], [["b"]], "n")
    assert table(["a"], [["b"]]).endswith("</table></div>")
