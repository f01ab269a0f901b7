"""robots.txt: what is asked for, and what its failures mean."""

import asyncio

import pytest

from scraper import errors
from scraper.models import Page, Redirect
from scraper.robots import ALLOW_ALL, Robots, RobotsMemory

ORIGIN = "https://example.com"


def page(body=b"", status=200, headers=()):
    url = f"{ORIGIN}/robots.txt"
    return Page(url=url, final_url=url, status=status, body=body, headers=headers)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Site:
    """A Fetch that gives one answer, and remembers what it was asked for."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []

    async def __call__(self, request):
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def robots(answer):
    return Robots(
        fetch=answer if callable(answer) else Site(answer),
        user_agent="FooBot/1.0 (+https://example.org)",
        clock=Clock(),
        memory=RobotsMemory(ttl_s=86400, failure_ttl_s=3600, max_origins=10, max_bytes=10_000),
    )


def failure_of(answer):
    known = robots(answer)
    with pytest.raises(errors.UrlError) as caught:
        asyncio.run(known.fetch(ORIGIN))
    assert known.known(ORIGIN) is None  # the engine decides when it is enough
    return caught.value


def test_the_file_is_asked_for_at_the_origin_and_only_as_much_as_is_read():
    site = Site(page(b"User-agent: foobot\nDisallow: /x"))
    rules = asyncio.run(robots(site).fetch("http://example.com:8080"))
    (request,) = site.requests
    assert (request.url, request.is_page, request.head_bytes) == ("http://example.com:8080/robots.txt", False, 524288)
    assert not rules.allows("http://example.com:8080/x")
    assert rules.allows("http://example.com:8080/y")


def test_a_large_file_says_the_same_as_a_small_one():
    rules = b"User-agent: FooBot\nDisallow: /x\n" + b"".join(b"Disallow: /%d/\n" % n for n in range(5000))
    found = asyncio.run(robots(page(rules)).fetch(ORIGIN))
    assert not found.allows(f"{ORIGIN}/4999/")
    assert found.allows(f"{ORIGIN}/5000/")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 410, 451, 304])
def test_a_status_that_says_unavailable_allows_everything(status):
    body = b"User-agent: *\nDisallow: /"
    assert asyncio.run(robots(page(body, status)).fetch(ORIGIN)) is ALLOW_ALL


@pytest.mark.parametrize(
    ("status", "message"),
    [(500, "500 Internal Server Error"), (503, "503 Service Unavailable"), (429, "429 Too Many Requests"), (999, "999")]
)  # fmt: skip
def test_a_server_error_and_too_many_requests_are_unreachable_and_keep_retry_after(status, message):
    failure = failure_of(page(b"", status, (("retry-after", "7"),)))
    assert isinstance(failure, errors.RobotsUnreachable)
    assert (failure.message, failure.status, failure.retry_after) == (f"robots.txt: {message}", status, "7")
    assert failure.is_retried


@pytest.mark.parametrize("kind", [errors.TooManyRedirects, errors.BadRedirect, errors.UnsupportedScheme])
def test_redirects_that_lead_nowhere_mean_that_there_is_none(kind):
    assert asyncio.run(robots(kind("x")).fetch(ORIGIN)) is ALLOW_ALL


@pytest.mark.parametrize(
    "kind",
    [
        errors.DnsFailure, errors.DnsTimeout, errors.ConnectRefused, errors.ConnectFailed, errors.ConnectTimeout,
        errors.ReadTimeout, errors.DeadlineExceeded, errors.Disconnected, errors.Truncated,
        errors.ProtocolError, errors.DecodeError, errors.TooLarge,
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_unreachable_and_tried_again(kind):
    cause = kind("what happened")
    cause.status = 200
    failure = failure_of(cause)
    assert isinstance(failure, errors.RobotsUnreachable)
    assert failure.message == f"robots.txt: {kind.kind} (what happened)"
    assert (failure.status, failure.__cause__) == (200, cause)


@pytest.mark.parametrize("kind", [errors.DnsNotFound, errors.TlsError, errors.BlockedAddress, errors.InvalidUrl])
def test_what_every_url_of_the_origin_would_end_in_keeps_its_kind(kind):
    failure = failure_of(kind("what happened"))
    assert (type(failure), failure.message) == (kind, "robots.txt: what happened")
    redirected = kind("what happened")
    redirected.redirects = (Redirect(301, f"{ORIGIN}/robots.txt"),)
    assert isinstance(failure_of(redirected), errors.RobotsUnreachable)


def test_nothing_is_known_of_an_origin_before_it_was_asked():
    assert robots(page()).known(ORIGIN) is None


def test_what_an_origin_said_is_known_from_then_on():
    known = robots(page(b"User-agent: *\nDisallow: /"))
    rules = asyncio.run(known.fetch(ORIGIN))
    assert known.known(ORIGIN) is rules


def test_a_failure_that_is_remembered_holds_nothing_of_the_try_that_it_ended():
    async def scenario():
        known = robots(errors.ReadTimeout("silent"))
        with pytest.raises(errors.RobotsUnreachable) as caught:
            await known.fetch(ORIGIN)
        known.give_up(ORIGIN, caught.value)
        return known.known(ORIGIN)

    error = asyncio.run(scenario())
    assert str(error) == "robots.txt: read-timeout (silent)"
    assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)
