"""Tells others how a run ended: a monitor's URL, and a command that gets the account on its standard input."""

import logging
import subprocess
from typing import Any

import httpx
import msgspec

PING_TIMEOUT_S = 10.0
PING_TRIES = 3
NOTIFY_TIMEOUT_S = 60.0

_log = logging.getLogger(__name__)


def heartbeat(
    url: str, account: dict[str, Any], *, has_passed: bool, transport: httpx.BaseTransport | None = None
) -> bool:
    """POST `account` as JSON to `url`, or to `url/fail` when the run did not pass; return whether that was taken.

    That is the convention of healthchecks.io and its like (https://healthchecks.io/docs/signaling_failures/). A monitor
    that cannot be reached is a warning in the log: the run is what it was.
    """
    address = url if has_passed else _failing(url)
    reason = ""
    with httpx.Client(transport=transport, timeout=PING_TIMEOUT_S, trust_env=False) as client:
        for _ in range(PING_TRIES):
            try:
                answer = client.post(address, content=msgspec.json.encode(account), headers=_JSON)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                reason = f"{type(error).__name__}: {error}"
                continue
            if answer.is_success:
                return True
            reason = f"it answered {answer.status_code}"
    _log.warning("--heartbeat was not taken (%s)", reason)  # the URL is a secret of its kind
    return False


def notify(command: str, account: dict[str, Any]) -> bool:
    """Run `command` in the shell with `account` as one line of JSON on its standard input; return whether it succeeded.

    A command that fails, or takes longer than NOTIFY_TIMEOUT_S, is a warning in the log.
    """
    try:
        ended = subprocess.run(  # noqa: S602 - the user's own command line
            command, shell=True, input=msgspec.json.encode(account) + b"\n", check=False, timeout=NOTIFY_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        _log.warning("--notify took more than %g s and was ended", NOTIFY_TIMEOUT_S)
        return False
    if ended.returncode:
        _log.warning("--notify ended with %d", ended.returncode)
    return not ended.returncode


_JSON = {"content-type": "application/json"}


def _failing(url: str) -> str:
    path, mark, query = url.partition("?")
    return f"{path.rstrip('/')}/fail{mark}{query}"
