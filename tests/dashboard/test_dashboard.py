"""The page on loopback: who is let in, what they get, and that they cannot hold the run up."""

import asyncio
import io
import json
import socket

import httpx
import pytest

from scraper import ascrape, dashboard, stream
from scraper.config import Config
from scraper.dashboard import VIEWERS, Dashboard
from scraper.engine.view import View
from scraper.errors import OutputError, UsageError


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(dashboard, "WATCHED_S", 0.01)
    monkeypatch.setattr(dashboard, "FAREWELL_S", 0.2)


def view(done=1):
    return View(done=done, total=9, ok=done, failed={}, busy=1, workers=2, queued=3, elapsed_s=float(done))


async def ask(board, path="", host=None, lines=()):
    """Return the reader of an answer and its writer."""
    port = int(board.url.split(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    target = "/" + board.url.split("/", 3)[3] + path
    head = [f"GET {target} HTTP/1.1", f"Host: {host or f'127.0.0.1:{port}'}", "Connection: close", *lines, "", ""]
    writer.write("\r\n".join(head).encode())
    return reader, writer


async def answer(board, path="", **request):
    reader, writer = await ask(board, path, **request)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), head.decode(), body.decode()


async def states(reader):
    """Yield each state that a viewer is sent."""
    async for line in reader:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def with_board(scenario, port=None):
    async def main():
        async with asyncio.timeout(10), Dashboard(port=port, title="out<1>.jsonl") as board:
            await scenario(board)

    asyncio.run(main())


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_the_page_and_its_parts_are_served_with_a_policy_that_lets_nothing_else_in(capsys):
    async def scenario(board):
        assert capsys.readouterr().err == f"dashboard   {board.url}\n"
        for path, kind in (("", "text/html"), ("page.css", "text/css"), ("page.js", "text/javascript")):
            status, head, body = await answer(board, path)
            assert status == 200
            assert f"Content-Type: {kind}" in head
            assert "Content-Security-Policy: default-src 'none'; script-src 'self'" in head
            assert "Cache-Control: no-store" in head
            assert "http" not in body.replace("http://www.w3.org/2000/svg", "")
        assert "out&lt;1&gt;.jsonl" in (await answer(board))[2]
        assert (await answer(board, "other"))[0] == 404

    with_board(scenario)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::1]:80", "10.0.0.1"])
def test_a_request_by_another_name_is_refused_so_that_dns_rebinding_gains_nothing(host):
    async def scenario(board):
        for path in ("", "events"):
            status, _, body = await answer(board, path, host=host)
            assert (status, body) == (421, "Ask for 127.0.0.1 or localhost.\n")

    with_board(scenario)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9999", "127.0.0.1"])
def test_a_tunnel_on_another_port_is_welcome(host):
    async def scenario(board):
        assert (await answer(board, host=host))[0] == 200

    with_board(scenario)


def test_on_a_free_port_the_address_has_a_secret_and_without_it_nothing_is_told():
    async def scenario(board):
        assert len(board.url.split("/")[3]) >= 20
        root, board.url = board.url, board.url.rpartition("/")[0].rpartition("/")[0] + "/"
        for path in ("", "events", "page.js", root.split("/")[3][:-1] + "x/", "x" * 9000):
            status, _, body = await answer(board, path)
            assert (status, body) == (404, "The whole address stands where the run was started.\n")

    with_board(scenario)


def test_on_a_port_of_the_users_own_the_address_is_short():
    port = free_port()

    async def scenario(board):
        assert board.url == f"http://127.0.0.1:{port}/"
        assert (await answer(board))[0] == 200
        with pytest.raises(UsageError, match=rf"^--dashboard {port} cannot be used: .*name another port"):
            async with Dashboard(port=port, title="x"):
                pass

    with_board(scenario, port)


def test_each_viewer_gets_the_newest_state_again_and_again_and_the_last_one_at_the_end():
    async def main():
        counts = iter(range(1, 10_000))
        async with Dashboard(port=None, title="x") as board:
            watching = asyncio.ensure_future(board.watch(lambda: view(next(counts))))
            readers = [await ask(board, "events") for _ in range(3)]
            told = [states(reader) for reader, _ in readers]
            for each in told:
                first, second = await anext(each), await anext(each)
                assert first["status"] == "running"
                assert second["done"] > first["done"]
            watching.cancel()
        for each in told:
            *_, last = [state async for state in each]
            assert last["status"] == "ended"
            assert last["headline"].startswith("The run has ended: ")
        for _, writer in readers:
            writer.close()
        return next(counts)

    assert asyncio.run(asyncio.wait_for(main(), 10)) < 9_000


