"""The words of `scrape ctl`, and what they mean."""

import msgspec
import pytest

from scraper.control.command import Command, command_of
from scraper.errors import UsageError


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("status", Command("status")),
        ("stop", Command("stop")),
        ("set concurrency=20", Command("concurrency", value=20)),
        ("set per-host=2", Command("per-host", value=2)),
        ("pause Example.COM", Command("pause", host="example.com")),
        ("resume https://example.com:8443/a?b", Command("resume", host="example.com:8443")),
        ("skip bücher.example", Command("skip", host="xn--bcher-kva.example")),
        ("skip [::1]:8080", Command("skip", host="[::1]:8080")),
    ],
)
def test_words_that_are_known(words, command):
    assert command_of(words.split()) == command


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("fly", "`ctl` does not know 'fly'; it takes status, set concurrency=N"),
        ("pause", "`ctl` does not know 'pause'"),
        ("set concurrency=0", "`ctl set concurrency` is '0'; write a number from 1 to 10,000"),
        ("set concurrency=10001", "from 1 to 10,000"),
        ("set per-host", "`ctl set per-host` is ''"),
        ("set delay=1", "`ctl set` does not know 'delay'"),
        ("skip http://", "'http://' is no host"),
        ("status now", "does not know 'status now'"),
    ],
)
def test_other_words_are_refused_with_what_there_is(words, message):
    with pytest.raises(UsageError) as refused:
        command_of(words.split())
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        '{"verb":"exec"}',
        '{"verb":"pause"}',
        '{"verb":"stop","host":"a.test"}',
        '{"verb":"concurrency","value":0}',
        '{"verb":"per-host","value":99999}',
        '{"verb":"status","more":1}',
    ],
)
def test_what_does_not_come_from_our_client_is_checked_as_well(line):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(line, type=Command)
