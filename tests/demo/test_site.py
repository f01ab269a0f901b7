"""The demo site shows each thing that can happen to a URL."""

import asyncio

import httpx
import pytest
import uvloop

from scraper.demo import DemoSite


def with_site(visit, *, slow_s=0.0, run=asyncio.run):
    async def main():
        async with (
            DemoSite(slow_s=slow_s) as site,
            httpx.AsyncClient(trust_env=False, base_url=site.base_url) as client,
        ):
            return await visit(site, client)

    return run(main())


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_its_urls_show_every_end_that_a_url_can_have(run):
    async def visit(site, client):
        return {url.removeprefix(site.base_url): await client.get(url) for url in dict.fromkeys(site.urls)}

    pages = with_site(visit, run=run)
    odd = {path: page.status_code for path, page in pages.items() if page.status_code != 200}
    assert odd == {"/telephone.html": 503, "/lighthouse": 301, "/books/the-lost-volume.html": 404}
    assert sum(page.headers["content-type"].startswith("text/html") for page in pages.values()) > 40
    assert pages["/opening-hours.pdf"].headers["content-type"] == "application/pdf"
    assert pages["/lighthouse"].headers["location"] == "about.html"


def test_one_url_of_the_list_is_a_duplicate():
    async def visit(site, _client):
        return site.urls

    urls = with_site(visit)
    assert len(set(urls)) == len(urls) - 1
    assert urls[-1] in urls[:-1]


def test_robots_txt_disallows_one_url_of_the_list():
    async def visit(site, client):
        return await client.get("/robots.txt"), [
            url for url in site.urls if url.startswith(f"{site.base_url}/private/")
        ]

    robots, private = with_site(visit)
    assert robots.text == "User-agent: *\nDisallow: /private/\n"
    assert len(private) == 1


def test_the_flaky_page_fails_once_for_each_site():
    async def visit(_site, client):
        return [(await client.get("/telephone.html")).status_code for _ in range(3)]

    assert with_site(visit) == with_site(visit) == [503, 200, 200]


def test_the_slow_page_keeps_no_other_waiting():
    async def visit(_site, client):
        ended = []

        async def get(path):
            assert (await client.get(path)).status_code == 200
            ended.append(path)

        async with asyncio.TaskGroup() as group:
            group.create_task(get("/stairs.html"))
            group.create_task(get("/about.html"))
        return ended

    assert with_site(visit, slow_s=0.1) == ["/about.html", "/stairs.html"]


def test_an_exception_in_its_block_comes_out_as_it_is():
    async def visit(_site, client):
        await client.get("/")  # leaves an idle connection
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        with_site(visit)


def test_two_sites_run_beside_each_other():
    async def main():
        async with DemoSite() as one, DemoSite() as two:
            return {one.base_url, two.base_url}

    assert len(asyncio.run(main())) == 2
