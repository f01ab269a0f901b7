"""What is known of a process from what it was given and what it sent."""

import asyncio
from concurrent.futures import Future

from scraper.models import Ending, Row
from scraper.processes import wire
from scraper.processes.member import ROWS_AHEAD, Member

ROWS = [Row(f"http://a.test/{n}", n) for n in range(3)]
DONE = Ending(True, 200, None, 1, 1, 1.0)


class Wire:
    """Stands in for a StreamWriter."""

    def __init__(self):
        self.frames = []
        self.is_closed = False

    def write(self, frame):
        self.frames.append(frame)

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True


def member():
    async def make():
        made = Member(0, Future())
        made.connected.set_result((None, Wire()))
        return made

    return asyncio.run(make())


def test_it_is_idle_once_it_has_taken_up_all_that_it_was_given():
    one = member()
    assert one.is_idle
    one.give(ROWS)
    one.hand(b"job")
    assert not one.is_idle
    one.account(wire.Harvest(status=wire.Status(rows=3, jobs=1, is_idle=False)))
    assert not one.is_idle
    one.account(wire.Harvest(status=wire.Status(rows=3, is_idle=True)))
    assert not one.is_idle
    one.account(wire.Harvest(status=wire.Status(rows=3, jobs=1, is_idle=True)))
    assert one.is_idle


def test_it_wants_rows_while_it_is_hungry_and_few_are_on_their_way():
    one = member()
    assert one.wants_rows
    one.account(wire.Harvest(status=wire.Status(is_hungry=False)))
    assert not one.wants_rows
    one.account(wire.Harvest(status=wire.Status(is_hungry=True)))
    one.give([ROWS[0]] * ROWS_AHEAD)
    assert one.untaken == ROWS_AHEAD
    assert not one.wants_rows


def test_what_it_owes_is_pending_and_what_it_reports_is_believed():
    one = member()
    one.give(ROWS)
    one.hand(b"job")
    one.account(wire.Harvest(status=wire.Status(rows=2, duplicates=1), endings=[DONE]))
    assert one.pending == 2
    one.account(wire.Harvest(status=wire.Status(rows=2, duplicates=1), handed=[wire.Handed(1, b"job")]))
    assert one.pending == 1
    one.account(wire.Harvest(status=wire.Status(rows=2), report=wire.Report(5, {}, [])))
    assert one.pending == 5 + 1 + 1


def test_nothing_is_sent_to_one_that_has_gone():
    one = member()
    one.order(is_stop=True)
    one.close()
    one.order(is_stop=True)
    assert len(one.connected.result()[1].frames) == 1
