"""The other end: asks the run that writes to an output."""

import msgspec

from scraper.control.command import Command, Reply
from scraper.control.place import connect, socket_path
from scraper.errors import UsageError

PATIENCE_S = 10.0
"""For the answer: a run may be parsing a large page."""


def ask(output: str, command: Command) -> Reply:
    """Return what the run that writes to `output` answers. Raises UsageError when it cannot be asked, or refuses."""
    if output == "-":
        raise UsageError("a run that writes to standard output cannot be steered: it has no file for `scrape ctl`")
    path = socket_path(output)
    try:
        with connect(path, PATIENCE_S) as client:
            client.sendall(msgspec.json.encode(command) + b"\n")
            with client.makefile("rb") as answer:
                line = answer.readline()
    except PermissionError:
        raise UsageError(f"the run of {output} is not yours") from None
    except TimeoutError:
        raise UsageError(f"the run of {output} does not answer: something holds it; `kill -USR1` tells what") from None
    except (FileNotFoundError, ConnectionError, NotADirectoryError):
        raise UsageError(f"no run holds {output}") from None
    except OSError as error:
        raise UsageError(f"the run of {output} cannot be asked: {error.strerror or error}") from error
    try:
        reply = msgspec.json.decode(line, type=Reply)
    except msgspec.DecodeError:
        raise UsageError(f"the run of {output} has just ended") from None
    if not reply.ok:
        raise UsageError(reply.text)
    return reply
