"""The first records in a notebook."""

from runs import failed, ok
from selectolax.lexbor import LexborHTMLParser

from scraper.run.table import CELL_CHARACTERS, ROWS_SHOWN, first_rows


def rows(html):
    return [[cell.text() for cell in row.css("th, td")] for row in LexborHTMLParser(html).css("tr")]


def test_a_row_tells_what_became_of_a_url():
    records = [
        ok("http://a/", title="A", fields={"price": 5, "img": ["x"]}),
        failed("http://b/", "http-status", status=503),
        failed(),
    ]
    assert rows(first_rows(records, 3)) == [
        ["url", "status", "title", "price", "img"],
        ["http://a/", "200", "A", "5", '["x"]'],
        ["http://b/", "503 http-status", "", "", ""],
        ["http://b/", "read-timeout", "", "", ""],
    ]


def test_of_many_records_the_first_are_shown_and_long_texts_are_cut():
    records = [ok(title="x" * 1000) for _ in range(50)]
    html = first_rows(records, 50)
    assert len(rows(html)) == ROWS_SHOWN + 1
    assert "and 40 more" in html
    assert len(rows(html)[1][2]) == CELL_CHARACTERS


def test_no_records_are_no_table():
    assert first_rows([], 0) == ""
