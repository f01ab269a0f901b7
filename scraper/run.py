"""A run under way, and what a library call returns: the summary, the records, and ways to look at them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from scraper.compression import compression_of, decompressor
from scraper.errors import UsageError
from scraper.extras import need
from scraper.models import Lines, Record
from scraper.stats import Stats, Summary
from scraper.urls import FingerprintSet

_PIECE_BYTES = 1 << 20


class Running(Protocol):
    """A run under way: an Engine, or several of them in processes of their own."""

    stats: Stats
    finished: FingerprintSet
    limit: int | None
    is_past_deadline: bool

    @property
    def is_source_read(self) -> bool:
        """Every line of the source was taken up."""
        ...

    async def run(self) -> None:
        """Run to the end, or to the end of a stop. Raises RunError when the run cannot go on."""
        ...

    def stop(self) -> None:
        """First call: start nothing new. Second call: end at once."""
        ...

    @property
    def pending(self) -> int:
        """URLs that were taken up and have no record."""
        ...

    @property
    def deferred(self) -> Counter[str]:
        """URLs, by host, that stay pending because their host asked for a longer pause than a run waits for."""
        ...

    def held_back(self) -> str:
        """Return one sentence on what held the run back; empty when there is nothing to say."""
        ...


class Run:
    """A finished run. With an `output` the records stay in the file until they are asked for."""

    def __init__(self, summary: Summary, records: list[Record] | None) -> None:
        self.summary = summary
        self._records = records

    @property
    def records(self) -> list[Record]:
        """The record of each URL, in the order they were finished; with `output`, all that the file holds.

        Raises UsageError when the output was a stream, such as standard output, or the file is not there any more.
        """
        if self._records is None:
            self._records = _read_back(self.summary.output) if self.summary.output else []
        return self._records

    @property
    def failed(self) -> list[Record]:
        """The records that are not ok."""
        return [record for record in self.records if not record.ok]

    def to_pandas(self) -> Any:
        """Return a pandas.DataFrame, a row for each record; the items of `fields` and `input` as columns of their own.

        A name that is a record's key already, or stands in both, gets the prefix `fields.` or `input.`. Needs the
        extra `pandas`.
        """
        pandas = need("pandas", extra="pandas")
        return pandas.DataFrame([_flat(record) for record in self.records])

    def __repr__(self) -> str:
        return f"<Run: {str(self.summary).splitlines()[0]}>"


def read_records(path: str | Path) -> Iterator[Record]:
    """Yield the records of an output file (`.gz`, `.zst` too), one at a time; a torn last line is left out."""
    decoder = msgspec.json.Decoder(Record)
    unpack = decompressor(compression_of(path))
    rest = b""
    with Path(path).open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            *lines, rest = (rest + unpack.decompress(piece)).split(b"\n")
            for line in lines:
                yield decoder.decode(line)


def records_in(result: Record | Lines) -> Sequence[Record]:
    """Return the records that came as one: itself, or those of another process."""
    if isinstance(result, Record):
        return (result,)
    return [_DECODER.decode(line) for line in result.data.splitlines()]


def _read_back(output: str) -> list[Record]:
    if output == "-":
        raise UsageError("the records went to standard output; name a file as output, or none, to have them here")
    if not Path(output).is_file():
        what = "is a stream" if Path(output).exists() else "is not there any more"
        raise UsageError(f"{output} {what}: its records cannot be read back")
    return list(read_records(output))


def _flat(record: Record) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(record)
    error = row.pop("error", None) or {}
    row["error_kind"], row["error_message"] = error.get("kind"), error.get("message")
    for group in ("fields", "input"):
        for name, value in (row.pop(group, None) or {}).items():
            row[f"{group}.{name}" if name in _TAKEN or name in row else name] = value
    return row


_DECODER = msgspec.json.Decoder(Record)
_TAKEN = frozenset(Record.__struct_fields__)
