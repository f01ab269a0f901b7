"""A Page and its Record as a WARC `response` record, and back."""

import base64
import http
from hashlib import sha256

import msgspec
from msgspec import Struct, structs

from scraper.kept.warc import INFO_ID, WarcRecord, encoded, new_id
from scraper.models import Extracted, Page, Record, Timings
from scraper.output.encoder import append_line

_ORIGINAL = "x-archive-orig-"
"""Before the names of headers that no longer hold for the block, as web archives have it."""
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_METADATA = "WARC-JSON-Metadata"
"""The field in which Webrecorder's tools keep what WARC has no field for."""
_UNEXTRACTED = Extracted().in_record() | {"verdict": None, "evidence": None}
_LINE_ENDS = str.maketrans("\r\n", "  ")


class KeptPage(Struct, frozen=True):
    """What a record is made of again."""

    page: Page
    record: Record
    """Without what extraction found."""


class _Metadata(Struct, frozen=True):
    page_url: str
    record: Record


_DECODER = msgspec.json.Decoder(_Metadata)


def to_warc(page: Page, record: Record, *, info_id: str) -> bytes:
    """Return `page` as a WARC record that also holds what `record` says of its fetching."""
    metadata = bytearray()
    append_line(_fetched(record), metadata)
    body_digest = record.sha256 or sha256(page.body).hexdigest()
    block = b"".join((_status_line(page.status), _header_block(page), b"\r\n", page.body))
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", new_id()),
        (INFO_ID, info_id),
        ("WARC-Date", record.fetched_at or ""),
        ("WARC-Target-URI", page.final_url),
        ("WARC-Payload-Digest", f"sha256:{base64.b32encode(bytes.fromhex(body_digest)).decode()}"),
        (_METADATA, f'{{"page_url":{msgspec.json.encode(page.url).decode()},"record":{metadata.decode().strip()}}}'),
        ("Content-Type", "application/http;msgtype=response"),
    )
    return encoded(fields, block)


def from_warc(warc: WarcRecord) -> KeptPage | None:
    """Return the page that `to_warc` made `warc` of, or None when it is another kind of record. Raises ValueError."""
    if warc.fields.get("WARC-Type") != "response":
        return None
    try:
        metadata = _DECODER.decode(warc.fields.get(_METADATA, ""))
    except RecursionError:
        raise ValueError("metadata that nest too deep") from None
    head, _, body = warc.block.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")[1:-1]  # the last is our Content-Length
    return KeptPage(_page(metadata, _headers(lines), body), metadata.record)


def _page(metadata: _Metadata, headers: tuple[tuple[str, str], ...], body: bytes) -> Page:
    record = metadata.record
    return Page(
        url=metadata.page_url,
        final_url=record.final_url or metadata.page_url,
        status=record.status or 0,
        headers=headers,
        body=body,
        media_type=record.content_type or "",
        encoding=record.encoding or "utf-8",
        encoding_source=record.encoding_source or "default",
        redirects=record.redirects,
        timings=structs.replace(record.timings or Timings(), parse=None, text=None),
    )


def _fetched(record: Record) -> Record:
    """Return what does not depend on extraction; of a page that could not be extracted, too."""
    return structs.replace(record, ok=True, error=None, **_UNEXTRACTED)


def _status_line(status: int) -> bytes:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


def _header_block(page: Page) -> bytes:
    lines = [
        f"{_ORIGINAL if name in _OF_THE_WIRE else ''}{name}: {value.translate(_LINE_ENDS)}\r\n"
        for name, value in page.headers
    ]
    return "".join([*lines, f"content-length: {len(page.body)}\r\n"]).encode("latin-1", "replace")


def _headers(lines: list[str]) -> tuple[tuple[str, str], ...]:
    pairs = (line.partition(": ") for line in lines)
    return tuple((_own_name(name), value) for name, _, value in pairs)


def _own_name(name: str) -> str:
    own = name.removeprefix(_ORIGINAL)
    return own if own in _OF_THE_WIRE else name
