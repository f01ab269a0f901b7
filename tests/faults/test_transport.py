"""T1 to T22: connections and framing. Each variant of a row is a case of its own; the contract is in contract.py."""

import asyncio
import errno
import random
import shutil
import socket
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import local_site
import pytest
from clients import get, transport
from contract import outcome, outcomes
from local_site import drip, endless, html, raw, reply

from scraper import ascrape
from scraper.config import constants
from scraper.models import Record
from scraper.run import read_records

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PAGE = html("<title>whole</title>").data
HELLO = b"5\r\nhello\r\n"
END = b"0\r\n\r\n"

RETRIED = 2
"""Attempts that a fault which may pass gets with `retries=1`."""


def fault(answer, **options) -> tuple[Record, local_site.Site]:
    """Return what becomes of a URL whose server always gives `answer`, and the server."""

    async def scenario():
        async with local_site.serve({"/": answer}) as site:
            return await outcome(site, **options), site

    return asyncio.run(scenario())


def check(answer, kind, attempts, **options):
    record, site = fault(answer, **options)
    assert (record.error and record.error.kind, record.attempts) == (kind, attempts)
    assert len(site.hits) == attempts
    assert record.elapsed_ms is not None
    return record


def test_t1_connection_refused():
    async def scenario():
        with local_site.closed_port() as port:
            (record,) = await outcomes([f"http://127.0.0.1:{port}/"])
            assert (record.error.kind, record.attempts) == ("connect-refused", RETRIED)

    asyncio.run(scenario())


def test_t2_connecting_hangs():
    async def scenario():
        with local_site.silent_listener() as port:
            (record,) = await outcomes([f"http://127.0.0.1:{port}/"], connect_timeout=0.1)
            assert (record.error.kind, record.attempts) == ("connect-timeout", RETRIED)

    asyncio.run(scenario())


def test_t3_silence_after_the_request():
    check(raw(b"", then="hang"), "read-timeout", RETRIED, read_timeout=0.1)


@pytest.mark.parametrize("start", [b"H", b"HTTP/1.1 200 OK\r\n", HEAD, HEAD + b"Content-Length: 5\r\n\r\n",
                                   HEAD + b"Content-Length: 5\r\n\r\nhe", CHUNKED, CHUNKED + b"5\r\nhe"])  # fmt: skip
def test_t3_silence_half_way(start):
    check(raw(start, then="hang"), "read-timeout", RETRIED, read_timeout=0.1)


def test_t4_closed_before_any_byte():
    check(raw(b"", then="close"), "disconnected", RETRIED)


@pytest.mark.parametrize("start", [b"H", b"HTTP/1.1 200 OK\r\n", HEAD])
def test_t4_closed_within_the_head(start):
    check(raw(start, then="close"), "disconnected", RETRIED)


def test_t4_a_kept_connection_that_is_closed_costs_no_attempt():
    async def answer(_, connection):
        return raw(b"", then="close") if connection.hits == 2 else html("x")

    async def scenario():
        async with local_site.serve(answer) as site:
            records = await outcomes([site.url(f"/{n}") for n in range(10)], per_host=1)
            assert [(record.ok, record.attempts) for record in records] == [(True, 1)] * 10

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"", "disconnected"),
        (b"HTTP/1.1 200", "disconnected"),
        (HEAD, "disconnected"),
        (HEAD + b"Content-Length: 5\r\n\r\n", "truncated"),
        (HEAD + b"Content-Length: 5\r\n\r\nhe", "truncated"),
        (CHUNKED + HELLO, "truncated"),
        (HEAD + b"\r\nno length", "truncated"),
    ],
)
def test_t5_reset(start, kind):
    # The reset overtakes what was sent before it, now and then: the body is never ok.
    record, site = fault(raw(b"", body=[start], then="reset"))
    assert record.error.kind in {kind, "disconnected"}
    assert record.attempts == len(site.hits) == RETRIED


