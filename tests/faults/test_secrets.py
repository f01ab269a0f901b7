"""Row H12: credentials go to the origin they were given for, and are shown nowhere."""

import asyncio
import base64
import subprocess
import sys
from itertools import count

import httpx
import local_site
import msgspec
import pytest
from hostile import no_bugs, scraped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_site import html, reply

from scraper import UsageError, scrape
from scraper.config import Config

SECRET = "s3cr3t"
HEADERS = {
    "Authorization": f"Bearer {SECRET}",
    "Cookie": f"session={SECRET}",
    "Proxy-Authorization": f"Basic {SECRET}",
    "X-Api-Key": SECRET,
    "Referer": f"https://intranet.example/?token={SECRET}",
    "Origin": f"https://{SECRET}.example",
}
PAIRS = [f"{name}: {value}" for name, value in HEADERS.items()]


def spied(pages):
    """Return a transport that answers with `pages` (by URL; else a page), and the requests that it will get."""
    seen = []

    def answer(request):
        seen.append(request)
        found = pages.get(str(request.url), "<title>x</title>")
        return found if isinstance(found, httpx.Response) else httpx.Response(200, html=found)

    return httpx.MockTransport(answer), seen


def origin_of(request):
    return f"{request.url.scheme}://{request.url.netloc.decode()}"


def tells(request, secret=SECRET):
    """Return whether a request carries a secret, plain or as Basic credentials."""
    text = f"{request.url} {request.headers.raw}"
    basic = request.headers.get("authorization", "").removeprefix("Basic ").encode() + b"==="
    return secret in text or secret.encode() in base64.b64decode(basic, validate=False)


def run(urls, options, transport):
    """Scrape over `transport`; return all that is shown: records and log lines."""
    with no_bugs() as log:
        result, lines = asyncio.run(scraped(urls, {**options, "transport": transport}))
    return result.records, "\n".join(log) + lines.decode()


ELSEWHERE = {
    "host": "https://b.test/",
    "subdomain": "https://www.a.test/",
    "port": "https://a.test:8443/",
    "scheme": "http://a.test/",
    "trailing dot": "https://a.test./",
}


@pytest.mark.parametrize("location", ELSEWHERE.values(), ids=ELSEWHERE)
@pytest.mark.parametrize("header", PAIRS, ids=list(HEADERS))
@pytest.mark.parametrize("robots", [False, True])
def test_h12_a_header_stays_at_its_origin(header, location, robots):
    pages = {"https://a.test/": httpx.Response(302, headers={"Location": location})}
    transport, seen = spied(pages)
    records, shown = run(["https://a.test/"], {"header": [header], "robots": robots}, transport)
    assert records[0].ok
    pages_seen = {str(request.url): tells(request) for request in seen if request.url.path == "/"}
    assert pages_seen == {"https://a.test/": True, location: False}
    assert not any(tells(request) for request in seen if request.url.path == "/robots.txt")
    assert SECRET not in shown


@pytest.mark.parametrize("location", ELSEWHERE.values(), ids=ELSEWHERE)
@pytest.mark.parametrize("robots", [False, True])
def test_h12_userinfo_of_a_listed_url_stays_at_its_origin(location, robots):
    pages = {"https://a.test/": httpx.Response(302, headers={"Location": location})}
    transport, seen = spied(pages)
    records, shown = run([f"https://me:{SECRET}@a.test/"], {"robots": robots}, transport)
    assert records[0].url == "https://me:***@a.test/"
    assert {origin_of(request) for request in seen if tells(request)} == {"https://a.test"}
    assert records[0].final_url == location
    assert SECRET not in shown


def test_h12_a_redirect_within_the_origin_keeps_what_was_given_for_it():
    pages = {
        "https://a.test/": httpx.Response(302, headers={"Location": "https://a.test/b"}),
        "https://a.test/b": httpx.Response(302, headers={"Location": "https://b.test/"}),
        "https://b.test/": httpx.Response(302, headers={"Location": "https://a.test/c"}),
    }
    transport, seen = spied(pages)
    run([f"https://me:{SECRET}@a.test/"], {}, transport)
    assert [tells(request) for request in seen] == [True, True, False, True]


