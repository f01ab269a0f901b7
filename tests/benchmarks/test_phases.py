"""How samples are told apart."""

import before
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
        (f"{ENGINE};{FETCH};send (scraper/transport/exchange.py:1)", "transport: request, reply, pool, send"),
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


@pytest.mark.parametrize(
    ("frame", "phase"),
    [
        ("process (scraper/worker.py:9)", "record: hash, fields, serialise, write"),
        ("push (scraper/backlog.py:9)", "source: read, normalise, deduplicate"),
        ("_work (scraper/engine.py:9)", "frontier, engine, retries, statistics"),
        ("__init__ (httpx/_models.py:9)", phases.HTTPX),
        (PARSE, "parse into a tree"),
    ],
)
def test_the_files_of_before_belong_to_the_same_phases(frame, phase):
    assert phases.phase(f"_run (asyncio/runners.py:99);{frame}", before.PHASES) == phase


def test_a_phase_that_is_gone_stands_beside_those_of_today():
    kept = phases.Sitting(
        "2026-11-24",
        2.0,
        phases.Profile("abc", 2.0, {"parse": 0.5, phases.HTTPX: 0.5}),
        phases.Profile("def", 1.0, {"parse": 1.0}),
    )
    whole, parse, httpx = phases.table({"parse": 1.0}, 1.5, kept).rows
    assert whole == ("a page", "100.0%", "1,500", "100.0%", "2,000", "100.0%", "1,000")
    assert parse == ("parse", "100.0%", "1,500", "50.0%", "1,000", "100.0%", "1,000")
    assert httpx == (phases.HTTPX, "-", "-", "50.0%", "1,000", "-", "-")
    assert len(phases.table({"parse": 1.0}, 1.5, None).header) == 3
