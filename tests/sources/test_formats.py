import io
import json

import msgspec
import pytest

from scraper.errors import UsageError
from scraper.models import Row
from scraper.sources.columns import Columns
from scraper.sources.delimited import DelimitedParser
from scraper.sources.formats import GuessingParser, JsonlParser, PlainParser, format_of, parser_for
from scraper.urls import MAX_URL_LENGTH


def rows_of(parser, *batches: str) -> list[Row]:
    return [row for batch in batches for row in parser.rows(list(io.StringIO(batch, newline="")))] + parser.finish()


def test_i1_a_plain_list_gives_one_row_a_line():
    rows = rows_of(
        PlainParser("a.txt", Columns()), " https://a.example/ \t\r\n", "\n# note\n   # too\nhttps://b.example/#x"
    )
    assert [(row.line, row.url) for row in rows] == [
        (1, "https://a.example/"),
        (2, ""),
        (3, ""),
        (4, ""),
        (5, "https://b.example/#x"),
    ]
    assert {row.source for row in rows} == {"a.txt"}


def test_jsonl_takes_objects_and_strings():
    rows = rows_of(
        JsonlParser("a.jsonl", Columns()),
        '{"url": "https://a.example/", "priority": 3, "tags": ["x"]}\r\n\n"https://b.example/"\n{"url": ""}',
    )
    assert rows == [
        Row("https://a.example/", 1, "a.jsonl", 3.0, {"priority": 3, "tags": ["x"]}),
        Row("", 2, "a.jsonl"),
        Row("https://b.example/", 3, "a.jsonl"),
        Row("", 4, "a.jsonl"),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{broken", "it is not valid JSON (object keys must be strings (byte 1))"),
        ('{"url": "https://a', "it is not valid JSON (Input data was truncated)"),
        ("17", "it is the number 17, not an object with a URL or a URL in quotes"),
        ("null", "it is null, not an object with a URL or a URL in quotes"),
        ('["https://a.example/"]', "it is an array, not an object with a URL or a URL in quotes"),
        ('{"name": "x", "id": 1}', "none of its keys is called url, link or href; it has: name, id"),
        ('{"url": {}}', "'url' is an object, not a URL in quotes"),
        ('{"url": true}', "'url' is true, not a URL in quotes"),
        ('{"page_url": 1e999}', "'page_url' is the number 1E+999, not a URL in quotes"),
        ('{"n": 1e999, "url": [}', "it is not valid JSON (Expecting value: line 1 column 22 (char 21))"),
    ],
)
def test_a_jsonl_line_without_a_url_becomes_a_row_that_says_what_was_found_there(line, problem):
    rows = rows_of(JsonlParser("a.jsonl", Columns()), f'{{"url": "https://a.example/"}}\n  {line} \n')
    assert rows[1] == Row(line, 2, "a.jsonl", problem=problem)


def test_a_named_column_that_one_jsonl_line_lacks_is_told():
    rows = rows_of(JsonlParser("a.jsonl", Columns(url="page")), '{"page": "https://a.example/"}\n{"url": "x"}\n')
    assert rows[1].problem == "it has no 'page' (--url-column); it has: url"


def test_a_number_that_no_float_holds_does_not_cost_its_line():
    line = '{"url": "https://a.example/", "n": 1e999, "m": 1.5, "priority": -1e999}'
    [row] = rows_of(JsonlParser("a.jsonl", Columns()), line)
    assert (row.url, row.priority) == ("https://a.example/", 0.0)
    encoded = msgspec.json.decode(msgspec.json.encode(row.input))
    assert encoded == {"n": "1E+999", "m": 1.5, "priority": "-1E+999"}


@pytest.mark.parametrize("line", ["[" * 100_000, json.dumps({"name": "x" * 100_000})])
def test_what_is_shown_of_a_jsonl_line_is_bounded(line):
    rows = rows_of(JsonlParser("a.jsonl", Columns()), f'"https://a.example/"\n{{"url": ""}}\n{line}\n')
    assert rows[2].line == 3
    assert rows[2].url.startswith(line[:100])
    assert len(rows[2].url) < MAX_URL_LENGTH + 10


