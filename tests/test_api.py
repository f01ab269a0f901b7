"""The library: scrape, ascrape and stream, in scripts, threads and running loops."""

import asyncio
import gzip
import os
import signal
import subprocess
import sys
import threading
from contextlib import aclosing

import httpx
import local_site
import pytest
from keeping import urls_kept
from local_site import html, reply
from outputs import NOW

from scraper import Config, DataCheckFailed, OutputLocked, UsageError, ascrape, open_run, scrape, stream
from scraper.kept import open_container
from scraper.offline import extract
from scraper.run import read_records, spool
from scraper.run.records import Records

URLS = [f"http://example.test/{n}" for n in range(20)]


def fake(*, fails=()):
    def answer(request):
        if request.url.path in fails:
            return httpx.Response(404)
        return httpx.Response(200, html=f"<title>Page {request.url.path}</title><h1>Head</h1>")

    return httpx.MockTransport(answer)


def test_scrape_returns_a_record_for_each_url():
    run = scrape(URLS, transport=fake(fails=["/3"]), select={"head": "h1"}, per_host=50)
    assert {record.url for record in run.records} == set(URLS)
    assert [record.url for record in run.failed] == [URLS[3]]
    assert run.records[0].fields == {"head": "Head"}
    assert (run.summary.ok, run.summary.failed, run.summary.output) == (19, 1, None)
    assert run.summary.is_complete
    assert run.summary.is_balanced


def test_scrape_works_inside_a_running_loop_and_again():
    async def cell():
        first = scrape(URLS, transport=fake())
        second = scrape(URLS, transport=fake())
        third = await ascrape(URLS, transport=fake())
        return [len(run.records) for run in (first, second, third)]

    assert asyncio.run(cell()) == [20, 20, 20]


def test_scrape_works_over_a_real_socket_twice_and_leaves_nothing_behind():
    before = threading.active_count()
    with local_site.running({"/": html("<title>x</title>")}) as site:
        for _ in range(2):
            assert scrape([site.url()]).records[0].title == "x"
    assert threading.active_count() == before


def test_options_are_checked_like_the_command_lines():
    for options, says in [({"concurrency": 0}, "--concurrency"), ({"cocurrency": 5}, "cocurrency")]:
        with pytest.raises(UsageError, match=says):
            scrape(URLS, **options)
    with pytest.raises(UsageError, match="price"):
        scrape(URLS, select={"price": "h1["}, transport=fake())


def test_a_config_may_be_given_and_options_win_over_it():
    seen = []

    def answer(request):
        seen.append(request.headers["user-agent"])
        return httpx.Response(200, html="x")

    config = Config(user_agent="a", concurrency=2)
    scrape(URLS[:1], config, robots=False, transport=httpx.MockTransport(answer))
    scrape(URLS[:1], config, robots=False, user_agent="b", transport=httpx.MockTransport(answer))
    assert seen == ["a", "b"]


def test_rows_may_be_dicts_whose_other_columns_come_back():
    run = scrape([{"url": URLS[0], "id": 7}], transport=fake())
    assert run.records[0].input == {"id": 7}


