"""One run in several processes: what holds for one holds for them together."""

import asyncio
import gzip
import json
import time
from collections import Counter
from itertools import pairwise
from os import urandom

import local_site
import pytest
from local_site import html, redirect, reply

from scraper import UsageError, api, scrape, stream
from scraper.config import Config
from scraper.control.command import Command
from scraper.errors import OutputError
from scraper.processes.fleet import _refuse_unsendable


@pytest.fixture
def web():
    """Serve any page on all of 127.x.y.z; `web.hosts(n)` are so many hosts."""

    async def answer(hit, _):
        path = hit.target.partition("?")[0]
        if path == "/robots.txt":
            return reply(200, {"Content-Type": "text/plain"}, "User-agent: *\nDisallow: /secret")
        if path.startswith("/to/"):
            return redirect("http://" + hit.target.removeprefix("/to/"))
        if path.startswith("/busy"):
            return reply(503, {"Retry-After": "500"}, "busy")
        delay = 0.03 if path.startswith("/slow") else 0.0
        return reply(404) if path.startswith("/no") else html(f"<title>{hit.target}</title>", delay=delay)

    with local_site.running(answer, host="0.0.0.0") as site:
        yield Web(site)


class Web:
    def __init__(self, site):
        self.site = site
        self.port = site.url("/").rsplit(":", 1)[1].strip("/")

    def hosts(self, number):
        return [f"127.0.0.{n + 1}:{self.port}" for n in range(number)]

    def asked(self):
        return Counter(hit.headers["host"] + hit.target for hit in self.site.hits)


def test_each_url_has_one_record_and_each_line_its_place_in_the_account(web, scrape_in_threads):
    urls = [f"http://{host}/{n}" for n in range(10) for host in web.hosts(6)]
    run = scrape_in_threads(["", *urls, "nonsense", "nonsense", f"http://{web.hosts(1)[0]}/no", urls[7], "# note"])
    summary = run.summary
    assert (summary.lines, summary.ok, summary.duplicates, summary.blank) == (66, 60, 2, 2)
    assert summary.errors == {"invalid-url": 1, "http-status": 1}
    assert summary.is_complete
    assert summary.is_balanced
    assert Counter(record.url for record in run.records) == Counter([*urls, "nonsense", f"http://{web.hosts(1)[0]}/no"])
    assert set(web.asked().values()) == {1}
    assert "line 62 of urls: " in next(record.error.message for record in run.failed if record.url == "nonsense")


def test_the_figures_are_those_of_all_records(web, scrape_in_threads):
    run = scrape_in_threads([f"http://{host}/{n}" for n in range(5) for host in web.hosts(2)])
    assert run.summary.statuses == {"200": 10}
    assert run.summary.bytes == sum(record.bytes for record in run.records)
    assert run.summary.p50_ms > 0


def test_a_host_is_asked_by_one_process_with_its_slots_and_its_robots_txt_once(web, scrape_in_threads):
    hosts = web.hosts(4)
    urls = [f"http://{host}/slow/{n}" for n in range(6) for host in hosts]
    run = scrape_in_threads([*urls, f"http://{hosts[0]}/secret"], robots=True, per_host=1)
    assert run.summary.errors == {"robots-denied": 1}
    asked = web.asked()
    assert [asked[f"{host}/robots.txt"] for host in hosts] == [1] * 4
    for host in hosts:
        times = sorted(hit.time for hit in web.site.hits if hit.headers["host"] == host)
        assert all(later - earlier >= 0.03 for earlier, later in pairwise(times[1:]))


def test_where_a_redirect_leads_takes_its_turn_in_the_process_that_asks_that_host(web, scrape_in_threads):
    there, *others = web.hosts(4)
    urls = [f"http://{host}/to/{there}/slow/{n}" for n, host in enumerate(others * 2)]
    own = [f"http://{there}/slow/own/{n}" for n in range(3)]
    run = scrape_in_threads(urls + own, robots=True, per_host=1)
    assert run.summary.ok == 9
    assert run.summary.is_balanced
    assert run.summary.is_complete
    assert web.asked()[f"{there}/robots.txt"] == 1
    times = sorted(hit.time for hit in web.site.hits if hit.headers["host"] == there)
    assert all(later - earlier >= 0.03 for earlier, later in pairwise(times[1:]))
    record = next(record for record in run.records if record.url == urls[0])
    assert record.final_url == f"http://{there}/slow/0"
    assert [hop.url for hop in record.redirects] == [urls[0]]


def test_a_robots_txt_denies_what_a_redirect_of_another_process_leads_to(web, scrape_in_threads):
    here, there = web.hosts(2)
    run = scrape_in_threads([f"http://{here}/to/{there}/secret"], robots=True)
    assert run.records[0].error.kind == "robots-denied"
    assert run.records[0].final_url == f"http://{there}/secret"