@pytest.mark.parametrize(
    "location", ["https://me:{}@b.test/x", "https://{}@b.test/x", "//me:{}@b.test/x", "https://me:{}@a.test/x"]
)
def test_h12_userinfo_that_a_server_names_is_neither_used_nor_shown(location):
    pages = {"https://a.test/": httpx.Response(302, headers={"Location": location.format(SECRET)})}
    transport, seen = spied(pages)
    records, shown = run(["https://a.test/"], {"robots": True}, transport)
    assert records[0].ok
    assert "@" not in records[0].final_url
    assert not any(tells(request) for request in seen)
    assert SECRET not in shown


@pytest.mark.parametrize(
    "location", ["https://me:{}@[b/", "https://me:{}@b.test:0/", "ftp://me:{}@b.test/", "https://me:{}@/"]
)
def test_h12_a_redirect_that_cannot_be_followed_does_not_show_its_userinfo(location):
    pages = {"https://a.test/": httpx.Response(302, headers={"Location": location.format(SECRET)})}
    transport, _ = spied(pages)
    records, shown = run(["https://a.test/"], {}, transport)
    assert not records[0].ok
    assert SECRET not in shown


@pytest.mark.parametrize(
    "url",
    [
        f"https://me:{SECRET}@a b/",
        f"https://me:{SECRET}@a.test:99999/",
        f"ftp://me:{SECRET}@a.test/",
        f"https://me:{SECRET}/x@a.test/",
        f"//me:{SECRET}@a.test/",
        f"me:{SECRET}@a.test/",
        f"https:me:{SECRET}@[/",
        f"https://me:{SECRET}@a.test/" + "x" * 9000,
    ],
)
def test_h12_a_url_that_is_refused_does_not_show_its_password(url):
    transport, seen = spied({})
    records, shown = run([url], {}, transport)
    assert records[0].error.kind in ("invalid-url", "unsupported-scheme")
    assert not seen
    assert SECRET not in shown


@pytest.mark.parametrize("status", [200, 404, 503, 302])
def test_h12_no_outcome_shows_a_password(status):
    pages = {"https://a.test/": httpx.Response(status, html="<a href=x>x</a>")}
    transport, _ = spied(pages)
    options = {"header": PAIRS, "links": True, "html": True, "parse": lambda page: {"url": page.url}}
    records, shown = run([f"https://me:{SECRET}@a.test/"], options, transport)
    assert records[0].status == status
    assert SECRET not in shown


def test_h12_the_command_line_shows_no_secret(tmp_path):
    with local_site.running({"/": html("<title>x</title>"), "/robots.txt": reply(404)}) as site:
        url = site.url().replace("//", f"//me:{SECRET}@")
        (tmp_path / "urls.txt").write_text(f"{url}\nhttp://me:{SECRET}@[/\nhttp://me:{SECRET}@127.0.0.1:1/\n")
        headers = [word for pair in PAIRS for word in ("--header", pair)]
        options = ["--retries", "0", "--verbose", "--log-file", "run.log", "-o", "out.jsonl", *headers]
        command = [sys.executable, "-m", "scraper", "urls.txt", *options]

        def call():
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=50)
            return done.stdout + done.stderr

        first, again = call(), call()
        hits = len(site.hits)
    lines = (tmp_path / "out.jsonl").read_text()
    assert [msgspec.json.decode(line)["url"].count("***") for line in lines.splitlines()] == [1, 1, 1]
    assert "3 already done" in again
    assert hits == 2
    assert SECRET not in first + again + lines + (tmp_path / "run.log").read_text()


