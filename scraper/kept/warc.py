"""A WARC/1.1 record (ISO 28500:2017) as bytes, and back."""

import uuid
from collections.abc import Iterable

from msgspec import Struct

VERSION = b"WARC/1.1\r\n"
INFO_ID = "WARC-Warcinfo-ID"
_END = b"\r\n\r\n"


class WarcRecord(Struct, frozen=True):
    """Named fields and a block."""

    fields: dict[str, str]
    block: bytes


def new_id() -> str:
    """Return a globally unique identifier for a record."""
    return f"<{uuid.uuid4().urn}>"


def encoded(fields: Iterable[tuple[str, str]], block: bytes) -> bytes:
    """Return a record; its Content-Length is added."""
    lines = [f"{name}: {value}" for name, value in fields]
    head = "\r\n".join([*lines, f"Content-Length: {len(block)}"])
    return b"".join((VERSION, head.encode("utf-8", "replace"), _END, block, _END))


def decoded(data: bytes) -> WarcRecord:
    """Return the record that `data` is. Raises ValueError when it is none."""
    head, blank, rest = data.partition(_END)
    if not blank or not head.startswith(VERSION):
        raise ValueError("not a WARC/1.1 record")
    lines = head[len(VERSION) :].decode("utf-8", "replace").split("\r\n")
    fields = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = fields.get("Content-Length", "")
    if not length.isdecimal() or len(rest) != int(length) + len(_END) or not rest.endswith(_END):
        raise ValueError("a WARC record of another length than it says")
    return WarcRecord(fields, rest[: -len(_END)])
