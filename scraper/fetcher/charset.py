"""Which encoding a page is in, and its text: BOM, HTTP header, meta, UTF-8 or windows-1252, in this order."""

import codecs
import re
from functools import cache, lru_cache
from typing import NamedTuple

import webencodings

from scraper.fetcher.media_type import parse_content_type

_FIRST_BYTES = 1024
"""Where the HTML Standard wants the declaration, and nearly all pages have it."""
_PRESCAN_BYTES = 16 * 1024
"""The HTML Standard asks for 1,024 at least; browsers go on to the end of the head."""
_LATE_BYTES = 1024 * 1024
"""Where a page that is not UTF-8 and has said nothing before is searched: a browser takes a <meta> wherever it meets it
(HTML Standard, 13.2.3.5, "changing the encoding while parsing")."""
_JIS_PAIRS = {"euc_jp": re.compile(rb"[\xa1-\xfe]{2}"), "iso2022_jp": re.compile(rb"[\x21-\x7e]{2}")}
_MENDED = frozenset({"gb18030", *_JIS_PAIRS})
_MEND = "scraper.fetcher.charset"
_MAX_MENDED = 10_000
"""Broken places that are looked at one by one, a microsecond each; a page with more keeps them all."""
_ASCII = bytes(range(128))
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_UTF16_XML_STARTS = ((b"<\0?\0x\0", "utf-16le"), (b"\0<\0?\0x", "utf-16be"))

_CODECS = {
    "big5": "big5hkscs",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "iso-2022-jp": "iso2022_jp",
    "shift_jis": "cp932",
    "utf-16be": "utf-16-be",
    "utf-16le": "utf-16-le",
}
"""Python's codecs for the encodings that are not one byte a character."""

# What Python's codec says, and what the Encoding Standard's index says in its place. Nothing else gives the former.
_GB_DIFFERENCES = (("\ue5e5", "\u3000"), ("\ue7c7", "\u1e3f"))
_JIS_DIFFERENCES = tuple(zip("\u301c\u2016\u2212¢£¬", "\uff5e\u2225\uff0d\uffe0\uffe1\uffe2", strict=True))
_BIG5_DIFFERENCES = tuple(
    zip("•\uff64\u203e\u223c\u2641\u2609¥¢£", "\u2027\ufe51¯\uff5e\u2295\u2299\uffe5\uffe0\uffe1", strict=True)
)
_DIFFERENCES = {
    "big5": _BIG5_DIFFERENCES,
    "euc-jp": _JIS_DIFFERENCES,
    "gb18030": _GB_DIFFERENCES,
    "gbk": _GB_DIFFERENCES,
    "iso-2022-jp": _JIS_DIFFERENCES,
}
_BYTE_DIFFERENCES = {"koi8-u": {0xAE: "\u045e", 0xBE: "\u040e"}, "windows-1255": {0xCA: "\u05ba"}}

# The prescan as patterns. Each character can be read in one way only, so a failed match costs no more than a good one.
_S = rb"\t\n\f\r\x20"
_ATTRIBUTE = rb"""
    [%(S)b/]*+ ([^%(S)b/>] [^%(S)b/>=]*+) [%(S)b]*+
    (?: = [%(S)b]*+ (?: "([^"]*+)" | '([^']*+)' | (?=>) | ([^"'%(S)b>] [^%(S)b>]*+) (?=[%(S)b>]) ) | (?=[^=]) )
""" % {b"S": _S}
_ATTRIBUTES = rb"(?: %b )* [%b/]*+ >" % (_ATTRIBUTE, _S)
_NOT_META = rb"""
    (?: [^<]++
      | <!(?=--) (?: [^>]*+ (?<!--) > )* [^>]*+ (?<=--) >
      | < (?! meta[%(S)b/] ) /?[a-z] [^%(S)b>]*+ %(attributes)b
      | < (?: !(?!--) | \? | /(?![a-z]) ) [^>]*+ >
      | < (?! [a-z!?/] )
    )*
""" % {b"S": _S, b"attributes": _ATTRIBUTES}
_META = re.compile(rb"%b (?P<meta> <meta ) (?=[%b/]) %b" % (_NOT_META, _S, _ATTRIBUTES), re.IGNORECASE | re.VERBOSE)
_META_ATTRIBUTE = re.compile(_ATTRIBUTE, re.VERBOSE)
_CONTENT_CHARSET = re.compile(
    rb"""charset [%(S)b]*+ = [%(S)b]*+ (?: "([^"]*+)" | '([^']*+)' | ([^"'%(S)b;] [^%(S)b;]*+) | )""" % {b"S": _S},
    re.IGNORECASE | re.VERBOSE,
)
_XML_ENCODING = re.compile(
    rb"""<\?xml (?: (?!encoding). )*+ encoding [\0-\x20]*+ = [\0-\x20]*+ (["']) ([^\0-\x20]+?) \1""",
    re.DOTALL | re.VERBOSE,
)


class Charset(NamedTuple):
    """An encoding, and what it was decided by."""

    encoding: str
    """By its WHATWG name, in lower case."""
    source: str
    """`bom`, `header`, `meta`, `xml` (an XML declaration), `default` (nothing declared: UTF-8) or `sniffed` (nothing
    declared, and mostly no UTF-8: windows-1252)."""