@pytest.mark.parametrize("source", ["http://me:{}@127.0.0.1:1/", "ftp://me:{}@127.0.0.1/", "http://me:{}@[/"])
@pytest.mark.parametrize("command", [[], ["plan"]])
def test_h12_a_source_on_the_command_line_does_not_show_its_password(tmp_path, source, command):
    words = [sys.executable, "-m", "scraper", *command, source.format(SECRET), "--retries", "0"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=50)
    files = [path.name + path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert SECRET not in "".join([done.stdout, done.stderr, *files])


@pytest.mark.parametrize("status", [200, 407, 502])
def test_h12_a_proxys_credentials_go_to_the_proxy_alone(status):
    async def scenario():
        async with local_site.serve(lambda *_: answer(status)) as proxy:
            options = {"proxy": f"http://me:{SECRET}@127.0.0.1:{proxy.port}", "retries": 0}
            with no_bugs() as log:
                result, lines = await scraped(["http://a.test/", "https://b.test/"], options)
            return proxy.hits, result.records, "\n".join(log) + lines.decode()

    async def answer(status):
        return html("<title>x</title>") if status == 200 else reply(status, body="no", then="close")

    hits, records, shown = asyncio.run(scenario())
    assert len(records) == 2
    assert all("proxy-authorization" in hit.headers for hit in hits)
    assert SECRET not in shown
    assert base64.b64encode(f"me:{SECRET}".encode()).decode() not in shown


@pytest.mark.parametrize(
    "options",
    [
        {"header": [f"Bad Name: {SECRET}"]},
        {"header": [f"Authorization: {SECRET}\n"]},
        {"header": [f"Host: {SECRET}"]},
        {"header": [SECRET]},
        {"proxy": f"socks5://me:{SECRET}@h/"},
        {"proxy": f"http://me:{SECRET}@h:port/"},
    ],
)
def test_h12_a_setting_that_is_refused_is_not_shown(options):
    with pytest.raises(UsageError) as caught:
        Config.build(options)
    assert SECRET not in str(caught.value)


def test_h12_no_referer_is_sent():
    transport, seen = spied({"https://a.test/": httpx.Response(302, headers={"Location": "/b"})})
    run(["https://a.test/"], {}, transport)
    assert len(seen) == 2
    assert not any("referer" in request.headers for request in seen)


ORIGINS = ["http://a.test", "https://a.test", "http://a.test:8080", "http://b.test", "https://www.a.test"]
NAMES = [*HEADERS, "X-Token", "X-Forwarded-For", "Accept-Charset", "If-None-Match"]
STEP = st.tuples(
    st.sampled_from(ORIGINS), st.sampled_from(["", "me:{}@", "{}@", ":{}@"]), st.sampled_from(["/", "/b?c#d"])
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    headers=st.lists(st.sampled_from(NAMES), max_size=4, unique=True),
    start=STEP,
    chain=st.lists(STEP, max_size=5),
    robots=st.booleans(),
)
def test_h12_no_secret_leaves_its_origin_whatever_the_redirects(headers, start, chain, robots):
    numbers = count()
    steps = [f"{origin.replace('//', '//' + userinfo.format(SECRET + 'x'))}{path}" for origin, userinfo, path in chain]
    locations = iter(steps)
    seen = []

    def answer(request):
        seen.append(request)
        if request.url.path == "/robots.txt":
            return httpx.Response(404)
        following = next(locations, None)
        if following is None:
            return httpx.Response(200, html="<title>x</title>")
        return httpx.Response(302, headers={"Location": f"{following.partition('#')[0]}&{next(numbers)}"})

    origin, userinfo, path = start
    url = f"{origin.replace('//', '//' + userinfo.format(SECRET))}{path}"
    options = {"header": [f"{name}: {SECRET}" for name in headers], "robots": robots}
    _, shown = run([url], options, httpx.MockTransport(answer))
    assert not any(tells(request) for request in seen if origin_of(request) != origin)
    assert not any(tells(request, SECRET + "x") for request in seen)
    assert SECRET not in shown


def test_h12_a_run_goes_on_after_records_with_masked_urls(tmp_path):
    output = tmp_path / "out.jsonl"
    urls = ["https://me:one@a.test/", "https://token@a.test/", "https://a.test/", "https://me:x@[/", "me:x@a.test"]
    transport, seen = spied({})
    for _ in range(2):
        scrape(urls, output=str(output), transport=transport, robots=False)
    assert len(seen) == 3
    lines = output.read_text().splitlines()
    assert sorted(msgspec.json.decode(line)["url"] for line in lines) == sorted(
        ["https://me:***@a.test/", "https://***@a.test/", "https://a.test/", "https://me:***@[/", "me:***@a.test"]
    )
