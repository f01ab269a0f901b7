"""Rows go to the process that asks their host, as fast as they are wanted."""

import asyncio

import pytest

from scraper import errors
from scraper.models import Row
from scraper.processes import dealer
from scraper.processes.dealer import Dealer
from scraper.processes.owners import Owners
from scraper.stats import Stats
from scraper.urls import FingerprintSet, identity


class Hand:
    """Stands in for a Member."""

    def __init__(self, *, wants_rows=True):
        self.rows, self.is_last = [], False
        self.wants_rows, self.untaken = wants_rows, 0

    def give(self, rows):
        self.rows += [row.url for row in rows]

    def order(self, is_last):
        self.is_last = is_last


async def batches(*urls):
    for url in urls:
        yield [Row(url, 1), Row(url + "/2", 2)] if url else [Row("", 1)]


def deal(rows, hands, *, finished=None, limit=None):
    stats = Stats()

    async def scenario():
        made = Dealer(rows, stats=stats, finished=finished or FingerprintSet(), limit=limit)
        await asyncio.wait_for(made.run(hands, Owners(len(hands))), 5)
        return made

    return asyncio.run(scenario()), stats


def test_a_hosts_rows_go_to_one_process_and_what_is_no_url_to_one_too():
    hands = [Hand(), Hand()]
    made, stats = deal(batches(*(f"http://h{n}.test" for n in range(20)), "", "nonsense"), hands)
    hosts = [{url.split("/")[2] for url in hand.rows if "//" in url} for hand in hands]
    assert [len(some) for some in hosts] == [10, 10]
    assert not hosts[0] & hosts[1]
    assert sorted(len(hand.rows) for hand in hands) == [20, 22]
    assert (stats.lines, stats.blank) == (43, 1)
    assert made.is_source_read
    assert all(hand.is_last for hand in hands)


def test_what_is_finished_is_not_dealt_out():
    finished = FingerprintSet()
    finished.add(identity("http://a.test/2"))
    hand = Hand()
    _, stats = deal(batches("http://a.test"), [hand], finished=finished)
    assert (hand.rows, stats.already_done) == (["http://a.test"], 1)


def test_a_limit_ends_it_in_the_middle_of_a_batch():
    hand = Hand()
    made, stats = deal(batches("", "http://a.test", "http://b.test"), [hand], limit=3)
    assert (len(hand.rows), stats.lines, made.is_source_read) == (3, 4, True)


def test_it_reads_on_while_one_is_hungry_though_others_are_not_but_not_without_bound():
    full, hungry = Hand(wants_rows=False), Hand()
    assert dealer._is_wanted([full, hungry])
    full.untaken = dealer.MOST_ROWS_AHEAD
    assert not dealer._is_wanted([full, hungry])
    assert not dealer._is_wanted([Hand(wants_rows=False)] * 2)


def test_it_waits_until_it_is_told_that_more_is_wanted():
    async def scenario():
        hand = Hand(wants_rows=False)
        made = Dealer(batches("http://a.test", "http://b.test"), stats=Stats(), finished=FingerprintSet(), limit=None)
        dealing = asyncio.ensure_future(made.run([hand], Owners(1)))
        await asyncio.sleep(0.01)
        assert hand.rows == ["http://a.test", "http://a.test/2"]
        hand.wants_rows = True
        made.news.set()
        await asyncio.wait_for(dealing, 5)
        return hand.rows

    assert len(asyncio.run(scenario())) == 4


@pytest.mark.parametrize("raised", [errors.UsageError("damaged"), asyncio.CancelledError()])
def test_a_source_that_breaks_ends_the_dealing_and_not_the_run(raised):
    async def broken():
        yield [Row("http://a.test/", 1)]
        raise raised

    hand = Hand()
    made, _ = deal(broken(), [hand])
    assert hand.is_last
    assert not made.is_source_read
    assert isinstance(made.error, errors.UsageError)
