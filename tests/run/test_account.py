"""The account of records that are there already."""

from msgspec import structs
from runs import RECORDS, failed, ok, summary

from scraper.run.account import account_of, joined


def test_it_is_what_a_run_that_wrote_them_would_say():
    account = account_of(RECORDS, "x.jsonl", ["sku"])
    assert (account.lines, account.ok, account.failed, account.is_balanced) == (2, 1, 1, True)
    assert (account.p50_ms, account.bytes, account.retries) == (summary().p50_ms, 100, 3)
    assert list(account.fill_rates) == ["sku", "price", "title"]
    assert "speed" not in str(account)


def test_a_run_and_its_retry_are_one_account_that_balances():
    before = structs.replace(
        summary(records=[ok(), failed()]), lines=9, duplicates=2, blank=3, pending=2, is_complete=False
    )
    retry = summary(records=[ok()])
    both = joined(account_of([ok(), ok()], None), before, retry)
    assert (both.lines, both.ok, both.duplicates, both.blank, both.pending) == (9, 2, 2, 3, 2)
    assert both.is_balanced
    assert not both.is_complete
    assert (both.elapsed_s, both.pages_per_s) == (2.0, 1.0)
