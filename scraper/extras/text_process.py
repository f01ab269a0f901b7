"""The process that finds the main text of pages, one after the other (trafilatura); `extras.text` starts it.

It imports nothing of ours, and speaks over its standard input and output: a page goes in as its length (4 bytes, big
endian) and its source (UTF-8); first `ready` comes out, then for each page 1 byte, whether there is text, the length of
that and that. It dies with whoever started it, over a page that takes too long or too much memory, and over no other.
"""

import faulthandler
import os
import struct
import sys
from contextlib import suppress
from typing import IO

READY = b"ready\n"
LENGTH = struct.Struct(">I")
MAX_MEMORY_BYTES = 2 * 1024**3
"""Of address space; a page of 10 MiB takes 0.5 GiB."""
_SIGN_CHARACTERS = 50
"""trafilatura takes for no page what does not say so in these; HTML need not."""
NICENESS = 5
"""The loop that fetches goes first."""


def main(form: str, limit_s: float) -> None:
    """Answer until the input ends. `form` is trafilatura's name of one, `limit_s` seconds may go by for each page."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    _restrain()
    from trafilatura import extract  # noqa: PLC0415 - restrained first; what is missing is told on standard error

    _send(answers, READY)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        while head := sys.stdin.buffer.read(LENGTH.size):
            (size,) = LENGTH.unpack(head)
            html = sys.stdin.buffer.read(size).decode("utf-8", "replace")
            # It ends the process from a thread of its own, whatever this one is stuck in.
            faulthandler.dump_traceback_later(limit_s, exit=True, file=nowhere)
            if "html" not in html[:_SIGN_CHARACTERS].lower():
                html = f"<html>{html}"
            text = None
            with suppress(Exception):  # a page that the library cannot read has no text; MemoryError is one of these
                text = extract(html, output_format=form, include_comments=False, include_tables=True)
            faulthandler.cancel_dump_traceback_later()
            content = (text or "").encode("utf-8", "replace")
            _send(answers, bytes([bool(text)]) + LENGTH.pack(len(content)) + content)


def _restrain() -> None:
    """Leave the processor to others, and take no more memory than a page may."""
    with suppress(ImportError, AttributeError, OSError, ValueError):  # neither is everywhere
        os.nice(NICENESS)
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(message)
    stream.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main(sys.argv[1], float(sys.argv[2]))
