"""One run at a time on a file; freed by the system with the process, `kill -9` included."""

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from scraper.errors import OutputLocked

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


def open_locked(path: Path, name: str) -> int:
    """Return a descriptor of the file at `path`, created when missing, and locked. Raises OutputLocked, OSError."""
    while True:
        fd = os.open(path, FLAGS, 0o666)
        try:
            lock(fd, name)
            with suppress(FileNotFoundError):
                if os.path.samestat(path.stat(), os.fstat(fd)):
                    return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # another run renamed or replaced it between our opening and our locking


def lock(fd: int, name: str) -> None:
    """Lock an open file. Raises OutputLocked when another run holds it, OSError where files cannot be locked."""
    try:
        if sys.platform == "win32":
            os.lseek(fd, 0x7FFF_FFFE, os.SEEK_SET)  # a byte that no reader asks for: locks of Windows are mandatory
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            raise OutputLocked(f"another run holds {name}; wait for it or choose another --output") from None
        raise
