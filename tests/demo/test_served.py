"""The demo site in a thread of its own."""

import threading

from scraper import scrape
from scraper.demo import ServedSite


def test_a_program_that_blocks_can_scrape_it_and_it_ends_when_it_is_closed():
    before = threading.active_count()
    with ServedSite(slow_s=0.0) as site:
        run = scrape(site.urls[2:6])
        assert run.summary.ok == 4
        assert all(url.startswith(site.base_url) for url in site.urls)
    assert threading.active_count() == before
    site.close()
    assert scrape(site.urls[2:3], retries=0, robots=False).failed[0].error.kind == "connect-refused"