@pytest.mark.parametrize("what", [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" * 9, b"HTTP/1.1 200 " + b"X" * 500])
def test_t6_a_head_that_drips(what):
    check(drip(what, 0.05), "deadline", 1, timeout=0.4, retries=0)


@pytest.mark.parametrize("chunked", [False, True])
def test_t7_a_body_that_drips(chunked):
    page = drip(html("x" * 500), 0.05)
    if chunked:
        page = reply(200, {"Content-Type": "text/html"}, [b"x"] * 500, chunked=True, interval=0.05)
    check(page, "deadline", 1, timeout=0.4, read_timeout=0.15, retries=0)


@pytest.mark.parametrize("chunked", [False, True])
def test_t8_an_endless_body_is_left_at_the_limit(chunked):
    check(endless(chunked=chunked), "too-large", 1, max_body="1M", timeout=20.0, read_timeout=5.0)


@pytest.mark.parametrize(
    "start",
    [HEAD + b"Content-Length: 5\r\n\r\n", HEAD + b"Content-Length: 5\r\n\r\nhell", CHUNKED, CHUNKED + HELLO],
)
def test_t9_a_half_closed_connection_is_truncated(start):
    check(raw(start, then="half-close"), "truncated", RETRIED)


def test_t9_a_half_closed_connection_without_a_length_ends_there():
    record, _ = fault(raw(HEAD + b"\r\n<title>all</title>", then="half-close"))
    assert record.title == "all"


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
def test_t10_a_body_without_a_length_that_never_ends(version):
    start = version + b" 200 OK\r\nContent-Type: text/html\r\n\r\n"
    check(drip(raw(b"", body=[start + b"x" * 100]), 0.05), "deadline", 1, timeout=0.4, retries=0)
    check(raw(start + b"<p>", then="hang"), "read-timeout", 1, read_timeout=0.1, retries=0)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("Content-Length: 50", "truncated"),
        ("Content-Length: -5", "protocol-error"),
        ("Content-Length: five", "protocol-error"),
        ("Content-Length: +5", "protocol-error"),
        ("Content-Length: 5.0", "protocol-error"),
        ("Content-Length: 0x5", "protocol-error"),
        ("Content-Length: 5 5", "protocol-error"),
        ("Content-Length: 5, 5", "protocol-error"),
        ("Content-Length: 5, 4", "protocol-error"),
        ("Content-Length:", "protocol-error"),
        ("Content-Length: 5\r\nContent-Length: 4", "protocol-error"),
        ("Content-Length: 5\r\nContent-Length: 5", "protocol-error"),
        (f"Content-Length: {2**63 - 1}", "truncated"),
        (f"Content-Length: {2**63}", "protocol-error"),
        (f"Content-Length: {2**64 - 1}", "protocol-error"),
        (f"Content-Length: {2**64}", "protocol-error"),
        (f"Content-Length: {2**64 + 5}", "protocol-error"),
        ("Content-Length: " + "9" * 5000, "protocol-error"),
    ],
)
def test_t11_a_content_length_that_is_wrong(lines, kind):
    check(raw(HEAD + lines.encode() + b"\r\n\r\nhello"), kind, RETRIED if kind == "truncated" else 1)


def test_t11_a_content_length_that_is_too_short_ends_the_page_and_is_told(caplog):
    caplog.set_level("INFO")
    record, _ = fault(raw(HEAD + b"Content-Length: 5\r\n\r\nhello and more"))
    assert (record.ok, record.bytes) == (True, 5)  # RFC 9112, section 6.3: the rest is no part of it, as in T15
    assert "127.0.0.1 sent more than its answer" in caplog.text


@pytest.mark.parametrize("is_apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"zz\r\nhello\r\n" + END, "protocol-error"),
        (b"-5\r\nhello\r\n" + END, "protocol-error"),
        (b"0x5\r\nhello\r\n" + END, "protocol-error"),
        (b" 5\r\nhello\r\n" + END, "protocol-error"),
        (b"\r\nhello\r\n" + END, "protocol-error"),
        (b"f" * 17 + b"\r\nhello\r\n" + END, "protocol-error"),
        (b"f" * 16 + b"\r\nhello\r\n" + END, "truncated"),
        (b"5\r\nhelloX" + HELLO + END, "protocol-error"),
        (b"5\r\nhello" + HELLO + END, "protocol-error"),
        (b"5\nhello\n0\n\n", "protocol-error"),
        (b"", "truncated"),
        (b"5", "truncated"),
        (b"5\r\nhel", "truncated"),
        (HELLO, "truncated"),
        (HELLO + b"0\r\n", "truncated"),
        (HELLO + b"0\r\nno colon\r\n\r\n", "protocol-error"),
        (HELLO + b"0\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", "protocol-error"),
        (HELLO + b"0\r\n" + b"X: y\r\n" * 50_000 + b"\r\n", "protocol-error"),
    ],
    ids=lambda value: value[:24].decode() + str(len(value)) if isinstance(value, bytes) else value,
)
def test_t12_chunks_that_are_wrong(body, kind, is_apart):
    answer = raw(b"", body=[CHUNKED, body], interval=0.01) if is_apart else raw(CHUNKED + body)
    check(answer, kind, RETRIED if kind == "truncated" else 1)


