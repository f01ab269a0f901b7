"""What the metrics of a run are."""

import asyncio

import httpx
from running import StillRun

from scraper.config import Config
from scraper.errors import ERROR_KINDS
from scraper.metrics import catalogue
from scraper.metrics.collect import collect
from scraper.models import Row
from scraper.seats import PHASES
from scraper.wiring import make_engine, make_results, make_worker

LABEL_VALUES = {"failed", "ok", ""} | ERROR_KINDS | set(PHASES)


def values(run=None):
    samples = collect(run or StillRun(), now=1000.0, started=990.0)
    return {(sample.metric.name + sample.suffix, *sample.labels.values()): sample.value for sample in samples}


def test_pages_are_counted_by_outcome_and_kind_from_the_start():
    found = values()
    assert found["scraper_pages_total", "ok", ""] == 2
    assert found["scraper_pages_total", "failed", "http-status"] == 1
    assert found["scraper_pages_total", "failed", "tls-error"] == 0
    assert {key[2] for key in found if key[0] == "scraper_pages_total"} == ERROR_KINDS | {""}
    assert (found["scraper_answers_total", "2xx"], found["scraper_answers_total", "5xx"]) == (2, 1)
    assert (found["scraper_retries_total",], found["scraper_body_bytes_total",]) == (1, 1500)


def test_what_goes_on_is_told_by_phase():
    found = values()
    assert (found["scraper_queue_depth",], found["scraper_workers",], found["scraper_workers_busy",]) == (4, 8, 3)
    assert {phase: found["scraper_in_flight", phase] for phase in PHASES} == StillRun().inside().in_flight
    assert (found["scraper_hosts",], found["scraper_hosts_paused",], found["scraper_open_sockets",]) == (5, 2, 9)
    assert (found["scraper_start_time_seconds",], found["scraper_last_progress_time_seconds",]) == (990.0, 998.0)
    assert found["scraper_phase_duration_seconds_count", "parse"] == 1
    assert found["scraper_page_duration_seconds_count",] == 3
    assert found["scraper_worker_seconds_total", "waiting"] == 30.0


def test_every_metric_of_the_catalogue_has_a_value_and_no_label_is_a_url():
    samples = collect(StillRun(), now=1000.0, started=990.0)
    assert {sample.metric for sample in samples} == {each for each in catalogue.METRICS if not each.is_final}
    for sample in samples:
        assert set(sample.labels) <= {*sample.metric.labels, "le"}
        assert "test" not in "".join(sample.labels.values())


def test_a_run_with_real_workers_tells_where_they_are():
    async def scenario():
        arrived, go_on = asyncio.Event(), asyncio.Event()

        async def answer(_):
            arrived.set()
            await go_on.wait()
            return httpx.Response(200, html="<title>x</title>")

        async def rows():
            yield [Row(url="http://a.test/", line=1, source="x")]

        async def sink(results):
            while await results.get() is not None:
                pass

        config = Config(concurrency=2, robots=False, metrics_port=0)
        async with make_worker(config, httpx.MockTransport(answer)) as (worker, names):
            run = make_engine(config, worker=worker, names=names, rows=rows(), results=make_results(config), sink=sink)
            async with asyncio.TaskGroup() as group:
                group.create_task(run.run())
                await arrived.wait()
                during = values(run)
                [busy] = run.inside().busy
                go_on.set()
            return during, busy, values(run)

    during, busy, after = asyncio.run(scenario())
    assert (during["scraper_in_flight", "connect"], during["scraper_workers_busy",]) == (1, 1)
    assert (busy.url, busy.phase) == ("http://a.test/", "connect")
    assert after["scraper_in_flight", "connect"] == 0
    assert after["scraper_phase_duration_seconds_count", "parse"] == 1
