"""What is expected of the data: how it is written, and when it holds."""

import pytest

from scraper.errors import UsageError
from scraper.expect import DataCheck, parse
from scraper.fill import Coverage, Fill
from scraper.stats import Stats

NOW = Coverage(
    ok=1000,
    failed=10,
    fields={
        "price": Fill(941, 1000),
        "title": Fill(1000, 1000),
        "ok": Fill(1, 1000),
        "items.price": Fill(95, 100),
        "in stock": Fill(950, 1000),
    },
)
BEFORE = Coverage(ok=1100, failed=0, fields={"price": Fill(1057, 1100), "title": Fill(1098, 1100)})


@pytest.mark.parametrize(
    "text",
    [
        "price>=94.1%",
        "price >= 94%",
        "price<95%",
        "title==100%",
        "title == 100 %",
        "items.price>=95%",
        "in stock>=95%",
        "fields.price>90%",
        "fields.ok<=1%",
        "price>=941",
        "pages>=1000",
        "pages>=1,000",
        "pages<=1_000",
        "ok>=99%",
        "ok==1000",
        "failed<=10",
        "failed<1%",
        "price>=baseline-2%",
        "price >= baseline - 2 %",
        "title>=baseline",
        "title>=baseline+0.1%",
        "pages>=baseline-10%",
    ],
)
def test_these_hold(text):
    assert parse(text).broken_by(NOW, BEFORE) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("price>=94.2%", "price>=94.2%: 94.1 % (941 of 1,000 pages)"),
        ("price>94.1%", "price>94.1%: 94.1 % (941 of 1,000 pages)"),
        ("items.price==100%", "items.price==100%: 95 % (95 of 100 items)"),
        ("pages>=1001", "pages>=1001: 1,000"),
        ("ok>=99.5%", "ok>=99.5%: 99 % (1,000 of 1,010 records)"),
        ("failed==0", "failed==0: 10"),
        (
            "price>=baseline-1.9%",
            "price>=baseline-1.9%: 94.1 % (941 of 1,000 pages); the baseline has 96 % (1,057 of 1,100 pages)",
        ),
        ("pages>=baseline-9%", "pages>=baseline-9%: 1,000; the baseline has 1,100"),
        ("prise>=1%", "prise>=1%: no page has a field prise; there are price, title, ok, items.price, in stock"),
        ("prise<=5", "prise<=5: no page has a field prise; there are price, title, ok, items.price, in stock"),
        ("in stock>=baseline", "in stock>=baseline: the baseline has nothing to compare with"),
    ],
)  # fmt: skip
def test_these_are_broken_and_say_how(text, says):
    assert parse(text).broken_by(NOW, BEFORE) == says


def test_without_an_ok_page_nothing_holds_of_its_fields():
    nothing = Coverage(ok=0, failed=3, fields={"price": Fill(0, 0)})
    assert parse("price>=0%").broken_by(nothing, None) == "price>=0%: no page was ok"
    assert parse("ok>=0%").broken_by(Coverage(), None) == "ok>=0%: no page was ok"
    assert parse("pages>=1").broken_by(nothing, None) == "pages>=1: 0"


def test_a_field_of_items_that_no_page_has_says_so():
    gone = Coverage(ok=3, fields={"items": Fill(0, 3), "items.price": Fill(0, 0)})
    assert parse("items.price>=95%").broken_by(gone, None) == "items.price>=95%: no page has items"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("price", "is not understood; write NAME>=95%"),
        ("price=95%", "is not understood"),
        ("price>=", "is not understood"),
        (">=95%", "is not understood"),
        ("price>=95%%", "is not understood"),
        ("price>=-5%", "is not understood"),
        ("price>=baseline-2", "is not understood"),
        ("price>=95% title>=3%", "is not understood"),
        ("", "is not understood"),
        ("pages>=95%", "pages is a number; write pages>=1000"),
        ("price>=101%", "a share is at most 100%"),
        ("price>=baseline-200%", "a share is at most 100%"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_text_and_the_remedy(text, says):
    with pytest.raises(UsageError, match="--expect") as caught:
        parse(text)
    assert repr(text) in str(caught.value)
    assert says in str(caught.value)


def test_a_check_tells_every_broken_expectation_and_the_baseline():
    summary = Stats().summary(elapsed_s=1, pending=0, output=None, is_complete=True)
    judged = DataCheck.of(["pages>=1", "ok>=1%", "pages>=0"], BEFORE).judge(summary)
    assert judged.broken == ("pages>=1: 0", "ok>=1%: no page was ok")
    assert judged.baseline == BEFORE


def test_a_baseline_that_nobody_named_cannot_be_compared_with():
    with pytest.raises(UsageError, match=r"'price>=baseline' needs --baseline"):
        DataCheck.of(["price>=baseline"], None)
