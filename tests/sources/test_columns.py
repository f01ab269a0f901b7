import math

import pytest

from scraper.errors import InvalidUrl, UsageError
from scraper.models import Row
from scraper.sources.columns import Columns, Mapper, make_row, number, unusable
from scraper.urls import MAX_URL_LENGTH, parse


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["id", "url"], "url"),
        (["id", " URL "], " URL "),
        (["image_url", "link", "url"], "url"),
        (["image_url", "Link"], "Link"),
        (["name", "page_link", "page_url"], "page_url"),
        (["name", "HrefTarget"], "HrefTarget"),
        (["id", "address"], None),
        (["hourly_rate", "curl", "blinked", "hrefs_seen"], "hrefs_seen"),
        (["hourly_rate", "homepageURL"], "homepageURL"),
        (["HTTPLink", "name"], "HTTPLink"),
        (["name", "page URLs"], "page URLs"),
        (["url2"], "url2"),
        (["hourlyRate", "curling", "LINKED"], None),
        ([], None),
    ],
)
def test_the_url_column_is_guessed_exact_names_first_then_whole_words(names, expected):
    assert Columns().url_among(names) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"), [("Page", "Page"), ("page", "page"), ("PAGE", "Page"), ("url", "url"), ("pages", None)]
)
def test_a_named_column_is_taken_to_the_letter_or_else_in_another_case(wanted, expected):
    assert Columns(url=wanted).url_among(["url", "Page", "page"]) == expected


def test_a_missing_column_is_refused_with_the_columns_there_are():
    with pytest.raises(UsageError, match=r"^a\.csv: there is no column 'site' .*it has: id, name$"):
        Columns(url="site").require_url(["id", "name"], "a.csv")
    with pytest.raises(UsageError, match=r"^a\.csv: no column .*--url-column; it has: id, name$"):
        Columns().require_url(["id", "name"], "a.csv")
    with pytest.raises(UsageError, match=r"^a\.csv: there is no column 'rank' \(--priority-column\)"):
        Columns(priority="rank").require_priority(["id", "priority"], "a.csv")


def test_a_long_list_of_columns_stays_one_readable_line():
    with pytest.raises(UsageError) as refused:
        Columns().require_url([f"column with\na long name {n} {'x' * 100}" for n in range(1000)], "a.csv")
    assert "column with a long name 0 x" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1200


def test_no_priority_column_is_needed():
    assert Columns().require_priority(["id", "url"], "a.csv") is None
    assert Columns().require_priority(["id", "Priority"], "a.csv") == "Priority"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3.0), (" -2.5 ", -2.5), (7, 7.0), ("", 0.0), ("high", 0.0), (None, 0.0), ([1], 0.0), ({}, 0.0)]
    + [(text, 0.0) for text in ("nan", "inf", "-Infinity", "1e999")]
    + [(10**400, 0.0), (math.nan, 0.0)],
)
def test_a_priority_that_is_no_finite_number_counts_as_zero(value, expected):
    assert number(value) == expected


def test_the_other_columns_are_the_input_and_the_priority_is_among_them():
    row = make_row({"id": "7", "url": " https://a.example/ ", "rank": "2"}, "url", "rank", 3, "a.csv")
    assert row == Row("https://a.example/", 3, "a.csv", 2.0, {"id": "7", "rank": "2"})
    assert make_row({"url": "https://a.example/"}, "url", None, 1, "a.csv").input is None
    assert make_row({"url": None, "id": 1}, "url", None, 1, "a.csv") == Row("", 1, "a.csv", 0.0, {"id": 1})


def test_mappings_may_differ_in_their_keys():
    mapper = Mapper("a.jsonl", Columns())
    rows = [
        mapper.row({"url": "https://a.example/", "priority": 2}, 1, "1st"),
        mapper.row({"link": "https://b.example/"}, 2, "2nd"),
        mapper.row({"name": "x"}, 3, "3rd"),
        mapper.row({"url": 5}, 4, "4th"),
        mapper.row({"url": None}, 5, "5th"),
    ]
    assert [row.url for row in rows] == ["https://a.example/", "https://b.example/", "3rd", "4th", ""]
    assert [row.line for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0].priority == 2.0
    mapper.check()


def test_mappings_none_of_which_has_a_url_are_refused():
    mapper = Mapper("a.jsonl", Columns(url="site"))
    mapper.check()
    mapper.row({"name": "x", "id": 1}, 1, "")
    with pytest.raises(UsageError, match=r"there is no column 'site' .*it has: name, id"):
        mapper.check()


def test_a_text_that_is_cut_never_passes_for_a_shorter_url():
    whole = "https://a.example/" + "x" * 100_000
    row = unusable(whole, 4, "a.csv", "no luck")
    assert MAX_URL_LENGTH < len(row.url) < MAX_URL_LENGTH + 10
    with pytest.raises(InvalidUrl):
        parse(row.url)
