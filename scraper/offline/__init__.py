"""The records of pages that were kept, made again without a network, on all processors.

============  ==================================================================
`sources`     what was kept, in pieces
`pool`        processes that work on pieces, in order
`work`        what such a process does
============  ==================================================================
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

from scraper.compression import compress, compression_of
from scraper.config import Config
from scraper.errors import UsageError
from scraper.extract import make_extract
from scraper.offline.pool import Pool
from scraper.offline.sources import opened
from scraper.offline.work import Done
from scraper.output import OutputStream, is_stream, open_destination
from scraper.output.published import published
from scraper.resume.reading import Records, open_to_read
from scraper.resume.records import decode
from scraper.urls import FingerprintSet, identity

__all__ = ["Extraction", "extract"]

_REWRITE_BYTES = 1024**2


@dataclass
class Extraction:
    """What came of it so far."""

    ok: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    """Records that were made again."""
    without_page: int = 0
    """Records of an output that were taken over as they were, for they have no page."""
    repeated: int = 0
    """Pages that were fetched once more later: the last one counts."""
    damaged_bytes: int = 0
    """Of a container; the pages in them are lost."""
    torn_bytes: int = 0
    """What a killed run left at the end."""
    bytes_done: int = 0
    bytes_in_all: int = 0
    """0: nobody knows."""

    def add(self, done: Done) -> None:
        """Count in what came of a piece."""
        self.ok += done.ok
        self.failed += done.failed
        self.pages += done.pages
        self.without_page += done.without_page
        self.bytes_done += done.size
        for start, end in done.damaged:
            if end == self.bytes_in_all:  # whatever it is, nothing follows
                self.torn_bytes += end - start
            else:
                self.damaged_bytes += end - start


def extract(  # noqa: PLR0913 - from where, to where, what, and who looks on
    source: str,
    target: str,
    config: Config,
    *,
    overwrites: bool = False,
    prepare: Callable[[], object] | None = None,
    watch: Callable[[Extraction], object] = lambda _: None,
) -> Extraction:
    """Write to `target` the records that `config` makes of the pages in `source`, a container or an output with html.

    Each is the record that was made when its page was fetched, but for what is extracted. Of a page that was fetched
    several times the last one counts, except in a stream, which gets them all. `prepare` is called in each process,
    `watch` after each piece. Raises UsageError, OutputError; a file `target` is then as it was.
    """
    make_extract(config)  # a bad setting is told once, not by each process
    with opened(source) as pages:
        account = Extraction(bytes_in_all=pages.size)
        pool = Pool(config, compression_of(target), prepare)
        seen = _Seen()
        with closing(pool.results(pages.pieces())) as results:
            batches = _counted(results, account, seen, watch)
            if is_stream(target):
                _send(target, batches)
            else:
                with published(target, replaces=overwrites, source=source) as draft:
                    _write(draft, batches)
                    _refuse_empty(source, account)
                    if len(seen.repeated):
                        account.repeated = _leave_out_repeated(draft, compression_of(target), seen.repeated)
        account.torn_bytes += pages.torn_bytes
        return account


class _Seen:
    """Identities of the URLs that have a record, and of those that have several."""

    def __init__(self) -> None:
        self.once = FingerprintSet()
        self.repeated = FingerprintSet()


def _counted(
    results: Iterable[Done], account: Extraction, seen: _Seen, watch: Callable[[Extraction], object]
) -> Iterator[bytes]:
    for done in results:
        account.add(done)
        for name in array("Q", done.identities):
            if not seen.once.add(name):
                seen.repeated.add(name)
        if done.data:
            yield done.data
        watch(account)


def _refuse_empty(source: str, account: Extraction) -> None:
    if not account.pages:
        raise UsageError(f"{source} holds no pages; a run keeps them with --keep, or in its output with --html")


def _send(name: str, batches: Iterable[bytes]) -> None:
    stream = open_destination(name)
    with closing(stream):
        for batch in batches:
            unsent = memoryview(batch)
            while unsent and isinstance(stream, OutputStream):
                unsent = unsent[stream.send(unsent) if stream.is_ready(timeout_s=60) else 0 :]


def _write(draft: Path, batches: Iterable[bytes]) -> None:
    with draft.open("wb") as file:
        for batch in batches:
            file.write(batch)


class _Named(Struct, frozen=True, gc=False):
    url: str


_DECODER = msgspec.json.Decoder(_Named)


def _leave_out_repeated(draft: Path, compression: str, repeated: FingerprintSet) -> int:
    """Leave only the last record of each `repeated` URL in `draft`; return how many went."""
    shorter = draft.with_name(f"{draft.name}.last")
    try:
        with open_to_read(str(draft)) as file, shorter.open("wb") as out:
            file.compression = compression
            marks = _superseded(Records(file), repeated)
            batch = bytearray()
            for line, is_superseded in zip(Records(file).lines(), marks, strict=True):
                if not is_superseded:
                    batch += line + b"\n"
                if len(batch) >= _REWRITE_BYTES:
                    out.write(compress(bytes(batch), compression))
                    batch.clear()
            out.write(compress(bytes(batch), compression) if batch else b"")
        shorter.replace(draft)
    finally:
        shorter.unlink(missing_ok=True)
    return marks.count(1)


def _superseded(records: Records, repeated: FingerprintSet) -> bytearray:
    """Return a byte for each line: 1 for the record of a `repeated` URL that has a later one."""
    names = array("Q", (identity(decode(_DECODER, line).url) for line in records.lines()))
    marks = bytearray(len(names))
    standing = FingerprintSet()
    for place in range(len(names) - 1, -1, -1):
        if names[place] in repeated and not standing.add(names[place]):
            marks[place] = 1
    return marks
