"""H8, H9, H10: where a stranger's redirect must not lead. 127.0.0.2 counts as public here, the victim is elsewhere."""

import asyncio
import socket
from contextlib import asynccontextmanager

import httpx
import local_site
import pytest
from contract import outcomes
from local_site import html, redirect, reply

from scraper import ascrape
from scraper.config import constants

PUBLIC = "127.0.0.2"
LET_IN = {"allow_address": [PUBLIC, "127.0.0.9"]}
LITERALS = """
    127.0.0.1 127.0.0.3 127.1 127.0.0.1. 2130706433 0x7f.1 0x7f000001 017700000001 0177.0.0.1 0.0.0.0 0 localhost
    [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::]
    [2001:0:7f00:1::] [fd00:ec2::254] [fe80::1] [fec0::1] [ff02::1] [2001:db8::1] [0:0:0:0:0:0:0:1]
    169.254.169.254 0xA9FEA9FE 10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1 192.0.0.192 198.18.0.1 224.0.0.1 240.0.0.1
    255.255.255.255 192.88.99.1 %31%32%37.0.0.1 \uff11\uff12\uff17.0.0.1 127\u30020\u30020\u30021
""".split()


@asynccontextmanager
async def stranger_and_victim(answer):
    """Serve `answer(port)` on the public address, and pages on all others, [::1] included, at one port."""
    async with local_site.serve({"/": html("<title>secret</title>")}, host="0.0.0.0") as victim:
        pages = answer(victim.port)
        async with (
            local_site.serve({"/": html("secret")}, host="::1", port=victim.port) as victim6,
            local_site.serve(pages, host=PUBLIC) as stranger,
        ):
            yield stranger, lambda: victim.connections + victim6.connections


@pytest.fixture
def names(monkeypatch):
    """A table of names, each with its addresses, or a function that returns them."""
    table = {}

    def getaddrinfo(host, *_args, **_options):
        answer = table[host.decode()]
        addresses = answer() if callable(answer) else answer
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return table


@pytest.mark.parametrize(
    ("location", "status"),
    [
        *((location, 302) for location in "javascript:alert(1) data:text/html,x ftp://h/ gopher://h/ ws://h/".split()),
        *(("file:///etc/passwd", status) for status in (301, 302, 303, 307, 308)),
    ],
)
def test_h8_a_redirect_to_another_scheme_is_not_followed(location, status):
    async def scenario():
        async with local_site.serve({"/": redirect(location, status)}) as site:
            (record,) = await outcomes([site.url()])
            assert (record.error.kind, record.attempts, len(site.hits)) == ("unsupported-scheme", 1, 1)

    asyncio.run(scenario())


@pytest.mark.parametrize("literal", LITERALS)
def test_h9_a_redirect_inside_is_refused_before_anything_is_dialled(literal):
    async def scenario():
        pages = lambda port: {"/": redirect(f"http://{literal}:{port}/".encode())}  # noqa: E731 - a table
        async with stranger_and_victim(pages) as (stranger, victims):
            (record,) = await outcomes([stranger.url()], robots=True, **LET_IN)
            assert (record.error.kind, record.attempts) == ("blocked-address", 1)
            assert record.redirects[0].url == stranger.url()
            assert stranger.targets().count("/") == 1
            assert victims() == 0

    asyncio.run(scenario())


@pytest.mark.parametrize("answers", [["127.0.0.3"], ["::1"], ["::ffff:127.0.0.3"], ["10.0.0.1"], ["127.0.0.3", "::1"],
                                     ["169.254.169.254", "127.0.0.1"]], ids=",".join)  # fmt: skip
@pytest.mark.parametrize("robots", [False, True])
def test_h9_a_name_that_leads_inside_is_refused_too(names, answers, robots):
    names["inside.test"] = answers

    async def scenario():
        pages = lambda port: {"/": redirect(f"http://inside.test:{port}/")}  # noqa: E731 - a table
        async with stranger_and_victim(pages) as (stranger, victims):
            (record,) = await outcomes([stranger.url()], robots=robots, **LET_IN)
            assert (record.error.kind, record.attempts, victims()) == ("blocked-address", 1, 0)

    asyncio.run(scenario())


def test_h9_of_several_addresses_only_the_public_ones_are_dialled(names):
    names["both.test"] = ["127.0.0.3", "::1", PUBLIC]

    async def scenario():
        async with (
            local_site.serve({"/": html("<title>outside</title>")}, host=PUBLIC) as target,
            local_site.serve({"/": html("secret")}, host="127.0.0.3", port=target.port) as victim,
            local_site.serve({"/": redirect(f"http://both.test:{target.port}/")}, host=PUBLIC) as start,
        ):
            (record,) = await outcomes([start.url()], **LET_IN)
            assert (record.title, victim.connections) == ("outside", 0)

    asyncio.run(scenario())


