import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scraper.errors import UsageError
from scraper.models import Row
from scraper.sources.columns import Columns
from scraper.sources.delimited import MAX_RECORD_CHARACTERS, DelimitedParser, split_records
from scraper.sources.text import Lines

GUESSED = Columns()
HEADER = "url,name\n"


def rows_of(*batches: str, columns: Columns = GUESSED, delimiter: str | None = None) -> list[Row]:
    parser = DelimitedParser("a.csv", columns, delimiter)
    rows = [row for batch in batches for row in parser.rows(list(io.StringIO(batch, newline="")))]
    return rows + parser.finish()


def urls_of(*batches: str) -> list[tuple[int, str]]:
    return [(row.line, row.url) for row in rows_of(*batches)]


def is_closed(text: str) -> bool:
    """Whether a record that follows `text` would be one of its own."""
    return list(csv.reader(io.StringIO(text + "\nEND\n", newline="")))[-1] == ["END"]


@given(st.text(alphabet='a, "\n\r', max_size=40), st.lists(st.integers(0, 40), max_size=6))
def test_records_are_those_of_the_csv_module_wherever_the_pieces_end(text, cuts):
    assume(is_closed(text))
    lines, records, pending = Lines(), [], []
    ends = sorted(min(cut, len(text)) for cut in cuts)
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        pending += lines.feed(text[start:end].encode())
        found, taken, is_broken = split_records(pending, ",")
        assert not is_broken
        records += [cells for _, cells in found]
        del pending[:taken]
    pending += lines.finish()
    records += [cells for _, cells in split_records(pending, ",")[0]]
    assert records == list(csv.reader(io.StringIO(text, newline="")))


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=3, max_size=3)),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 9),
)
def test_what_a_spreadsheet_wrote_comes_back(table, delimiter, end, size):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "url", "b"], *table])
    data = text.getvalue().encode()
    parser, lines = DelimitedParser("a.csv", Columns(), delimiter), Lines()
    rows = []
    for start in range(0, len(data), size):
        rows += parser.rows(lines.feed(data[start : start + size]))
    rows += parser.rows(lines.finish()) + parser.finish()
    assert [(row.url, row.input) for row in rows] == [(url.strip(), {"a": a, "b": b}) for a, url, b in table]


def test_the_line_of_a_record_is_its_first_and_the_header_is_line_1():
    text = 'url,note\nhttps://a.example/,"two\nlines"\n\nhttps://b.example/,x\n'
    assert urls_of(text) == [(2, "https://a.example/"), (4, ""), (5, "https://b.example/")]


def test_the_header_may_span_lines_and_follow_blank_ones():
    rows = rows_of('\n  \nurl,"a\n', 'b"\nhttps://a.example/,1\n')
    assert rows == [
        Row("", 1, "a.csv"),
        Row("", 2, "a.csv"),
        Row("https://a.example/", 5, "a.csv", 0.0, {"a\nb": "1"}),
    ]


def test_rows_with_more_or_fewer_cells_than_the_header_are_rows():
    rows = rows_of(HEADER + "https://a.example/\nhttps://b.example/,n,extra,more\nhttps://c.example/,m\n")
    assert [(row.url, row.input) for row in rows] == [
        ("https://a.example/", None),
        ("https://b.example/", {"name": "n", "column_3": "extra", "column_4": "more"}),
        ("https://c.example/", {"name": "m"}),
    ]


def test_a_row_without_a_url_counts_as_blank():
    assert urls_of("name,url\nx,\ny\n,\nz,   \n") == [(2, ""), (3, ""), (4, ""), (5, "")]


def test_columns_without_a_name_or_with_a_taken_one_lose_nothing():
    [row] = rows_of("url,,name,name\nhttps://a.example/,1,2,3\n")
    assert row.input == {"column_2": "1", "name": "2", "name_4": "3"}


def test_the_named_columns_are_used():
    columns = Columns(url="page", priority="rank")
    [row] = rows_of("url,page,rank\nhttps://no.example/,https://yes.example/,2.5\n", columns=columns)
    assert row == Row("https://yes.example/", 2, "a.csv", 2.5, {"url": "https://no.example/", "rank": "2.5"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_seen_in_the_header(delimiter):
    [row] = rows_of(f"name{delimiter}url\nx{delimiter}https://a.example/\n")
    assert (row.url, row.input) == ("https://a.example/", {"name": "x"})


def test_a_comma_in_the_header_is_the_delimiter_whatever_else_is_there():
    [row] = rows_of("a;b,url\nx,https://a.example/?a=1;b\n")
    assert (row.url, row.input) == ("https://a.example/?a=1;b", {"a;b": "x"})


def test_a_table_without_a_header_is_refused():
    with pytest.raises(UsageError, match=r"^a\.csv: there is a URL where the names of the columns belong.*\.txt"):
        rows_of("https://a.example/curl\nhttps://b.example/\n")


def test_a_quote_that_is_never_closed_costs_its_own_line_only():
    text = HEADER + 'https://a.example/,1\n"https://b.example/,2\nhttps://c.example/,3\nhttps://d.example/,4\n'
    expected = [
        (2, "https://a.example/"),
        (3, '"https://b.example/,2'),
        (4, "https://c.example/"),
        (5, "https://d.example/"),
    ]
    assert urls_of(text) == expected
    assert urls_of(*text.splitlines(keepends=True)) == expected


def test_an_unclosed_quote_is_given_up_before_it_fills_the_memory():
    parser = DelimitedParser("a.csv", Columns())
    parser.rows([HEADER, '"never closed\n'])
    rows, count = [], 0
    while not rows:
        batch = [f"https://a.example/{count + n},x\n" for n in range(1000)]
        count += 1000
        rows += parser.rows(batch)
        assert parser._pending_characters <= MAX_RECORD_CHARACTERS
    assert rows[0] == Row('"never closed', 2, "a.csv", problem="a quote in it is never closed")
    assert [row.line for row in rows] == list(range(2, count + 3))
    assert rows[-1].url == f"https://a.example/{count - 1}"


def test_a_field_longer_than_the_csv_module_takes_costs_its_own_line_only():
    long = "x" * (csv.field_size_limit() + 1)
    rows = rows_of(f"{HEADER}https://a.example/,1\n{long},2\nhttps://c.example/,3\n")
    assert [row.line for row in rows] == [2, 3, 4]
    assert [rows[0].url, rows[2].url] == ["https://a.example/", "https://c.example/"]
    assert rows[1].url.startswith("xxx")
    assert len(rows[1].url) < 10_000
