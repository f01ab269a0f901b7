"""How samples are told apart."""

import phases
import pytest

ENGINE = "_run (asyncio/runners.py:99);_work (scraper/engine.py:9);process (scraper/engine/worker.py:9)"
FETCH = "__call__ (scraper/fetcher/__init__.py:9)"
PARSE = "parse_html (scraper/extract/document.py:50)"


@pytest.mark.parametrize(
    ("stack", "phase"),
    [
        (f"{ENGINE};extract (scraper/extract/__init__.py:40);{PARSE}", "parse into a tree"),
        (f"{ENGINE};read_links (scraper/extract/links.py:1);join (ada_url/adapter.py:1)", "links: find, make absolute"),
        (f"{ENGINE};{FETCH};send (aiohttp/client.py:1)", "aiohttp: request, reply, pool, send"),
        (f"{ENGINE};{FETCH};__aexit__ (asyncio/timeouts.py:1)", "fetcher: deadline, redirects, timings"),
        (f"{ENGINE};__aexit__ (asyncio/timeouts.py:1)", "record: hash, fields, serialise, write"),
        ("main (scraper/cli/__init__.py:1);run (asyncio/runners.py:118)", phases.LOOP),
        ("main (scraper/cli/__init__.py:1)", phases.REST),
    ],
)  # fmt: skip
def test_a_sample_belongs_to_the_innermost_frame_that_is_known(stack, phase):
    assert phases.phase(stack) == phase


def test_imports_and_waiting_threads_are_no_part_of_a_page():
    lines = [
        "main (a.py:1);_load (<frozen importlib._bootstrap>:1) 50",
        "run (threading.py:1);_worker (concurrent/futures/thread.py:81) 500",
        "run (threading.py:1);_run (scraper/engine/watchdog.py:140);wait (threading.py:629) 900",
        f"run (threading.py:1);_worker (concurrent/futures/thread.py:83);run (x.py:1);{PARSE} 3",
        "main (a.py:1);run (asyncio/runners.py:118) 1",
    ]
    assert phases.shares(lines) == {"parse into a tree": 0.75, phases.LOOP: 0.25}
