"""What a process of an extraction does: a piece of a source in, the lines of its records out."""

import logging
import os
import signal
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
from msgspec import Struct, field, structs

from scraper.compression import compress
from scraper.config import Config
from scraper.errors import InternalError, ParseLimit, UrlError, UsageError
from scraper.extract import make_extract
from scraper.kept.pages import KeptPage, from_warc
from scraper.kept.reading import records
from scraper.models import Extract, Failure, Page, Record, Timings
from scraper.output import OutputFile
from scraper.output.encoder import append_line
from scraper.resume.records import decode
from scraper.urls import identity

_log = logging.getLogger(__name__)


class Stretch(Struct, frozen=True, kw_only=True):
    """The pages of a container that begin between two places, in bytes."""

    path: str
    info_id: str
    start: int
    end: int
    size: int
    """Of the container, as far as it is read."""


class Lines(Struct, frozen=True, kw_only=True):
    """Lines of an output that has its pages in `html`."""

    path: str
    first: int
    """Number of the first, from 1."""
    lines: list[bytes]


Piece = Stretch | Lines


class Done(Struct, kw_only=True):
    """The records of a piece."""

    data: bytes = b""
    """As they go into the file, compressed if that is."""
    identities: bytes = b""
    """`urls.identity` of each, as an array of type Q."""
    ok: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    without_page: int = 0
    """Records that were taken over as they were: they have no page."""
    pages: int = 0
    """Records that were made of one."""
    damaged: list[tuple[int, int]] = field(default_factory=list)
    """From where to where a container holds no records."""
    size: int = 0
    """Of the piece, in bytes of its source or of its text."""


class _State(Struct):
    extract: Extract
    compression: str
    note: Any
    """A shared number: the page under parse, from 1 within its piece; 0 for none."""


_state: list[_State] = []  # of this process; `begin` fills it once


def begin(config: Config, compression: str, note: Any, prepare: Callable[[], object] | None) -> None:
    """Get this process ready."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when it is over
    Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare()
    _state[:] = [_State(make_extract(config), compression, note)]


def _end_with_parent() -> None:
    """End this process when its parent has died: nobody would take what it does, and nothing else would tell it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def work(piece: Piece, fatal: frozenset[int] = frozenset()) -> Done:
    """Make the records of `piece` again; pages whose number is `fatal` are refused. Raises UsageError."""
    (state,) = _state
    done = Done(size=piece.end - piece.start if isinstance(piece, Stretch) else sum(map(len, piece.lines)))
    lines = bytearray()
    identities = array("Q")
    for number, kept in enumerate(_kept(piece, done), 1):
        if isinstance(kept, Record):
            record = kept
        elif number in fatal:
            record = _failed(kept, ParseLimit("the process died twice while it was parsed"))
        else:
            state.note.value = number
            record = _again(state.extract, kept)
            state.note.value = 0
        append_line(record, lines)
        identities.append(identity(record.url))
        if record.error is None:
            done.ok += 1
        else:
            done.failed[record.error.kind] += 1
    done.pages = len(identities) - done.without_page
    done.data = compress(bytes(lines), state.compression) if lines else b""
    done.identities = identities.tobytes()
    return done


def _again(extract: Extract, kept: KeptPage) -> Record:
    try:
        extracted = extract(kept.page)
    except UrlError as error:
        return _failed(kept, error)
    except Exception as bug:  # noqa: BLE001 - as in a run: a bug must not end it, nor lose the URL
        _log.exception("%s: a bug in scraper, please report it", kept.record.url)
        return _failed(kept, InternalError(f"{type(bug).__name__}: {bug}"))
    # The main text was found in another process, and stays.
    return structs.replace(kept.record, **{**extracted.in_record(), "text": kept.record.text})


def _failed(kept: KeptPage, error: UrlError) -> Record:
    """Return what a run writes of such a page."""
    record = kept.record
    return Record(
        url=record.url,
        ok=False,
        status=record.status,
        error=Failure(error.kind, error.message),
        final_url=record.final_url,
        redirects=record.redirects,
        attempts=record.attempts,
        fetched_at=record.fetched_at,
        elapsed_ms=record.elapsed_ms,
        timings=kept.page.timings,
        input=record.input,
    )


def _kept(piece: Piece, done: Done) -> Iterator[KeptPage | Record]:
    if isinstance(piece, Lines):
        yield from _of_lines(piece, done)
        return
    with Path(piece.path).open("rb", buffering=0) as raw:
        file = OutputFile(piece.path, Path(piece.path), raw.fileno())
        file.size = piece.size
        for found in records(file, piece.info_id, piece.start, piece.end):
            try:
                kept = None if found.warc is None else from_warc(found.warc)
            except ValueError:
                kept = None
            if kept is None:
                done.damaged.append((found.start, found.end))
            else:
                yield structs.replace(kept, page=_decoded(kept.page))


def _decoded(page: Page) -> Page:
    if page.encoding == "utf-8":
        return page
    # The fetcher's family brings the network along: 0.3 s, which a process without such a page need not spend.
    from scraper.fetcher.charset import decode as decode_text  # noqa: PLC0415 - see above

    return structs.replace(page, decoded=decode_text(page.body, page.encoding))


_DECODER = msgspec.json.Decoder(Record)


def _of_lines(piece: Lines, done: Done) -> Iterator[KeptPage | Record]:
    for number, line in enumerate(piece.lines, piece.first):
        try:
            record = decode(_DECODER, line)
        except ValueError as error:
            raise UsageError(f"line {number:,} of {piece.path} is not a record: {error}") from None
        if record.html is None:
            done.without_page += 1
            yield record
        else:
            yield KeptPage(_page(record), record)


def _page(record: Record) -> Page:
    """Return the page of a record with `html`: bytes that meant nothing in its encoding are U+FFFD there already."""
    encoding = record.encoding or "utf-8"
    text = record.html or ""
    return Page(
        url=record.redirects[0].url if record.redirects else record.final_url or record.url,
        final_url=record.final_url or record.url,
        status=record.status or 0,
        headers=_headers(record),
        body=text.encode("utf-8", "replace"),
        media_type=record.content_type or "",
        encoding=encoding,
        encoding_source=record.encoding_source or "default",
        decoded=None if encoding == "utf-8" else text,
        redirects=record.redirects,
        timings=structs.replace(record.timings or Timings(), parse=None, text=None),
    )


def _headers(record: Record) -> tuple[tuple[str, str], ...]:
    known = {"content-type": record.content_type, "etag": record.etag, "last-modified": record.last_modified}
    return tuple((name, value) for name, value in known.items() if value is not None)