def test_urls_may_come_from_a_generator_or_an_async_one_or_a_file(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_text("\n".join(URLS))

    async def numbered():
        for url in URLS:
            yield url

    for urls in ((url for url in URLS), numbered(), path, str(path)):
        assert len(scrape(urls, transport=fake()).records) == 20


def test_no_urls_are_an_empty_run():
    run = scrape([], transport=fake())
    assert (run.records, run.summary.lines) == ([], 0)


def test_an_output_is_gone_on_with(tmp_path):
    path = tmp_path / "out.jsonl"
    scrape(URLS[:5], output=str(path), transport=fake())
    run = scrape(URLS, output=str(path), transport=fake())
    assert (run.summary.already_done, run.summary.ok) == (5, 15)
    assert {record.url for record in run.records} == set(URLS)
    assert len(list(read_records(path))) == 20


def test_an_output_that_another_run_holds_is_refused(tmp_path):
    path = str(tmp_path / "out.jsonl")

    async def scenario():
        async def slow(request):
            await asyncio.sleep(0.3)
            return httpx.Response(200, html=str(request.url))

        first = asyncio.ensure_future(ascrape(URLS[:1], output=path, transport=httpx.MockTransport(slow)))
        await asyncio.sleep(0.1)
        with pytest.raises(OutputLocked):
            await ascrape(URLS, output=path, transport=fake())
        await first

    asyncio.run(scenario())


def test_a_callback_gets_the_page():
    def parse(page):
        return {"title": page.tree.css_first("title").text(), "size": len(page.body), "status": page.status}

    record = scrape(URLS[:1], parse=parse, transport=fake()).records[0]
    assert record.fields == {"title": "Page /0", "size": record.bytes, "status": 200}


def test_stream_yields_records_as_they_come():
    async def scenario():
        return [record.url async for record in stream(URLS, transport=fake())]

    assert sorted(asyncio.run(scenario())) == sorted(URLS)


def test_a_slow_consumer_of_a_stream_slows_the_fetching_down():
    fetched = []

    def answer(request):
        fetched.append(request)
        return httpx.Response(200, html="x")

    async def scenario():
        urls = (f"http://{n}.test/" for n in range(10_000))
        async with aclosing(
            stream(urls, concurrency=5, robots=False, transport=httpx.MockTransport(answer))
        ) as records:
            async for _ in records:
                for _ in range(100):
                    await asyncio.sleep(0)
                break
        return len(fetched)

    assert asyncio.run(scenario()) <= 1 + 5 + 2 * 5 + 5


def test_leaving_a_stream_ends_the_run():
    async def scenario():
        async with aclosing(stream(URLS, transport=fake())) as records:
            async for _ in records:
                break
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())


def test_a_stream_raises_what_the_run_raises():
    async def scenario():
        with pytest.raises(UsageError, match="price"):
            async for _ in stream(URLS, select={"price": "h1["}, transport=fake()):
                pass
        with pytest.raises(UsageError, match="no output"):
            async for _ in stream(URLS, output="x.jsonl", transport=fake()):
                pass

    asyncio.run(scenario())


def test_a_generator_that_raises_ends_the_run_with_its_error():
    def urls():
        yield URLS[0]
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        scrape(urls(), transport=fake())


def test_cancelling_keeps_what_is_in_the_output(tmp_path):
    path = tmp_path / "out.jsonl"

    async def answer(request):
        if request.url.path != "/0":
            await asyncio.Event().wait()
        return httpx.Response(200, html="x")

    async def scenario():
        run = asyncio.ensure_future(
            ascrape(URLS, output=str(path), robots=False, transport=httpx.MockTransport(answer))
        )
        await asyncio.sleep(0.1)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())
    assert [record.url for record in read_records(path)] == [URLS[0]]


@pytest.mark.slow
def test_interrupting_scrape_returns_what_is_there():
    pages = {"/0": html("<title>x</title>"), "/hang": reply(200, {}, b"", delay=60)}
    with local_site.running(pages) as site:
        code = (
            "import scraper, sys\n"
            "run = scraper.scrape(sys.argv[1:], grace=0.1)\n"
            "print(len(run.records), run.summary.pending, run.summary.is_complete)\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, site.url("/0"), site.url("/hang")], stdout=subprocess.PIPE, text=True
        )
        while len(site.hits) < 2:
            pass
        os.kill(process.pid, signal.SIGINT)
        assert process.communicate(timeout=20)[0] == "1 1 False\n"


def test_paths_are_taken_for_sources_and_outputs(tmp_path):
    source = tmp_path / "urls.txt"
    source.write_text(f"{URLS[0]}\n")
    run = scrape(source, output=tmp_path / "out" / "x.jsonl", transport=fake())
    assert [record.url for record in run.records] == URLS[:1]
    assert (tmp_path / "out" / "x.jsonl").exists()


