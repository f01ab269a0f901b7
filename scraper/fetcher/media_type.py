"""What a body is: by its Content-Type header, and by its first bytes (WHATWG MIME Sniffing Standard)."""

import re
from functools import lru_cache
from typing import NamedTuple

_SPACE = r"[\t\n\r ]*+"
_TCHARS = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*+"?)++', re.DOTALL)
"""One of several values joined by commas, which quoted strings may hold too."""
_ESSENCE = re.compile(rf"{_SPACE}({_TCHARS}/{_TCHARS}){_SPACE}(?:;|\Z)")
_PARAMETER = re.compile(r';[\t\n\r ]*+([^;=]*+)(?:=(?:"((?:[^"\\]|\\.)*+)"?[^;]*+|([^;]*+)))?', re.DOTALL)

_MAX_HEADER_LENGTH = 1000
"""Characters that are read of a Content-Type header; an honest one has 30."""

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_UNKNOWN = frozenset({"", "unknown/unknown", "application/unknown"})

_HEADER_BYTES = 1445
"""How much of a body is looked at: the Standard's resource header."""
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_HTML_START = re.compile(
    rb"[\t\n\f\r ]*+<(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P|!--)[ >]",
    re.IGNORECASE,
)
_XML_START = re.compile(rb"[\t\n\f\r ]*+<\?xml")
_BYTE_ORDER_MARKS = (b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf")
# The Standard's patterns and a few more files that turn up. Those of letters only are made stricter, so that no text
# is taken for one: BMP's reserved bytes are zero, an ID3 tag has a version, the size in a DOS header is below 512.
_SIGNATURES = (
    ("application/pdf", rb"%PDF-"),
    ("application/postscript", rb"%!PS-Adobe-"),
    ("image/x-icon", rb"\x00\x00[\x01\x02]\x00"),
    ("image/bmp", rb"BM.{4}\x00{4}"),
    ("image/gif", rb"GIF8[79]a"),
    ("image/webp", rb"RIFF.{4}WEBPVP"),
    ("image/png", rb"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", rb"\xff\xd8\xff"),
    ("image/avif", rb".{4}ftypavi[fs]"),
    ("image/heic", rb".{4}ftyphei[cx]"),
    ("video/mp4", rb"\x00.{3}ftyp"),
    ("video/webm", rb"\x1aE\xdf\xa3"),
    ("video/avi", rb"RIFF.{4}AVI "),
    ("audio/wave", rb"RIFF.{4}WAVE"),
    ("audio/aiff", rb"FORM.{4}AIFF"),
    ("audio/mpeg", rb"ID3[\x02-\x04]"),
    ("audio/midi", rb"MThd\x00\x00\x00\x06"),
    ("application/ogg", rb"OggS\x00"),
    ("font/woff", rb"wOFF"),
    ("font/woff2", rb"wOF2"),
    ("font/otf", rb"OTTO\x00"),
    ("font/ttf", rb"\x00\x01\x00\x00"),
    ("font/collection", rb"ttcf\x00"),
    ("application/x-gzip", rb"\x1f\x8b\x08"),
    ("application/zip", rb"PK\x03\x04"),
    ("application/x-rar-compressed", rb"Rar[ !]\x1a\x07"),
    ("application/x-7z-compressed", rb"7z\xbc\xaf\x27\x1c"),
    ("application/x-bzip2", rb"BZh[1-9]1AY&SY"),
    ("application/x-xz", rb"\xfd7zXZ\x00"),
    ("application/zstd", rb"\x28\xb5\x2f\xfd"),
    ("application/wasm", rb"\x00asm"),
    ("application/x-elf", rb"\x7fELF"),
    ("application/vnd.microsoft.portable-executable", rb"MZ.[\x00\x01]"),
)
_SIGNATURE = re.compile(b"|".join(b"(%b)" % pattern for _, pattern in _SIGNATURES), re.DOTALL)


class ContentType(NamedTuple):
    """A parsed Content-Type header."""

    essence: str
    """`text/html`, in lower case; empty when there is none or it is not valid."""
    charset: str | None
    """The label as it was sent."""


@lru_cache(maxsize=64)  # asked several times for a page, and most pages say the same
def parse_content_type(header: str | None) -> ContentType:
    """Return what `header` says, by the Fetch Standard's "extract a MIME type".

    Of several values joined by commas the last valid one counts; a charset carries over to the same type.
    """
    result = ContentType("", None)
    if header is None:
        return result
    header = header[:_MAX_HEADER_LENGTH]
    for element in _ELEMENT.findall(header) if "," in header else (header,):
        match = _ESSENCE.match(element)
        if match is None or match[1] == "*/*":
            continue
        essence = match[1].lower()
        charset = _charset(element[match.end(1) :])
        if charset is None and essence == result.essence:
            charset = result.charset
        result = ContentType(essence, charset)
    return result


def media_type(content_type: str | None, body: bytes) -> str:
    """Return the media type (`text/html`) of `body`, sent with the header `content_type`.

    The server's word counts, with two exceptions: a missing or unknown type is sniffed, and what is called HTML but
    starts as a binary file does is that file.
    """
    essence = parse_content_type(content_type).essence
    if essence in _UNKNOWN:
        return _sniff(body[:_HEADER_BYTES])
    if is_html(essence):
        return _signature(body) or essence
    return essence


def is_html(essence: str) -> bool:
    """Return whether a media type is HTML's."""
    return essence in _HTML


def may_be_html(content_type: str | None) -> bool:
    """Return whether a body with this Content-Type header can turn out to be HTML."""
    essence = parse_content_type(content_type).essence
    return essence in _UNKNOWN or is_html(essence)


def _charset(parameters: str) -> str | None:
    for name, quoted, plain in _PARAMETER.findall(parameters):
        if name.lower() == "charset" and (value := quoted or plain.rstrip("\t\n\r ")):
            return str(value)
    return None


def _signature(body: bytes) -> str | None:
    match = _SIGNATURE.match(body)
    return _SIGNATURES[match.lastindex - 1][0] if match is not None and match.lastindex else None


def _sniff(start: bytes) -> str:
    """Return the type by the Standard's section 7.1, "identifying a resource with an unknown MIME type"."""
    if _HTML_START.match(start):
        return "text/html"
    if _XML_START.match(start):
        return "text/xml"
    if signature := _signature(start):
        return signature
    if start.startswith(_BYTE_ORDER_MARKS) or not _BINARY.search(start):
        return "text/plain"
    return "application/octet-stream"
