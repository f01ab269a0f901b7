"""Who gets the metrics, and what else is answered."""

import asyncio

import httpx
import pytest
from running import StillRun

from scraper import ascrape
from scraper.errors import UsageError
from scraper.metrics.server import MetricsServer


def answers(endpoint, *requests, run=None):
    """Return status, content type and body for each (path, host header) asked of a server."""

    async def scenario():
        async with MetricsServer(endpoint) as server, httpx.AsyncClient(trust_env=False) as client:
            if run is not None:
                server.attend(run)
            port = httpx.URL(server.url).port
            found = []
            for path, host in requests:
                answer = await client.get(f"http://127.0.0.1:{port}{path}", headers={"Host": host} if host else {})
                found.append((answer.status_code, answer.headers["content-type"], answer.text))
            return found

    return asyncio.run(scenario())


def test_the_metrics_are_in_the_text_format(capsys):
    [(status, kind, body)] = answers(0, ("/metrics", None), run=StillRun())
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert "\nscraper_queue_depth 4\n" in body
    assert capsys.readouterr().err.startswith("metrics     http://127.0.0.1:")


@pytest.mark.parametrize(
    ("endpoint", "host", "status"),
    [
        ("127.0.0.1:0", "localhost:9", 200),
        ("localhost:0", "127.0.0.1", 200),
        (0, "evil.example", 421),
        (0, "10.1.1.1:80", 421),
        ("0.0.0.0:0", "10.1.1.1:80", 200),
        ("0.0.0.0:0", "evil.example", 421),
    ],
)
def test_a_name_that_anybody_can_point_here_gets_nothing(endpoint, host, status):
    assert answers(endpoint, ("/metrics", host), run=StillRun())[0][0] == status


def test_before_the_run_and_elsewhere_it_says_so():
    assert [answer[0] for answer in answers(0, ("/metrics", None), ("/x", None), ("/", None))] == [503, 404, 200]


def test_a_port_that_is_taken_ends_the_run_before_it_begins(tmp_path):
    async def scenario():
        async with MetricsServer(0) as server:
            port = httpx.URL(server.url).port
            with pytest.raises(UsageError, match=rf"--metrics-port {port} cannot be used"):
                await ascrape(["http://a.test/"], metrics_port=port, output=tmp_path / "out.jsonl")

    asyncio.run(scenario())
    assert not list(tmp_path.iterdir())


def test_a_run_serves_its_metrics_while_it_goes_on(capsys):
    async def scenario():
        bodies = []

        async def answer(_):
            url = capsys.readouterr().err.split()[1]
            async with httpx.AsyncClient(trust_env=False) as client:
                bodies.append((await client.get(url)).text)
            return httpx.Response(200, html="<p>x")

        await ascrape(
            ["http://a.test/"], transport=httpx.MockTransport(answer), metrics_port=0, robots=False, concurrency=2
        )
        return bodies

    [body] = asyncio.run(scenario())
    assert "\nscraper_workers_busy 1\n" in body
    assert '\nscraper_in_flight{phase="connect"} 1\n' in body
