"""Decodes a body from its Content-Encoding in bounded pieces: gzip, deflate, br, zstd, and stacks of them."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import brotli
import zstandard
from isal import isal_zlib

from scraper.errors import DecodeError, TooLarge

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
"""What `inflater` decodes, as the request header says it."""

_PIECE_BYTES = 128 * 1024
"""Input and output of one step; no block of zstd is larger (RFC 8878, section 3.1.1.2.4)."""
_MAX_LAYERS = 3
_MAX_MEMBERS = 1000
"""Of one gzip body; blocked gzip (64 KiB a member) needs 160 for 10 MiB."""
_MAX_INNER_EXPANSION = 4
"""A layer below the last may expand to so many times the cap of the whole."""
_MAX_WINDOW_BYTES = 8 * 1024**2
"""zstd, by RFC 9659: a server must not ask for more."""

_LIBRARY_ERRORS: tuple[type[Exception], ...] = (
    isal_zlib.error,  # type: ignore[assignment]  # its stub has an instance where the class is
    zlib.error,
    brotli.error,
    zstandard.ZstdError,
)


def inflater(content_encoding: str | None, max_bytes: int) -> "Inflater":
    """Return the Inflater for a Content-Encoding header (RFC 9110, section 8.4), `max_bytes` decoded at most.

    Raises DecodeError for an unknown coding, TooLarge for more than three: what they come to could only be guessed.
    """
    codings = [coding.strip().lower() for coding in (content_encoding or "").split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")] or ["identity"]
    if len(codings) > _MAX_LAYERS:
        raise TooLarge(f"Content-Encoding names {len(codings)} codings; {_MAX_LAYERS} at most")
    layers: list[_Layer] = []
    for coding in reversed(codings):  # they are listed in the order they were applied
        if coding not in _DECODERS:
            raise DecodeError(f"Content-Encoding {coding[:50]!r} is not known")
        expansion = 1 if len(layers) == len(codings) - 1 else _MAX_INNER_EXPANSION
        layers.append(_Layer(coding, _DECODERS[coding](), max_bytes * expansion))
    return Inflater(layers)


class Inflater:
    """Decodes one body, fed in pieces of any size.

    Holds no more than one piece and the state of its decoders: 64 KiB for gzip and deflate, as much as was decoded but
    at most 8 MiB for zstd and 16 MiB for br (the largest window of RFC 7932; its encoders' usual is 4 MiB).
    """

    def __init__(self, layers: list["_Layer"]) -> None:
        self._layers = layers
        self._last = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the decoded bytes that `data` adds. Raises DecodeError or TooLarge.

        A piece that equals the one before is the same object: a bomb, which is one thing over and over, takes the room
        of one piece however many are kept.
        """
        pieces: Iterable[bytes] = [data[at : at + _PIECE_BYTES] for at in range(0, len(data), _PIECE_BYTES)]
        for layer in self._layers:
            pieces = layer.decode(pieces)
        for piece in pieces:
            self._last = self._last if piece == self._last else piece
            yield self._last

    def finish(self) -> None:
        """End the body: raises DecodeError when it ended early. Nothing was held back."""
        for layer in self._layers:
            layer.finish()


class _Decoder(Protocol):
    """One coding. Raises one of _LIBRARY_ERRORS, or TooLarge."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` (not empty) adds, in steps of about _PIECE_BYTES that are never empty."""
        ...

    def is_whole(self) -> bool:
        """Return whether all that came was whole streams; nothing may be decoded after."""
        ...


class _Layer:
    """A decoder with a bound on its output, and with our errors."""

    def __init__(self, coding: str, decoder: _Decoder, max_bytes: int) -> None:
        self._coding = coding
        self._decoder = decoder
        self._max_bytes = max_bytes
        self._size = 0
        self._has_input = False

    def decode(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._has_input = True
            try:
                for output in self._decoder.decode(piece):
                    self._size += len(output)
                    if self._size > self._max_bytes:
                        raise TooLarge(f"the decoded body is larger than {self._max_bytes:,} bytes")
                    yield output
            except _LIBRARY_ERRORS as error:
                raise DecodeError(f"the body is not {self._coding}: {error}") from error

    def finish(self) -> None:
        if self._has_input and not self._decoder.is_whole():
            raise DecodeError(f"the {self._coding} body ends early, after {self._size:,} decoded bytes")


class _Identity:
    def decode(self, data: bytes) -> Iterator[bytes]:
        yield data

    def is_whole(self) -> bool:
        return True


class _ZlibEngine(Protocol):
    """The object that zlib and isal share."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _steps(engine: _ZlibEngine, data: bytes) -> Iterator[bytes]:
    while True:
        output = engine.decompress(data, _PIECE_BYTES)
        if output:
            yield output
        data = engine.unconsumed_tail
        # A full step may have left output inside the engine, though all input is gone.
        if engine.eof or not (data or len(output) == _PIECE_BYTES):
            return


class _Gzip:
    """RFC 1952: one member after the other; what follows a whole member and is none is ignored, as browsers do."""

    _MAGIC = b"\x1f\x8b\x08"
    _FLAGS_AT = 3
    # isal 1.9 loses its place in a header that comes in pieces and has an FHCRC or two of FEXTRA, FNAME, FCOMMENT.
    _ISAL_FLAGS = frozenset({0x00, 0x04, 0x08, 0x10})

    def __init__(self) -> None:
        self._member: _ZlibEngine | None = None
        self._members = 0
        self._held = b""
        self._is_over = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data and not self._is_over:
            if self._member is None:
                data = self._open(data)
            if self._member is None:
                return
            yield from _steps(self._member, data)
            if not self._member.eof:
                return
            data = self._member.unused_data
            self._member = None

    def is_whole(self) -> bool:
        return self._member is None and self._members > 0

    def _open(self, data: bytes) -> bytes:
        """Start the next member if there is one; return the bytes to decode."""
        data = self._held + data
        self._held = b""
        if len(data) <= self._FLAGS_AT:
            self._held = data
        elif self._members and not data.startswith(self._MAGIC):
            self._is_over = True
        elif self._members == _MAX_MEMBERS:
            raise TooLarge(f"the gzip body has more than {_MAX_MEMBERS:,} members")
        else:
            self._members += 1
            is_plain = data[self._FLAGS_AT] & 0x1E in self._ISAL_FLAGS
            self._member = isal_zlib.decompressobj(31) if is_plain else zlib.decompressobj(31)
        return data


class _Deflate:
    """RFC 9110 means zlib's format (RFC 1950); some servers send bare deflate (RFC 1951)."""

    def __init__(self) -> None:
        self._engine: _ZlibEngine | None = None

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._engine is None:
            # Only zlib's header starts so: in bare deflate it would be a stored block with padding that is not zero.
            is_zlib = data[0] & 0x0F == zlib.DEFLATED
            self._engine = isal_zlib.decompressobj(15 if is_zlib else -15)
        if not self._engine.eof:
            yield from _steps(self._engine, data)

    def is_whole(self) -> bool:
        return self._engine is not None and self._engine.eof


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        self._engine = brotli.Decompressor()

    def decode(self, data: bytes) -> Iterator[bytes]:
        while True:
            output: bytes = self._engine.process(data, output_buffer_limit=_PIECE_BYTES)
            if output:
                yield output
            # can_accept_more_data() tells of input only; a full step may have left output inside.
            if self._engine.is_finished() or (self._engine.can_accept_more_data() and len(output) < _PIECE_BYTES):
                return
            data = b""

    def is_whole(self) -> bool:
        return bool(self._engine.is_finished())


class _ZstdInput:
    """The end of a pipe that the zstd reader pulls from."""

    def __init__(self) -> None:
        self.data = b""

    def read(self, _size: int) -> bytes:
        data, self.data = self.data, b""
        if not data:  # nothing yet; no bytes would mean the end for good
            raise BlockingIOError
        return data


class _Zstd:
    """RFC 8878: frames one after the other, skippable ones among them.

    Of python-zstandard's interfaces only `read1` bounds its output, and none of those that do tells a frame's end.
    """

    _PROBE = zstandard.ZstdCompressor().compress(b"probe")
    # libzstd takes a whole frame that begins an input for one, even in the middle of another's header; so in two parts.
    _PROBE_PARTS = (_PROBE[:-1], _PROBE[-1:])

    def __init__(self) -> None:
        self._input = _ZstdInput()
        engine = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
        self._reader = engine.stream_reader(self._input, read_across_frames=True)  # type: ignore[arg-type]  # only read() is used

    def decode(self, data: bytes) -> Iterator[bytes]:
        self._input.data = data
        while True:
            try:
                output = self._reader.read1(_PIECE_BYTES)
            except BlockingIOError:
                return
            yield output

    def is_whole(self) -> bool:
        """Return whether another frame could follow here: only then does a frame come out as itself."""
        try:
            return b"".join(output for part in self._PROBE_PARTS for output in self.decode(part)) == b"probe"
        except zstandard.ZstdError:
            return False


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "identity": _Identity,
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
