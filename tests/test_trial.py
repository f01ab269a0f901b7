import asyncio

import httpx

from scraper.config import Config
from scraper.demo import DemoSite
from scraper.fetcher.saved import saved_page
from scraper.trial import try_saved, try_url


def tried(path, **options):
    async def main():
        async with DemoSite(slow_s=0) as site:
            return await try_url(site.base_url + path, Config(**options))

    return asyncio.run(main())


def test_a_page_is_fetched_as_a_run_would():
    trial = tried("/lighthouse", select={"title": "h1"}, meta=True)
    assert trial.record.ok
    assert trial.record.redirects[0].status == 301
    assert trial.record.fields == {"title": "About the shop"} or trial.record.fields["title"]
    assert trial.explanation.fields[0].value == trial.record.fields["title"]


def test_robots_txt_is_obeyed():
    trial = tried("/private/x.html", select={"title": "h1"})
    assert trial.record.error.kind == "robots-denied"
    assert trial.explanation is None


def test_what_is_required_and_missing_fails_and_is_explained():
    trial = tried("/about.html", recipe={"fields": {"price": {"css": ".price", "required": True}}})
    assert trial.record.error.kind == "extract-error"
    assert trial.explanation.missing == ["price"]


def test_a_host_that_wants_to_be_left_alone_has_no_record():
    def busy(request):
        return httpx.Response(503, headers={"Retry-After": "9999"}) if request.url.path == "/a" else httpx.Response(404)

    trial = asyncio.run(try_url("https://a.example/a", Config(), httpx.MockTransport(busy)))
    assert trial.record is None


def test_a_saved_page_has_a_record_without_a_request():
    page = saved_page(b"<title>T</title><a href=b>x</a>", "a.html", "https://a.example/c/")
    trial = asyncio.run(try_saved(page, Config(recipe={"fields": {"link": {"css": "a", "type": "url"}}}, links=True)))
    record = trial.record
    assert (record.url, record.final_url, record.title) == ("a.html", "https://a.example/c/", "T")
    assert record.fields == {"link": "https://a.example/c/b"}
    assert record.links == ["https://a.example/c/b"]
    assert (record.status, record.attempts, record.fetched_at, record.timings) == (None, 0, None, None)


def test_a_saved_page_that_costs_too_much_says_so():
    trial = asyncio.run(try_saved(saved_page(b"<div>" * 30_000, "a.html"), Config(select={"a": "p"})))
    assert trial.record.error.kind == "parse-limit"
    assert trial.explanation is None
