"""What was kept, cut into pieces that a process works on: a container, a folder that holds one, an output with html."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from scraper.errors import UsageError
from scraper.kept import SUFFIXES
from scraper.kept.reading import first
from scraper.offline.work import Lines, Piece, Stretch
from scraper.output import OutputFile
from scraper.resume.reading import Records, open_to_read

PIECE_BYTES = 1024**2
"""Of a container, compressed: about 150 pages and 0.1 s."""


class Pages(Protocol):
    """A source of pages."""

    size: int
    """In bytes; 0 where the pieces' do not add up to it."""

    @property
    def torn_bytes(self) -> int:
        """What a killed run left at the end of an output, once it was read."""
        ...

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces in order; all of them are the source."""
        ...


@contextmanager
def opened(name: str) -> Iterator[Pages]:
    """Open the source `name`. Raises UsageError when it is none."""
    name = _in_folder(name)
    with open_to_read(name, "what --keep made, or an output with --html") as file:
        if not name.lower().endswith(SUFFIXES):
            yield _Output(file)
            return
        try:
            info_id, _ = first(file)
        except ValueError as error:
            raise UsageError(f"{name} is not a container that --keep made: {error}") from None
        yield _Container(file, info_id)


def _in_folder(name: str) -> str:
    folder = Path(name)
    if not folder.is_dir():
        return name
    found = sorted(str(path) for path in folder.iterdir() if path.name.lower().endswith(SUFFIXES))
    if len(found) != 1:
        listed = ", ".join(found) or "none"
        raise UsageError(f"{name} is a folder; name one of the containers in it: {listed}")
    return found[0]


class _Container:
    torn_bytes = 0

    def __init__(self, file: OutputFile, info_id: str) -> None:
        self.size = file.size
        self._path = str(file.path)
        self._info_id = info_id

    def pieces(self) -> Iterator[Piece]:
        for start in range(0, self.size, PIECE_BYTES):
            end = min(self.size, start + PIECE_BYTES)
            yield Stretch(path=self._path, info_id=self._info_id, start=start, end=end, size=self.size)


class _Output:
    def __init__(self, file: OutputFile) -> None:
        self.size = 0 if file.compression else file.size
        self._records = Records(file)

    @property
    def torn_bytes(self) -> int:
        return self._records.torn_bytes

    def pieces(self) -> Iterator[Piece]:
        gathered: list[bytes] = []
        size = 0
        number = 0
        for number, line in enumerate(self._records.lines(), 1):
            gathered.append(line)
            size += len(line)
            if size >= PIECE_BYTES:
                yield self._piece(number, gathered)
                gathered, size = [], 0
        if gathered:
            yield self._piece(number, gathered)

    def _piece(self, last: int, lines: list[bytes]) -> Lines:
        return Lines(path=self._records.name, first=last - len(lines) + 1, lines=lines)