@pytest.mark.parametrize("options", [{"log_file": "run.log"}, {"verbose": True}])
def test_what_only_the_command_can_do_is_refused(options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"{next(iter(options))} is the command's"):
        scrape(URLS, transport=fake(), **options)
    assert not list(tmp_path.iterdir())


def test_a_run_that_fails_before_its_first_record_leaves_no_file_behind(tmp_path):
    path = tmp_path / "out.jsonl"

    def urls():
        raise KeyError("mine")
        yield

    for _ in range(2):
        with pytest.raises(KeyError, match="mine"):
            scrape(urls(), output=path, transport=fake())
        assert not path.exists()
    path.touch()
    with pytest.raises(KeyError, match="mine"):
        scrape(urls(), output=path, transport=fake())
    assert path.exists(), "it was there before"


def test_a_damaged_source_is_told_with_the_account_of_what_was_read(tmp_path):
    source = tmp_path / "urls.txt.gz"
    lines = "".join(f"http://example.test/{os.urandom(16).hex()}\n" for _ in range(20_000)).encode()
    source.write_bytes(gzip.compress(lines)[:300_000])
    with pytest.raises(UsageError, match=r"urls\.txt\.gz: the compressed data ends too early") as caught:
        scrape(source, output=tmp_path / "out.jsonl", robots=False, per_host=50, transport=fake())
    account = caught.value.summary
    assert account.ok == account.lines > 1000
    assert account.is_balanced
    assert not account.is_complete
    assert len(list(read_records(tmp_path / "out.jsonl"))) == account.ok


def test_what_is_kept_makes_the_same_records_again(tmp_path, monkeypatch):
    monkeypatch.setattr("scraper.offline.pool.processors", lambda: 1)
    options = {"output": tmp_path / "out.jsonl", "keep": tmp_path / "kept", "select": {"head": "h1"}}
    scrape(URLS, transport=fake(fails=["/3"]), limit=5, **options)
    scrape(URLS, transport=fake(fails=["/3"]), **options)  # goes on where that ended
    extract(str(tmp_path / "kept"), str(tmp_path / "again.jsonl"), Config(select={"head": "h1"}))
    first = {record.url: record for record in read_records(tmp_path / "out.jsonl") if record.ok}
    again = {record.url: record for record in read_records(tmp_path / "again.jsonl")}
    assert again == first
    assert len(again) == 19


def test_without_an_output_pages_are_kept_too(tmp_path):
    path = tmp_path / "c.warc.gz"
    scrape(URLS[:2], transport=fake(), keep=path)
    assert sorted(urls_kept(path)) == URLS[:2]

    async def read():
        async with aclosing(stream(URLS[2:3], transport=fake(), keep=path)) as records:
            return [record.url async for record in records]

    assert asyncio.run(read()) == URLS[2:3]
    assert sorted(urls_kept(path)) == URLS[:3]


def test_fresh_starts_the_container_anew_too_and_a_new_one_says_what_it_lacks(tmp_path, caplog):
    options = {"output": tmp_path / "out.jsonl", "keep": tmp_path}
    scrape(URLS[:2], transport=fake(), output=options["output"])
    scrape(URLS[:3], transport=fake(), **options)
    assert "pages whose records are in" in caplog.text
    assert urls_kept(tmp_path / "out.warc.zst") == URLS[2:3]
    scrape(URLS[:3], transport=fake(), fresh=True, **options)
    assert sorted(urls_kept(tmp_path / "out.warc.zst")) == URLS[:3]
    assert len(list(tmp_path.glob("out.*.warc.zst"))) == 1


def test_a_container_that_another_run_holds_is_refused_and_nothing_is_fetched(tmp_path):
    file, _ = open_container(str(tmp_path / "c.warc.zst"), fresh=False, now=NOW)
    with pytest.raises(OutputLocked):
        scrape(URLS, transport=fake(), keep=tmp_path / "c.warc.zst", output=tmp_path / "out.jsonl")
    file.close()
    assert not (tmp_path / "out.jsonl").exists()