@pytest.mark.parametrize(
    "part", [b"5;", HELLO + b"0\r\nX: ", HELLO + b"0\r\n"], ids=["extension", "trailer", "trailers"]
)
def test_t12_what_is_no_body_is_bounded(part):
    piece = b"X: y\r\n" * 10_000 if part.endswith(b"0\r\n") else b"a" * 65536
    check(endless(piece, head=CHUNKED + part), "protocol-error", 1, timeout=10.0)


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 "])
def test_t12_a_head_is_bounded_too(start):
    piece = b"X: " + b"y" * 10_000 + b"\r\n" if start.endswith(b"\r\n") else b"a" * 65536
    check(endless(piece, head=start), "protocol-error", 1, timeout=10.0)


@pytest.mark.parametrize(
    "body",
    [
        b"5 \r\nhello\r\n" + END,
        b"5;a=b\r\nhello\r\n" + END,
        b"5;" + b"a" * 1000 + b"\r\nhello\r\n" + END,
        b"0005\r\nhello\r\n" + END,
        HELLO + b"0\r\nX: y\r\n\r\n",
    ],
)
def test_t12_chunks_that_are_odd_and_right(body):
    record, _ = fault(raw(CHUNKED + body))
    assert (record.ok, record.bytes) == (True, 5)


@pytest.mark.parametrize(
    "lines",
    [
        "Transfer-Encoding: foo",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: ",
        "Transfer-Encoding: chunked\r\nContent-Length: 15",
        "Content-Length: 15\r\nTransfer-Encoding: chunked",
        "Content-Length: 15\r\nTransfer-Encoding: identity",
    ],
)
def test_t13_an_odd_transfer_encoding(lines):
    check(raw(HEAD + lines.encode() + b"\r\n\r\n" + HELLO + END), "protocol-error", 1)


@pytest.mark.parametrize("status", [b"600", b"999", b"101", b"099", b"000", b"20", b"2000", b"-1", b"1" * 100])
def test_t13_a_status_that_is_none(status):
    check(raw(b"HTTP/1.1 " + status + b" X\r\nContent-Length: 0\r\n\r\n"), "protocol-error", 1)


@pytest.mark.slow
def test_t14_pages_from_a_server_that_closes_without_a_word():
    async def scenario():
        async with local_site.serve({"/": html("x", then="close")}) as site:
            urls = [site.url(f"/?{n}") for n in range(2_000)]
            run = await ascrape(urls, robots=False, per_host=20, concurrency=20, retries=0)
            assert (run.summary.ok, run.summary.failed) == (2_000, 0)
            assert site.connections == len(site.hits) == 2_000
            await site.until(lambda: site.open_connections == 0)

    asyncio.run(scenario())


@pytest.mark.parametrize("is_apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize(
    "after", [b"garbage", b"\0\xff", PAGE, b"HTTP/1.1 500 No\r\n\r\n", b"\r\n\r\n<html>", b"x" * 300_000]
)
def test_t15_bytes_after_the_end(after, is_apart):
    async def scenario():
        is_sent = asyncio.Event()

        def pieces():
            if is_apart:
                yield PAGE
            is_sent.set()
            yield after if is_apart else PAGE + after

        async def answer(hit, _):
            if hit.target == "/next":
                return html("<title>next</title>")
            return raw(b"", body=pieces(), interval=0.01, then="keep")

        async def source(site):
            yield site.url("/first")
            await is_sent.wait()
            await asyncio.sleep(0.03)  # what comes unasked and too late is the next answer to every client
            yield site.url("/next")

        async with local_site.serve(answer) as site:
            run = await ascrape(source(site), robots=False, retries=0)
            assert [record.title for record in run.records] == ["whole", "next"]
            assert site.connections == 2
            await site.until(lambda: site.open_connections == 0)

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [204, 304])
def test_t15_bytes_after_an_answer_without_a_body(status):
    record, _ = fault(raw(f"HTTP/1.1 {status} X\r\n\r\n".encode() + b"<title>none</title>"))
    assert (record.status, record.bytes or 0) == (status, 0)


@pytest.mark.slow
def test_t16_a_server_that_is_down_for_a_while():
    async def scenario():
        with local_site.closed_port() as port:
            pass
        urls = [f"http://127.1.0.{n + 1}:{port}/" for n in range(40)]  # no host fails ten times in a row
        async with AsyncExitStack() as stack:

            async def serve_for_a_while_later():
                await asyncio.sleep(1.5)
                return await stack.enter_async_context(local_site.serve({"/": html("x")}, host="0.0.0.0", port=port))

            serving = asyncio.ensure_future(serve_for_a_while_later())
            run = await ascrape(urls, robots=False, retries=8)
            site = await serving
            assert (run.summary.ok, run.summary.failed) == (40, 0)
            assert len(site.hits) == 40

    constants.RETRY_WAIT_S = 0.5  # put back by the fixture
    asyncio.run(scenario())


