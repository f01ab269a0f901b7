"""Remembers, past the end of a killed process, which pages were being parsed: one that kills it twice is let be."""

import logging
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from scraper.config.constants import MOST_PROCESSES
from scraper.models import Extract, Extracted, Page
from scraper.output import OutputFile, OutputStream
from scraper.urls import fingerprint

FATAL_DEATHS = 2
"""One may be chance: a `kill -9` can meet any page."""

_SLOTS = 2 * MOST_PROCESSES
"""Pages under parse at a time, of which there is one for each thread that parses: in each process two."""
_SLOT = struct.Struct("<Q")
_DEATH = struct.Struct("<QQ")
_TABLE_BYTES = _SLOTS * _SLOT.size
_MAX_BYTES = 1 << 20
"""Of a file that is read back: more is not ours."""
_log = logging.getLogger(__name__)


class NotesShare(Struct, frozen=True):
    """The part of the notes of a run that one of its processes keeps."""

    path: Path | None
    """Where they are; None: there are none."""
    deaths: dict[int, int]
    fatal: set[int]
    first: int
    """Number of the first of its two slots."""


class ParseNotes:
    """Notes the page under parse in a hidden file beside the output, which costs 2 µs and outlives any signal.

    The file is mapped into memory: `_SLOTS` fingerprints (`urls.identity`) of pages under parse, 0 for none, then
    pairs of a fingerprint and how many processes have died over it. Outside of `beside`, nothing is noted.
    """

    def __init__(self) -> None:
        self.fatal: set[int] = set()
        """Fingerprints of the URLs that are not to be tried again; who has recorded one takes it out."""
        self._deaths: dict[int, int] = {}
        self._path: Path | None = None
        self._map: mmap.mmap | None = None
        self._free: list[int] = []

    def around(self, extract: Extract) -> Extract:
        """Return `extract`, with its page noted while it works."""

        def noted(page: Page) -> Extracted:
            table = self._map
            if table is None or not self._free:
                return extract(page)
            number = fingerprint(page.url)  # its identity: it is normalised already
            slot = self._free.pop()
            _SLOT.pack_into(table, slot, number)
            try:
                return extract(page)
            finally:
                _SLOT.pack_into(table, slot, 0)
                self._free.append(slot)
                self._deaths.pop(number, None)

        return noted

    @contextmanager
    def beside(self, output: OutputFile | OutputStream) -> Iterator[None]:
        """Keep the notes beside a file whose lock is held. At the end they go, unless a URL is still to be feared.

        A stream has none; where no such file can be made, the run goes without.
        """
        if isinstance(output, OutputStream):
            yield
            return
        path = output.path.with_name(f".{output.path.name}.parsing")
        self._deaths = _deaths_in(path)
        self.fatal = {number for number, deaths in self._deaths.items() if deaths >= FATAL_DEATHS}
        try:
            self._map = _mapped(path, self._deaths)
        except OSError as error:
            _log.info("pages under parse are not noted: %s", error)
            yield
            return
        self._path = path
        self._free = [slot * _SLOT.size for slot in range(_SLOTS)]
        try:
            yield
        finally:
            self._path = self._map = None
            self._free = []
            left = self._left()
            with suppress(OSError):
                if left:
                    _mapped(path, left).close()
                else:
                    path.unlink()

    def share(self, number: int) -> NotesShare:
        """Return the part of the notes that the process with this number, from 0, is to keep."""
        return NotesShare(self._path, self._deaths, self.fatal, 2 * number)

    @contextmanager
    def joined(self, share: NotesShare) -> Iterator[None]:
        """Keep one process's part of the notes that another keeps beside the output."""
        self._deaths, self.fatal = dict(share.deaths), set(share.fatal)
        if share.path is None:
            yield
            return
        with share.path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _TABLE_BYTES)
        self._free = [slot * _SLOT.size for slot in (share.first, share.first + 1)]
        try:
            yield
        finally:
            self._free = []
            self._map = None

    def settled_since(self, share: NotesShare) -> list[int]:
        """Return the pages that are not to be feared any more since the notes were joined."""
        return list(share.deaths.keys() - self._left().keys())

    def settle(self, pages: list[int]) -> None:
        """Take note that other processes have parsed or recorded these pages."""
        for page in pages:
            self._deaths.pop(page, None)
            self.fatal.discard(page)

    def bury(self, number: int) -> None:
        """Take note that the process with this number has died, over the pages in its slots."""
        if self._map is None:
            return
        for slot in (2 * number, 2 * number + 1):
            (page,) = _SLOT.unpack_from(self._map, slot * _SLOT.size)
            if page:
                self._deaths[page] = self._deaths.get(page, 0) + 1
                if self._deaths[page] >= FATAL_DEATHS:
                    self.fatal.add(page)

    def _left(self) -> dict[int, int]:
        """Return the pages that a next start has to know of."""
        return {page: deaths for page, deaths in self._deaths.items() if deaths < FATAL_DEATHS or page in self.fatal}


def _deaths_in(path: Path) -> dict[int, int]:
    """Return how many processes have died over each page, the last one's counted in."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        fd = os.open(path, flags)
    except OSError:
        return {}
    try:
        data = os.read(fd, _MAX_BYTES)
    except OSError:  # a folder
        data = b""
    finally:
        os.close(fd)
    if len(data) < _TABLE_BYTES or (len(data) - _TABLE_BYTES) % _DEATH.size:
        return {}
    deaths = dict(_DEATH.iter_unpack(data[_TABLE_BYTES:]))
    for (number,) in _SLOT.iter_unpack(data[:_TABLE_BYTES]):
        if number:
            deaths[number] = deaths.get(number, 0) + 1
    return deaths


def _mapped(path: Path, deaths: dict[int, int]) -> mmap.mmap:
    """Write a new file in place of `path`, whole or not at all, with no page under parse; return it mapped."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.write(fd, bytes(_TABLE_BYTES) + b"".join(_DEATH.pack(*pair) for pair in deaths.items()))
        table = mmap.mmap(fd, _TABLE_BYTES)
    finally:
        os.close(fd)
    draft.replace(path)
    return table
