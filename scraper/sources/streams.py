"""Reads what may keep a reader waiting (standard input, FIFOs, devices) without holding the loop."""

import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from functools import partial

from scraper.sources.handover import handed_over

CHUNK_BYTES = 64 * 1024
WAITING_CHUNKS = 2
"""Read ahead; more are not read before these are taken."""


async def stream_chunks(path: str | int) -> AsyncGenerator[bytes, None]:
    """Yield what comes from the file named or the descriptor numbered `path`, as it comes. Raises OSError.

    Closing the generator does not wait for a read that is under way: a terminal may keep it waiting for ever.
    """
    pieces = handed_over(partial(_read, path), ahead=WAITING_CHUNKS, patience_s=0, name=f"read {path}")
    async with aclosing(pieces):
        async for chunks in pieces:
            for chunk in chunks:
                yield chunk


def _read(path: str | int) -> Iterator[bytes]:
    # Not a buffered file: it would wait for 64 KiB to be there, and so keep the first lines of a slow producer.
    descriptor = path if isinstance(path, int) else os.open(path, os.O_RDONLY)
    try:
        while chunk := os.read(descriptor, CHUNK_BYTES):
            yield chunk
    finally:
        if descriptor != path:
            os.close(descriptor)
