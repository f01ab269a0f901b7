"""gzip and zstd files by their suffix: whole members out, any pieces in."""

import zlib
from pathlib import PurePath
from typing import Protocol

import zstandard

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


def compression_of(path: str | PurePath) -> str:
    """Return the suffix that names the file's compression: `.gz`, `.zst` or the empty string."""
    suffix = PurePath(path).suffix.lower()
    return suffix if suffix in SUFFIXES else ""


def decompressor(compression: str) -> Decompressor:
    """Return a new Decompressor for `.gz`, `.zst` or the empty string (which passes bytes through)."""
    return {".gz": _Gzip, ".zst": _Zstd, "": _Plain}[compression]()


def compress(data: bytes, compression: str) -> bytes:
    """Return `data` as one whole gzip member (RFC 1952) or zstd frame (RFC 8878)."""
    if compression == ".gz":
        engine = zlib.compressobj(6, zlib.DEFLATED, 31)
        return engine.compress(data) + engine.flush()
    if compression == ".zst":
        return zstandard.ZstdCompressor(level=3).compress(data)
    return data


class _Plain:
    is_between_members = True

    def decompress(self, data: bytes) -> bytes:
        return data


class _Gzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self.is_between_members = True

    def decompress(self, data: bytes) -> bytes:
        parts = []
        while data:
            try:
                parts.append(self._member.decompress(data))
            except zlib.error as error:
                raise ValueError(f"damaged gzip data ({error})") from error
            self.is_between_members = self._member.eof
            data = b""
            if self._member.eof:
                data = self._member.unused_data
                self._member = zlib.decompressobj(31)
        return b"".join(parts)


class _Zstd:
    def __init__(self) -> None:
        self._engine = zstandard.ZstdDecompressor()
        self._frame = self._engine.decompressobj()
        self.is_between_members = True

    def decompress(self, data: bytes) -> bytes:
        parts = []
        while data:
            try:
                parts.append(self._frame.decompress(data))
            except zstandard.ZstdError as error:
                raise ValueError(f"damaged zstd data ({error})") from error
            self.is_between_members = self._frame.eof
            data = b""
            if self._frame.eof:
                data = self._frame.unused_data
                self._frame = self._engine.decompressobj()
        return b"".join(parts)
