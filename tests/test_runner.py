"""One run, from its rows to the Run: what its account says of the whole output, what it is held against."""

import asyncio

import httpx
import pytest

from scraper import api, runner
from scraper.config import Config
from scraper.errors import UsageError
from scraper.fill import Coverage, Fill

URLS = [f"http://example.test/{n}" for n in range(10)]


def ran(config, answer, *, on_start=None, urls=URLS):
    async def scenario():
        transport = httpx.MockTransport(answer)
        return await runner.run(api.rows_of(urls, config), config, transport=transport, on_start=on_start)

    return asyncio.run(scenario())


def price_or_404(request):
    number = int(request.url.path[1:])
    return httpx.Response(404) if number == 9 else httpx.Response(200, html="<b>5</b>" if number < 6 else "x")


def test_the_coverage_is_that_of_the_whole_output(tmp_path):
    config = Config(select={"price": "b", "img[]": "img"}, robots=False, output=str(tmp_path / "x.jsonl"))
    first = ran(config, price_or_404, urls=URLS[5:]).summary.coverage
    assert first == Coverage(ok=4, failed=1, fields={"price": Fill(1, 4), "img": Fill(0, 4)})
    whole = ran(config, price_or_404).summary
    assert whole.coverage == Coverage(ok=9, failed=1, fields={"price": Fill(6, 9), "img": Fill(0, 9)})
    assert (whole.ok, whole.failed) == (5, 0)


def test_failed_records_that_are_replaced_do_not_count_twice(tmp_path):
    config = Config(robots=False, output=str(tmp_path / "x.jsonl"), retry_failed=True)
    assert ran(config, lambda _: httpx.Response(404)).summary.coverage == Coverage(ok=0, failed=10)
    assert ran(config, price_or_404, urls=URLS[:4]).summary.coverage == Coverage(ok=4, failed=6)


def test_fields_of_earlier_runs_are_only_decoded_when_they_are_asked_for(tmp_path):
    output = str(tmp_path / "x.jsonl")
    ran(Config(robots=False, output=output, select={"price": "b"}), price_or_404)
    assert ran(Config(robots=False, output=output), price_or_404).summary.coverage.fields == {}
    assert ran(Config(robots=False, output=output, expect=("price>=10%",)), price_or_404).summary.broken == ()


def test_a_run_that_was_stopped_is_not_held_against_anything():
    engines = []

    def answer(_):
        engines[0].stop()
        return httpx.Response(200, html="x")

    config = Config(expect=("pages>=10",), robots=False, concurrency=1)
    run = ran(config, answer, on_start=engines.append)
    assert not run.summary.is_complete
    assert run.summary.broken == ()
    assert ran(config, price_or_404).summary.broken == ("pages>=10: 9",)


def test_a_source_without_a_url_is_refused():
    async def scenario():
        config = Config()
        await runner.run(api.rows_of(["", "  "], config), config, sources=["urls.txt"])

    with pytest.raises(UsageError, match=r"urls\.txt holds no URL"):
        asyncio.run(scenario())


def test_a_check_is_made_of_the_settings_and_the_baseline(tmp_path):
    output = tmp_path / "x.jsonl"
    ran(Config(robots=False, output=str(output), select={"price": "b"}), price_or_404)
    check = runner.make_check(Config(expect=("price>=baseline",), baseline=str(output)))
    assert check.baseline == Coverage(ok=9, failed=1, fields={"price": Fill(6, 9)})
    assert [str(expectation) for expectation in check.expectations] == ["price>=baseline"]
