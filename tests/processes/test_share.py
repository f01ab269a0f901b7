"""The log of a process comes to the one that runs it."""

import logging

from scraper.processes.share import _Log

LOGGER = logging.getLogger("scraper.test_share")


def test_lines_are_kept_with_their_tracebacks_and_taken_once(caplog):
    log = _Log()
    with log.kept(logging.INFO):
        LOGGER.info("page %d \ud800", 7)
        try:
            int("no number")
        except ValueError:
            LOGGER.exception("failed")
        LOGGER.debug("too much")
    LOGGER.warning("after it")
    first, second = log.taken()
    assert (first.name, first.level, first.message) == (LOGGER.name, logging.INFO, "page 7 \\ud800")
    assert first.traceback is None
    assert second.traceback.startswith("Traceback")
    assert second.traceback.endswith("'no number'")
    assert log.taken() == []
    assert caplog.messages == ["after it"]
