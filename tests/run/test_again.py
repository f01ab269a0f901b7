"""Failed URLs as the rows of another run, and its records in the place of theirs."""

import asyncio

from runs import failed, ok

from scraper.run.again import BATCH_ROWS, FailedRows, merged, to_try


def test_rows_come_in_batches_with_their_other_columns():
    async def batches():
        records = [failed(f"http://b/{n}", input={"id": n}) for n in range(BATCH_ROWS + 1)]
        return [batch async for batch in FailedRows(records)]

    first, last = asyncio.run(batches())
    assert (len(first), len(last)) == (BATCH_ROWS, 1)
    assert (last[0].url, last[0].input, last[0].line) == (f"http://b/{BATCH_ROWS}", {"id": BATCH_ROWS}, BATCH_ROWS + 1)


def test_new_records_take_the_place_of_failed_ones_by_what_their_urls_mean():
    before = [ok("http://a/"), failed("HTTP://b"), failed("http://c/")]
    after = [ok("http://b/"), failed("http://d/")]
    assert merged(before, after) == [before[0], before[2], *after]


def test_urls_that_are_wrong_in_themselves_are_tried_again_only_by_name():
    records = [failed("x", "invalid-url"), failed("ftp://x/", "unsupported-scheme"), failed("http://b/", "not-html")]
    assert [record.url for record in to_try(records, None)] == ["http://b/"]
    assert [record.url for record in to_try(records, "unsupported-scheme")] == ["ftp://x/"]
