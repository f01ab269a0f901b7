"""What may be asked of a run: fixed verbs, each with what it takes."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from scraper.errors import InvalidUrl, UsageError
from scraper.urls import parse

Verb = Literal["status", "concurrency", "per-host", "pause", "resume", "skip", "stop"]
MOST = {"concurrency": 10_000, "per-host": 10_000}
USAGE = "status, set concurrency=N, set per-host=N, pause HOST, resume HOST, skip HOST, stop"


class Command(Struct, frozen=True, forbid_unknown_fields=True):
    """One of them."""

    verb: Verb
    host: str = ""
    """For pause, resume and skip: as a record's URL has it, with its port unless that is the usual one."""
    value: int = 0
    """For concurrency and per-host."""

    def __post_init__(self) -> None:
        """Check that it has what its verb takes. Raises ValueError."""
        if (self.verb in {"pause", "resume", "skip"}) != bool(self.host):
            raise ValueError("pause, resume and skip take a host, and nothing else does")
        if self.verb in MOST and not 1 <= self.value <= MOST[self.verb]:
            raise ValueError(f"{self.verb} is a number from 1 to {MOST[self.verb]:,}")


class Reply(Struct, frozen=True):
    """What a run answers."""

    ok: bool
    text: str
    """For a person: what was done, or why not."""
    status: dict[str, object] | None = None


def command_of(words: Sequence[str]) -> Command:
    """Return the Command of `["pause", "example.com"]`. Raises UsageError."""
    match words:
        case ["status"]:
            return Command("status")
        case ["stop"]:
            return Command("stop")
        case ["pause" | "resume" | "skip" as verb, host]:
            return Command(verb, host=_host(host))
        case ["set", setting]:
            return _setting(setting)
    raise UsageError(f"`ctl` does not know {' '.join(words)!r}; it takes {USAGE}")


def _setting(text: str) -> Command:
    name, _, value = text.partition("=")
    if name not in MOST:
        raise UsageError(f"`ctl set` does not know {name!r}; it takes concurrency=N and per-host=N")
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= MOST[name]):
        raise UsageError(f"`ctl set {name}` is {value!r}; write a number from 1 to {MOST[name]:,}")
    return Command("concurrency" if name == "concurrency" else "per-host", value=int(value))


def _host(text: str) -> str:
    try:
        return parse(text if "://" in text else f"http://{text}/").host
    except InvalidUrl as error:
        raise UsageError(f"{text!r} is no host ({error}); write one like example.com or example.com:8080") from error
