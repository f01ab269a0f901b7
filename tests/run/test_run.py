"""What a library call returns: records, account, checks, another try."""

import asyncio
import logging
import os
from dataclasses import dataclass, field

import pytest
from runs import RECORDS, failed, ok, run_of, summary, written

from scraper.errors import DataCheckFailed, UsageError
from scraper.expect import DataCheck
from scraper.run import Run, read_records


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_records_are_read_back_from_any_output(tmp_path, suffix):
    path = written(tmp_path / f"x.jsonl{suffix}", suffix=suffix)
    assert list(read_records(path)) == RECORDS
    assert Run(summary(str(path)), None).records == RECORDS


def test_a_torn_last_line_is_left_out(tmp_path):
    path = written(tmp_path / "x.jsonl")
    path.write_bytes(path.read_bytes()[:-3])
    assert list(read_records(path)) == RECORDS[:1]
    assert Run(summary(str(path)), None).records == RECORDS[:1]


def test_the_failed_ones_are_those_that_are_not_ok(tmp_path):
    assert run_of(RECORDS).failed == RECORDS[1:]
    assert Run(summary(str(written(tmp_path / "x.jsonl"))), None).failed == RECORDS[1:]


def test_it_is_a_sequence_of_its_records():
    run = run_of(RECORDS)
    assert (len(run), list(run), run[0], run[-1], run[1:]) == (2, RECORDS, RECORDS[0], RECORDS[1], RECORDS[1:])


def test_it_shows_the_account_and_what_to_ask_it_in_one_line():
    assert repr(run_of(RECORDS)).startswith("<Run: 2 lines = 1 ok + 1 failed + 0 pending · .summary")
    assert " · out/x.jsonl · " in repr(Run(summary("out/x.jsonl"), None))
    assert "\n" not in repr(run_of(RECORDS))


def test_a_notebook_shows_the_account_and_the_first_records():
    html = run_of([*RECORDS, ok("http://c/<script>", title="<b>")])._repr_html_()
    assert "3 lines = 2 ok + 1 failed" in html
    assert "read-timeout" in html
    assert "<script>" not in html
    assert "<td" in html
    assert "http://a/" not in Run(summary("-"), None)._repr_html_()


def test_records_that_cannot_be_read_back_are_told_in_a_line(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for output, says in [
        ("-", "went to standard output"),
        (str(tmp_path / "pipe"), "is a stream"),
        (str(tmp_path / "gone.jsonl"), "is not there any more"),
    ]:
        with pytest.raises(UsageError, match=says):
            _ = Run(summary(output), None).failed


def test_the_summary_of_an_opened_run_is_made_of_its_records(tmp_path):
    path = str(written(tmp_path / "x.jsonl"))
    run = Run(None, None, output=path, field_names=["sku"])
    assert (run.summary.lines, run.summary.ok, run.summary.errors) == (2, 1, {"read-timeout": 1})
    assert run.summary.fill_rates == {"sku": 0.0, "price": 1.0, "title": 1.0}
    assert (run.summary.output, run.summary.is_balanced, run.summary.is_complete) == (path, True, True)


def test_a_check_raises_what_does_not_hold_and_else_returns_the_run():
    run = run_of(RECORDS)
    assert run.check("price==100%", "pages>=1").check() is run
    with pytest.raises(DataCheckFailed, match=r"pages>=2: 1; sku>=1%: no page has a field sku; there are price, title"):
        run.check("pages>=2", "price>=1%", "sku>=1%")
    with pytest.raises(UsageError, match="needs --baseline"):
        run.check("price>=baseline")
    broken = Run(DataCheck.of(["pages>=9"], None).judge(summary()), RECORDS)
    with pytest.raises(DataCheckFailed, match="pages>=9: 1"):
        broken.check()


@dataclass
class Again:
    """Scrapes what it is given: every URL is ok now, but those of `still`."""

    still: tuple[str, ...] = ()
    asked: list = field(default_factory=list)

    async def __call__(self, rows, changes, _on_start):
        got = [row async for batch in rows for row in batch]
        self.asked.append(([row.url for row in got], dict(changes)))
        records = [
            failed(row.url, "deadline") if row.url in self.still else ok(row.url, input=row.input) for row in got
        ]
        return run_of(records)


FAILURES = [
    failed("http://b/", input={"id": 1}),
    failed("http://c/", "http-status", status=503),
    failed("http://d/", "http-status", status=404),
    failed("nonsense", "invalid-url"),
]


def retried(again, kinds=None, records=(RECORDS[0], *FAILURES), **changes):
    return Run(summary(records=records), list(records), again=again).retry(kinds, **changes)


def test_a_retry_asks_for_what_failed_and_joins_it_with_what_was_ok():
    again = Again(still=("http://d/",))
    run = retried(again, timeout=9)
    assert again.asked == [(["http://b/", "http://c/", "http://d/"], {"timeout": 9})]
    assert {record.url: record.ok for record in run} == {
        "http://a/": True,
        "nonsense": False,
        "http://b/": True,
        "http://c/": True,
        "http://d/": False,
    }
    assert next(record for record in run if record.url == "http://b/").input == {"id": 1}
    assert (run.summary.ok, run.summary.errors) == (3, {"deadline": 1, "invalid-url": 1})
    assert run.summary.is_balanced
    assert run.summary.lines == 5


@pytest.mark.parametrize(
    ("kinds", "urls"),
    [("503", ["http://c/"]), ("read-timeout,404", ["http://b/", "http://d/"]), ("invalid-url", ["nonsense"])],
)
def test_a_retry_may_be_of_some_kinds_only(kinds, urls):
    again = Again()
    retried(again, kinds)
    assert again.asked[0][0] == urls


def test_a_retry_can_be_retried_and_awaited():
    again = Again(still=("http://d/",))
    run = asyncio.run(retried(again).aretry("deadline"))
    assert again.asked[1][0] == ["http://d/"]
    assert run.summary.errors == {"deadline": 1, "invalid-url": 1}


def test_a_url_whose_password_is_not_there_keeps_its_failure(caplog):
    again = Again()
    with caplog.at_level(logging.WARNING, "scraper"):
        run = retried(again, records=[failed("http://user:***@b/")])
    assert again.asked[0][0] == []
    assert run.failed == [failed("http://user:***@b/")]
    assert "1 failed URLs have a password" in caplog.text


def test_what_was_expected_is_held_against_the_old_and_the_new_records_together():
    check = DataCheck.of(["ok==100%"], None)
    before = Run(check.judge(summary()), RECORDS, again=Again(), check=check)
    assert before.summary.broken
    assert before.retry().summary.broken == ()


def test_a_retry_takes_no_setting_that_is_the_runs_own():
    for name in ("output", "fresh", "expect"):
        with pytest.raises(UsageError, match=f"takes no {name}"):
            retried(Again(), **{name: "x"})
    with pytest.raises(UsageError, match="does not know 'nonsense'"):
        retried(Again(), "nonsense")
    with pytest.raises(UsageError, match="does not know how it was made"):
        run_of(RECORDS).retry()
