"""The backlog: by priority, then first in, first out, per host, exactly as it was, in little memory and disk."""

import errno
import os
import sys
import tempfile
import tracemalloc
from collections import defaultdict, deque
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from scraper.engine.backlog import BUFFER_BYTES, GAP_BYTES, MOST_LINES, READ_BYTES, Backlog
from scraper.errors import OutputError
from scraper.models import Job, Row, Timings, Trail


def job(number, host="a.example", data=None, path="", priority=0.0):
    url = f"https://{host}/{number}{path}"
    return Job(Row(url, number + 1, "urls.txt", priority, data), url, host, number)


@pytest.fixture
def backlog():
    with closing(Backlog()) as opened:
        yield opened


@pytest.fixture
def reads(backlog, monkeypatch):
    """The number of bytes of each read."""
    sizes = []
    read = backlog._read

    def noted(start, end):
        sizes.append(end - start)
        return read(start, end)

    monkeypatch.setattr(backlog, "_read", noted)
    return sizes


def fill(backlog, jobs):
    for each in jobs:
        backlog.put(each)


def is_the_same(one, other):
    return one == other and repr(one) == repr(other)  # repr tells 1, 1.0 and True apart


def test_a_host_gets_its_oldest_jobs_in_the_order_they_came(backlog):
    fill(backlog, [job(0), job(1, "b"), job(2), job(3, "b"), job(4)])
    assert (len(backlog), backlog.waiting("a.example"), backlog.waiting("b")) == (5, 3, 2)
    assert [each.ordinal for each in backlog.take("a.example", 2)] == [0, 2]
    assert (len(backlog), backlog.waiting("a.example")) == (3, 1)
    assert [each.ordinal for each in backlog.take("b", 9)] == [1, 3]
    assert (backlog.has("a.example"), backlog.has("b")) == (True, False)
    assert [each.ordinal for each in backlog.take("a.example", 9)] == [4]
    assert len(backlog) == 0
    assert not backlog.has("a.example")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.0, 5.0, -1.0]) | st.none(), max_size=40), st.integers(1, 4))
def test_higher_priorities_come_first_and_equal_ones_in_the_order_they_came(steps, at_once):
    waiting = []
    with closing(Backlog()) as backlog:
        for number, priority in enumerate(steps):
            if priority is not None:
                waiting.append(job(number, priority=priority))
                backlog.put(waiting[-1])
            else:
                wanted = sorted(waiting, key=lambda each: -each.row.priority)[:at_once]
                assert backlog.take("a.example", at_once) == wanted
                waiting = [each for each in waiting if each not in wanted]
            assert len(backlog) == backlog.waiting("a.example") == len(waiting)


def test_one_priority_too_many_counts_as_the_next_lower_or_as_the_lowest(backlog):
    fill(backlog, [job(number, priority=10.0 * number) for number in range(MOST_LINES)])
    fill(backlog, [job(100, priority=15.0), job(101, priority=-7.0), job(102, priority=10.0)])
    taken = [each.ordinal for each in backlog.take("a.example", 99)]
    assert taken == [*range(MOST_LINES - 1, 1, -1), 1, 100, 102, 0, 101]


def test_a_host_without_jobs_gets_none(backlog):
    assert backlog.take("a.example", 3) == []
    assert backlog.waiting("a.example") == 0


def test_asking_for_none_takes_none(backlog):
    fill(backlog, [job(0)])
    assert backlog.take("a.example", 0) == []
    assert len(backlog) == 1


