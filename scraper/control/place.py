"""Where a run's socket is: beside its output, named for it (`.NAME.ctl`); made so that only its owner can open it."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

_LONGEST_NAME = 80
"""A socket's path has 107 bytes (unix(7); 103 on macOS); a longer name is replaced by its hash."""
_LONGEST_PATH = 103


def socket_path(output: str) -> Path:
    """Return the socket of the run that writes to `output`, which may be a link to the file."""
    path = Path(output).resolve()
    name = f".{path.name}.ctl"
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f".{sha256(os.fsencode(path.name)).hexdigest()[:32]}.ctl"
    return path.with_name(name)


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at `path`, in place of one that a killed run left. Raises OSError.

    It is made in a folder that nobody else can enter and moved once its mode is 0600: at no moment may others connect.
    """
    folder = Path(tempfile.mkdtemp(prefix=".ctl.", dir=path.parent))
    draft = folder / "s"
    listener = socket.socket(socket.AF_UNIX)
    try:
        with _reachable(folder) as short:
            listener.bind(f"{short}/{draft.name}")
        draft.chmod(0o600)
        listener.listen()
        draft.replace(path)
    except BaseException:
        listener.close()
        draft.unlink(missing_ok=True)
        raise
    finally:
        folder.rmdir()
    return listener


def connect(path: Path, timeout_s: float) -> socket.socket:
    """Return a socket that is connected to the one at `path`. Raises OSError."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(timeout_s)
    try:
        with _reachable(path.parent) as short:
            client.connect(f"{short}/{path.name}")
    except BaseException:
        client.close()
        raise
    return client


@contextmanager
def _reachable(folder: Path) -> Iterator[str]:
    """Yield a path of `folder` that is short enough for a socket in it."""
    if len(os.fsencode(folder)) + _LONGEST_NAME < _LONGEST_PATH or sys.platform != "linux":
        yield str(folder)
        return
    fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}"
    finally:
        with suppress(OSError):
            os.close(fd)
