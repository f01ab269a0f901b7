"""What a run tells of itself at one moment."""

from scraper.engine.view import View


def test_the_records_of_a_view_are_the_ok_and_the_failed():
    view = View(done=9, ok=4, failed={"deadline": 2, "tls-error": 1}, busy=0, workers=1, queued=0)
    assert view.records == 7