def test_t17_fifty_resets_at_once_are_not_followed_by_fifty_tries_at_once():
    tries = Counter()

    async def answer(hit, _):
        tries[hit.target] += 1
        return raw(b"", then="reset") if tries[hit.target] == 1 else html("x")

    async def scenario():
        constants.RETRY_WAIT_S = 0.5  # put back by the fixture
        async with local_site.serve(answer, host="127.0.0.1") as site:
            records = await outcomes([site.url(f"/{n}") for n in range(50)], per_host=50, retries=3, timeout=10.0)
            assert all(record.ok and record.attempts == 2 for record in records)
            second = sorted(hit.time for hit in site.hits)[50:]
            assert max(sum(t <= other < t + 0.05 for other in second) for t in second) < 40

    asyncio.run(scenario())


SMALL_LIMIT = """
import asyncio, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from scraper.cli import main
main(sys.argv[1:])
"""


@pytest.mark.slow
def test_t18_few_descriptors_are_told_of_and_no_url_is_lost(tmp_path):
    with local_site.running({"/robots.txt": reply(404), "/": html("x", delay=0.01)}, host="0.0.0.0") as site:
        source = tmp_path / "urls.txt"
        source.write_text("".join(site.url(f"/?{n}\n", host=f"127.0.0.{n % 60 + 1}") for n in range(300)))
        words = [str(source), "-o", str(tmp_path / "out.jsonl"), "--concurrency", "50", "--retries", "0"]
        done = subprocess.run([sys.executable, "-c", SMALL_LIMIT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    records = list(read_records(tmp_path / "out.jsonl"))
    assert len(records) == 300
    assert all(record.ok for record in records)
    assert "workers instead of 50" in done.stderr
    assert "ulimit -n" in done.stderr
    assert "Traceback" not in done.stderr


def test_t18_descriptors_that_run_out_are_a_fault_that_passes(monkeypatch):
    """They run out for two dials, as when another part of the process took them."""
    left = [OSError(errno.EMFILE, "Too many open files")] * 2
    plain = socket.socket.__init__

    def sometimes(self, *args, **options):
        if left and type(self).__name__ == "_CountedSocket":
            raise left.pop()
        plain(self, *args, **options)

    async def scenario():
        async with local_site.serve({"/": html("x")}) as site:
            monkeypatch.setattr(socket.socket, "__init__", sometimes)
            records = await outcomes([site.url(f"/?{n}") for n in range(5)], retries=3)
            assert all(record.ok for record in records)

    asyncio.run(scenario())


def test_t19_cancelled_requests_leave_no_connection_in_use():
    async def answer(*_):
        await asyncio.sleep(random.random() * 0.03)
        return html("x")

    async def scenario():
        async with local_site.serve(answer) as site:
            client = transport()
            kinds = Counter()

            async def ask():
                try:
                    async with asyncio.timeout(random.random() * 0.06):
                        await get(client, site.url())
                    kinds["ok"] += 1
                except TimeoutError:
                    kinds["deadline"] += 1

            for _ in range(50):
                await asyncio.gather(*(ask() for _ in range(20)))
            assert kinds["ok"]
            assert kinds["ok"] + kinds["deadline"] == 1000
            assert not client._pool._in_use
            await client.aclose()
            await site.until(lambda: site.open_connections == 0)
            assert client.open_sockets == 0

    asyncio.run(scenario())


def test_t19_a_run_with_short_deadlines_has_no_pool_timeout():
    async def answer(*_):
        await asyncio.sleep(random.random() * 0.06)
        return html("x")

    async def scenario():
        async with local_site.serve(answer, host="0.0.0.0") as site:
            urls = [site.url(host=f"127.1.0.{n + 1}") for n in range(200)]  # no host fails ten times in a row
            run = await ascrape(urls, robots=False, timeout=0.03, retries=2)
            assert len(run.records) == 200
            assert {record.error.kind for record in run.records if record.error} <= {"deadline"}
            await site.until(lambda: site.open_connections == 0)

    asyncio.run(scenario())


PORTS_RUN_OUT = r"""
import asyncio, sys
sys.path.insert(0, sys.argv[1])
import local_site
from local_site import html
from scraper import ascrape
from scraper.config import constants

async def main():
    constants.RETRY_WAIT_S = 0.2
    async with local_site.serve({"/": html("x", delay=0.02)}) as site:
        urls = [site.url(f"/?{n}") for n in range(200)]
        run = await ascrape(urls, robots=False, per_host=50, retries=8)
        print(len(run.records), run.summary.ok, run.summary.retries, run.summary.errors)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare (util-linux)")
def test_t20_ports_that_are_used_up_are_waited_for():
    script = (
        'ip link set lo up && sysctl -qw net.ipv4.ip_local_port_range="40000 40019" && exec "$@"'
        if shutil.which("ip") and shutil.which("sysctl")
        else "exit 77"
    )
    words = [sys.executable, "-c", PORTS_RUN_OUT, str(Path(__file__).parents[1])]
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script, "sh", *words], capture_output=True, text=True, check=False
    )
    if done.returncode in (1, 77) and not done.stdout:
        pytest.skip(f"needs root, ip and sysctl: {done.stderr.strip()[:200]}")
    records, ok, retries, rest = done.stdout.split(" ", 3)
    assert (records, ok) == ("200", "200"), done.stdout + done.stderr
    assert int(retries) > 0, rest
    assert "Traceback" not in done.stderr


needs_ipv6 = pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="needs IPv6 on loopback")


@needs_ipv6
@pytest.mark.parametrize("literal", ["[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"])
def test_t21_an_ipv6_literal(literal):
    async def scenario():
        host = "::1" if "ffff" not in literal else "127.0.0.1"
        async with local_site.serve({"/": html("<title>six</title>")}, host=host) as site:
            (record,) = await outcomes([f"http://{literal}:{site.port}/"], robots=True)
            assert record.title == "six"

    asyncio.run(scenario())


@pytest.mark.parametrize("literal", ["[fe80::1%25lo]", "[fe80::1%lo]", "[::1", "::1", "[::g]", "[1:2]", "[::1]x"])
def test_t21_what_is_no_ipv6_literal(literal):
    async def scenario():
        (record,) = await outcomes([f"http://{literal}/"])
        assert (record.error.kind, record.attempts) == ("invalid-url", 0)

    asyncio.run(scenario())


@needs_ipv6
def test_t22_the_first_of_two_addresses_is_closed(monkeypatch):
    found = [(family, socket.SOCK_STREAM, 6, "", (address, 0))
             for family, address in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"))]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    async def scenario():
        async with local_site.serve({"/": html("<title>four</title>")}) as site:
            (record,) = await outcomes([f"http://two.test:{site.port}/"])
            assert (record.title, record.attempts) == ("four", 1)

    asyncio.run(scenario())


@needs_ipv6
def test_t22_connecting_to_the_first_of_two_addresses_hangs(monkeypatch):
    async def scenario():
        async with AsyncExitStack() as stack:
            listener = stack.enter_context(socket.socket(socket.AF_INET6))
            listener.bind(("::1", 0))
            listener.listen(0)
            port = listener.getsockname()[1]
            for _ in range(3):  # fill its backlog: the kernel then drops each SYN
                filler = stack.enter_context(closing_socket(socket.AF_INET6))
                filler.connect_ex(("::1", port))
            site = await stack.enter_async_context(local_site.serve({"/": html("<title>four</title>")}, port=port))
            found = [(family, socket.SOCK_STREAM, 6, "", (address, 0))
                     for family, address in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"))]  # fmt: skip
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            (record,) = await outcomes([f"http://two.test:{site.port}/"], connect_timeout=2.0, timeout=5.0)
            assert (record.title, record.attempts) == ("four", 1)
            assert record.timings.connect < 2000

    asyncio.run(scenario())


def closing_socket(family):
    opened = socket.socket(family)
    opened.settimeout(0.1)
    return opened


@pytest.mark.parametrize(
    ("error", "kind", "attempts"),
    [
        (OSError(errno.EHOSTUNREACH, "No route to host"), "connect-failed", RETRIED),
        (OSError("bare"), "connect-failed", RETRIED),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "disconnected", RETRIED),
        (BrokenPipeError(errno.EPIPE, "broken pipe"), "disconnected", RETRIED),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "connect-refused", RETRIED),
        (TimeoutError("slow"), "read-timeout", RETRIED),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "dns-not-found", 1),
        (EOFError("ended"), "internal-error", 1),
    ],
    ids=repr,
)
def test_t5_an_exception_of_a_users_transport_that_is_not_httpxs(error, kind, attempts, caplog):
    def answer(_):
        raise error

    run = asyncio.run(ascrape(["http://a.test/"], robots=False, retries=1, transport=httpx.MockTransport(answer)))
    assert (run.records[0].error.kind, run.records[0].attempts) == (kind, attempts)
    if kind == "internal-error":  # a bug in it: told with its traceback
        assert "EOFError" in caplog.text
        caplog.clear()