@pytest.mark.usefixtures("threads")
def test_the_next_try_of_what_failed_behind_a_redirect_begins_at_the_listed_url(monkeypatch):
    monkeypatch.setattr("scraper.config.constants.RETRY_WAIT_S", 0.001)
    tries = Counter()

    async def answer(hit, _):
        tries[hit.headers["host"]] += 1
        if hit.headers["host"] != there:
            return redirect(f"http://{there}/")
        return html("<title>at last</title>") if tries[there] == 3 else reply(500)

    with local_site.running(answer, host="0.0.0.0") as site:
        web = Web(site)
        here, there = web.hosts(2)
        run = scrape([f"http://{here}/"], processes=2, robots=False)
    assert [(record.title, record.attempts, record.url) for record in run.records] == [
        ("at last", 3, f"http://{here}/")
    ]
    assert tries == {here: 3, there: 3}
    assert run.summary.retries == 2
    assert run.summary.is_complete


def test_urls_of_a_host_that_wants_to_be_left_alone_stay_pending_and_the_run_ends(web, scrape_in_threads, tmp_path):
    hosts = web.hosts(2)
    run = scrape_in_threads([f"http://{hosts[0]}/busy", f"http://{hosts[1]}/fine"], output=tmp_path / "out.jsonl")
    assert (run.summary.ok, run.summary.pending, run.summary.is_complete) == (1, 1, False)
    assert run.summary.is_balanced


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_an_output_is_gone_on_with_and_failed_records_are_replaced(web, scrape_in_threads, tmp_path, suffix):
    path = tmp_path / f"out.jsonl{suffix}"
    urls = [f"http://{host}/{n}" for n in range(8) for host in web.hosts(2)]
    bad = f"http://{web.hosts(1)[0]}/no"
    scrape_in_threads([*urls[:6], bad], output=path)
    run = scrape_in_threads([*urls, bad], output=path, retry_failed=True)
    assert (run.summary.already_done, run.summary.ok, run.summary.tried_again) == (6, 10, 1)
    data = path.read_bytes()
    lines = (gzip.decompress(data) if suffix else data).splitlines()
    assert sorted(json.loads(line)["url"] for line in lines) == sorted([*urls, bad])
    assert scrape_in_threads([*urls, bad], output=path).summary.already_done == 17


def test_a_limit_counts_the_urls_of_all_processes(web, scrape_in_threads):
    urls = [f"http://{host}/{n}" for n in range(50) for host in web.hosts(2)]
    run = scrape_in_threads(["", *urls], limit=7)
    assert {record.url for record in run.records} == set(urls[:7])
    assert (run.summary.lines, run.summary.is_complete) == (8, True)


def test_a_list_far_longer_than_what_travels_at_a_time_is_read_to_its_end(web, scrape_in_threads, tmp_path):
    path = tmp_path / "urls.txt"
    one, two = web.hosts(2)
    path.write_text(f"http://{one}/a\n" * 30_000 + f"http://{two}/b\n" * 30_000)
    run = scrape_in_threads(path)
    assert (run.summary.ok, run.summary.duplicates) == (2, 59_998)
    assert run.summary.is_balanced


def test_a_damaged_source_is_told_after_what_could_be_read_of_it(web, scrape_in_threads, tmp_path):
    path = tmp_path / "urls.txt.gz"
    hosts = web.hosts(2)
    text = "".join(f"http://{hosts[n % 2]}/{n % 7}\n\n#{urandom(9).hex()}\n" for n in range(6_000)).encode()
    path.write_bytes(gzip.compress(text)[:-4])
    with pytest.raises(UsageError, match="ends too early") as caught:
        scrape_in_threads(path)
    assert caught.value.summary.is_balanced


def test_columns_come_back_whatever_they_hold(web, scrape_in_threads):
    odd = {"many": {1, 2}, "big": 10**30, "key": {3: (1, None)}, "half": "\ud800", "own": Web, "tiny": 0.1}
    url = f"http://{web.hosts(1)[0]}/"
    [several], [one] = (scrape_in_threads([{"url": url, **odd}], processes=n, output=None).records for n in (2, 1))
    assert several.input["key"] == {"3": [1, None]}
    assert several.input["big"] == one.input["big"]
    assert several.input["half"] == "\N{REPLACEMENT CHARACTER}"
    assert several.input["tiny"] == one.input["tiny"]


@pytest.mark.usefixtures("threads")
def test_a_stream_gives_each_record_and_stops_the_processes_when_it_is_left(web):
    urls = [f"http://{host}/{n}" for n in range(20) for host in web.hosts(2)]

    async def all_of_them():
        return {record.url async for record in stream(urls, processes=2, robots=False)}

    async def first():
        return await anext(stream(urls, processes=2, robots=False))

    assert asyncio.run(all_of_them()) == set(urls)
    assert asyncio.run(first()).ok


