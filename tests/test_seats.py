"""Where workers are, as they tell it themselves."""

from types import SimpleNamespace

import pytest
from frontiers import job

from scraper.seats import BUSY_NAMED, Seats


def attempt(phase, received=0):
    return SimpleNamespace(phase=phase, received=received)


def test_a_busy_worker_is_where_its_attempt_is_and_then_where_it_says():
    seats = Seats()
    seat = seats.add(0)
    assert list(seats.busy()) == []
    seat.take(job(1), 1.0)
    assert seat.phase == "connect"
    seat.attempt = attempt("body")
    assert seats.in_flight() == {"dns": 0, "connect": 0, "first_byte": 0, "body": 1, "parse": 0, "text": 0, "write": 0}
    seat.stage = "parse"
    assert seat.phase == "parse"
    seat.take(job(2), 2.0)
    assert seat.phase == "connect"
    seat.leave()
    assert list(seats.busy()) == []


@pytest.mark.parametrize(
    "happens",
    [
        lambda seat: seat.take(job(1), 2.0),
        lambda seat: setattr(seat, "stage", "parse"),
        lambda seat: setattr(seat.attempt, "received", 1),
        lambda seat: setattr(seat.attempt, "phase", "body"),
        lambda seat: setattr(seat, "attempt", attempt("first_byte")),
    ],
)
def test_a_mark_is_another_once_anything_has_come_of_the_job(happens):
    seat = Seats().add(0)
    seat.take(job(1), 1.0)
    seat.attempt = attempt("first_byte")
    before = seat.mark
    assert seat.mark == before
    happens(seat)
    assert seat.mark != before


def test_those_longest_at_their_job_come_first_and_not_all_of_very_many():
    seats = Seats()
    for number in range(BUSY_NAMED + 10):
        seats.add(number).take(job(number), 100.0 - number)
    longest = seats.longest()
    assert len(longest) == BUSY_NAMED
    assert longest[0].number == BUSY_NAMED + 9
    seats.remove(BUSY_NAMED + 9)
    assert seats.longest()[0].number == BUSY_NAMED + 8