def flaky(*paths):
    """Answer 404 the first time that one of `paths` is asked for."""
    left = set(paths)

    def answer(request):
        if request.url.path in left:
            left.discard(request.url.path)
            return httpx.Response(404)
        return httpx.Response(200, html=f"<title>Page {request.url.path}</title>")

    return httpx.MockTransport(answer)


@pytest.mark.parametrize("is_on_disk", [True, False])
def test_a_run_can_be_tried_again_and_is_whole_afterwards(tmp_path, is_on_disk):
    output = tmp_path / "out.jsonl" if is_on_disk else None
    rows = [{"url": url, "id": n} for n, url in enumerate(URLS)]
    run = scrape(rows, transport=flaky("/3", "/4"), output=output)
    again = run.retry(concurrency=2)
    assert (len(run.failed), len(again.failed), len(again)) == (2, 0, 20)
    assert {record.input["id"] for record in again} == set(range(20))
    assert (again.summary.ok, again.summary.failed, again.summary.lines) == (20, 0, 20)
    assert again.summary.is_balanced
    assert str(again.summary.output or "") == str(output or "")
    if output:
        assert len(list(read_records(output))) == 20


def test_a_retry_of_some_kinds_leaves_the_other_failed_records_in_the_output(tmp_path):
    def answer(request):
        return httpx.Response(404 if request.url.path == "/3" else 403)

    run = scrape(URLS[:5], transport=httpx.MockTransport(answer), output=tmp_path / "out.jsonl")
    again = run.retry("404")
    assert again.summary.errors == {"http-status": 5}
    assert again[-1].url == URLS[3], "it alone was tried again"


def test_an_output_of_any_run_can_be_opened_and_tried_again(tmp_path):
    path = tmp_path / "out.jsonl.gz"
    scrape(URLS, transport=flaky("/3"), output=path, select={"head": "title"})
    run = open_run(path, transport=fake(), select={"head": "title"})
    assert (len(run), len(run.failed), run.summary.ok) == (20, 1, 19)
    assert run.summary.fill_rates == {"head": 1.0}
    assert len(run.retry().failed) == 0
    assert len(open_run(str(path)).failed) == 0


