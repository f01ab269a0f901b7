"""What a spreadsheet must not run, and what it may calculate with."""

import pytest

from scraper.export.cells import as_text, is_formula


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "-",
        "+",
        "=",
        "-5+cmd|' /C calc'!A0",
        "\uff1d1",
        "-a",
    ],
)
def test_what_begins_like_a_formula_is_one(text):
    assert is_formula(text)


@pytest.mark.parametrize("text", ["", "a=1", "-5", "+49 30 123456", "-1,234.50", "-.5", "12", "-12%", "£-1", " =1"])
def test_numbers_and_plain_text_are_none(text):
    assert not is_formula(text)


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (True, "true"), (2**70, str(2**70)), ([1, "é"], '[1,"é"]'), (0.1, "0.1")]
)
def test_values_have_one_text(value, text):
    assert as_text(value) == text
