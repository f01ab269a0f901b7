"""A run that hangs says so, and one that waits does not."""

import sys
import threading
import time

import pytest
from frontiers import job
from msgspec import structs

from scraper.engine.watchdog import LoopWatch, StallWatch, held_by
from scraper.seats import Seats


class Attempt:
    def __init__(self, phase="first_byte"):
        self.phase = phase
        self.received = 0
        self.ended = []

    def give_up(self, silent_s):
        self.ended.append(silent_s)


class Scene:
    """Two workers and a clock."""

    def __init__(self, **options):
        self.seats = Seats()
        self.places = [self.seats.add(0), self.seats.add(1)]
        self.watch = StallWatch(self.seats, now=0.0, **options)
        self.now = 0.0
        self.ends = 0

    def start(self, place, attempt, number=1):
        self.places[place].take(job(number), self.now)
        self.places[place].attempt = attempt
        return attempt

    def go_on(self, seconds, happens=lambda: None):
        for _ in range(seconds):
            self.now += 1.0
            happens()
            self.watch.look(self.now, self.ends)


@pytest.fixture
def scene():
    return Scene()


def told(caplog):
    return [record.getMessage() for record in caplog.records]


def test_after_30_s_without_a_byte_each_busy_worker_is_named_once_in_one_line(scene, caplog):
    scene.start(0, Attempt())
    scene.go_on(5)
    scene.start(1, Attempt("body"), 2)
    scene.go_on(30)
    assert told(caplog) == []
    scene.go_on(30)
    assert told(caplog) == [
        "nothing has come in for 30 s: worker 1, first_byte, 36 s, http://a/1; worker 2, body, 31 s, http://a/2"
    ]
    assert scene.watch.stalls == 1


def test_after_120_s_the_requests_are_ended_and_what_is_no_request_is_told_again(scene, caplog):
    overdue = scene.start(0, Attempt())
    scene.start(1, Attempt(), 2)
    scene.places[1].stage = "write"
    scene.go_on(121)
    assert overdue.ended == [120.0]
    assert told(caplog)[1].startswith("nothing has come in for 2 min 0 s, 1 request ended as deadline: worker 1, ")
    scene.places[0].leave()
    scene.go_on(121)
    assert "none of it can be ended: worker 2, write" in told(caplog)[-1]


@pytest.mark.parametrize("what", ["byte", "record", "phase"])
def test_anything_that_comes_of_any_worker_is_no_stall(scene, caplog, what):
    slow = scene.start(0, Attempt())
    scene.start(1, Attempt(), 2)

    def happens():
        if int(scene.now) % 29:
            return
        if what == "byte":
            slow.received += 1
        elif what == "record":
            scene.ends += 1
        else:
            slow.phase = {"first_byte": "body", "body": "first_byte"}[slow.phase]

    scene.go_on(300, happens)
    assert told(caplog) == []
    assert slow.ended == []


def test_a_run_whose_workers_have_nothing_to_do_only_waits(scene, caplog):
    scene.go_on(1000)
    assert told(caplog) == []
    assert scene.watch.moved_at == 0.0


def test_to_wait_for_who_takes_the_records_one_by_one_is_no_stall(caplog):
    scene = Scene(is_streaming=True)
    scene.start(0, Attempt())
    scene.places[0].stage = "write"
    scene.go_on(300)
    assert told(caplog) == []
    scene.start(1, Attempt(), 2)
    scene.go_on(31)
    assert len(told(caplog)) == 1


def test_time_in_which_the_process_was_stopped_does_not_count(scene, caplog):
    stopped = scene.start(0, Attempt())
    scene.go_on(10)
    scene.now += 3600
    scene.go_on(10)
    assert told(caplog) == []
    assert stopped.ended == []


def test_a_password_in_a_url_is_not_told(scene, caplog):
    scene.places[0].take(structs.replace(job(1), href="http://me:secret@a/"), 0.0)
    scene.go_on(40)
    assert "secret" not in caplog.text
    assert "http://me:***@a/" in caplog.text


def test_what_holds_the_loop_is_told_with_its_page_from_another_thread(caplog):
    seats = Seats()
    seat = seats.add(0)
    seat.take(job(1), 0.0)
    seat.stage = "parse"

    def slow_callback():
        deadline = time.monotonic() + 5
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.005)

    with LoopWatch(seats, clock=lambda: 1.0, held_s=0.03):
        slow_callback()
    assert threading.active_count() < 10
    [message] = told(caplog)[:1]
    assert message.startswith("the event loop has been held for ")
    assert "slow_callback() (test_watchdog.py:" in message
    assert message.endswith(" for http://a/1")


def test_a_loop_that_turns_is_not_told_of(caplog):
    with LoopWatch(Seats(), clock=lambda: 1.0, held_s=0.06) as watch:
        for _ in range(40):
            time.sleep(0.003)
            watch.beat()
    assert told(caplog) == []


def test_what_the_package_called_is_named_and_where_that_is_now():
    def inner():
        return sys._getframe()

    shown = held_by(inner())
    assert "()" in shown
    assert "test_watchdog.py" in shown