def test_jsonl_whose_objects_have_no_url_is_refused():
    with pytest.raises(UsageError, match=r"a\.jsonl: no column .*it has: id, name"):
        rows_of(JsonlParser("a.jsonl", Columns()), '{"id": 1, "name": "x"}\n{"id": 2}\n')


@pytest.mark.parametrize("blank", ["", "\n  \n"])
def test_a_stream_is_jsonl_when_its_first_text_is_an_object(blank):
    ahead = blank.count("\n")
    plain = rows_of(GuessingParser("-", Columns()), blank, "https://a.example/\n", "{x\n")
    assert [(row.line, row.url) for row in plain[ahead:]] == [(ahead + 1, "https://a.example/"), (ahead + 2, "{x")]
    objects = rows_of(GuessingParser("-", Columns()), blank, '{"url": "https://a.example/"}\n', "https://b.example/\n")
    assert [(row.line, row.url) for row in objects] == [
        *((line + 1, "") for line in range(ahead)),
        (ahead + 1, "https://a.example/"),
        (ahead + 2, "https://b.example/"),
    ]


TABLES = {
    "comma": "id,url\n7,https://a.example/\n",
    "semicolon": "id;page_url\r\n7;https://a.example/\r\n",
    "tab": "id\tLink\n7\thttps://a.example/\n",
    "quoted": '"id","href"\n"7","https://a.example/"\n',
    "the column alone": "url\nhttps://a.example/\n",
}


@pytest.mark.parametrize("case", TABLES)
def test_a_stream_is_a_table_when_its_first_text_names_a_url_column(case):
    [blank, row] = rows_of(GuessingParser("-", Columns()), "\n", TABLES[case])
    assert blank == Row("", 1, "-")
    assert (row.url, row.line) == ("https://a.example/", 3)
    assert row.input == (None if case == "the column alone" else {"id": "7"})


def test_a_named_column_makes_a_table_of_a_stream_or_a_clear_refusal():
    [row] = rows_of(GuessingParser("-", Columns(url="site")), "id,site\n7,https://a.example/\n")
    assert (row.url, row.input) == ("https://a.example/", {"id": "7"})
    with pytest.raises(UsageError, match=r"-: there is no column 'site' \(--url-column\); it has: id, page"):
        rows_of(GuessingParser("-", Columns(url="site")), "id,page\n7,https://a.example/\n")
    [row] = rows_of(GuessingParser("-", Columns(url="site")), "https://a.example/\n")
    assert row.url == "https://a.example/"


@pytest.mark.parametrize(
    "first", ["https://a.example/,link", "# url,link", "www.a.example/url", "hourly_rate,name", "x, y"]
)
def test_a_stream_whose_first_text_names_no_url_column_is_a_plain_list(first):
    rows = rows_of(GuessingParser("-", Columns()), f"{first}\nhttps://a.example/\n")
    assert (rows[-1].url, rows[-1].line, len(rows)) == ("https://a.example/", 2, 2)


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        ("urls.txt", ".txt"),
        ("a/b.c/URLS.CSV.GZ", ".csv"),
        ("x.jsonl.zst", ".jsonl"),
        ("x.gz", ""),
        ("x", ""),
        (".csv", ""),
        ("/dev/fd/63", ""),
        ("http.d/x.list", ".list"),
    ],
)
def test_the_format_is_told_by_the_suffix_its_compression_aside(path, suffix):
    assert format_of(path) == suffix


def test_each_format_has_its_parser_and_others_are_guessed():
    kinds = {name: type(parser_for(f"urls{name}", Columns())) for name in (".txt", ".csv", ".tsv", ".jsonl", ".ndjson")}
    assert kinds == {
        ".txt": PlainParser,
        ".csv": DelimitedParser,
        ".tsv": DelimitedParser,
        ".jsonl": JsonlParser,
        ".ndjson": JsonlParser,
    }
    assert type(parser_for("urls.list", Columns())) is GuessingParser


def test_a_tsv_may_have_commas_in_its_header():
    [row] = rows_of(parser_for("a.tsv", Columns()), "name, first\turl\nx\thttps://a.example/\n")
    assert (row.url, row.input) == ("https://a.example/", {"name, first": "x"})