def test_what_cannot_be_opened_is_told_in_a_line(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n')
    for place, says in [
        (path, r"x\.jsonl: line 1 is not a record: it is no output of scrape"),
        (tmp_path / "gone.jsonl", "cannot read .*: No such file"),
        (tmp_path, "is not a file"),
    ]:
        with pytest.raises(UsageError, match=says):
            open_run(place)


def test_a_failed_record_that_gave_way_to_another_is_not_in_an_opened_run(tmp_path):
    path = tmp_path / "out.jsonl"
    scrape(URLS[:2], transport=fake(fails=["/0"]), output=path)
    torn = path.read_bytes()
    scrape(URLS[:1], transport=fake(), output=tmp_path / "new.jsonl")
    path.write_bytes(torn + (tmp_path / "new.jsonl").read_bytes() + b'{"url":"http')  # killed before it was settled
    run = open_run(path)
    assert sorted(record.url for record in run) == URLS[:2]
    assert run.failed == []


def test_records_of_a_large_run_are_on_disk(monkeypatch):
    monkeypatch.setattr(spool.Spool.__init__, "__defaults__", (1000,))
    run = scrape(URLS, transport=fake())
    assert isinstance(run.records, Records)
    assert {record.url for record in run} == set(URLS)


def test_fill_rates_are_those_of_the_whole_output(tmp_path):
    def answer(request):
        price = "<b class=price>5</b>" if int(request.url.path[1:]) < 10 else ""
        return httpx.Response(200, html=f"<h1>x</h1>{price}")

    options = {"output": tmp_path / "out.jsonl", "select": {"price": ".price", "head": "h1"}, "robots": False}
    transport = httpx.MockTransport(answer)
    assert scrape(URLS[:10], transport=transport, **options).summary.fill_rates == {"price": 1.0, "head": 1.0}
    resumed = scrape(URLS, transport=transport, baseline=tmp_path / "out.jsonl", **options).summary
    assert resumed.fill_rates == {"price": 0.5, "head": 1.0}
    assert (resumed.coverage.ok, resumed.ok) == (20, 10)
    assert resumed.baseline.fields["price"].share == 1
    assert "fields      price 50 % (was 100 %) · head 100 % (was 100 %)" in str(resumed)
    nothing_left = scrape(URLS, transport=transport, **options).summary
    assert nothing_left.fill_rates == resumed.fill_rates


def test_an_old_output_may_be_the_baseline_of_a_fresh_one(tmp_path):
    path = tmp_path / "out.jsonl"
    scrape(URLS, transport=fake(), select={"head": "h1"}, output=path)
    run = scrape(URLS, transport=fake(), select={"head": ".gone"}, output=path, fresh=True, baseline=path)
    assert run.summary.fill_rates == {"head": 0.0}
    assert run.summary.baseline.fields["head"].share == 1


def test_what_is_expected_does_not_cost_the_records():
    run = scrape(URLS, transport=fake(fails=["/3"]), expect=["ok>=99%", "pages>=1"])
    assert len(run) == 20
    assert run.summary.broken == ("ok>=99%: 95 % (19 of 20 records)",)
    with pytest.raises(DataCheckFailed, match="ok>=99%: 95 %"):
        run.check()
    assert run.check("pages>=19") is run


def test_what_is_expected_is_checked_before_anything_is_requested(tmp_path):
    for options, says in [
        ({"expect": ["price>>5"]}, "'price>>5' is not understood"),
        ({"expect": ["price>=baseline"]}, "needs --baseline"),
        (
            {"baseline": tmp_path / "gone.jsonl"},
            r"--baseline: cannot read .*gone\.jsonl: .*; name an earlier output",
        ),
    ]:
        with pytest.raises(UsageError, match=says):
            scrape(URLS, output=tmp_path / "out.jsonl", **options)
        assert not (tmp_path / "out.jsonl").exists()


def test_a_stream_has_no_summary_to_check():
    async def scenario():
        async for _ in stream(URLS, expect=["ok>=1%"], transport=fake()):
            pass

    with pytest.raises(UsageError, match="has no summary to hold against"):
        asyncio.run(scenario())


def test_a_challenge_is_told_with_any_status_and_the_summary_counts_it():
    challenge = "<title>Just a moment...</title><script>window._cf_chl_opt = {}</script>"

    def answer(request):
        if request.url.path == "/page":
            return httpx.Response(200, html="<title>Page</title><p>What was asked for.</p>")
        if request.url.path == "/header":
            return httpx.Response(403, headers={"cf-mitigated": "challenge"})
        return httpx.Response(200 if request.url.path == "/200" else 403, html=challenge)

    urls = [f"http://{path}.test/{path}" for path in ("page", "200", "403", "header")]
    run = scrape(urls, transport=httpx.MockTransport(answer), robots=False)
    found = {record.url: (record.ok, record.verdict) for record in run.records}
    assert found == dict(
        zip(urls, [(True, "ok"), (True, "blocked"), (False, "blocked"), (False, "blocked")], strict=True)
    )
    assert all(record.evidence for record in run.records if record.verdict == "blocked")
    assert run.summary.verdicts == {"blocked": 3}


def test_text_links_and_metadata_come_when_they_are_asked_for():
    sentence = "This is a sentence of an article that goes on for a while. " * 10
    around = "<meta property=og:title content=T><nav><a href=/x>Menu</a></nav>"
    page = f"{around}<article><h1>Head</h1><p>{sentence}</p></article>"
    transport = httpx.MockTransport(lambda _: httpx.Response(200, html=page))
    run = scrape(URLS[:1], transport=transport, robots=False, markdown=True, link_details=True, meta=True)
    (record,) = run.records
    assert record.text.startswith("# Head")
    assert "Menu" not in record.text
    assert (record.links[0].text, record.links[0].kind) == ("Menu", "internal")
    assert record.meta["title"] == "T"
    assert record.timings.text