def test_every_field_comes_back_as_it_was(backlog):
    row = Row("https://EXAMPLE.com/ä#part", 7, "list.csv", -2.5, {"sku": "17", "n": 3}, "no luck", 4096)
    sent = Job(row, "https://example.com/%C3%A4", "example.com", 12, "https://example.com", 3, True, None, True)
    for struct in (row, sent):
        for field in structs.fields(struct):  # a field that this test does not set could be lost without its notice
            assert getattr(struct, field.name) != field.default or field.name == "trail", field.name
    trail = Trail(listed=sent, redirects=(), timings=Timings(), elapsed_s=0.5, fetched_at="then")
    fill(backlog, [sent, structs.replace(sent, trail=trail)])
    assert is_the_same(backlog.take("example.com", 1)[0], sent)
    assert backlog.take("example.com", 1)[0].trail is trail


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.none() | st.dictionaries(st.text(max_size=5), values, max_size=4), min_size=1, max_size=5))
def test_any_json_like_input_comes_back_as_it_was(inputs):
    with closing(Backlog()) as backlog:
        jobs = [job(number, data=data) for number, data in enumerate(inputs)]
        fill(backlog, jobs)
        assert is_the_same(backlog.take("a.example", len(jobs)), jobs)


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        {1, 2},
        b"bytes",
        datetime(2024, 1, 2, tzinfo=UTC),
        Decimal("1.50"),
        2**70,
        "\ud800",
        {1: "a key that is no text"},
        {"\udfff": 1},
        object(),
        {"deep": {"in": [Path("x")]}},
    ],
    ids=repr,
)
def test_what_cannot_be_written_is_kept_as_it_is_and_in_its_place(backlog, value):
    odd = job(1, data={"value": value})
    fill(backlog, [job(0), odd, job(2)])
    first, second, third = backlog.take("a.example", 3)
    assert (first.ordinal, third.ordinal) == (0, 2)
    assert second is odd
    assert not backlog._held


def test_a_lone_surrogate_in_the_url_is_kept(backlog):
    odd = job(0, path="/\ud83d")
    backlog.put(odd)
    assert backlog.take("a.example", 1) == [odd]


def test_an_input_that_contains_itself_is_kept(backlog):
    loop = {}
    loop["self"] = loop
    odd = job(0, data=loop)
    backlog.put(odd)
    assert backlog.take("a.example", 1)[0] is odd


def test_a_job_too_long_for_an_entry_is_kept(backlog):
    odd = job(0, data={"text": "x" * (16 * 1024**2)})
    fill(backlog, [odd, job(1)])
    assert backlog._written == 0
    first, second = backlog.take("a.example", 2)
    assert first is odd
    assert second == job(1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.just("put"), st.integers(0, 3), st.sampled_from([10, 4_000, GAP_BYTES + 1, BUFFER_BYTES]))
        | st.tuples(st.just("take"), st.integers(0, 3), st.integers(0, 5)),
        max_size=60,
    )
)
def test_it_is_a_queue_for_each_host_whatever_comes(steps):
    expected = defaultdict(deque)
    with closing(Backlog()) as backlog:
        for number, (step, host, size) in enumerate(steps):
            name = f"host{host}"
            if step == "put":
                expected[name].append(job(number, name, path="x" * size))
                backlog.put(expected[name][-1])
            else:
                wanted = [expected[name].popleft() for _ in range(min(size, len(expected[name])))]
                assert backlog.take(name, size) == wanted
            assert backlog.waiting(name) == len(expected[name])
            assert len(backlog) == sum(map(len, expected.values()))


def test_no_file_is_made_for_what_fits_the_buffer(monkeypatch, backlog):
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    fill(backlog, [job(number) for number in range(100)])
    assert len(backlog.take("a.example", 100)) == 100


def test_so_many_as_may_be_are_held_in_memory_as_they_are():
    jobs = [job(0), job(1, data={"a": "b"}), job(2), job(3), job(4)]
    with closing(Backlog(most_held=2)) as backlog:
        fill(backlog, jobs[:4])
        taken = backlog.take("a.example", 3)
        fill(backlog, jobs[4:])
        taken += backlog.take("a.example", 2)
    assert taken == jobs
    assert [one is other for one, other in zip(taken, jobs, strict=True)] == [True, False, True, False, True]


def test_the_file_lies_in_the_directory_and_has_no_name(tmp_path):
    with closing(Backlog(tmp_path)) as backlog:
        fill(backlog, [job(number) for number in range(2_000)])
        assert backlog._written > 0
        if sys.platform != "win32":
            assert list(tmp_path.iterdir()) == []
        assert [each.ordinal for each in backlog.take("a.example", 2_000)] == list(range(2_000))


def test_jobs_that_lie_together_are_read_at_once(backlog, reads):
    fill(backlog, [job(number) for number in range(2_000)])
    assert backlog.take("a.example", 1_500) == [job(number) for number in range(1_500)]
    assert len(reads) == 1


def test_few_jobs_of_another_host_between_do_not_need_another_read(backlog, reads):
    fill(backlog, [job(number, host) for number in range(1_000) for host in ("a", "b", "c")])
    assert backlog.take("b", 1_000) == [job(number, "b") for number in range(1_000)]
    assert len(reads) == 1


