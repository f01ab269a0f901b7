"""The report and the dashboard in a real browser: light and dark, on a phone, by keyboard, fed by hostile sites."""

import asyncio
import threading
from contextlib import contextmanager

import pytest
from browser import FAINT, OVERFLOW, needs_chromium, running, tab
from reports import HOSTILE, hostile, page, text

from scraper import dashboard, report
from scraper.dashboard import Dashboard
from scraper.engine.bottleneck import HostLoad, Load
from scraper.engine.view import View

pytestmark = [needs_chromium, pytest.mark.slow]
LOOKS = [(1280, "light"), (320, "dark")]


@pytest.fixture(scope="module")
def chromium():
    with running() as browser:
        yield browser


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The address of a report on hostile records among others."""
    folder = tmp_path_factory.mktemp("report")
    output = folder / f"{HOSTILE[3][:6]}<b>.jsonl".replace("\0", "")
    output.write_bytes(text([page(n, attempts=2) for n in range(90)] + hostile()))
    report.write(report.make(str(output)), str(folder / "r.html"), str(output))
    return (folder / "r.html").as_uri()


def view(number, **changes):
    """Return the View of a run at its n-th second."""
    host = HostLoad(
        host="h.example", unfinished=90, in_flight=4, slots=4, gap_s=0, paused_s=0, request_s=0.2, limit="per-host"
    )
    load = Load(
        workers=50, elapsed_s=9.0, busy_s=90.0, waiting_s=300.0, starved_s=0.0, tail_s=0.0, unfinished=99,
        phases_s={"first_byte": 80.0, "parse": 5.0}, cpu_s=2.0, records_per_s=9.0, hosts=[host] * 10,
    )  # fmt: skip
    usual = {
        "done": 100 * number, "total": 2000, "ok": 95 * number, "failed": {"read-timeout": 3, "<b>": number},
        "busy": 12, "workers": 50, "queued": 1900 - 100 * number, "note": "82 % of the time waiting for h.example",
        "elapsed_s": float(number), "bytes": 10**6 * number, "statuses": {200: 95 * number}, "latency": {200: 9},
        "load": load,
    }  # fmt: skip
    return View(**(usual | changes))


@contextmanager
def shown(monkeypatch, views):
    """Show `views`, one after the other and the last until the end; give the address, and what ends the run."""
    monkeypatch.setattr(dashboard, "WATCHED_S", 0.05)
    ready, over = threading.Event(), threading.Event()
    address = []

    async def serve():
        async with Dashboard(port=None, title="<script>alert(1)</script>") as board:
            address.append(board.url)
            ready.set()
            queue = iter(views)
            last = views[0]

            def look():
                nonlocal last
                if board._viewers:
                    last = next(queue, last)
                return last

            watching = asyncio.ensure_future(board.watch(look))
            await asyncio.to_thread(over.wait)
            watching.cancel()
            await asyncio.wait([watching])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield address[0], over.set
    finally:
        over.set()
        thread.join(10)


def assert_looks_well(page):
    assert page.run("document.documentElement.scrollWidth") <= page.run("innerWidth")
    assert page.run(OVERFLOW) == []
    assert page.run(FAINT) == []
    assert page.complaints == []


def assert_keys_reach_everything(page):
    """Press Tab until it begins anew; each stop must be seen, and nothing that acts be left out."""
    page.run("document.activeElement.blur()")
    wanted = page.run(
        "[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"], input:checked')]"
        ".filter((node) => node.checkVisibility()).length"
    )
    page.run("window.reached = new Set()")
    for _ in range(wanted):
        page.press("Tab")
        outline = page.run("reached.add(document.activeElement), getComputedStyle(document.activeElement).outline")
        assert "solid 3px" in outline
    assert page.run("reached.size") == wanted


def test_a_report_fits_and_can_be_read(chromium, written):
    with tab(chromium, written) as shown_page:
        shown_page.run("document.querySelectorAll('details').forEach((node) => { node.open = true })")
        for width, scheme in LOOKS:
            shown_page.resize(width, scheme)
            assert_looks_well(shown_page)


def test_what_hostile_pages_put_into_a_report_does_nothing(chromium, written):
    with tab(chromium, written) as shown_page:
        assert shown_page.run("document.scripts.length + document.images.length") == 0
        assert shown_page.run("[...document.links].every((link) => /^(https?:|file:.*#)/.test(link.href))")
        chromium.listen(0.1)
        assert shown_page.complaints == []
        shown_page.run(
            "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
        )
        assert shown_page.run("window.ran") is None  # the policy holds for what would get in all the same
        assert any("Content Security Policy" in complaint for complaint in shown_page.complaints)


def test_a_report_can_be_walked_by_keys(chromium, written):
    with tab(chromium, written) as shown_page:
        shown_page.run("document.querySelectorAll('td a').forEach((node) => node.removeAttribute('href'))")
        assert_keys_reach_everything(shown_page)


def test_a_dashboard_fits_and_can_be_read(chromium, monkeypatch):
    with shown(monkeypatch, [view(n) for n in range(1, 15)]) as (url, _), tab(chromium, url) as board:
        board.until("document.getElementById('ok').textContent === '1,330'")
        board.run("document.getElementById('numbers').open = true")
        for width, scheme in LOOKS:
            board.resize(width, scheme)
            assert_looks_well(board)


def test_a_dashboard_follows_the_run_to_its_end_and_keeps_the_last_state(chromium, monkeypatch):
    with shown(monkeypatch, [view(n) for n in range(1, 15)]) as (url, end), tab(chromium, url) as board:
        board.until("document.getElementById('ok').textContent === '1,330'")
        assert board.run("document.getElementById('plot-bars').childElementCount") >= 5
        assert board.run("document.getElementById('announcement').textContent") != ""
        assert board.run("document.querySelectorAll('#hosts tr').length") == 10
        nodes = board.run("document.querySelectorAll('*').length")
        board.run("document.querySelector('[value=whole]').click()")
        assert abs(board.run("document.querySelectorAll('*').length") - nodes) < 30
        end()
        board.until("document.documentElement.dataset.status === 'ended'")
        chromium.listen(0.3)
        assert board.run("document.title").startswith("The run has ended: 1,330 pages ok, 17 failed")
        assert board.run("document.getElementById('trouble').hidden")
        assert board.complaints == []


def test_a_dashboard_can_be_walked_by_keys(chromium, monkeypatch):
    with shown(monkeypatch, [view(1)]) as (url, _), tab(chromium, url) as board:
        board.until("document.documentElement.dataset.status === 'running'")
        assert_keys_reach_everything(board)


def test_a_dashboard_says_when_the_run_does_not_answer_any_more(chromium, monkeypatch):
    with shown(monkeypatch, [view(1)]) as (url, _), tab(chromium, url) as board:
        board.until("document.documentElement.dataset.status === 'running'")
        board.call("Network.enable")
        board.run("trouble('The run does not answer')")
        assert board.run("document.getElementById('trouble').textContent") == "The run does not answer"
        board.until("document.getElementById('trouble').hidden")  # and takes it back with the next state
