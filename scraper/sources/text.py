"""The bytes of a text file, in pieces of any size, to its lines: UTF-8, UTF-16 and what came before them."""

import codecs
from io import StringIO

MAX_LINE_BYTES = 1024**2
"""A longer line is cut, so that a file without line ends does not fill the memory."""
KEPT_BYTES = 64 * 1024
"""What is kept of a line that is cut: more than any URL may have, so that the rest is never taken for one."""

_SNIFFED_BYTES = 4
"""Two units of UTF-16; nothing is decided on less while more may come."""
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MAGICS = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (save it as CSV)"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file (save it as CSV)"),
    (b"\x1f\x8b", "gzip data (let its name end in .gz)"),
    (b"\x28\xb5\x2f\xfd", "zstd data (let its name end in .zst)"),
)


class Lines:
    """Cuts a text into lines, which keep their ends: LF, CR LF or CR, and nothing else that Unicode calls a line end.

    A line that is not UTF-8 is read as windows-1252; one longer than MAX_LINE_BYTES is cut and ends in "…".
    """

    def __init__(self) -> None:
        self._transcoder = _Transcoder()
        self._held = b""  # a CR, until it is known whether LF follows
        self._tail = bytearray()  # of the line that has not ended yet; no line end in it
        self._is_skipping = False  # the rest of a line that was cut

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes. Raises ValueError when the text is no text."""
        return self._split(self._transcoder.feed(data))

    def finish(self) -> list[str]:
        """Return the last lines."""
        lines = self._split(self._transcoder.finish())
        rest = bytes(self._tail) + self._held
        if rest and not self._is_skipping:
            lines += _decode(rest)
        return lines

    def _split(self, data: bytes) -> list[str]:
        data = self._held + data
        self._held = b""
        if data.endswith(b"\r"):
            data, self._held = data[:-1], b"\r"
        if self._is_skipping:
            data = self._skip(data)
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        lines = []
        if end:
            self._tail += data[:end]
            lines = _decode(bytes(self._tail))
            self._tail = bytearray()
        self._tail += data[end:]
        if len(self._tail) > MAX_LINE_BYTES:
            lines.append(_cut(self._tail))
            self._tail = bytearray()
            self._is_skipping = True
        return lines

    def _skip(self, data: bytes) -> bytes:
        """Return what of `data` stands after the end of the line that was cut."""
        ends = [at for at in (data.find(b"\n"), data.find(b"\r")) if at >= 0]
        if not ends:
            return b""
        self._is_skipping = False
        end = min(ends)
        return data[end + (2 if data.startswith(b"\r\n", end) else 1) :]


class _Transcoder:
    """Turns UTF-16 into UTF-8 and drops the byte order mark; other bytes pass through."""

    def __init__(self) -> None:
        self._head = b""
        self._is_sniffed = False
        self._decoder: codecs.IncrementalDecoder | None = None

    def feed(self, data: bytes) -> bytes:
        if not self._is_sniffed:
            self._head += data
            if len(self._head) < _SNIFFED_BYTES:
                return b""
            data = self._sniff()
        return self._transcode(data, is_last=False)

    def finish(self) -> bytes:
        return self._transcode(b"" if self._is_sniffed else self._sniff(), is_last=True)

    def _transcode(self, data: bytes, *, is_last: bool) -> bytes:
        return self._decoder.decode(data, is_last).encode() if self._decoder else data

    def _sniff(self) -> bytes:
        """Decide on the encoding; return the head without its mark."""
        head, self._head, self._is_sniffed = self._head, b"", True
        for magic, name in _MAGICS:
            if head.startswith(magic):
                raise ValueError(f"is {name}, not a list of URLs")
        mark, encoding = next((pair for pair in _BYTE_ORDER_MARKS if head.startswith(pair[0])), (b"", ""))
        encoding = encoding or _encoding_by_zeros(head)
        if encoding != "utf-8":
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        elif b"\0" in head:
            raise ValueError("holds binary data (NUL bytes), not a list of URLs")
        return head[len(mark) :]


def _encoding_by_zeros(head: bytes) -> str:
    """Return UTF-16 when at least half of its units are ASCII, and few have a zero on the other side (U+3000 has)."""
    pairs = len(head) // 2
    even, odd = head[: pairs * 2 : 2].count(0), head[1::2].count(0)
    if odd * 2 >= pairs and even * 10 < odd:
        return "utf-16-le"
    if even * 2 >= pairs and odd * 10 < even:
        return "utf-16-be"
    return "utf-8"


def _decode(block: bytes) -> list[str]:
    """Return the lines of `block`, which holds whole ones."""
    if len(block) <= MAX_LINE_BYTES:
        try:
            return list(StringIO(block.decode(), newline=""))
        except UnicodeDecodeError:
            pass  # then line by line: one bad line must not change how the others are read
    return [_decode_line(line) for line in block.splitlines(keepends=True)]


def _decode_line(line: bytes) -> str:
    if len(line) > MAX_LINE_BYTES and len(line.rstrip(b"\r\n")) > MAX_LINE_BYTES:
        return _cut(line)
    try:
        return line.decode()
    except UnicodeDecodeError:
        try:
            return line.decode("cp1252")
        except UnicodeDecodeError:
            return line.decode("latin-1")  # windows-1252 leaves five bytes undefined


def _cut(line: bytes | bytearray) -> str:
    return line[:KEPT_BYTES].decode(errors="replace") + "…\n"
