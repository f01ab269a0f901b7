"""For every fault: retries without long waits, and nothing in the log that a user would take for a crash."""

import logging
import os
from functools import lru_cache

import pytest

from scraper import transport
from scraper.config import constants

_contexts = lru_cache(lambda _bundle, is_insecure: transport_tls_context(is_insecure=is_insecure))
transport_tls_context = transport.tls_context


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch):
    monkeypatch.setattr(constants, "RETRY_WAIT_S", 0.02)


@pytest.fixture(autouse=True)
def nothing_is_logged_as_an_error(caplog):
    yield
    for phase in ("setup", "call"):
        errors = [record.getMessage() for record in caplog.get_records(phase) if record.levelno >= logging.ERROR]
        assert not errors


@pytest.fixture(autouse=True)
def one_tls_context(monkeypatch):
    """Load the CA bundle once, not in each test: that takes longer than all the rest of a test."""
    monkeypatch.setattr(
        transport, "tls_context", lambda *, is_insecure: _contexts(os.environ.get("SSL_CERT_FILE"), is_insecure)
    )
