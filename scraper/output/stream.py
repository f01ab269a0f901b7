"""A stream: standard output, a pipe, a device. It is written to and nothing else, a piece when it is ready."""

import errno
import os
import select
import sys

from scraper.compression import compression_of
from scraper.errors import OutputError
from scraper.output.refusals import STDOUT, called, refusal

_PIECE_BYTES = getattr(select, "PIPE_BUF", 4096)
"""A pipe that is ready takes so much without blocking, and whole (POSIX, `write`)."""


class OutputStream:
    """An open stream. It is left in blocking mode, which it may share with other programs."""

    def __init__(self, name: str, fd: int) -> None:
        self.name = name
        """As the user calls it."""
        self.compression = compression_of(name)
        self._fd = fd

    def close(self) -> None:
        """Close it; a second call does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def is_ready(self, timeout_s: float = 0) -> bool:
        """Return whether it takes data without blocking; wait for that at most so long."""
        if sys.platform == "win32":
            return True
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        return bool(poll.poll(timeout_s * 1000))

    def send(self, data: memoryview) -> int:
        """Write the first piece of `data`; return how many bytes were taken. Raises OutputError."""
        try:
            return os.write(self._fd, data[:_PIECE_BYTES])
        except BlockingIOError:  # somebody who shares it made it non-blocking
            return 0
        except BrokenPipeError as error:
            raise OutputError(f"{called(self.name)} was closed by its reader") from error
        except OSError as error:
            raise refusal(self.name, error) from error


def open_stdout() -> OutputStream:
    """Return standard output as a stream of its own. Raises OSError when it is closed."""
    if sys.__stdout__ is None:  # closed before we started: by now its number may be another file's
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return OutputStream(STDOUT, os.dup(1))


def open_stream(name: str) -> OutputStream:
    """Open a pipe or a device; a named pipe waits for its reader. Raises OSError."""
    return OutputStream(name, os.open(name, os.O_WRONLY))