def test_h9_a_chain_that_was_outside_once_does_not_lead_inside_again():
    async def scenario():
        async with (
            local_site.serve({"/end": html("secret")}, host="127.0.0.3") as victim,
            local_site.serve({"/": redirect(victim.url("/end"))}, host=PUBLIC) as stranger,
            local_site.serve({"/": redirect(stranger.url())}, host="127.0.0.4") as intranet,
        ):
            (record,) = await outcomes([intranet.url()], **LET_IN)
            assert (record.error.kind, victim.connections, len(record.redirects)) == ("blocked-address", 0, 2)

    asyncio.run(scenario())


def test_h9_a_listed_intranet_site_may_redirect_within_the_intranet():
    async def scenario():
        async with (
            local_site.serve({"/end": html("<title>ours</title>")}, host="127.0.0.3") as second,
            local_site.serve({"/": redirect(second.url("/end"))}, host="127.0.0.4") as first,
        ):
            (record,) = await outcomes([first.url()], robots=True)
            assert record.title == "ours"

    asyncio.run(scenario())


def test_h9_an_allowed_address_may_be_redirected_to():
    async def scenario():
        async with (
            local_site.serve({"/end": html("<title>allowed</title>")}, host="127.0.0.3") as second,
            local_site.serve({"/": redirect(second.url("/end"))}, host=PUBLIC) as first,
        ):
            (record,) = await outcomes([first.url()], robots=True, allow_address=["127.0.0.0/29"])
            assert record.title == "allowed"

    asyncio.run(scenario())


def test_h9_a_kept_connection_of_a_listed_url_is_not_used_for_a_redirect(names):
    names["intranet.test"] = ["127.0.0.3"]

    async def scenario():
        async with local_site.serve({"/": html("<title>ours</title>"), "/secret": html("x")}, host="127.0.0.3") as ours:
            listed = f"http://intranet.test:{ours.port}/"

            async def wait_then_lead(*_):
                await ours.until(lambda: bool(ours.hits))
                await asyncio.sleep(0.05)  # the answer has been read, its connection is kept
                return redirect(f"{listed}secret")

            async with local_site.serve(wait_then_lead, host=PUBLIC) as stranger:
                first, second, third = await outcomes([listed, stranger.url(), f"{listed}?late"], delay=0.0, **LET_IN)
            assert (first.ok, second.error.kind, third.ok) == (True, "blocked-address", True)
            assert "/secret" not in ours.targets()

    asyncio.run(scenario())


def test_h9_a_strangers_redirect_does_not_keep_the_listed_urls_of_an_origin_out():
    async def scenario():
        async with (
            local_site.serve({"/": html("<title>ours</title>")}, host="127.0.0.3") as ours,
            local_site.serve({"/": redirect(ours.url("/secret"))}, host=PUBLIC) as stranger,
        ):
            run = await ascrape([stranger.url(), ours.url()], concurrency=1, **LET_IN)
        kinds = {record.url: record.error and record.error.kind for record in run.records}
        assert kinds == {stranger.url(): "blocked-address", ours.url(): None}
        assert ours.targets() == ["/robots.txt", "/"]

    asyncio.run(scenario())


def test_h9_the_redirect_of_a_robots_txt_is_guarded_too():
    async def scenario():
        pages = lambda port: {"/robots.txt": redirect(f"http://127.0.0.3:{port}/"), "/": html("x")}  # noqa: E731
        async with stranger_and_victim(pages) as (stranger, victims):
            (record,) = await outcomes([stranger.url()], robots=True, **LET_IN)
            assert (record.error.kind, victims()) == ("robots-unreachable", 0)
            assert "127.0.0.3" in record.error.message

    asyncio.run(scenario())


def test_h9_no_header_of_the_user_goes_to_a_robots_txt_or_where_a_redirect_leads():
    async def scenario():
        async with (
            local_site.serve({"/end": html("x")}, host="127.0.0.3") as second,
            local_site.serve({"/": redirect(second.url("/end"))}, host="127.0.0.4") as first,
        ):
            (record,) = await outcomes([first.url()], robots=True, header=["Authorization: secret"])
        assert record.ok
        assert second.targets() == ["/robots.txt", "/end"]
        assert [hit.headers.get("authorization") for hit in first.hits] == [None, "secret"]  # robots.txt, and the page
        assert not any("authorization" in hit.headers for hit in second.hits)

    asyncio.run(scenario())