def test_an_output_that_cannot_be_written_ends_the_run(web, scrape_in_threads):
    with pytest.raises(OutputError, match="No space left"):
        scrape_in_threads([f"http://{host}/{n}" for n in range(50) for host in web.hosts(2)], output="/dev/full")


def test_a_transport_of_ones_own_is_refused():
    with pytest.raises(UsageError, match="transport cannot be sent to other processes"):
        scrape([], processes=2, transport=object())


def _own(_):
    return {}


def test_a_function_that_no_other_process_can_import_is_refused():
    _refuse_unsendable("shop:price")
    _refuse_unsendable(time.sleep)
    _own.__module__ = "__main__"
    try:
        for parse in (lambda _: {}, _own):
            with pytest.raises(UsageError, match="put it in a module"):
                scrape([], processes=2, parse=parse)
    finally:
        _own.__module__ = __name__


@pytest.mark.usefixtures("threads")
def test_a_setting_that_is_wrong_is_refused_before_a_process_is_started(monkeypatch):
    monkeypatch.setattr("scraper.processes.fleet.Fleet.run", None)
    with pytest.raises(UsageError, match="select"):
        scrape([], processes=2, select={"x": "h1["})


def test_there_are_no_more_processes_than_workers(web, scrape_in_threads):
    urls = [f"http://{host}/{n}" for n in range(4) for host in web.hosts(4)]
    assert scrape_in_threads(urls, processes=5, concurrency=2).summary.ok == 16


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_run_compares_with_an_earlier_one_as_in_one_process(scrape_in_threads, tmp_path, suffix):
    async def answer(hit, _):
        if hit.headers.get("if-none-match") == '"1"' and not hit.target.startswith("/changed"):
            return reply(304)
        return html(f"<title>{hit.headers.get('if-none-match')}</title>", {"ETag": '"1"'})

    first, second = str(tmp_path / f"1.jsonl{suffix}"), str(tmp_path / "2.jsonl")
    with local_site.running(answer, host="0.0.0.0") as site:
        urls = [site.url(f"/{n}", host=f"127.0.0.{n + 1}") for n in range(20)] + [site.url("/changed")]
        scrape(urls, output=first, robots=False)
        run = scrape_in_threads([*urls, site.url("/new"), urls[0]], output=second, since=first)
        young = scrape_in_threads([*urls, urls[0]], since=second, max_age="1h")
    assert run.summary.changes == {"new": 1, "changed": 1, "same": 20, "gone": 0}
    assert (run.summary.statuses, run.summary.duplicates) == ({"304": 20, "200": 2}, 1)
    assert (young.summary.unasked, young.summary.ok, young.summary.duplicates) == (21, 21, 1)
    assert run.summary.is_balanced
    assert young.summary.is_balanced


def test_the_processes_do_what_a_person_asks_for_and_are_told_of_as_one(web, threads, tmp_path):  # noqa: ARG001 - in place
    hosts = web.hosts(2)
    seen = {}

    async def scenario():
        def on_start(run):
            seen["run"] = run
            steering.append(group.create_task(steer(run)))

        async def steer(run):
            while run.inside().hosts.active < 2:  # told once a second at most, at a quarter of one at first
                await asyncio.sleep(0.01)
            with pytest.raises(UsageError, match="each of the 2 processes needs a worker"):
                run.obey(Command("concurrency", value=1))
            seen["told"] = [
                run.obey(Command("concurrency", value=5)),
                run.obey(Command("skip", host=hosts[0])),
                run.obey(Command("pause", host=hosts[1])),
                run.obey(Command("resume", host=hosts[1])),
                run.obey(Command("per-host", value=10)),
            ]
            seen["workers"] = run.view().workers

        steering = []
        config = Config(processes=2, concurrency=4, robots=False, per_host=1, delay=0.02, metrics_port=0)
        urls = [f"http://{host}/{n}" for n in range(40) for host in hosts]
        async with asyncio.TaskGroup() as group:
            return await api.run(api.rows_of(urls, config), config, on_start=on_start)

    run = asyncio.run(asyncio.wait_for(scenario(), 20))
    assert seen["told"][0] == "5 workers in 2 processes"
    assert seen["told"][1] == f"{hosts[0]} is skipped: its waiting URLs end as host-down"
    assert seen["workers"] == 5
    assert run.summary.is_balanced
    assert {record.url.split("/")[2] for record in run.failed} == {hosts[0]}
    assert set(run.summary.errors) == {"host-down"}
    inside = seen["run"].inside()
    assert sum(inside.phases["parse"].values()) == run.summary.ok
    assert inside.in_flight["connect"] == 0