def test_jobs_far_apart_are_read_alone(backlog, reads):
    wide = "x" * (2 * GAP_BYTES)
    for number in range(5):
        fill(backlog, [job(number, "a"), job(number, "b", path=wide)])
    assert backlog.take("a", 5) == [job(number, "a") for number in range(5)]
    assert len(reads) == 5
    assert max(reads) < 200


def test_no_read_is_larger_than_its_limit(backlog, reads):
    fill(backlog, [job(number, path="x" * 5_000) for number in range(500)])
    assert len(backlog.take("a.example", 500)) == 500
    assert max(reads) <= READ_BYTES
    assert len(reads) == 3


def test_the_file_is_emptied_when_nothing_waits_any_more(backlog):
    for turn in range(3):
        fill(backlog, [job(number, f"host{number % 2}") for number in range(3_000)])
        size = os.fstat(backlog._file.fileno()).st_size
        assert BUFFER_BYTES < size < 3_000 * 200, turn
        assert len(backlog.take("host0", 3_000)) == 1_500
        assert os.fstat(backlog._file.fileno()).st_size == size
        assert len(backlog.take("host1", 3_000)) == 1_500
        assert os.fstat(backlog._file.fileno()).st_size == 0
        assert not backlog._lines


def test_a_waiting_job_costs_at_most_16_bytes_of_memory_also_while_they_are_taken(backlog):
    number, hosts = 20_000, 20
    one_host = 500  # its name, its array, its place in the dictionary
    fixed = 2 * BUFFER_BYTES + hosts * one_host
    jobs = [job(each, f"host{each % hosts}") for each in range(number)]
    tracemalloc.start()
    try:
        fill(backlog, jobs)
        full = tracemalloc.get_traced_memory()[0]
        assert full - fixed <= 10 * number
        while len(backlog) > number // 20:
            for host in range(hosts):
                backlog.take(f"host{host}", 50)
            assert tracemalloc.get_traced_memory()[0] - fixed <= 16 * len(backlog)
    finally:
        tracemalloc.stop()


class Slow(FileIO):
    """Takes a part of what it is given, as a system may."""

    def write(self, data):
        return super().write(data[:999])


def test_a_file_that_takes_a_part_at_a_time_gets_everything(monkeypatch, backlog, tmp_path):
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Slow(tmp_path / "spill", "w+b"))
    jobs = [job(number) for number in range(3_000)]
    fill(backlog, jobs)
    assert backlog.take("a.example", 3_000) == jobs


class Full(FileIO):
    """Has room for 100,000 bytes while it `is_full`."""

    is_full = True

    def write(self, data):
        room = 100_000 - self.tell() if self.is_full else len(data)
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data[:room])


def test_a_full_disk_is_an_output_error_that_names_the_folder_and_the_remedy_and_loses_nothing(monkeypatch, tmp_path):
    disk = Full(tmp_path / "spill", "w+b")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: disk)
    jobs = [job(number) for number in range(4_000)]
    with closing(Backlog(tmp_path)) as backlog:
        with pytest.raises(OutputError, match="No space left on device; let TMPDIR name") as caught:
            fill(backlog, jobs)
        assert str(tmp_path) in str(caught.value)
        put = len(backlog)
        assert backlog.take("a.example", put - 1) == jobs[: put - 1]
        disk.is_full = False
        fill(backlog, jobs[put:])
        assert backlog.take("a.example", 4_000) == jobs[put - 1 :]


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path):
    with closing(Backlog(tmp_path / "missing")) as backlog, pytest.raises(OutputError, match="missing: No such file"):
        fill(backlog, [job(number) for number in range(2_000)])


def test_a_disk_that_cannot_be_read_is_an_output_error_and_the_jobs_still_wait(monkeypatch, backlog):
    fill(backlog, [job(number, priority=number // 1_990) for number in range(2_000)])
    broken = FileIO(os.devnull, "w")  # not readable
    with closing(broken), monkeypatch.context() as patch:
        patch.setattr(backlog, "_file", broken)
        with pytest.raises(OutputError, match="cannot read"):
            backlog.take("a.example", 20)  # the first ten are in the buffer
    assert [each.ordinal for each in backlog.take("a.example", 20)] == [*range(1_990, 2_000), *range(10)]


def test_closing_forgets_everything_and_may_be_done_twice(backlog):
    fill(backlog, [job(number) for number in range(2_000)])
    backlog.close()
    backlog.close()
    assert (len(backlog), backlog.waiting("a.example"), backlog.take("a.example", 1)) == (0, 0, [])
