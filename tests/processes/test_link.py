"""What the engine of a process gives away and gets, over a wire that is a list here."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import msgspec
import pytest
from msgspec import structs

from scraper.config.constants import WRITE_BYTES
from scraper.models import Failure, Job, Record, Row
from scraper.processes import wire
from scraper.processes.link import GATHER_S, Link, ParentGone


class Wire:
    """Stands in for a StreamWriter; keeps the Harvests."""

    def __init__(self):
        self.harvests = []

    def write(self, frame):
        self.harvests.append(msgspec.msgpack.decode(frame[4:], type=wire.Harvest))

    async def drain(self):
        """Have room."""


class Engine:
    """Stands in for the engine."""

    def __init__(self):
        self.stats = SimpleNamespace(lines=0, duplicates=0)
        self.frontier = SimpleNamespace(core=SimpleNamespace(in_flight=0, waiting=0))
        self.backlog, self.deferred, self.pending, self.workers = [], Counter(), 0, 1
        self.accepted, self.stops = [], 0

    async def accept(self, job, wait_s):
        self.accepted.append((job, wait_s))

    def stop(self):
        self.stops += 1


def linked():
    made = Link(Wire(), list)
    made.engine = Engine()
    return made


JOB = Job(Row("http://a.test/", 1), "http://a.test/", "a.test", 0)


def record(n, failure=None):
    return Record(url=f"http://a.test/{n}", ok=not failure, status=200, attempts=1, error=failure)


def orders(*frames):
    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(frames))
    reader.feed_eof()
    return reader


def test_a_job_for_another_host_is_handed_over():
    async def scenario():
        link = linked()
        link.take(JOB, 0.5)
        await asyncio.sleep(0)
        return link._writer.harvests

    [harvest] = asyncio.run(scenario())
    assert [(handed.host, wire.job_of(handed.job)) for handed in harvest.handed] == [("a.test", (JOB, 0.5))]


def test_rows_come_as_they_are_sent_until_the_last():
    async def scenario():
        link = linked()
        frames = [
            wire.order_frame([Row("http://a.test/", 1)]),
            wire.order_frame([Row("http://b.test/", 2)], is_last=True),
        ]
        with pytest.raises(ParentGone):
            await link.listen(orders(*frames))
        return [[row.url for row in rows] async for rows in link]

    assert asyncio.run(scenario()) == [["http://a.test/"], ["http://b.test/"]]


def test_a_handed_job_a_stop_and_the_end_reach_the_engine():
    async def scenario():
        link = linked()
        frames = [
            wire.order_frame(jobs=(wire.job_data(JOB, None),)),
            wire.order_frame(is_stop=True),
            wire.order_frame(is_over=True),
        ]
        with pytest.raises(ParentGone):
            await link.listen(orders(*frames))
        await asyncio.wait_for(link.finished(), 1)
        return link

    link = asyncio.run(scenario())
    assert link.engine.accepted == [(JOB, None)]
    assert link.engine.stops == 1
    assert link._writer.harvests[-1].status.jobs == 1


def test_the_records_of_a_moment_are_sent_together():
    async def scenario():
        link = linked()
        results = asyncio.Queue()
        sending = asyncio.ensure_future(link.send(results))
        for item in (record(1), record(2, Failure("deadline", "slow"))):
            results.put_nowait(item)
            await asyncio.sleep(0)
        assert not link._writer.harvests
        await asyncio.sleep(2 * GATHER_S)
        assert len(link._writer.harvests) == 1
        results.put_nowait(None)
        await sending
        return link._writer.harvests

    [harvest, last] = asyncio.run(scenario())
    assert [msgspec.json.decode(line)["url"] for line in harvest.lines.splitlines()] == [record(1).url, record(2).url]
    assert [(ending.ok, ending.error) for ending in harvest.endings] == [(True, None), (False, Failure("deadline", ""))]
    assert (last.lines, last.endings) == (b"", [])


def test_what_else_is_to_be_told_takes_the_records_along_that_go_before_it():
    async def scenario():
        link = linked()
        results = asyncio.Queue()
        results.put_nowait(record(1))
        sending = asyncio.ensure_future(link.send(results))
        await asyncio.sleep(0)
        link.engine.stats.lines = 1
        link.tell()
        sending.cancel()
        await asyncio.wait([sending])
        return link._writer.harvests

    first, *_ = asyncio.run(scenario())
    assert (first.status.rows, len(first.endings)) == (1, 1)


def test_large_records_do_not_wait():
    async def scenario():
        link = linked()
        results = asyncio.Queue()
        results.put_nowait(structs.replace(record(1), html="x" * WRITE_BYTES))
        sending = asyncio.ensure_future(link.send(results))
        await asyncio.sleep(0)
        sent = len(link._writer.harvests)
        sending.cancel()
        await asyncio.wait([sending])
        return sent

    assert asyncio.run(scenario()) == 1


def test_what_is_finished_when_it_is_cancelled_is_sent():
    async def scenario():
        link = linked()
        results = asyncio.Queue()
        sending = asyncio.ensure_future(link.send(results))
        results.put_nowait(record(0))
        await asyncio.sleep(0)
        for number in (1, 2):
            results.put_nowait(structs.replace(record(number), html="x" * WRITE_BYTES))
        sending.cancel()
        await asyncio.wait([sending])
        return link._writer.harvests

    assert [len(harvest.endings) for harvest in asyncio.run(scenario())] == [3]


def test_it_tells_how_far_it_is_only_when_that_is_news():
    async def scenario():
        link = linked()
        link.tell()
        link.engine.stats.lines = 3
        link.tell()
        link.tell()
        return link._writer.harvests

    assert [harvest.status.rows for harvest in asyncio.run(scenario())] == [3]


def test_it_is_idle_when_nothing_is_left_but_what_must_wait_for_a_later_run():
    link = linked()
    link.engine.pending = 2
    assert not link._status().is_idle
    link.engine.deferred["a.test"] = 2
    assert link._status().is_idle
