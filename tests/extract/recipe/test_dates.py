from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper import extras
from scraper.errors import UsageError
from scraper.extract.recipe.dates import read_date, require_dates
from scraper.extract.recipe.unreadable import Unreadable


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2024-03-05", "2024-03-05"), (" 2024-03-05\n", "2024-03-05"), ("20240305", "2024-03-05"),
        ("2024-03-05T10:00:00Z", "2024-03-05T10:00:00Z"), ("2024-03-05T10:00:00+0100", "2024-03-05T10:00:00+01:00"),
        ("2024-03-05 14:30", "2024-03-05T14:30:00"), ("2024-03-05T10:00:00.1234567Z", "2024-03-05T10:00:00.123456Z"),
        ("2024", "2024"), (2024, "2024"), ("٢٠٢٤", "2024"), ("2024-03", "2024-03"),
        ("1709632800", "2024-03-05T10:00:00Z"),
        (1709632800123, "2024-03-05T10:00:00.123Z"),
    ],
)  # fmt: skip
def test_what_is_iso_8601_stays_as_precise_as_it_is(text, found, monkeypatch):
    monkeypatch.setattr("scraper.extract.recipe.dates._parser", None)  # and needs no library
    assert read_date(text, None) == found


@pytest.mark.parametrize(
    ("text", "lang", "found"),
    [
        ("5 March 2024", None, "2024-03-05"), ("March 5th, 2024 at 2:30 PM", "en", "2024-03-05T14:30:00"),
        ("Tue, 05 Mar 2024 10:00:00 +0100", "en", "2024-03-05T10:00:00+01:00"), ("March 2024", "en", "2024-03"),
        ("5. März 2024", "de", "2024-03-05"), ("5. März 2024", "en", "2024-03-05"),
        ("le 5 mars 2024", "fr-FR", "2024-03-05"),
        ("2024年3月5日", "ja", "2024-03-05"), ("5 марта 2024 г.", None, "2024-03-05"),
        ("١٥ مارس ٢٠٢٤", "ar", "2024-03-15"),
        ("15 Mart 2024", "en", "2024-03-15"), ("05.03.2024, 14:30 Uhr", "de", "2024-03-05T14:30:00"),
        ("5 de marzo de 2024", "xx-junk", "2024-03-05"),
    ],
)  # fmt: skip
def test_a_date_is_read_in_any_language_also_a_wrongly_declared_one(text, lang, found):
    assert read_date(text, lang) == found


@pytest.mark.parametrize(
    ("text", "lang", "order", "found"),
    [
        ("03/04/2024", "en", None, "2024-03-04"), ("03/04/2024", "en-GB", None, "2024-04-03"),
        ("03/04/2024", "de-DE", None, "2024-04-03"), ("03/04/2024", None, None, "2024-03-04"),
        ("03/04/2024", "en", "DMY", "2024-04-03"), ("03/04/2024", "en-GB", "MDY", "2024-03-04"),
        ("3.4.2024", "en", None, "2024-04-03"), ("31/12/2024", "en", None, "2024-12-31"),
    ],
)  # fmt: skip
def test_of_numbers_alone_language_or_recipe_tell_the_order(text, lang, order, found):
    assert read_date(text, lang, order) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "3 days ago",
        "5 March",
        "14:30",
        "soon",
        "2024-02-30",
        "0000-00-00",
        "12",
        "x" * 101,
        None,
        True,
        1.5,
        {"a": 1},
        "price 12.50 2024",
        "Posted on 5 March 2024",
    ],
)
def test_what_is_no_date_or_depends_on_the_day_it_is_read_is_unreadable(text):
    with pytest.raises(Unreadable):
        read_date(text, "en")


@settings(deadline=None)  # the first one loads the languages
@given(st.text(alphabet="0123456789-:TZ. /+W年", max_size=20))
def test_any_text_is_a_date_or_unreadable(text):
    with suppress(Unreadable):
        assert read_date(text, None)[:2].isdigit()


def test_without_the_library_its_extra_is_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(UsageError, match=r"pip install 'scraper\[dates\]'"):
        require_dates()
