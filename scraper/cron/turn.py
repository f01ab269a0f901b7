"""One run of a crontab's line at a time, though each start has an output of its own; and which output is its turn."""

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from scraper.output import refusal
from scraper.output.lock import open_locked

PLACEHOLDERS = ("{date}", "{time}")


class _State(Struct, frozen=True, omit_defaults=True):
    unfinished: str | None = None
    """An output that was begun and not finished, in the words of --output."""


class Turn:
    """Holds the name of an output, `{date}` and `{time}` not filled in, against other starts of the same line.

    A file beside the output, named for it (`.urls-{date}.jsonl.cron`), is locked for as long as the block lasts, and
    remembers an output that was not finished: the next turn goes on with that, whatever day it is by then. Entering
    raises OutputLocked when another start has it, and OutputError when it cannot be written.
    """

    def __init__(self, template: str) -> None:
        """`template` is what --output says."""
        self._template = template
        self._fd = -1

    @property
    def is_needed(self) -> bool:
        """Return whether two starts may have different outputs."""
        return any(placeholder in self._template for placeholder in PLACEHOLDERS)

    def __enter__(self) -> Self:
        if self.is_needed:
            folder, name = os.path.split(self._template)
            path = Path(folder or ".") / f".{name}.cron"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._fd = open_locked(path, self._template)
            except OSError as error:
                raise refusal(str(path), error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def output(self) -> str:
        """Return what to write to: the output that an earlier turn left unfinished, if it is there, or the template."""
        if self._fd < 0:
            return self._template
        os.lseek(self._fd, 0, os.SEEK_SET)
        with suppress(msgspec.ValidationError, msgspec.DecodeError):  # a write that was cut: as if nothing was said
            unfinished = msgspec.json.decode(os.read(self._fd, 1 << 16), type=_State).unfinished
            if unfinished is not None and Path(unfinished).is_file():
                return unfinished
        return self._template

    def begin(self, output: str) -> None:
        """Remember that `output` is not finished from now on."""
        self._write(_State(output))

    def finish(self) -> None:
        """Remember that nothing is unfinished: the next turn has an output of its own."""
        self._write(_State())

    def _write(self, state: _State) -> None:
        if self._fd < 0:
            return
        try:
            os.ftruncate(self._fd, 0)
            os.write(self._fd, msgspec.json.encode(state) + b"\n")
            os.fsync(self._fd)
        except OSError as error:
            raise refusal(f".{Path(self._template).name}.cron", error) from error
