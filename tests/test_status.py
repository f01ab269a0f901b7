"""What a person who asks is told."""

import json

from running import StillRun

from scraper.status import status_data, status_text


def test_it_tells_how_far_the_run_is_what_it_waits_for_and_each_busy_worker():
    run = StillRun()
    assert status_text(run.view(), run.inside()).splitlines() == [
        "done        5 of 12 lines: 2 ok, 2 failed; 0.40 pages/s, 0 bytes",
        "running     10 s; about 17.5 s left; the last sign of life was 2 s ago",
        "now         half of the time waiting for a.test",
        "workers     3 of 8 busy: connect 1, body 2",
        "queue       4 URLs waiting",
        "hosts       5 with URLs, 2 paused, 1 being looked up",
        "sockets     9 open",
        "            worker 3, body, 31.5 s, http://a.test/slow",
        "            worker 1, connect, 200 ms, http://b.test/",
        "            and 1 more workers",
    ]


def test_it_can_be_had_as_data():
    run = StillRun()
    data = json.loads(json.dumps(status_data(run.view(), run.inside())))
    assert data["in_flight"]["body"] == 2
    assert data["hosts"] == {"active": 5, "paused": 2, "resolving": 1}
    assert data["busy_workers"][0] == {"worker": 3, "url": "http://a.test/slow", "phase": "body", "for_s": 31.5}