def test_a_run_that_fails_says_so_to_those_who_look():
    viewers = []

    async def fail():
        async with Dashboard(port=None, title="x") as board:
            watching = asyncio.ensure_future(board.watch(view))
            viewers.append(await ask(board, "events"))
            await anext(states(viewers[0][0]))
            watching.cancel()
            raise OutputError("the disk is full")

    async def main():
        with pytest.raises(OutputError):
            await fail()
        [(reader, writer)] = viewers
        *_, last = [state async for state in states(reader)]
        writer.close()
        return last

    assert asyncio.run(main())["headline"] == "The run has failed: the disk is full; 1 page ok, 0 failed"


def test_while_nobody_looks_the_run_is_looked_at_seldom():
    looks = 0

    def look():
        nonlocal looks
        looks += 1
        return view(looks)

    async def main():
        async with Dashboard(port=None, title="x") as board:
            watching = asyncio.ensure_future(board.watch(look))
            await asyncio.sleep(0.1)
            assert looks == 1
            reader, writer = await ask(board, "events")
            assert (await anext(states(reader)))["done"] == 2  # and at once when somebody comes
            watching.cancel()
            writer.close()

    asyncio.run(main())


def test_one_viewer_too_many_is_told_to_come_later():
    async def scenario(board):
        watching = asyncio.ensure_future(board.watch(view))
        everyone = [await ask(board, "events") for _ in range(VIEWERS)]
        for reader, _ in everyone:
            await anext(states(reader))
        assert (await answer(board, "events"))[0] == 503
        everyone[0][1].close()
        while board._viewers == VIEWERS:
            await asyncio.sleep(0.01)
        reader, writer = await ask(board, "events")
        assert await anext(states(reader))
        for _, each in [*everyone, (reader, writer)]:
            each.close()
        watching.cancel()

    with_board(scenario)


def test_a_viewer_who_does_not_read_does_not_hold_up_the_others():
    async def scenario(board):
        watching = asyncio.ensure_future(board.watch(view))
        _, silent = await ask(board, "events")
        silent.transport.pause_reading()
        reader, writer = await ask(board, "events")
        told = states(reader)
        for _ in range(20):
            await anext(told)
        watching.cancel()
        writer.close()
        silent.transport.abort()

    with_board(scenario)


def test_who_looks_during_a_run_of_the_library_sees_it(capsys):
    async def main():
        seen = []

        async def follow():
            while "dashboard" not in (err := capsys.readouterr().err):
                await asyncio.sleep(0.01)
            url = err.split()[1]
            board = type("Board", (), {"url": url})
            reader, writer = await ask(board, "events")
            seen.extend([state async for state in states(reader)])
            writer.close()

        async def handle(_):
            await asyncio.sleep(0.05)
            return httpx.Response(200, html="<title>x</title>")

        following = asyncio.ensure_future(follow())
        urls = [f"http://h.example/{n}" for n in range(20)]
        run = await ascrape(urls, dashboard=True, robots=False, transport=httpx.MockTransport(handle))
        await following
        return run, seen

    run, seen = asyncio.run(main())
    assert run.summary.ok == 20
    assert seen[-1]["status"] == "ended"
    assert seen[-1]["texts"]["ok"] == "20"
    assert len(seen) >= 2


def test_a_stream_has_a_dashboard_too(capsys):
    async def main():
        transport = httpx.MockTransport(lambda _: httpx.Response(200, html="x"))
        return [
            record async for record in stream(["http://h.example/"], dashboard=True, robots=False, transport=transport)
        ]

    assert len(asyncio.run(main())) == 1
    assert "dashboard   http://127.0.0.1:" in capsys.readouterr().err


def test_without_standard_error_it_is_served_all_the_same(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)

    async def scenario(board):
        assert (await answer(board))[0] == 200

    with_board(scenario)
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    with_board(scenario)


@pytest.mark.parametrize(("given", "kept"), [(True, True), ("true", True), ("8080", 8080), (0, 0), (False, False)])
def test_the_setting_is_a_port_or_yes(given, kept):
    assert Config.build({"dashboard": given}).dashboard == kept


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(UsageError, match="a port is a number from 1 to 65535"):
        Config(dashboard=port)
