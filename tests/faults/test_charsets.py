"""Pages in every charset, rightly, wrongly or not declared: the text or U+FFFD comes out, never an error (row C3)."""

import pytest
from hostile import meet
from local_site import reply

TEXT = {
    "windows-1251": "Привет, мир",
    "koi8-r": "Привет, мир",
    "shift_jis": "日本語のページ",
    "euc-jp": "日本語のページ",
    "iso-2022-jp": "日本語のページ",
    "gb18030": "中文网页€",
    "big5": "中文網頁",
    "euc-kr": "한국어 페이지",
    "windows-1252": "Café “déjà vu” €",
    "iso-8859-2": "Žluťoučký kůň",
    "utf-8": "Grüße aus Köln ✓ 🦉",
    "utf-16-le": "Grüße ✓ 🦉",
    "utf-16-be": "Grüße ✓ 🦉",
}
META = "<meta charset={}><title>{}</title>"
HTTP_EQUIV = '<meta http-equiv="Content-Type" content="text/html; charset={}"><title>{}</title>'
BOMS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
BY_META = [charset for charset in TEXT if not charset.startswith("utf-16")]  # a meta in UTF-16 cannot be read as ASCII


def title_of(body, content_type="text/html"):
    outcome = meet(reply(200, {"Content-Type": content_type}, body))
    assert outcome.kind == "ok"
    return outcome.record.title


def encoded(markup, charset, text=None):
    return markup.format(charset, text or TEXT[charset]).encode(charset)


@pytest.mark.parametrize("charset", TEXT)
def test_c3_the_header_names_the_charset(charset):
    label = charset.replace("utf-16-", "utf-16")
    assert title_of(encoded("<title>{1}</title>", charset), f"text/html; charset={label}") == TEXT[charset]


@pytest.mark.parametrize("charset", BY_META)
@pytest.mark.parametrize("markup", [META, HTTP_EQUIV], ids=["meta", "http-equiv"])
def test_c3_the_page_names_the_charset(charset, markup):
    assert title_of(encoded(markup, charset)) == TEXT[charset]


@pytest.mark.parametrize("charset", BOMS)
def test_c3_a_byte_order_mark_beats_a_wrong_header_and_a_wrong_meta(charset):
    body = BOMS[charset] + META.format("koi8-r", TEXT[charset]).encode(charset)
    assert title_of(body, "text/html; charset=shift_jis") == TEXT[charset]


def test_c3_the_header_beats_a_wrong_meta():
    assert (
        title_of(encoded("<meta charset=utf-8><title>{1}</title>", "koi8-r"), "text/html; charset=koi8-r")
        == (TEXT["koi8-r"])
    )


@pytest.mark.parametrize("header", ["base64", "x-unknown", "", '"', "utf-8; charset=koi8-r", "none", "x" * 5000])
def test_c3_a_header_that_names_no_charset_leaves_it_to_the_page(header):
    assert title_of(encoded(META, "koi8-r"), f"text/html; charset={header}") in (TEXT["koi8-r"], _as("utf-8"))


def _as(charset):
    """Return what a reader makes of the koi8-r page that takes it for `charset`."""
    return TEXT["koi8-r"].encode("koi8-r").decode(charset, "replace")


@pytest.mark.parametrize("filler", [900, 1100, 5000])
def test_c3_a_meta_that_comes_late_is_found(filler):
    body = f"<!-- {'x' * filler} -->".encode() + encoded(META, "windows-1251")
    assert title_of(body) == TEXT["windows-1251"]


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
def test_c3_no_charset_at_all_is_utf_8_or_else_windows_1252(charset):
    assert title_of(encoded("<title>{1}</title>", charset)) == TEXT[charset]


@pytest.mark.parametrize("declared", ["utf-16", "utf-16le", "utf-32"])
def test_c3_a_meta_that_cannot_be_true_is_not_taken_at_its_word(declared):
    """WHATWG, 13.2.3.2: a meta that could be read names no UTF-16."""
    assert title_of(META.format(declared, TEXT["utf-8"]).encode()) == TEXT["utf-8"]


@pytest.mark.parametrize("charset", ["utf-8", "shift_jis", "gb18030", "euc-kr", "big5", "utf-16-le", "iso-2022-jp"])
@pytest.mark.parametrize("broken", [b"\xff", b"\xc3", b"\x80\x80", b"\xed\xa0\x80", b"\x1b$B", b"\x81"])
def test_c3_broken_bytes_are_a_replacement_character_and_never_an_error(charset, broken):
    body = "<title>a".encode(charset) + broken + "</title><p>b".encode(charset)
    outcome = meet(reply(200, {"Content-Type": f"text/html; charset={charset}"}, body))
    assert outcome.kind == "ok"
    assert (outcome.record.title or "a").startswith("a")


def test_c3_utf_32_is_not_taken_for_something_else_silently():
    """The Encoding Standard knows no UTF-32; its mark begins like that of UTF-16."""
    outcome = meet(
        reply(200, {"Content-Type": "text/html"}, b"\xff\xfe\x00\x00" + "<title>x</title>".encode("utf-32-le"))
    )
    assert outcome.kind in ("ok", "not-html")
    assert outcome.record.title != "x" or outcome.record.encoding == "utf-16le"
