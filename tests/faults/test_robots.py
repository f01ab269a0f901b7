"""robots.txt that is odd, broken or hostile: rows I4 and I5 of the fault catalogue."""

import asyncio
import gzip

import local_site
import pytest
from hostile import scraped
from local_site import html, raw, redirect, reply

RULES = b"User-agent: *\nDisallow: /private\n"
LIMITS = {"robots": True, "retries": 1, "concurrency": 50}


def text(body, **headers):
    return reply(200, {"Content-Type": "text/plain", **headers}, body)


def verdicts(robots, *, urls=("/private/a", "/public"), pages=None, **options):
    """Return how each URL of a host with this robots.txt ends, and how often its robots.txt was asked for."""

    async def scenario():
        shown = {path: html("<title>x</title>") for path in urls}
        async with local_site.serve({"/robots.txt": robots, **shown, **(pages or {})}, host="0.0.0.0") as site:
            run, _ = await scraped([site.url(path) for path in urls], {**LIMITS, **options})
            found = {record.url: record.error.kind if record.error else "ok" for record in run.records}
            return [found[site.url(path)] for path in urls], site.targets().count("/robots.txt")

    return asyncio.run(scenario())


OBEYED = {
    "plain": RULES,
    "BOM": b"\xef\xbb\xbf" + RULES,
    "CRLF": RULES.replace(b"\n", b"\r\n"),
    "CR": RULES.replace(b"\n", b"\r"),
    "no last newline": RULES.rstrip(),
    "10 MB": RULES + b"# padding\n" * 1_000_000,
    "500 KiB before the rule": b"# 3456789\n" * 51_200 + RULES,
    "line of 16,664 bytes before": b"Disallow: /" + b"x" * 8 * 2083 + b"\n" + RULES,
    "30 wildcards": RULES + b"Disallow: /" + b"*a" * 30 + b"$\n",
    "1,000 lines of wildcards": RULES + (b"Disallow: /" + b"*a" * 30 + b"$\n") * 1_000,
    "NUL bytes": b"\0\0\n" + RULES,
    "not UTF-8": b"# \xff\xfe\n" + RULES,
    "10,000 user agents": b"".join(b"User-agent: a%d\n" % n for n in range(10_000)) + RULES,
}


@pytest.mark.parametrize("body", OBEYED.values(), ids=OBEYED)
def test_i4_rules_are_read_whatever_is_around_them(body):
    assert verdicts(text(body)) == (["robots-denied", "ok"], 1)


def test_i4_a_compressed_robots_txt_is_read():
    assert verdicts(text(gzip.compress(RULES), **{"Content-Encoding": "gzip"})) == (["robots-denied", "ok"], 1)


IGNORED = {
    "no user agent": b"Disallow: /private\n",
    "an HTML page": b"<!DOCTYPE html><title>Not found</title>" + RULES,
    "empty": b"",
    "random": bytes(range(256)) * 100,
    "1 MB in one line": b"Disallow: /private" * 60_000,
    "gzip without saying so": gzip.compress(RULES),
    "rule after 600 KiB": b"# 3456789\n" * 61_440 + RULES,
}


@pytest.mark.parametrize("body", IGNORED.values(), ids=IGNORED)
def test_i4_what_holds_no_rules_allows_everything(body):
    assert verdicts(text(body)) == (["ok", "ok"], 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 451])
def test_i5_unavailable_allows_everything(status):
    assert verdicts(reply(status, body="no")) == (["ok", "ok"], 1)


UNREACHABLE = {
    "500": reply(500, then="close"),
    "502": reply(502, then="close"),
    "503": reply(503, then="close"),
    "disconnected": raw(b""),
    "timeout": raw(b"", then="hang"),
    "no HTTP": raw(b"what is this\r\n\r\n"),
    "truncated": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent: *"),
    "broken gzip": text(b"no gzip", **{"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("robots", UNREACHABLE.values(), ids=UNREACHABLE)
def test_i5_unreachable_disallows_everything(robots):
    kinds, asked = verdicts(robots)
    assert kinds == ["robots-unreachable"] * 2
    assert 1 <= asked <= 2


@pytest.mark.parametrize("hops", [1, 5])
def test_i5_five_redirects_are_followed(hops):
    pages = {f"/hop{n}": redirect(f"/hop{n + 1}") for n in range(1, hops)} | {f"/hop{hops}": text(RULES)}
    assert verdicts(redirect("/hop1"), pages=pages) == (["robots-denied", "ok"], 1)


def test_i5_redirects_lead_to_other_hosts_too():
    async def scenario():
        async def answer(hit, _connection):
            host, _, port = hit.headers["host"].partition(":")
            if hit.target != "/robots.txt":
                return html("<title>x</title>")
            return text(RULES) if host == "127.0.0.3" else redirect(f"http://127.0.0.3:{port}/robots.txt")

        async with local_site.serve(answer, host="0.0.0.0") as site:
            run, _ = await scraped([site.url("/private"), site.url("/public")], LIMITS)
            return {
                record.url.rpartition("/")[2]: record.error.kind if record.error else "ok" for record in run.records
            }

    assert asyncio.run(scenario()) == {"private": "robots-denied", "public": "ok"}


LOST = {
    "loop": redirect("/robots.txt"),
    "no Location": reply(302),
    "two Locations": reply(302, [("Location", "/a"), ("Location", "/b")]),
    "file:": redirect("file:///etc/passwd"),
}


@pytest.mark.parametrize("robots", LOST.values(), ids=LOST)
def test_i5_a_redirect_that_leads_nowhere_is_unavailable(robots):
    assert verdicts(robots) == (["ok", "ok"], 1)


def test_i5_fifty_workers_ask_once():
    urls = [f"/{n}" for n in range(60)]
    kinds, asked = verdicts(text(RULES), urls=urls, per_host=50)
    assert (set(kinds), asked) == ({"ok"}, 1)
