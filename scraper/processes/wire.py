"""What the processes of a run tell each other: MessagePack, each message with its length before it."""

import asyncio
import struct
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct, structs

from scraper.control.command import Verb
from scraper.engine.bottleneck import Load
from scraper.engine.view import Inside
from scraper.models import Ending, Job, Row
from scraper.output.encoder import as_json

TOKEN_BYTES = 32
BUFFER_BYTES = 256 * 1024
"""Read ahead of a message that is being dealt with."""

_LENGTH = struct.Struct("<I")


class Handed(Struct, frozen=True, array_like=True):
    """A job that goes on where its host is asked, for a redirect led there, or its next try goes back."""

    host: str
    job: bytes
    """See `job_data`."""


class LogLine(Struct, frozen=True, array_like=True):
    """A line for the log."""

    name: str
    level: int
    message: str
    created: float
    traceback: str | None


class Status(Struct, frozen=True, array_like=True):
    """How far a process is with what it was given."""

    rows: int = 0
    """That it has taken up."""
    jobs: int = 0
    """Of those that others handed over, taken up."""
    duplicates: int = 0
    is_idle: bool = True
    """It has nothing left to do; URLs of hosts that want to be left alone stay pending."""
    is_hungry: bool = True
    """It has less waiting than it may have, or a worker without a job."""


class State(Struct, frozen=True, array_like=True):
    """What the live line tells, and the closing lines."""

    busy: int
    queued: int
    load: Load
    lately: Load
    inside: Inside | None = None
    """Not each time."""


class Report(Struct, frozen=True, array_like=True):
    """The end of a process that did what it was asked to."""

    pending: int
    """URLs that it had taken up and that have no record."""
    deferred: dict[str, int]
    settled: list[int]
    """Pages that are not to be feared any more (`poison`)."""


class Order(Struct, frozen=True, array_like=True, kw_only=True):
    """To a process."""

    rows: Sequence[Sequence[Any]] = ()
    """The fields of Rows; an `input` that MessagePack has no form for, as JSON in bytes."""
    jobs: Sequence[bytes] = ()
    is_last: bool = False
    """There will be no more rows."""
    is_over: bool = False
    """Nor jobs: no process has anything left."""
    is_stop: bool = False
    command: tuple[Verb, str, int] | None = None
    """What a person asks for: the fields of a Command."""


class Harvest(Struct, frozen=True, array_like=True, kw_only=True):
    """From a process: what it has done since the last, whole; what is not in one that arrived did not happen."""

    status: Status
    endings: Sequence[Ending] = ()
    lines: bytes = b""
    """The records that ended so, as they are to be written."""
    handed: Sequence[Handed] = ()
    log: Sequence[LogLine] = ()
    state: State | None = None
    report: Report | None = None


def job_data(job: Job, wait_s: float | None) -> bytes:
    """Return a job and the time until it may start, None for where a redirect leads, as bytes."""
    return _ENCODER.encode((job, wait_s))


def job_of(data: bytes) -> tuple[Job, float | None]:
    """Return what `job_data` was given."""
    return _JOBS.decode(data)


def row_of(fields: Sequence[Any]) -> Row:
    """Return the Row of these fields."""
    url, line, source, priority, given, *others = fields
    return Row(url, line, source, priority, msgspec.json.decode(given) if isinstance(given, bytes) else given, *others)


def order_frame(rows: Sequence[Row] = (), **order: Any) -> bytes:
    """Return an Order as it is sent."""
    fields = [structs.astuple(row) for row in rows]
    try:
        return _frame(Order(rows=fields, **order))
    except (ValueError, TypeError, OverflowError, RecursionError):  # lone surrogates, cycles, integers over 64 bits
        fields = [(*row[:4], row[4] and as_json(row[4]), *row[5:]) for row in fields]
        return _frame(Order(rows=fields, **order))


def harvest_frame(harvest: Harvest) -> bytes:
    """Return a Harvest as it is sent."""
    return _frame(harvest)


async def next_order(reader: asyncio.StreamReader) -> Order | None:
    """Return the next Order; None once the connection is closed."""
    data = await _next_frame(reader)
    return None if data is None else _ORDERS.decode(data)


async def next_harvest(reader: asyncio.StreamReader) -> Harvest | None:
    """Return the next Harvest; None once the connection is closed, though it be in the middle of one."""
    data = await _next_frame(reader)
    return None if data is None else _HARVESTS.decode(data)


def _frame(message: Struct) -> bytes:
    data = bytearray(_LENGTH.size)
    _ENCODER.encode_into(message, data, _LENGTH.size)
    _LENGTH.pack_into(data, 0, len(data) - _LENGTH.size)
    return bytes(data)


async def _next_frame(reader: asyncio.StreamReader) -> bytes | None:
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _text(value: object) -> str:
    """Return what the encoder of the records makes of `value` too."""
    return str(msgspec.json.decode(as_json(value)))


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_text)
_JOBS = msgspec.msgpack.Decoder(tuple[Job, float | None])
_ORDERS = msgspec.msgpack.Decoder(Order)
_HARVESTS = msgspec.msgpack.Decoder(Harvest)
