"""gzip and zstd files by their suffix: whole members out, any pieces in."""

import zlib
from pathlib import PurePath
from typing import Protocol

import zstandard
from isal import isal_zlib

SUFFIXES = (".gz", ".zst")


class Decompressor(Protocol):
    """Takes a compressed file in pieces of any size."""

    def decompress(self, data: bytes) -> bytes:
        """Return what `data` adds to the text; raise ValueError when it is damaged."""
        ...

    @property
    def is_between_members(self) -> bool:
        """Whether everything fed so far was whole gzip members or zstd frames."""
        ...

    @property
    def whole_bytes(self) -> int:
        """How many of the bytes fed so far were whole members, checksums included."""
        ...


def compression_of(path: str | PurePath) -> str:
    """Return the suffix that names the file's compression: `.gz`, `.zst` or the empty string."""
    suffix = PurePath(path).suffix.lower()
    return suffix if suffix in SUFFIXES else ""


def decompressor(compression: str) -> Decompressor:
    """Return a new Decompressor for `.gz`, `.zst` or the empty string (which passes bytes through)."""
    if compression == ".gz":
        return _Gzip()
    return _Zstd() if compression == ".zst" else _Plain()


def compress(data: bytes, compression: str) -> bytes:
    """Return `data` as one whole gzip member (RFC 1952) or zstd frame (RFC 8878), with a checksum."""
    if compression == ".gz":
        # A twelfth of the time that zlib takes at its level 6, for 4 % more bytes (records with 100 links).
        member: bytes = isal_zlib.compress(data, 2, 31)
        return member
    if compression == ".zst":
        return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(data)
    return data


class _Plain:
    is_between_members = True

    def __init__(self) -> None:
        self.whole_bytes = 0

    def decompress(self, data: bytes) -> bytes:
        self.whole_bytes += len(data)
        return data


class _Gzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._fed_bytes = 0
        self.is_between_members = True
        self.whole_bytes = 0

    def decompress(self, data: bytes) -> bytes:
        parts = []
        self._fed_bytes += len(data)
        while data:
            try:
                parts.append(self._member.decompress(data))
            except zlib.error as error:
                raise ValueError(f"damaged gzip data ({error})") from error
            self.is_between_members = self._member.eof
            data = b""
            if self._member.eof:
                data = self._member.unused_data
                self.whole_bytes = self._fed_bytes - len(data)
                self._member = zlib.decompressobj(31)
        return b"".join(parts)


class _Zstd:
    def __init__(self) -> None:
        self._engine = zstandard.ZstdDecompressor()
        self._frame = self._engine.decompressobj()
        self._fed_bytes = 0
        self.is_between_members = True
        self.whole_bytes = 0

    def decompress(self, data: bytes) -> bytes:
        parts = []
        self._fed_bytes += len(data)
        while data:
            try:
                parts.append(self._frame.decompress(data))
            except zstandard.ZstdError as error:
                raise ValueError(f"damaged zstd data ({error})") from error
            self.is_between_members = self._frame.eof
            data = b""
            if self._frame.eof:
                data = self._frame.unused_data
                self.whole_bytes = self._fed_bytes - len(data)
                self._frame = self._engine.decompressobj()
        return b"".join(parts)
