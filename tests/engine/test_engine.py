"""A whole run over fakes: every line is accounted for, whatever stops it."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace

import httpx
import pytest
import virtual_time
from msgspec import structs

from scraper import errors
from scraper.config import Config
from scraper.config.constants import HOST_SHARE
from scraper.control.command import Command
from scraper.engine import Engine
from scraper.engine.backlog import Backlog
from scraper.engine.door import Door
from scraper.engine.retry import RetryPolicy
from scraper.engine.watchdog import StallWatch
from scraper.engine.worker import Worker
from scraper.frontier import Frontier, FrontierCore, Pace
from scraper.models import Extracted, Job, Page, Redirect, Row, Timings, Trail
from scraper.robots import Robots as RobotsTxt
from scraper.robots import RobotsMemory
from scraper.urls import FingerprintSet, identity
from scraper.wiring import make_worker


async def rows_of(*urls, batch=3):
    for start in range(0, len(urls), batch):
        yield [Row(url=url, line=start + n + 1, source="urls.txt") for n, url in enumerate(urls[start : start + batch])]


async def page(request):
    await asyncio.sleep(0)
    return Page(url=request.url, final_url=request.url, status=200)


def urls(count, host="a.test"):
    return [f"http://{host}/{n}" for n in range(count)]


class Collector:
    """A sink that keeps what it gets."""

    def __init__(self, *, fails_after=None):
        self.records = []
        self._fails_after = fails_after

    async def run(self, results):
        while (record := await results.get()) is not None:
            if len(self.records) == self._fails_after:
                raise errors.OutputError("disk full")
            self.records.append(record)


def engine(rows, fetch=page, sink=None, *, workers=4, per_host=4, window=100, **options):
    def now():
        return datetime.now(UTC)

    policy = RetryPolicy(retries=2, wait_s=0.001, wait_cap_s=0.002, wall_clock=now)
    sink = sink or Collector()
    clock = asyncio.get_running_loop().time
    core = FrontierCore(lambda _: Pace(slots=per_host, gap_s=0.0, pause_cap_s=120.0))
    frontier = Frontier(core, window=window, clock=clock)
    worker = Worker(fetch=fetch, extract=lambda _: Extracted(), retry=policy, retry_after_cap_s=120, wall_clock=now)
    robots = options.pop("robots", None)
    return Engine(
        rows=rows,
        frontier=frontier,
        door=Door(frontier=frontier, robots=robots, crawl_delay_cap_s=30.0, decide=worker.decide),
        worker=worker,
        backlog=Backlog(),
        clock=clock,
        cpu_clock=time.process_time,
        sink=sink.run,
        results=asyncio.Queue(maxsize=2 * workers),
        workers=workers,
        grace_s=options.pop("grace_s", 0.05),
        **options,
    ), sink


def account(run):
    stats = run.stats
    ends = stats.ok + stats.failed.total() + stats.duplicates + stats.blank + stats.already_done + run.pending
    assert stats.lines == ends
    return stats


def test_every_line_is_accounted_for():
    async def scenario():
        lines = ["", *urls(20), "http://A.test:80/0#again", "nonsense", "nonsense", "ftp://a.test/", "", urls(1)[0]]
        finished = FingerprintSet()
        finished.add(identity("http://a.test/7"))
        run, sink = engine(rows_of(*lines), finished=finished)
        await asyncio.wait_for(run.run(), 5)
        return run, sink

    run, sink = asyncio.run(scenario())
    stats = account(run)
    assert (stats.lines, stats.ok, stats.duplicates, stats.blank, stats.already_done) == (27, 19, 3, 2, 1)
    assert stats.failed == {"invalid-url": 1, "unsupported-scheme": 1}
    assert run.is_source_read
    assert len(sink.records) == len({record.url for record in sink.records}) == 21
    assert next(r for r in sink.records if r.url == "nonsense").error.message.startswith("line 23 of urls.txt: ")


def test_a_page_that_killed_earlier_runs_is_recorded_and_not_fetched():
    asked = []

    async def fetch(request):
        asked.append(request.url)
        return await page(request)

    async def scenario():
        run, sink = engine(rows_of(*urls(3), urls(2)[1]), fetch, fatal={identity(urls(2)[1])})
        await asyncio.wait_for(run.run(), 5)
        return run, sink

    run, sink = asyncio.run(scenario())
    stats = account(run)
    assert (stats.ok, stats.failed, stats.duplicates) == (2, {"parse-limit": 1}, 1)
    assert [record.attempts for record in sink.records if not record.ok] == [0]
    assert sorted(asked) == [urls(3)[0], urls(3)[2]]
    assert run.fatal == set()


def test_a_passing_fault_is_retried_and_a_lasting_one_recorded_once():
    tried = []

    async def fetch(request):
        tried.append(request.url)
        if request.url.endswith("/1") or (request.url.endswith("/2") and tried.count(request.url) < 3):
            raise errors.ReadTimeout("silent")
        return await page(request)

    async def scenario():
        run, sink = engine(rows_of(*urls(4)), fetch)
        await asyncio.wait_for(run.run(), 5)
        account(run)
        return {record.url[-1]: record for record in sink.records}

    records = asyncio.run(scenario())
    assert {key: (record.ok, record.attempts) for key, record in records.items()} == {
        "0": (True, 1), "1": (False, 3), "2": (True, 3), "3": (True, 1),
    }  # fmt: skip


def test_a_limit_takes_the_first_urls_only():
    async def scenario():
        run, sink = engine(rows_of("", *urls(30)), limit=5)
        await asyncio.wait_for(run.run(), 5)
        account(run)
        return [record.url for record in sink.records]

    assert sorted(asyncio.run(scenario())) == urls(5)


def test_a_list_longer_than_the_window_passes_through_it():
    async def scenario():
        run, sink = engine(rows_of(*urls(500)), window=10)
        await asyncio.wait_for(run.run(), 5)
        return len(sink.records)

    assert asyncio.run(scenario()) == 500


def test_a_sink_that_fails_ends_the_run_with_its_error():
    async def scenario():
        run, _ = engine(rows_of(*urls(10_000)), sink=Collector(fails_after=3))
        with pytest.raises(errors.OutputError, match="disk full"):
            await asyncio.wait_for(run.run(), 5)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())


def test_a_source_that_fails_ends_the_run_after_what_was_read_of_it():
    async def broken():
        yield [Row(url=url, line=1) for url in urls(3)]
        raise errors.UsageError("the list is damaged")

    async def scenario():
        run, sink = engine(broken())
        with pytest.raises(errors.UsageError, match="damaged"):
            await asyncio.wait_for(run.run(), 5)
        assert not run.is_source_read
        return len(sink.records)

    assert asyncio.run(scenario()) == 3


def test_a_source_that_awaits_what_somebody_cancelled_does_not_hang_the_run():
    async def broken():
        yield [Row(url=url, line=1) for url in urls(3)]
        raise asyncio.CancelledError

    async def scenario():
        run, sink = engine(broken())
        with pytest.raises(errors.UsageError, match="was cancelled"):
            await asyncio.wait_for(run.run(), 5)
        return len(sink.records)

    assert asyncio.run(scenario()) == 3


def test_the_first_stop_lets_requests_in_flight_finish_and_starts_nothing():
    started = []

    async def fetch(request):
        started.append(request.url)
        await asyncio.sleep(0.02)
        return await page(request)

    async def scenario():
        run, sink = engine(rows_of(*urls(50)), fetch, grace_s=5)
        running = asyncio.ensure_future(run.run())
        while len(started) < 4:
            await asyncio.sleep(0)
        run.stop()
        await asyncio.wait_for(running, 1)
        stats = account(run)
        assert len(started) == len(sink.records) == stats.ok == 4
        assert run.pending == stats.lines - 4

    asyncio.run(scenario())


@pytest.mark.parametrize("how", ["the grace time ends", "a second stop"])
def test_requests_that_do_not_end_are_cancelled(how):
    async def hang(_):
        await asyncio.Event().wait()

    async def scenario():
        run, sink = engine(rows_of(*urls(50)), hang, grace_s=0.02 if how == "the grace time ends" else 60)
        running = asyncio.ensure_future(run.run())
        while run.frontier.core.in_flight < 4:
            await asyncio.sleep(0)
        run.stop()
        if how == "a second stop":
            await asyncio.sleep(0)
            run.stop()
        await asyncio.wait_for(running, 1)
        account(run)
        assert sink.records == []
        assert run.pending == run.stats.lines > 0

    asyncio.run(scenario())


def test_a_retry_that_is_due_after_a_stop_stays_pending():
    async def fetch(_):
        await asyncio.sleep(0.01)
        raise errors.ReadTimeout("silent")

    async def scenario():
        run, sink = engine(rows_of(*urls(2)), fetch, grace_s=5)
        running = asyncio.ensure_future(run.run())
        while run.frontier.core.in_flight < 2:
            await asyncio.sleep(0)
        run.stop()
        await asyncio.wait_for(running, 1)
        account(run)
        assert (run.pending, sink.records) == (2, [])

    asyncio.run(scenario())


def test_a_stop_before_the_start_does_nothing_at_all():
    async def scenario():
        run, sink = engine(rows_of(*urls(5)))
        run.stop()
        await asyncio.wait_for(run.run(), 1)
        account(run)
        assert sink.records == []

    asyncio.run(scenario())


class Robots:
    """Everything is denied but what is in `allowed`."""

    def __init__(self, allowed=()):
        self.asked = []
        self._allowed = allowed
        self._known = {}

    async def fetch(self, origin, _on_sent=None, _trail=None):
        self.asked.append(origin)
        self._known[origin] = SimpleNamespace(crawl_delay_s=None, allows=lambda url: url in self._allowed)
        return self._known[origin]

    def known(self, origin):
        return self._known.get(origin)

    def give_up(self, origin, error):
        self._known[origin] = error


def test_a_sorted_list_is_mixed_beyond_the_window():
    order = []

    async def fetch(request):
        order.append(request.url)
        return await page(request)

    async def scenario():
        lines = [*urls(2000, "big.test"), *(url for n in range(20) for url in urls(5, f"h{n}.test"))]
        run, sink = engine(rows_of(*lines, batch=50), fetch, workers=8, per_host=2, window=200)
        await asyncio.wait_for(run.run(), 20)
        account(run)
        assert len({record.url for record in sink.records}) == len(sink.records) == 2100

    asyncio.run(scenario())
    last_of_small = max(place for place, url in enumerate(order) if "big" not in url)
    assert last_of_small < 1000  # not after the 2,000 that stand before them


def test_everything_that_robots_denies_is_recorded_though_most_of_it_waits_in_the_backlog():
    async def scenario():
        robots = Robots(allowed=["http://a.test/7"])
        run, sink = engine(rows_of(*urls(1000), batch=100), robots=robots)
        await asyncio.wait_for(run.run(), 20)
        stats = account(run)
        assert (stats.ok, stats.failed) == (1, {"robots-denied": 999})
        assert len({record.url for record in sink.records}) == 1000
        assert robots.asked == ["http://a.test"]

    asyncio.run(scenario())


def test_a_stop_leaves_what_is_in_the_backlog_pending():
    async def scenario():
        started = asyncio.Event()

        async def fetch(request):
            started.set()
            await asyncio.sleep(0.01)
            return await page(request)

        run, sink = engine(rows_of(*urls(1000), batch=100), fetch)
        running = asyncio.ensure_future(run.run())
        await started.wait()
        run.stop()
        await asyncio.wait_for(running, 5)
        stats = account(run)
        assert run.pending == stats.lines - len(sink.records) > 0

    asyncio.run(scenario())


def test_a_host_that_is_down_ends_its_backlog_too():
    async def fetch(_):
        raise errors.ConnectRefused("nothing listens there")

    async def scenario():
        run, sink = engine(rows_of(*urls(500), batch=100), fetch)
        down = Pace(slots=4, gap_s=0.0)
        down.is_down = True
        run.frontier.core._pace_of = lambda _: down
        await asyncio.wait_for(run.run(), 20)
        assert account(run).failed == {"host-down": 500}
        assert sink.records[0].attempts == 0

    asyncio.run(scenario())


def test_a_host_that_wants_too_long_a_pause_leaves_its_urls_pending():
    async def fetch(_):
        error = errors.HttpStatus("429", 429)
        error.status, error.retry_after = 429, "3600"
        raise error

    async def scenario():
        run, sink = engine(rows_of(*urls(500), batch=100), fetch)
        await asyncio.wait_for(run.run(), 20)
        account(run)
        assert sink.records == []
        assert run.deferred == {"a.test": 500}
        assert run.pending == 500

    asyncio.run(scenario())


def test_a_slow_sink_holds_the_fetching_back():
    fetched = []

    async def fetch(request):
        fetched.append(request.url)
        return await page(request)

    class Slow(Collector):
        async def run(self, results):
            await asyncio.sleep(0.05)
            self.seen = len(fetched)
            await super().run(results)

    async def scenario():
        run, sink = engine(rows_of(*urls(500)), fetch, Slow())
        await asyncio.wait_for(run.run(), 5)
        assert sink.seen <= 4 + 2 * 4  # one in each worker's hand, and the queue
        assert len(sink.records) == 500

    asyncio.run(scenario())


def test_the_view_tells_what_is_going_on():
    views = []

    async def watch(view):
        while True:
            views.append(view())
            await asyncio.sleep(0)

    async def scenario():
        async def slow(request):
            await asyncio.sleep(0.001)
            return await page(request)

        run, _ = engine(rows_of(*urls(40)), slow, watch=watch)
        await asyncio.wait_for(run.run(), 5)

    asyncio.run(scenario())
    assert max(view.busy for view in views) == 4
    assert all(view.workers == 4 for view in views)
    assert views[-1].total == 40


def redirecting(*, to):
    """Return a Fetch where each URL of a.test redirects to the same path of host `to`."""

    async def fetch(request):
        await asyncio.sleep(0.001)
        if "//a.test" not in request.url:
            return await page(request)
        location = request.url.replace("a.test", to)
        hops = (Redirect(302, request.url),)
        return Page(url=request.url, final_url=request.url, status=302, redirects=hops, location=location)

    return fetch


def test_redirects_take_their_turn_at_the_host_that_they_lead_to():
    running, most = Counter(), Counter()
    follow = redirecting(to="b.test")

    async def fetch(request):
        host = request.url.split("/")[2]
        running[host] += 1
        most[host] = max(most[host], running[host])
        try:
            return await follow(request)
        finally:
            running[host] -= 1

    async def scenario():
        run, sink = engine(rows_of(*urls(300), *urls(300, "b.test")), fetch, workers=20, per_host=3)
        await asyncio.wait_for(run.run(), 20)
        return account(run), sink.records

    stats, records = asyncio.run(scenario())
    assert (stats.ok, stats.lines) == (600, 600)
    assert len({record.url for record in records}) == 600
    assert most == {"a.test": 3, "b.test": 3}


def test_a_redirect_to_what_robots_txt_disallows_is_not_followed():
    asked = []

    async def fetch(request):
        if request.url.endswith("/robots.txt"):
            asked.append(request.url)
            body = b"User-agent: *\nDisallow: /1" if "b.test" in request.url else b""
            return Page(url=request.url, final_url=request.url, status=200, body=body, media_type="text/plain")
        return await redirecting(to="b.test")(request)

    async def scenario():
        clock = asyncio.get_running_loop().time
        memory = RobotsMemory(ttl_s=60.0, failure_ttl_s=60.0, max_origins=9, max_bytes=10_000)
        rules = RobotsTxt(fetch=fetch, user_agent="scraper", clock=clock, memory=memory)
        run, sink = engine(rows_of(*urls(3)), fetch, robots=rules)
        await asyncio.wait_for(run.run(), 5)
        return account(run), sink.records

    stats, records = asyncio.run(scenario())
    assert (stats.ok, stats.failed) == (2, {"robots-denied": 1})
    assert asked == ["http://a.test/robots.txt", "http://b.test/robots.txt"]
    denied = next(record for record in records if not record.ok)
    assert (denied.final_url, denied.status, denied.attempts) == ("http://b.test/1", 302, 1)


def test_redirected_jobs_stopped_on_their_way_are_pending():
    async def fetch(request):
        if "b.test" in request.url:
            await asyncio.sleep(60)
        return await redirecting(to="b.test")(request)

    async def scenario():
        run, sink = engine(rows_of(*urls(50)), fetch, per_host=2, workers=8)
        running = asyncio.ensure_future(run.run())
        while run.frontier.core.waiting_of("b.test") < 20:
            await asyncio.sleep(0)
        run.stop()
        await asyncio.wait_for(running, 5)
        account(run)
        assert run.pending == 50
        assert sink.records == []

    asyncio.run(scenario())


def test_how_late_the_loop_is_is_measured(monkeypatch):
    monkeypatch.setattr("scraper.engine.PULSE_S", 0.01)

    async def fetch(request):
        time.sleep(0.05)  # noqa: ASYNC251 - the loop is held up on purpose
        return await page(request)

    async def scenario():
        run, _ = engine(rows_of(*urls(8)), fetch, workers=1)
        await asyncio.wait_for(run.run(), 5)
        return run.load()

    load = asyncio.run(scenario())
    assert load.late_s / load.pulses > 0.02


class Neighbour:
    """The other processes."""

    def __init__(self):
        self.taken, self.over = [], asyncio.Event()

    def take(self, job, wait_s=None):
        self.taken.append((job, wait_s))

    async def finished(self):
        await self.over.wait()


async def led_away(request):
    """Lead from a.test to b.test, where nothing works."""
    if "b.test" in request.url:
        raise errors.ReadTimeout("silent")
    return Page(url=request.url, final_url=request.url, status=302, location="http://b.test/there")


def test_what_a_redirect_leads_to_is_handed_to_the_process_that_asks_that_host_and_the_end_is_waited_for():
    async def scenario():
        there = Neighbour()
        run, sink = engine(rows_of(*urls(1)), led_away, peers=there)
        running = asyncio.ensure_future(run.run())
        while not there.taken:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert run.is_source_read
        assert run.pending == 0
        assert not running.done()
        there.over.set()
        await asyncio.wait_for(running, 5)
        return there.taken, sink.records

    [(job, wait_s)], records = asyncio.run(scenario())
    assert (job.href, job.trail.listed.href, wait_s) == ("http://b.test/there", urls(1)[0], None)
    assert records == []


def test_a_job_from_another_process_goes_on_here_and_its_next_try_goes_back():
    async def scenario():
        here = Neighbour()
        run, sink = engine(rows_of(), led_away, peers=here)
        running = asyncio.ensure_future(run.run())
        listed = Job(Row("http://b.test/", 1), "http://b.test/", "b.test", 7)
        trail = Trail(listed, (Redirect(302, "http://b.test/"),), Timings(), 0.0, "")
        moved = structs.replace(listed, href="http://c.test/b.test", host="c.test", trail=trail)
        await run.accept(moved, None)
        while not here.taken:
            await asyncio.sleep(0)
        await run.accept(Job(Row("http://c.test/b.test", 1), "http://c.test/b.test", "c.test", 7, attempt=3), 0.001)
        while not sink.records:
            await asyncio.sleep(0)
        here.over.set()
        await asyncio.wait_for(running, 5)
        return here.taken, sink.records, run

    [(job, wait_s)], [record], run = asyncio.run(scenario())
    assert (job.href, job.attempt, job.trail) == ("http://b.test/", 2, None)
    assert wait_s >= 0
    assert (record.error.kind, record.attempts) == ("read-timeout", 3)
    assert run.pending == 0


def test_workers_are_hired_and_let_go_and_their_time_stays_accounted_for():
    async def scenario():
        go_on = asyncio.Event()

        async def fetch(request):
            await go_on.wait()
            return await page(request)

        run, sink = engine(rows_of(*urls(40)), fetch, workers=2, per_host=40)
        async with asyncio.TaskGroup() as group:
            group.create_task(run.run())
            await asyncio.sleep(0.01)
            busy = [run.frontier.core.in_flight]
            for workers in (6, 3, 9):
                assert run.obey(Command("concurrency", value=workers)).startswith(f"{workers} workers")
                await asyncio.sleep(0.01)
                busy.append(run.frontier.core.in_flight)
            go_on.set()
        return run, sink, busy

    run, sink, busy = asyncio.run(scenario())
    account(run)
    assert busy == [2, 6, 6, 9]  # nobody is interrupted: three of the six had their pages still
    assert len(sink.records) == 40
    load = run.load()
    assert load.busy_s + load.waiting_s + load.starved_s + load.tail_s <= 9 * load.elapsed_s


def test_a_worker_that_has_nothing_to_do_is_let_go_at_once():
    async def scenario():
        go_on = asyncio.Event()

        async def fetch(request):
            await go_on.wait()
            return await page(request)

        run, sink = engine(rows_of(*urls(20)), fetch, workers=10, per_host=2)
        async with asyncio.TaskGroup() as group:
            group.create_task(run.run())
            await asyncio.sleep(0.01)
            run.obey(Command("concurrency", value=2))
            await asyncio.sleep(0.01)
            load = run.load()
            go_on.set()
        return run, sink, load

    run, sink, load = asyncio.run(scenario())
    account(run)
    assert len(sink.records) == 20
    assert load.workers == 2


def test_more_workers_than_there_are_descriptors_for_are_refused(monkeypatch):
    monkeypatch.setattr("scraper.engine.crew.enough_for", lambda _: 5)

    async def scenario():
        run, _ = engine(rows_of(*urls(3)))
        async with asyncio.TaskGroup() as group:
            group.create_task(run.run())
            await asyncio.sleep(0)
            with pytest.raises(errors.UsageError, match=r"6 workers need more open files than .* 5 at most"):
                run.obey(Command("concurrency", value=6))
        with pytest.raises(errors.UsageError, match="the run is ending"):
            run.obey(Command("concurrency", value=2))

    asyncio.run(scenario())


def test_a_paused_host_waits_however_long_and_a_skipped_one_ends_its_backlog_too(monkeypatch):
    monkeypatch.setattr("scraper.engine.intake.HOST_SHARE", 10)

    async def scenario():
        async def fetch(request):
            await asyncio.sleep(0.001)
            return await page(request)

        run, sink = engine(rows_of(*urls(5, "a.test"), *urls(60, "b.test")), fetch, per_host=1)
        async with asyncio.TaskGroup() as group:
            group.create_task(run.run())
            await asyncio.sleep(0)
            run.obey(Command("pause", host="a.test"))
            run.obey(Command("skip", host="b.test"))
            await asyncio.sleep(0.05)
            during = run.stats.failed.total(), run.stats.ok
            run.obey(Command("resume", host="a.test"))
        return run, sink, during

    run, sink, during = asyncio.run(scenario())
    account(run)
    assert during[0] >= 59
    assert during[1] <= 2  # what had been started
    assert run.stats.ok + run.stats.failed["host-down"] == len(sink.records) == 65
    assert sum(record.ok for record in sink.records if "a.test" in record.url) == 5


def test_a_run_in_which_nothing_comes_in_is_told_and_goes_on(caplog, monkeypatch):
    monkeypatch.setattr("scraper.engine.StallWatch", partial(StallWatch, told_s=2.0, ended_s=4.0))

    class Hanging:
        """A transport one of whose answers never comes."""

        async def __call__(self, request):
            if request.url.path == "/1":
                await asyncio.Event().wait()
            return httpx.Response(200, html="<p>x")

    async def scenario():
        async with make_worker(
            Config(robots=False, timeout=9999, read_timeout=9999), httpx.MockTransport(Hanging())
        ) as (worker, _):
            run, sink = engine(rows_of(*urls(3)), worker.fetch)
            await run.run()
            return run, sink

    run, sink = virtual_time.run(scenario())
    account(run)
    assert run.stats.ok == 2
    [failed] = [record for record in sink.records if not record.ok]
    assert (failed.error.kind, failed.attempts) == ("deadline", 1)
    assert failed.error.message == "given up: nothing came for 4 s, nor for any other URL"
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "nothing has come in for 2 s",
        "nothing has come in for 4 s, 1 request ended as deadline",
    ]


def test_more_workers_than_a_hosts_share_of_the_window_all_have_a_job_before_the_first_page_comes():
    workers = 3 * HOST_SHARE
    busy = []

    async def scenario():
        everybody = asyncio.Event()

        async def fetch(request):
            busy.append(run.frontier.core.in_flight)
            if busy[-1] == workers:
                everybody.set()
            await everybody.wait()
            return await page(request)

        lines = rows_of(*urls(2 * workers), batch=2 * workers)
        run, _ = engine(lines, fetch, workers=workers, per_host=workers, window=10_000)
        await asyncio.wait_for(run.run(), 5)
        return account(run)

    assert asyncio.run(scenario()).ok == 2 * workers
    assert max(busy) == workers
