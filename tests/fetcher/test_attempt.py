"""What one attempt knows of its phases, whatever ends it."""

import asyncio
from time import perf_counter

import pytest

from scraper.errors import BadRedirect, DnsTimeout
from scraper.fetcher.attempt import Attempt
from scraper.models import Redirect, Request, Timings
from scraper.seats import CURRENT, Seats
from scraper.transport.deadline import Deadlines
from scraper.urls import parse

URL = "http://a.test/"


def attempt():
    return Attempt(Request(url=URL))


def test_what_is_refused_before_it_is_sent_took_no_phase_but_the_way_there():
    timings = attempt().timings()
    assert timings == Timings(connect=timings.connect)
    assert timings.connect < 100


def test_a_look_up_that_is_given_up_is_time_for_dns():
    made = attempt()
    made.begin(URL)
    made.phases.dns_began = perf_counter() - 2.0
    error = made.described(DnsTimeout("x"))
    assert 2000 <= error.timings.dns < 2900
    assert error.timings.connect < 100
    assert (error.timings.first_byte, error.timings.body, error.final_url) == (None, None, URL)


def test_the_phases_of_hops_add_up():
    made = attempt()
    for number in range(3):
        made.begin(f"{URL}{number}")
        made.phases.dns, made.phases.connect = 1.0, 2.0
        made.answered(302)
        made.redirects.append(Redirect(302, f"{URL}{number}"))
    page = made.elsewhere(parse("http://b.test/"), may_lead_inside=False)
    assert (page.timings.dns, page.timings.connect, page.timings.body) == (3.0, 6.0, None)
    assert (page.location, page.status, page.final_url, len(page.redirects)) == ("http://b.test/", 302, f"{URL}2", 3)
    error = made.described(BadRedirect("x"))
    assert (error.status, error.timings.dns, error.redirects) == (302, 3.0, page.redirects)


def test_a_kept_connection_needs_neither_look_up_nor_connecting():
    made = attempt()
    made.begin(URL)
    made.phases.is_connected = True
    timings = made.timings()
    assert (timings.dns, timings.connect, timings.body) == (None, None, None)
    assert 0 <= timings.first_byte < 100


def test_each_hop_tells_when_it_is_sent():
    calls = []
    made = Attempt(Request(url=URL, on_sent=lambda: calls.append(made.href)))
    for number in range(2):
        made.begin(f"{URL}{number}")
        made.phases.on_sent()
        made.answered(302)
    assert calls == [f"{URL}0", f"{URL}1"]


def test_it_tells_what_it_waits_for():
    made = attempt()
    seen = [made.phase]
    made.begin(URL)
    made.phases.dns_began = perf_counter()
    seen.append(made.phase)
    made.phases.dns = 1.0
    seen.append(made.phase)
    made.phases.is_connected = True
    seen.append(made.phase)
    made.answered(200)
    seen.append(made.phase)
    made.begin(f"{URL}2")
    seen.append(made.phase)
    assert seen == ["connect", "dns", "connect", "first_byte", "body", "connect"]


def test_the_worker_whose_task_it_is_knows_it():
    seat = Seats().add(0)
    try:
        assert seat.attempt is None
        made = attempt()
        assert seat.attempt is made
    finally:
        CURRENT.set(None)


def test_one_that_is_given_up_ends_at_once_and_once():
    async def scenario():
        made = attempt()
        made.give_up(1.0)  # not begun: nothing to end
        with Deadlines().within(9.0) as made.deadline:
            made.give_up(120.0)
            made.give_up(240.0)
            await asyncio.sleep(1.0)
        return made

    with pytest.raises(TimeoutError):
        asyncio.run(scenario())
