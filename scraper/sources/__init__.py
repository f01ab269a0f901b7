"""Where URLs come from: files, standard input, bare URLs or a program's own iterable, as batches of Rows, lazily.

==============  ====================================================================
`check`         what a source is; refuses a bad one before anything is requested
`handover`      pulls what may keep its reader waiting, on a thread of its own
`streams`       standard input, FIFOs and devices, through it
`pipeline`      bytes to Rows: the three below, one after the other
`text`          bytes to lines: UTF-8, UTF-16, any line end, lines without an end
`formats`       lines to Rows: plain lists and JSONL; which format a name tells
`delimited`     lines to Rows: CSV and TSV
`columns`       which column is the URL, which the priority
`iterable`      strings and mappings to Rows
==============  ====================================================================
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import aclosing
from typing import Protocol

from scraper.models import Row
from scraper.sources import iterable
from scraper.sources.check import STDIN, Source, check_all, name_of, unreadable
from scraper.sources.columns import Columns
from scraper.sources.iterable import well_formed
from scraper.sources.pipeline import Pipeline
from scraper.sources.streams import CHUNK_BYTES, stream_chunks

__all__ = ["Rows", "iterable_source", "open_sources"]


class Rows(Protocol):
    """Where the producer gets its Rows."""

    @property
    def progress(self) -> float | None:
        """The part that was read, from 0 to 1; None when it is not known."""
        ...

    def __aiter__(self) -> AsyncGenerator[list[Row], None]:  # noqa: PYI058 - aclosing() needs its aclose
        """Return the batches, to be closed (`contextlib.aclosing`) when they are left early."""
        ...


def open_sources(specs: Sequence[str], *, url_column: str | None = None, priority_column: str | None = None) -> Rows:
    """Return the Rows of `specs`, one source after the other.

    A spec is a path (`.txt` `.csv` `.tsv` `.jsonl` `.ndjson`, each also `.gz` or `.zst`), `-` for standard input, or an
    http(s) URL. Raises UsageError now, for what the head of each file tells; and while iterating, for what is found
    later: damaged compressed data, a read error, a stream that is binary or has no URL column. All before is yielded.
    """
    columns = Columns(url_column, priority_column)
    return _Sources(check_all(specs, columns), columns)


def iterable_source(
    urls: Iterable[iterable.Item] | AsyncIterable[iterable.Item],
    *,
    url_column: str | None = None,
    priority_column: str | None = None,
) -> Rows:
    """Return the Rows of strings or mappings. While iterating raises UsageError for mappings without a URL column."""
    return iterable.IterableSource(urls, Columns(url_column, priority_column))


class _Sources:
    def __init__(self, sources: Sequence[Source], columns: Columns) -> None:
        self._sources = sources
        self._columns = columns
        self._bytes_read = 0
        self._bytes = 0 if any(source.is_stream for source in sources) else sum(source.size for source in sources)

    @property
    def progress(self) -> float | None:
        return min(self._bytes_read / self._bytes, 1.0) if self._bytes else None

    async def __aiter__(self) -> AsyncGenerator[list[Row], None]:
        for source in self._sources:
            if source.is_url:
                yield [well_formed(Row(source.spec.strip(), 1, name_of(source.spec)))]
                continue
            async with aclosing(self._batches(source)) as batches:
                async for rows in batches:
                    yield rows
                    await asyncio.sleep(0)  # rows that are all skipped must not hold the loop

    async def _batches(self, source: Source) -> AsyncGenerator[list[Row], None]:
        pipeline = Pipeline(name_of(source.spec), self._columns)
        async with aclosing(self._chunks(source)) as chunks:
            async for chunk in chunks:
                for rows in pipeline.feed(chunk):
                    yield rows
        for rows in pipeline.finish():
            yield rows

    async def _chunks(self, source: Source) -> AsyncGenerator[bytes, None]:
        try:
            if source.is_stream:
                async with aclosing(stream_chunks(0 if source.spec == STDIN else source.spec)) as chunks:
                    async for chunk in chunks:
                        yield chunk
                return
            # In place: 64 KiB from the page cache cost less than handing them from a thread to the loop.
            with open(source.spec, "rb", buffering=0) as file:  # noqa: ASYNC230, PTH123
                while chunk := file.read(CHUNK_BYTES):
                    self._bytes_read += len(chunk)
                    yield chunk
        except OSError as error:
            raise unreadable(source.spec, error) from error