def test_h9_the_robots_txt_of_a_redirects_host_is_tried_again_and_its_page_comes():
    async def scenario():
        tried = local_site.in_turn(reply(503), reply(404))
        async with (
            local_site.serve({"/robots.txt": tried, "/end": html("<title>end</title>")}) as second,
            local_site.serve({"/": redirect(second.url("/end"))}, host="127.0.0.4") as first,
        ):
            (record,) = await outcomes([first.url()], robots=True)
        assert (record.title, record.attempts) == ("end", 1)
        assert second.targets() == ["/robots.txt", "/robots.txt", "/end"]

    asyncio.run(scenario())


@pytest.mark.parametrize("literal", LITERALS)
def test_h9_public_only_guards_listed_urls_in_every_form(literal):
    async def scenario():
        async with stranger_and_victim(lambda _: {}) as (stranger, victims):
            (record,) = await outcomes([f"http://{literal}:{stranger.port}/"], robots=True, public_only=True, **LET_IN)
            assert (record.error.kind, victims(), stranger.connections) == ("blocked-address", 0, 0)

    asyncio.run(scenario())


def test_h9_public_only_guards_names_and_intranet_redirects(names):
    names["inside.test"] = ["127.0.0.3"]

    async def scenario():
        async with stranger_and_victim(lambda _: {}) as (stranger, victims):
            (record,) = await outcomes([f"http://inside.test:{stranger.port}/"], public_only=True, **LET_IN)
            assert (record.error.kind, victims()) == ("blocked-address", 0)

    asyncio.run(scenario())


@pytest.mark.parametrize("public_only", [False, True])
def test_h9_literals_are_guarded_behind_a_proxy(public_only):
    async def answer(hit, _):
        return (
            redirect("http://169.254.169.254/latest") if hit.target.startswith("http://site.test") else html("secret")
        )

    async def scenario():
        async with local_site.serve(answer) as proxy:
            urls = ["http://site.test/", *(["http://10.0.0.1/"] if public_only else [])]
            run = await ascrape(urls, robots=False, proxy=proxy.url().rstrip("/"), public_only=public_only)
        assert {record.error.kind for record in run.records} == {"blocked-address"}
        assert proxy.targets() == ["http://site.test/"]

    asyncio.run(scenario())


def test_h9_literals_are_guarded_over_a_transport_of_the_users():
    seen = []

    def answer(request):
        seen.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://127.0.0.1/"})

    urls = ["http://site.test/", "http://127.0.0.5/"]
    run = asyncio.run(ascrape(urls, robots=False, transport=httpx.MockTransport(answer)))
    kinds = {record.url: record.error.kind for record in run.records}
    assert kinds == {"http://site.test/": "blocked-address", "http://127.0.0.5/": "too-many-redirects"}
    assert seen.count("http://site.test/") == 1


def rebinding(stranger):
    """Return the answers of a name server that tells the victim's address once its owner has been asked for a page."""
    return lambda: ["127.0.0.3"] if stranger.hits else [PUBLIC]


@pytest.mark.parametrize("public_only", [False, True])
def test_h10_the_address_that_is_dialled_is_the_one_that_was_checked(names, monkeypatch, public_only):
    monkeypatch.setattr(constants, "DNS_TTL_S", 0.05)

    async def scenario():
        pages = lambda port: {"/": redirect(f"http://rebind.test:{port}/", delay=0.1)}  # noqa: E731 - a table
        async with stranger_and_victim(pages) as (stranger, victims):
            names["rebind.test"] = rebinding(stranger)
            url = f"http://rebind.test:{stranger.port}/"
            (record,) = await outcomes([url], public_only=public_only, **LET_IN)
            assert (record.error.kind, len(stranger.hits), victims()) == ("blocked-address", 1, 0)

    asyncio.run(scenario())


def test_h10_a_rebound_name_is_refused_with_public_only(names, monkeypatch):
    monkeypatch.setattr(constants, "DNS_TTL_S", 0.05)

    async def scenario():
        pages = lambda _: {"/": html("x", {"Connection": "close"}, delay=0.1)}  # noqa: E731 - a table
        async with stranger_and_victim(pages) as (stranger, victims):
            names["rebind.test"] = rebinding(stranger)
            urls = [f"http://rebind.test:{stranger.port}/?{n}" for n in range(3)]
            records = await outcomes(urls, public_only=True, per_host=1, **LET_IN)
            assert [record.ok for record in records] == [True, False, False]
            assert [record.error.kind for record in records[1:]] == ["blocked-address"] * 2
            assert victims() == 0

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:a9fe:a9fe]", "100.100.100.200", "2852039166"]
)
def test_h9_no_redirect_leads_to_a_metadata_service_not_even_an_intranets_own(host):
    async def scenario():
        async with local_site.serve({"/": redirect(f"http://{host}/latest/")}) as site:
            (record,) = await outcomes([site.url()])
        assert (record.error.kind, record.attempts) == ("blocked-address", 1)

    asyncio.run(scenario())
