import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extract.recipe.numbers import MAX_DIGITS, read_float, read_int
from scraper.extract.recipe.unreadable import Unreadable


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12), ("£12.50", 12.5), ("12,5", 12.5), ("1.234,56", 1234.56), ("1,234.56", 1234.56),
        ("1.234.567,8", 1234567.8), ("1,234,567", 1234567), ("12.345.678", 12345678), ("1,23,456.78", 123456.78),
        ("1 234 €", 1234), ("1 234,56 €", 1234.56), ("1\u202f234", 1234), ("1\xa0234\xa0567", 1234567),
        ("CHF 1'200.00", 1200), ("1’234.50", 1234.5), ("0,123", 0.123), ("0.123", 0.123), ("1234,567", 1234.567),
        ("1,299", 1299), ("1.299", 1.299), ("€1.299", 1299), ("1.299 €", 1299), ("EUR 1.299", 1299), ("1.299,-", 1299),
        ("$.99", 0.99), (".5", 0.5), ("No.5", 5), ("12.50.", 12.5), ("(12)", 12), ("45 %", 45), ("4.5 out of 5", 4.5),
        ("-5", -5), ("\u22125 °C", -5), ("$-5", -5), ("-$5", -5), ("+5", 5), ("10-5", 10), ("A-5", 5), ("- 3", -3),
        ("1e5", 1e5), ("1.5e-3", 0.0015), ("5eggs", 5), ("1.2k", 1200), ("1.15K", 1150), ("3M views", 3e6),
        ("2B", 2e9), ("16GB", 16), ("5'11", 5), ("2 for 3", 2), ("12 34", 12), ("١٢٣٫٥", 123.5), ("١٬٢٣٤", 1234),
        ("٣ كتب", 3), ("１２", 12), ("Price: from 7 to 9", 7), (4, 4), (4.5, 4.5), (2**70, float(2**70)),
    ],
)  # fmt: skip
def test_the_first_number_of_a_text_is_read(text, number):
    assert read_float(text) == number


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [("1,234", ",", 1.234), ("1.234", ",", 1234), ("1.234", ".", 1.234), ("€1.234", ".", 1.234), ("12,5", ",", 12.5)],
)
def test_where_it_is_ambiguous_the_recipe_decides(text, decimal, number):
    assert read_float(text, decimal) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234", 1234),
        ("1,234", 1234),
        ("12.0", 12),
        ("1 234 €", 1234),
        ("1.2k", 1200),
        (7, 7),
        (7.0, 7),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_a_whole_number_has_no_decimals_so_a_lone_separator_is_of_thousands(text, number):
    assert read_int(text) == number
    assert type(read_int(text)) is int


@pytest.mark.parametrize(
    ("read", "value", "why"),
    [
        (read_float, "", "there is no number"),
        (read_float, "call us", "there is no number in 'call us'"),
        (read_float, "1.2.3", "is not one number"),
        (read_float, "05.03.2024", "is not one number"),
        (read_float, "12,345,67", "is not one number"),
        (read_float, "1e999", "too large"),
        (read_float, True, "not a number"),
        (read_float, None, "not a number"),
        (read_float, {"a": 1}, "not a number"),
        (read_float, "9" * 10_000, "a number of 10,000 digits"),
        (read_int, "9" * 10_000, "a number of 10,000 digits"),
        (read_int, "12.50", "not a whole number; the type float"),
        (read_int, "0,123", "not a whole number"),
        (read_int, "9223372036854775808", "64 bits"),
        (read_int, "1e300", "64 bits"),
        (read_int, math.inf, "64 bits"),
    ],
)
def test_what_is_no_number_says_why(read, value, why):
    with pytest.raises(Unreadable, match=why):
        read(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_python_writes_it_is_itself(number):
    if len(repr(number)) < MAX_DIGITS and len(repr(number).partition(".")[2]) != 3:  # 1.234 is the ambiguous one
        assert read_float(repr(number)) == pytest.approx(number, rel=1e-15)


@given(
    st.integers(-(10**12), 10**12),
    st.integers(0, 99),
    st.sampled_from([",.", ".,", " ,", "\xa0,", "\u202f.", "'.", "’,"]),
    st.sampled_from(["", "€", "$ ", "EUR "]),
    st.sampled_from(["", " €", "%", " USD"]),
)
def test_an_amount_is_read_however_it_is_written(whole, cents, marks, before, after):
    thousands, decimal = marks
    text = f"{abs(whole):,}".replace(",", thousands) + f"{decimal}{cents:02d}"
    sign = "-" if whole < 0 else ""
    number = abs(whole) + cents / 100
    assert read_float(f"{sign}{before}{text}{after}") == pytest.approx(-number if sign else number)


@given(st.text(alphabet="0123456789.,' -+eEkM€$%\xa0٫٣a", max_size=30), st.sampled_from([None, ".", ","]))
def test_any_text_is_a_finite_number_or_unreadable(text, decimal):
    for read in (read_float, read_int):
        try:
            number = read(text, decimal)
        except Unreadable:
            continue
        assert math.isfinite(number)
