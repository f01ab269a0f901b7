"""A regular file: whole lines are appended or none, it is cut, renamed or rewritten, under a lock throughout."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from scraper.compression import compress, compression_of
from scraper.errors import OutputError
from scraper.output.lock import FLAGS, lock, open_locked
from scraper.output.refusals import GO_ON, refusal

PIECE_BYTES = 256 * 1024


class OutputFile:
    """An open file, locked against other runs until it is closed.

    `append`, `sync` and `check` raise OutputError, the others OSError.
    """

    def __init__(self, name: str, path: Path, fd: int) -> None:
        self.name = name
        """As the user calls it."""
        self.path = path
        """Where it is, symbolic links resolved: a rename must meet the file, not the link."""
        self.compression = compression_of(path)
        self.size = os.fstat(fd).st_size
        """In bytes, as far as we wrote it."""
        self.is_new = False
        """We made it."""
        self._fd = fd

    def close(self) -> None:
        """Close it, which frees the lock; a second call does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def fileno(self) -> int:
        """Return its descriptor."""
        return self._fd

    def remove_unused(self) -> None:
        """Remove a file that we made and wrote nothing to. It is locked: another run waits, and makes its own."""
        if self.is_new and not self.size:
            with suppress(OSError):
                if os.path.samestat(self.path.stat(), os.fstat(self._fd)):
                    self.path.unlink()

    def modified_at(self) -> float:
        """Return when it was last written to, in seconds since 1970."""
        return os.fstat(self._fd).st_mtime

    def read(self, start: int, end: int, piece_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
        """Yield the bytes from `start` to `end` in pieces. One reader at a time."""
        os.lseek(self._fd, start, os.SEEK_SET)  # appending does not look at the position
        while start < end and (piece := os.read(self._fd, min(piece_bytes, end - start))):
            start += len(piece)
            yield piece

    def append(self, data: bytes) -> None:
        """Append `data` whole, or leave the file as it was."""
        self.check()
        try:
            _write_all(self._fd, data)
        except BaseException as error:  # whatever it is, half a line must not stay
            with suppress(OSError):  # then the next start cuts it
                if self.size <= os.fstat(self._fd).st_size <= self.size + len(data):
                    os.ftruncate(self._fd, self.size)
            if isinstance(error, OSError):
                raise refusal(self.name, error) from error
            raise
        self.size += len(data)

    def sync(self) -> None:
        """Bring what was written to the disk (fsync). May run in a thread beside `append`."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise refusal(self.name, error) from error

    def check(self) -> None:
        """Raise OutputError when the file is not where it was, or not as we left it."""
        try:
            there = self.path.stat()
        except OSError:
            there = None
        if there is None or not os.path.samestat(there, os.fstat(self._fd)):
            raise OutputError(f"{self.name} was deleted, renamed or replaced during the run; {GO_ON}")
        if there.st_size != self.size:
            raise OutputError(f"{self.name} was changed by another program during the run; {GO_ON}")

    def cut(self, size: int) -> None:
        """Remove what follows the first `size` bytes."""
        if size < self.size:
            os.ftruncate(self._fd, size)
            self.size = size

    def set_aside(self, now: datetime) -> Path:
        """Rename the file to `<stem>.<UTC time>.<suffixes>`, which no other file has; return that. It stays open."""
        aside = _reserve_name(self.path, now.astimezone(UTC))
        self.path.replace(aside)
        _sync_folder(aside.parent)
        return aside

    def rewrite(self, batches: Iterable[bytes]) -> None:
        """Replace the contents by `batches` of whole lines. Killed at any moment, it leaves the old file or the new."""
        draft = _draft_of(self.path)
        fd = os.open(draft, FLAGS | os.O_EXCL, 0o600)
        try:
            lock(fd, self.name)  # before it gets the name: a file of that name is never free
            for batch in batches:
                _write_all(fd, compress(batch, self.compression))
            _copy_owner(self._fd, fd)
            shutil.copymode(self.path, draft)
            os.fsync(fd)
            draft.replace(self.path)
        except BaseException:
            os.close(fd)
            draft.unlink(missing_ok=True)
            raise
        self.close()
        self._fd = fd
        self.size = os.fstat(fd).st_size
        _sync_folder(self.path.parent)


def open_file(name: str) -> OutputFile:
    """Open and lock the file, created with its folders when missing. Raises OutputLocked, OutputError, OSError."""
    if name.endswith(("/", os.sep)) or Path(name).is_dir():
        raise OutputError(f"{name} is a folder; name a file in it with --output")
    path = Path(name).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    file = OutputFile(name, path, open_locked(path, name))
    file.is_new = is_new
    try:
        if not file.size:
            _sync_folder(path.parent)
        draft = _draft_of(path)
        with suppress(FileNotFoundError):
            draft.lstat()
            draft.unlink()  # of a rewrite that was killed
    except BaseException:
        file.close()
        raise
    return file


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.rewrite")


def _reserve_name(path: Path, now: datetime) -> Path:
    """Return a name for the file at `path` that was nobody's; an empty file holds it for us."""
    stem = Path(path.name.removesuffix(compression_of(path))).stem
    stamp, turn = f"{now:%Y%m%dT%H%M%SZ}", 1
    while True:
        name = path.with_name(f"{stem}.{stamp}{f'-{turn}' if turn > 1 else ''}{path.name.removeprefix(stem)}")
        try:
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            turn += 1
        else:
            return name


def _copy_owner(source: int, target: int) -> None:
    if sys.platform != "win32":
        owner = os.fstat(source)
        with suppress(OSError):  # only root gives files away
            os.fchown(target, owner.st_uid, owner.st_gid)


def _sync_folder(folder: Path) -> None:
    """Make a new name durable; a folder that cannot be synced needs no syncing."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
