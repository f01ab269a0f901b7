"""A file that appears whole or not at all: written under another name, synced, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scraper.errors import OutputError, UsageError


@contextmanager
def published(name: str, *, replaces: bool, source: str) -> Iterator[Path]:
    """Yield the path of a draft that becomes the file `name` when the block ends well, and is gone when it does not.

    Raises UsageError for an existing file unless it `replaces` it, and for `source` itself; OutputError when it
    cannot be written.
    """
    target = Path(name).resolve()
    _refuse(name, target, replaces=replaces, source=source)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        _sync(draft)
        _refuse(name, target, replaces=replaces, source=source)  # it may have come meanwhile
        draft.replace(target)
        with suppress(OSError):  # a folder that cannot be synced needs no syncing
            _sync(target.parent)
    except OSError as error:
        raise OutputError(f"cannot write {name}: {error.strerror or error}; nothing is left of it") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _refuse(name: str, target: Path, *, replaces: bool, source: str) -> None:
    if target.is_dir():
        raise OutputError(f"{name} is a folder; name a file in it")
    if not target.exists():
        return
    with suppress(OSError):
        if target.samefile(source):
            raise UsageError(f"{name} is what is read; name another file")
    if not replaces:
        raise UsageError(f"{name} is there already; --overwrite replaces it")


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
