"""Rows on their way: to the frontier, to the backlog, or to the record that they end in."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from frontiers import core, drain
from msgspec import structs

from scraper import errors
from scraper.config.constants import HOST_SHARE
from scraper.engine.backlog import Backlog
from scraper.engine.door import Door
from scraper.engine.intake import Intake, with_earlier
from scraper.engine.retry import RetryPolicy
from scraper.engine.worker import Worker
from scraper.frontier import Frontier
from scraper.models import Extracted, Row
from scraper.stats import Stats
from scraper.urls import FingerprintSet, identity


async def rows_of(*urls):
    yield [Row(url=url, line=line, source="urls.txt") for line, url in enumerate(urls, 1)]


class Peers:
    """Other processes that have nothing more to hand over once they are asked."""

    is_asked = False

    async def finished(self):
        self.is_asked = True


def intake(rows, **options):
    """Return an Intake over a frontier without limits, and the records that it emitted."""
    records = []

    async def emit(record):
        records.append(record)

    def now():
        return datetime.now(UTC)

    policy = RetryPolicy(retries=0, wait_s=0.0, wait_cap_s=0.0, wall_clock=now)
    worker = Worker(fetch=None, extract=lambda _: Extracted(), retry=policy, retry_after_cap_s=120, wall_clock=now)
    frontier = Frontier(core(), window=10_000, clock=asyncio.get_running_loop().time)
    parts = {"finished": FingerprintSet(), "fatal": set(), "earlier": None, "limit": None, "peers": None}
    made = Intake(
        rows=rows,
        frontier=frontier,
        door=Door(frontier=frontier, robots=None, crawl_delay_cap_s=30.0, decide=worker.decide),
        worker=worker,
        backlog=Backlog(),
        stats=Stats(),
        emit=emit,
        **(parts | {"backlog_jobs": 10_000} | options),
    )
    return made, records


def taken_up(*urls, **options):
    """Take up `urls`; return the Intake and the records that it emitted."""

    async def scenario():
        made, records = intake(rows_of(*urls), **options)
        await made.run()
        return made, records

    return asyncio.run(scenario())


def test_each_line_is_counted_as_what_it_is():
    finished = FingerprintSet()
    finished.add(identity("http://a.test/done"))
    lines = ["", "http://a.test/1", "http://a.test/done", "http://A.test/1#again", "nonsense", "http://a.test/2"]
    made, records = taken_up(*lines, finished=finished)
    stats = made.stats
    assert (stats.lines, stats.blank, stats.already_done, stats.duplicates) == (6, 1, 1, 1)
    assert [record.error.kind for record in records] == ["invalid-url"]
    assert made.frontier.core.waiting == 2
    assert made.is_source_read


def test_it_ends_at_the_limit_and_has_not_read_the_source_then():
    made, _ = taken_up(*(f"http://a.test/{n}" for n in range(9)), limit=4)
    assert (made.stats.lines, made.frontier.core.waiting) == (4, 4)


def test_jobs_of_a_host_beyond_its_share_wait_in_the_backlog_and_come_back_from_there():
    async def scenario():
        made, _ = intake(rows_of(*(f"http://a.test/{n}" for n in range(HOST_SHARE + 30))))
        await made.run()
        assert (made.frontier.core.waiting, len(made.backlog)) == (HOST_SHARE, 30)
        assert drain(made.frontier.core) == list(range(HOST_SHARE))
        await made.refill("a.test")
        return made.frontier.core.waiting, len(made.backlog)

    assert asyncio.run(scenario()) == (30, 0)


def test_a_page_that_killed_earlier_runs_has_its_record_and_is_forgotten():
    fatal = {identity("http://a.test/1")}
    made, records = taken_up("http://a.test/1", fatal=fatal)
    assert [record.error.kind for record in records] == ["parse-limit"]
    assert not fatal
    assert not made.frontier.core.waiting


def test_a_source_that_is_damaged_further_on_keeps_what_was_read_of_it():
    async def damaged():
        yield [Row(url="http://a.test/1", line=1)]
        raise errors.UsageError("line 2: damaged")

    async def scenario():
        made, _ = intake(damaged())
        await made.run()
        return made

    made = asyncio.run(scenario())
    assert str(made.error) == "line 2: damaged"
    assert (made.frontier.core.waiting, made.is_source_read) == (1, False)


def test_the_frontier_stays_open_until_the_other_processes_have_finished_too():
    peers = Peers()
    made, _ = taken_up("http://a.test/1", peers=peers)
    assert peers.is_asked
    assert made.is_source_read


def test_a_job_of_another_process_gets_an_ordinal_of_this_one():
    async def scenario():
        made, _ = intake(rows_of("http://a.test/1"))
        await made.run()
        (first,) = [made.frontier.core.pop(0.0)]
        await made.accept(structs.replace(first, href="http://a.test/2", ordinal=77), None)
        await made.accept(structs.replace(first, href="http://a.test/3", ordinal=78), 5.0)
        return drain(made.frontier.core, now=0.0), made.frontier.core.waiting

    assert asyncio.run(scenario()) == ([1], 1)


def test_denials_that_are_not_written_yet_are_counted():
    async def scenario():
        made, _ = intake(rows_of("http://a.test/1", "http://a.test/2"))
        await made.run()
        jobs = [made.frontier.core.pop(0.0), made.frontier.core.pop(0.0)]
        seen = []

        async def emit(_):
            seen.append(made.unrecorded)

        made.emit = emit
        await made.refuse_all([(job, errors.RobotsDenied("no")) for job in jobs])
        return seen, made.unrecorded

    assert asyncio.run(scenario()) == ([2, 1], 0)


def test_a_row_knows_where_its_earlier_record_is_only_if_there_is_one():
    row = Row(url="http://a.test/1", line=1)
    assert with_earlier(row, None) is row
    assert with_earlier(row, 7).earlier == 7


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_source_that_was_cancelled_by_itself_ends_the_input_and_not_the_run(is_ours):
    async def cancelled():
        yield [Row(url="http://a.test/1", line=1)]
        raise asyncio.CancelledError

    async def scenario():
        made, _ = intake(cancelled())
        task = asyncio.ensure_future(made.run())
        if is_ours:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return made, task.cancelled()

    made, was_cancelled = asyncio.run(scenario())
    assert was_cancelled == is_ours
    assert (made.error is None) == is_ours
