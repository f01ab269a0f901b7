"""The account of a run as text."""

import msgspec
import pytest

from scraper.fill import Coverage, Fill
from scraper.stats import HostTime, Stats, Summary
from scraper.stats.summary import FIELDS_SHOWN


def summary_of(**changes) -> Summary:
    fields = {
        "lines": 20_000,
        "ok": 19_950,
        "failed": 20,
        "duplicates": 10,
        "blank": 5,
        "already_done": 15,
        "pending": 0,
        "errors": {"http-status": 12, "dns-not-found": 5, "read-timeout": 3},
        "statuses": {"200": 19_950, "404": 10, "410": 2},
        "retries": 4,
        "bytes": 1_200_000_000,
        "pages_per_s": 611.963,
        "elapsed_s": 32.6,
        "p50_ms": 41.2,
        "p95_ms": 180.3,
        "is_complete": True,
        "output": "output/urls.jsonl",
    }
    return Summary(**(fields | changes))


def test_a_summary_survives_json():
    assert msgspec.json.decode(msgspec.json.encode(summary_of()), type=Summary) == summary_of()


def test_the_text_of_a_summary_is_its_account():
    assert str(summary_of()).splitlines() == [
        "20,000 lines = 19,950 ok + 20 failed + 10 duplicates + 5 blank + 15 already done + 0 pending",
        "failed      http-status 12 (404: 10, 410: 2) · dns-not-found 5 · read-timeout 3",
        "statuses    200: 19,950 · 404: 10 · 410: 2",
        "latency     p50 41 ms · p95 180 ms",
        "speed       612 pages/s · 1.2 GB in 32.6 s · 4 retries",
        "output      output/urls.jsonl",
    ]


def test_rows_without_content_are_left_out():
    nothing = Stats(lines=1, already_done=1).summary(elapsed_s=0.1, pending=0, output="-", is_complete=True)
    assert str(nothing).splitlines() == [
        "1 line = 0 ok + 0 failed + 1 already done + 0 pending",
        "output      standard output",
    ]


def test_an_unfinished_run_says_that_the_lines_are_those_read_so_far():
    text = str(summary_of(ok=19_900, pending=50, is_complete=False))
    assert text.startswith("20,000 lines read so far = 19,900 ok + ")


@pytest.mark.parametrize(
    ("lines", "what"), [(20_003, "3 lines unaccounted for"), (19_999, "1 line counted more than once")]
)
def test_an_account_that_does_not_balance_says_so(lines, what):
    summary = summary_of(lines=lines)
    assert not summary.is_balanced
    equation, alarm = str(summary).splitlines()[:2]
    assert f"{lines:,} lines ≠ 19,950 ok" in equation
    assert alarm == f"ACCOUNT     DOES NOT BALANCE: {what}. This is a bug in scraper; please report it."


def test_http_errors_are_told_by_status_only_when_the_statuses_are_theirs():
    summary = summary_of(
        errors={"http-status": 12, "bad-redirect": 8}, statuses={"200": 19_950, "404": 10, "302": 8, "410": 2}
    )
    assert "failed      http-status 12 · bad-redirect 8" in str(summary).splitlines()


def test_many_kinds_are_laid_out_in_aligned_lines_that_break_between_kinds():
    kinds = {f"error-kind-{number}": 1000 for number in range(10)}
    rows = str(summary_of(errors=kinds, statuses={})).splitlines()[1:4]
    assert rows == [
        "failed      error-kind-0 1,000 · error-kind-1 1,000 · error-kind-2 1,000 · error-kind-3 1,000 ·",
        "            error-kind-4 1,000 · error-kind-5 1,000 · error-kind-6 1,000 · error-kind-7 1,000 ·",
        "            error-kind-8 1,000 · error-kind-9 1,000",
    ]


def test_the_account_tells_how_many_failed_records_were_tried_again():
    assert "tried again" not in str(summary_of())
    some = str(summary_of(failed_before=1200, tried_again=7))
    assert "tried again 7 of 1,200 failed records of earlier runs · the others stay as they were" in some
    assert "tried again 1 of 1 failed record of earlier runs\n" in str(summary_of(failed_before=1, tried_again=1))


COVERAGE = Coverage(ok=19_950, failed=20, fields={"title": Fill(19_950, 19_950), "price": Fill(18_773, 19_950)})


def test_the_fill_rates_stand_beside_those_of_the_baseline():
    before = Coverage(ok=10, fields={"price": Fill(998, 1000), "sku": Fill(1, 2)})
    rows = str(summary_of(coverage=COVERAGE, baseline=before)).splitlines()
    assert "fields      title 100 % · price 94.1 % (was 99.8 %) · sku 0 % (was 50 %)" in rows
    assert summary_of(coverage=COVERAGE).fill_rates == {"title": 1.0, "price": 18_773 / 19_950}


def test_a_field_that_a_page_named_cannot_write_to_the_terminal():
    text = str(summary_of(coverage=Coverage(ok=1, fields={"\x1b[2J": Fill(1, 1)})))
    assert "\x1b" not in text


def test_of_very_many_fields_the_first_are_told():
    fields = {f"f{number}": Fill(1, 1) for number in range(FIELDS_SHOWN + 7)}
    assert str(summary_of(coverage=Coverage(ok=1, fields=fields))).count("and 7 more") == 1


def test_what_is_broken_stands_in_lines_of_its_own():
    rows = str(summary_of(broken=("price>=95%: 94.1 %", "pages>=1: 0"))).splitlines()
    assert [row for row in rows if row.startswith("BROKEN")] == [
        "BROKEN      price>=95%: 94.1 %",
        "BROKEN      pages>=1: 0",
    ]


def test_it_shows_itself_as_its_account():
    assert repr(summary_of()) == str(summary_of())


def test_a_notebook_shows_counts_latency_failures_slowest_hosts_and_fill_rates():
    html = summary_of(coverage=COVERAGE, slowest_hosts=(HostTime("slow.example", 3, 1200.0),))._repr_html_()
    for text in ("20,000 lines = ", "p95 180 ms", "dns-not-found 5", "slow.example 1.2 s (3 records)", "price 94.1 %"):
        assert text in html


def test_a_notebook_shows_hostile_names_as_text():
    html = summary_of(coverage=Coverage(ok=1, fields={"<img src=x>": Fill(1, 1)}), output="<b>")._repr_html_()
    assert "<img" not in html
    assert "<b>" not in html.replace("<b>20,000", "")


def test_a_summary_of_records_alone_has_no_speed():
    assert "speed" not in str(summary_of(elapsed_s=0.0, pages_per_s=0.0))
