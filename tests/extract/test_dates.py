import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extract.dates import iso_date


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-05-01", "2024-05-01"),
        (" 2024-05-01 ", "2024-05-01"),
        ("20240501", "2024-05-01"),
        ("2024-05", "2024-05"),
        ("2024", "2024"),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("2024-05-01T10:00:00+00:00", "2024-05-01T10:00:00Z"),
        ("2024-05-01T10:00:00.123456+02:00", "2024-05-01T10:00:00+02:00"),
        ("2024-05-01T10:00", "2024-05-01T10:00:00"),
        ("2024-05-01 10:00:00 UTC", "2024-05-01T10:00:00Z"),
        ("2024-05-01 10:00:00 +0200", "2024-05-01T10:00:00+02:00"),
        ("2024/5/1", "2024-05-01"),
        ("2024/05/01 10:30", "2024-05-01T10:30:00"),
        ("Wed, 01 May 2024 10:00:00 GMT", "2024-05-01T10:00:00Z"),
        ("Wed, 01 May 2024 10:00:00 +0200", "2024-05-01T10:00:00+02:00"),
        ("May 1, 2024", "2024-05-01"),
        ("1 May 2024", "2024-05-01"),
        ("Sep 9, 2024", "2024-09-09"),
        ("May 1, 2024 3:04 PM", "2024-05-01T15:04:00"),
    ],
)
def test_a_date_in_the_forms_that_pages_use_becomes_iso_8601(text, iso):
    assert iso_date(text) == iso


@pytest.mark.parametrize(
    "text", ["", "soon", "03/04/2024", "2024-13-01", "0000", "9999", "12345678901", "1", "x" * 9999]
)
def test_what_is_no_date_or_not_clear_is_none(text):
    assert iso_date(text) is None


@given(st.text(max_size=70) | st.text(alphabet="0123456789-T:Z+/. ,MayGUTC", max_size=30))
def test_c4_any_text_is_a_date_or_none(text):
    assert iso_date(text) is None or iso_date(text)[:4].isdigit()