def decide(body: bytes, content_type: str | None) -> Charset:
    """Return the encoding of `body`, by the WHATWG Encoding Standard, and what says so.

    A label that the Standard does not know counts for nothing.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return Charset(encoding, "bom")
    if declared := _encoding_of(parse_content_type(content_type).charset):
        return Charset(declared, "header")
    return _prescan(body) or _undeclared(body)


def decode(body: bytes, encoding: str) -> str:
    """Return the text of `body`, without its byte order mark; bytes that mean nothing become U+FFFD. Never raises."""
    for mark, marked in _BYTE_ORDER_MARKS:
        if encoding == marked and body.startswith(mark):
            return _decode(body[len(mark) :], encoding)
    return _decode(body, encoding)


@lru_cache(maxsize=64)
def _encoding_of(label: str | None) -> str | None:
    if not label or not label.isascii():
        return None
    encoding = webencodings.lookup(label)
    return None if encoding is None else str(encoding.name)


def _undeclared(body: bytes) -> Charset:
    """Return UTF-8, or windows-1252 for what is mostly no UTF-8: what browsers take for a page that says nothing.

    What is no UTF-8 is first searched for a <meta> further on.
    """
    if body.isascii():
        return Charset("utf-8", "default")
    broken = body.decode("utf-8", "replace").count(_REPLACEMENT)
    if broken and len(body) > _PRESCAN_BYTES and (late := _meta_encoding(body[:_LATE_BYTES])):
        return Charset(_as_read(late), "meta")
    is_utf8 = broken * 2 <= len(body.translate(None, _ASCII))
    return Charset("utf-8", "default") if is_utf8 else Charset("windows-1252", "sniffed")


def _prescan(body: bytes) -> Charset | None:
    """Return the encoding that the start of `body` declares.

    By the HTML Standard's "prescan a byte stream to determine its encoding" and "get an XML encoding".
    """
    for start, encoding in _UTF16_XML_STARTS:
        if body.startswith(start):
            return Charset(encoding, "xml")
    head = body[:_PRESCAN_BYTES]
    says_charset = b"charset" in head[:_FIRST_BYTES].lower() or b"charset" in head.lower()
    if says_charset and (declared := _meta_encoding(head)):
        return Charset(_as_read(declared), "meta")
    if (xml := _XML_ENCODING.match(head[: head.find(b">") + 1])) and (
        declared := _encoding_of(xml[2].decode("latin-1"))
    ):
        return Charset(_as_read(declared), "xml")
    return None


def _as_read(declared: str) -> str:
    """Return what is meant by an encoding whose name was found by reading ASCII: that is not UTF-16.

    x-user-defined was once said for want of a better name.
    """
    return {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}.get(declared, declared)


def _meta_encoding(head: bytes) -> str | None:
    at = 0
    while match := _META.match(head, at):
        at = match.end()
        attributes: dict[bytes, bytes] = {}
        for name, *values in _META_ATTRIBUTE.findall(head, match.end("meta"), at):
            attributes.setdefault(name.lower(), b"".join(values))
        label = attributes.get(b"charset")
        if label is None and attributes.get(b"http-equiv", b"").lower() == b"content-type":
            content = _CONTENT_CHARSET.search(attributes.get(b"content", b""))
            label = b"".join(content.groups(b"")) if content else None
        if encoding := _encoding_of((label or b"").decode("latin-1")):
            return encoding
    return None


def _decode(body: bytes, encoding: str) -> str:
    if encoding == "utf-8":
        return body.decode("utf-8", "replace")
    if encoding == "replacement":  # one error, and the end (Encoding Standard, section 14.1.1)
        return _REPLACEMENT if body else ""
    codec = _CODECS.get(encoding)
    if codec is None:
        return codecs.charmap_decode(body, "replace", _characters(encoding))[0]
    text = body.decode(codec, "replace")
    if codec in _MENDED and 0 < text.count(_REPLACEMENT) <= _MAX_MENDED:
        text = body.decode(codec, _MEND)
    for python_character, character in _DIFFERENCES.get(encoding, ()):
        text = text.replace(python_character, character)
    return text


@cache
def _characters(encoding: str) -> str:
    """Return the 256 characters of a single-byte encoding: Python's, where the Standard has no other.

    Python leaves bytes undefined that the Standard maps to the C1 controls of the same number.
    """
    decode = webencodings.lookup(encoding).codec_info.decode
    characters = [decode(bytes([byte]), "replace")[0] for byte in range(256)]
    for byte in range(0x80, 0xA0):
        if characters[byte] == _REPLACEMENT:
            characters[byte] = chr(byte)
    for byte, character in _BYTE_DIFFERENCES.get(encoding, {}).items():
        characters[byte] = character
    return "".join(characters)


def _mend(error: UnicodeError) -> tuple[str, int]:
    """Decode what the Standard's index has and Python's codec lacks; an error handler of `codecs`."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.encoding == "gb18030":
        if error.object.startswith(b"\x80", error.start):
            return "€", error.start + 1
    elif pair := _JIS_PAIRS[error.encoding].match(error.object, error.start):
        return _jis_extension(pair[0]), pair.end()
    return _REPLACEMENT, error.end


@cache
def _jis_extension(pair: bytes) -> str:
    """Return the character that NEC or IBM added at this place of JIS X 0208, or U+FFFD.

    Python has these in cp932 only; the formula is the Encoding Standard's, section 12.3.2.
    """
    row, cell = ((byte & 0x7F) - 0x21 for byte in pair)
    lead, trail = divmod(row * 94 + cell, 188)
    lead_offset = 0x81 if lead < 0x1F else 0xC1  # noqa: PLR2004 - the Standard's own
    trail_offset = 0x40 if trail < 0x3F else 0x41  # noqa: PLR2004 - the Standard's own
    return bytes([lead + lead_offset, trail + trail_offset]).decode("cp932", "replace")[0]


codecs.register_error(_MEND, _mend)
