"""Messages arrive as they were sent, or not at all."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import structs

from scraper.models import Ending, Failure, Job, Redirect, Row, Timings, Trail
from scraper.processes import wire


async def sent(frame, next_message):
    reader = asyncio.StreamReader()
    reader.feed_data(frame)
    reader.feed_eof()
    return await next_message(reader)


def order(*rows, **parts):
    return asyncio.run(sent(wire.order_frame(rows, **parts), wire.next_order))


def test_rows_arrive_as_they_were():
    rows = [Row("http://a.test/", 1), Row("http://b.test/ü", 2, "x.csv", 1.5, {"id": 7, "tags": ["a"]}, "odd")]
    assert [wire.row_of(fields) for fields in order(*rows).rows] == rows


@pytest.mark.parametrize("value", [10**30, "\ud800", {1, 2}, {3: None}, datetime(2026, 1, 1, tzinfo=UTC), object, b"x"])
def test_a_column_of_any_type_arrives_as_it_would_stand_in_the_record(value):
    row = Row("http://a.test/", 1, input={"x": value, "y": 0.1})
    [fields] = order(row).rows
    given = wire.row_of(fields).input
    assert msgspec.json.encode(given) == wire.as_json(row.input)


def test_an_order_says_what_else_there_is():
    got = order(is_last=True, is_stop=True)
    assert (list(got.rows), got.is_last, got.is_over, got.is_stop) == ([], True, False, True)


def test_a_job_arrives_with_its_trail():
    listed = Job(Row("http://a.test/", 3, input={"id": 1}), "http://a.test/", "a.test", 5, "http://a.test")
    trail = Trail(listed, (Redirect(302, "http://a.test/"),), Timings(dns=1.5), 0.25, "2026-01-01T00:00:00Z", True)
    job = structs.replace(listed, href="http://b.test/", host="b.test", attempt=2, trail=trail)
    assert wire.job_of(wire.job_data(job, None)) == (job, None)
    assert wire.job_of(wire.job_data(job, 0.5)) == (job, 0.5)


def test_a_harvest_arrives_whole_and_a_torn_one_not_at_all():
    endings = [Ending(True, 200, None, 1, 9, 1.5), Ending(False, None, Failure("deadline", ""), 4, None, None)]
    harvest = wire.Harvest(status=wire.Status(rows=2), endings=endings, lines=b"{}\n{}\n", handed=[], log=[])
    frame = wire.harvest_frame(harvest)
    assert asyncio.run(sent(frame, wire.next_harvest)) == harvest
    for cut in (0, 3, len(frame) - 1):
        assert asyncio.run(sent(frame[:cut], wire.next_harvest)) is None
