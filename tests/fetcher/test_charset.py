import json
import time

import pytest
import webencodings
from hypothesis import given, settings
from hypothesis import strategies as st
from webencodings.labels import LABELS

from scraper.fetcher import charset
from scraper.fetcher.charset import decide, decode

HTML = "text/html"
EURO = "<title>Ärger für 5 €</title>"


def decided(body, content_type):
    """Return the encoding and the text."""
    encoding = decide(body, content_type).encoding
    return encoding, decode(body, encoding)


def meta(label):
    return b'<meta charset="%b">' % label


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (b"\xef\xbb\xbf" + meta(b"koi8-r"), "text/html; charset=gbk", "utf-8"),
        (b"\xff\xfe<\0p\0>\0", "text/html; charset=gbk", "utf-16le"),
        (b"\xfe\xff\0<\0p\0>", "text/html; charset=gbk", "utf-16be"),
        (b"\xff\xfe\0\0<\0\0\0", None, "utf-16le"),  # UTF-32 is no encoding of the web
        (meta(b"koi8-r"), "text/html; charset=gbk", "gbk"),
        (meta(b"koi8-r"), HTML, "koi8-r"),
        (b"<p>", HTML, "utf-8"),
        (b"", None, "utf-8"),
    ],
)
def test_c3_byte_order_mark_goes_before_header_before_meta_before_utf8(body, content_type, encoding):
    assert decided(body, content_type)[0] == encoding


@pytest.mark.parametrize("label", ["utf-7", "base64", "utf8mb4", "", "none", "binary", "é", "\udcff", "x" * 10_000])
def test_c3_an_unknown_label_falls_through_to_the_next_source(label):
    assert decided(meta(b"koi8-r"), f"text/html; charset={label}")[0] == "koi8-r"
    in_meta = meta(label.encode("utf-8", "surrogatepass"))
    assert decided(in_meta, HTML)[0] == ("utf-8" if label.isprintable() else "windows-1252")  # as nothing is declared
    assert decided(in_meta + meta(b"koi8-r"), HTML)[0] == "koi8-r"


def test_the_byte_order_mark_is_not_part_of_the_text():
    assert decided(b"\xef\xbb\xbf" + EURO.encode(), None) == ("utf-8", EURO)
    assert decided(b"\xff\xfe" + EURO.encode("utf-16-le"), None) == ("utf-16le", EURO)
    assert decided(b"\xfe\xff" + EURO.encode("utf-16-be"), None) == ("utf-16be", EURO)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"<meta charset=koi8-r>", "koi8-r"),
        (b"<META\nCHARSET = 'KOI8-R' />", "koi8-r"),
        (b'<meta/charset="koi8-r"/>', "koi8-r"),
        (b'<meta charset=" koi8-r\n">', "koi8-r"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">', "koi8-r"),
        (b"<meta content='text/html; charset = \"koi8-r\"' http-equiv=content-type>", "koi8-r"),
        (b'<meta http-equiv=content-type content="charset charset=koi8-r">', "koi8-r"),
        (b'<meta content="text/html; charset=koi8-r" charset=big5>', "big5"),
        (b"<meta charset=koi8-r charset=big5>", "koi8-r"),
        (b'<meta charset=nonsense content="text/html; charset=koi8-r" http-equiv=content-type>', None),
        (b'<meta content="text/html; charset=koi8-r">', None),
        (b'<meta http-equiv=refresh content="charset=koi8-r">', None),
        (b"<meta http-equiv=content-type content='charset=\"koi8-r'>", None),
        (b"<metacharset=koi8-r>", None),
        (b"</meta charset=koi8-r>", None),
        (b"<p title='<meta charset=koi8-r>'>", None),
        (b"<p title='<meta charset=koi8-r>", None),
        (b"<!--<meta charset=koi8-r>-->", None),
        (b"<!--><meta charset=koi8-r>", "koi8-r"),
        (b"<!-- > -- > --><meta charset=koi8-r>", "koi8-r"),
        (b"<!-- --> <p title='--> <meta charset=koi8-r>", None),
        (b"<!doctype html><?php ?></ a><<<a><meta charset=koi8-r>", "koi8-r"),
        (b"<meta charset=koi8-r", None),
        (b"<meta charset='koi8-r>", None),
        (b"<meta charset>", None),
        (b"<meta charset=>", None),
        (b"<meta charset=utf-16le>", "utf-8"),
        (b"<meta charset=x-user-defined>", "windows-1252"),
        (b"<?xml version='1.0' encoding='koi8-r'?>", "koi8-r"),
        (b'<?xml version="1.0" encoding = "UTF-16" ?>', "utf-8"),
        (b"<?xml version='1.0' encoding='big5'?><meta charset=koi8-r>", "koi8-r"),
        (b"<?xml version='1.0' encoding='nonsense'?>", None),
        (b" <?xml version='1.0' encoding='koi8-r'?>", None),
        ("<?xml version='1.0'?>".encode("utf-16-le"), "utf-16le"),
        ("<?xml version='1.0'?>".encode("utf-16-be"), "utf-16be"),
    ],
)
def test_c3_the_start_of_a_page_is_read_as_the_html_standard_does(head, encoding):
    found = charset._prescan(head)
    assert (found and found.encoding) == encoding


def test_c3_a_meta_after_the_first_1024_bytes_counts():
    assert decided(b"<!--%b-->" % bytes(10_000) + meta(b"koi8-r"), HTML)[0] == "koi8-r"
    late = b"<!--%b-->" % bytes(20_000) + meta(b"koi8-r")
    assert decided(late, HTML)[0] == "utf-8"  # nothing in it needs another
    assert decided(late + "Привет".encode("koi8-r"), HTML)[0] == "koi8-r"


def test_a_header_with_a_charset_spares_the_search(monkeypatch):
    monkeypatch.setattr(charset, "_prescan", None)
    assert decided(EURO.encode(), "text/html; charset=utf-8") == ("utf-8", EURO)


@pytest.mark.parametrize(
    "unit",
    [
        b"<",
        b"<?xml encoding='",
        b"<a x",
        b"<a x=y ",
        b"<a b='x>",
        b"<!--",
        b"<!-- >",
        b"<!---->",
        b"<meta x",
        b"<meta charset=x>",
    ],
)
def test_c3_the_search_takes_linear_time(unit):
    def seconds(head):
        best = 1.0
        for _ in range(3):
            start = time.perf_counter()
            charset._prescan(head + b"charset>")
            best = min(best, time.perf_counter() - start)
        return best

    short, long = unit * (2_000 // len(unit)), unit * (16_000 // len(unit))
    assert seconds(long) < 40 * seconds(short) + 0.001  # eight times the bytes


@pytest.mark.parametrize(
    ("label", "body", "text"),
    [
        ("iso-8859-1", b"\x80uro \x93x\x94 \x81\x8d\x9d", "€uro “x” \x81\x8d\x9d"),  # by the Standard windows-1252
        ("us-ascii", b"caf\xe9", "café"),
        ("windows-1251", b"\xcf\xf0\xe8 \x98", "При \x98"),
        ("windows-1255", b"\xca\xff", "\u05ba\ufffd"),
        ("koi8-u", b"\xae\xbe", "ўЎ"),
        ("iso-8859-8-i", b"\xf9\xec", "של"),
        ("iso-8859-11", b"\xca\x84", "ส\x84"),
        ("macintosh", b"\xdb", "€"),
        ("x-mac-cyrillic", b"\xff", "€"),
        ("shift_jis", b"\x87\x40\xfa\x40", "①ⅰ"),
        ("euc-jp", b"\xa4\xa2\xad\xa1\xad\xea\xf9\xa1a", "あ①㈱纊a"),
        ("euc-jp", b"\xa1\xc1\xa1\xdd\xad", "\uff5e\uff0d\ufffd"),
        ("iso-2022-jp", b"\x1b$B$\x22\x2d\x21\x21\x41\x1b(Ba", "あ①\uff5ea"),
        ("gbk", b"\xc4\xe3\x80\xa3\xa0", "你€\u3000"),
        ("gb2312", b"\xe9F\x8130\xff", "镕\ufffd30\ufffd"),
        ("gb18030", b"\x94\x39\xda\x33", "\U0001f4a9"),
        ("big5", b"\xa7A\xa1\x45\x87\x40", "你‧䏰"),
        ("euc-kr", b"\xb0\xa1\x81\x41", "가갂"),
        ("utf-16", "é€😀".encode("utf-16-le"), "é€😀"),
        ("utf-16be", "é€".encode("utf-16-be") + b"\xd8\x00\0", "é€\ufffd"),
        ("utf-8", b"a\xff\xe2\x82b\xed\xa0\x80", "a\ufffd\ufffdb\ufffd\ufffd\ufffd"),
        ("x-user-defined", b"a\x80\xff", "a\uf780\uf7ff"),
        ("iso-2022-kr", b"\x1b$)C", "\ufffd"),
        ("hz-gb-2312", b"", ""),
    ],
)
def test_c3_each_encoding_is_read_as_the_encoding_standard_does(label, body, text):
    encoding, decoded = decided(body, f"text/html; charset={label}")
    assert decoded == text
    assert encoding == webencodings.lookup(label).name


def test_c4_control_characters_and_nul_stay():
    body = "a\0b\x01\x0b\u2028\x7f".encode()
    assert decided(body, None)[1] == body.decode()


@pytest.mark.parametrize(
    ("label", "body"),
    [("gbk", b"\x80 "), ("euc-jp", b"\xad\xa1 "), ("iso-2022-jp", b"\x1b$B\x2d\x21\x1b(B ")],
)
def test_a_page_with_very_many_broken_places_is_not_mended_one_by_one(label, body):
    content_type = f"text/html; charset={label}"
    assert "\ufffd" not in decided(body * 5_000, content_type)[1]
    assert decided(body * 15_000, content_type)[1].count("\ufffd") >= 15_000


@settings(max_examples=400, deadline=None)
@given(
    st.binary(max_size=60) | st.text(max_size=30).map(str.encode),
    st.sampled_from(sorted({*LABELS, "x", ""})),
    st.booleans(),
)
def test_c3_no_bytes_and_no_label_raise(body, label, is_in_header):
    if is_in_header:
        encoding, text = decided(body, f"text/html; charset={label}")
    else:
        encoding, text = decided(meta(label.encode()) + body, None)
    assert encoding in set(LABELS.values())
    assert json.loads(json.dumps(text)) == text
    text.encode()  # no lone surrogate: JSON lines are UTF-8


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=40))
def test_c3_any_header_and_any_start_of_a_page_give_an_encoding(body, content_type):
    assert decided(b"<meta charset " + body, content_type)[0] in set(LABELS.values())


@given(st.text(max_size=100))
def test_utf8_comes_back_as_it_was(text):
    assert decided("\ufeff".encode() + text.encode(), None) == ("utf-8", text)
    assert decided(text.encode(), "text/html; charset=UTF-8") == ("utf-8", text.removeprefix("\ufeff"))


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"plain", "utf-8"),
        ("Grüße".encode(), "utf-8"),
        ("Grüße".encode("cp1252"), "windows-1252"),
        ("Grüße, größer".encode() + b"\xff", "utf-8"),  # one broken byte does not turn the others
        ("übermäßig".encode("latin-1") + "ü".encode(), "windows-1252"),
        (b"\xff" * 1000, "windows-1252"),
    ],
)
def test_a_page_that_declares_nothing_is_utf_8_unless_most_of_it_is_not(body, encoding):
    assert decide(body, "text/html").encoding == encoding


@pytest.mark.parametrize(
    ("body", "content_type", "source"),
    [
        (b"\xef\xbb\xbf" + meta(b"koi8-r"), "text/html; charset=gbk", "bom"),
        (b"\xff\xfe<\0", None, "bom"),
        (meta(b"koi8-r"), "text/html; charset=gbk", "header"),
        (meta(b"koi8-r"), "text/html; charset=utf-7", "meta"),
        (b"<!--%b-->" % bytes(20_000) + meta(b"koi8-r") + b"\xf0", HTML, "meta"),
        (b"<?xml version='1.0' encoding='koi8-r'?>", HTML, "xml"),
        ("<?xml version='1.0'?>".encode("utf-16-le"), HTML, "xml"),
        (b"plain", HTML, "default"),
        ("Grüße".encode(), HTML, "default"),
        ("Grüße".encode("cp1252"), HTML, "sniffed"),
    ],
)
def test_what_the_encoding_was_decided_by_is_told(body, content_type, source):
    assert decide(body, content_type).source == source


@pytest.mark.parametrize(("label", "encoding"), sorted(LABELS.items()))
def test_every_label_of_the_standard_is_known_in_any_case_and_in_spaces(label, encoding):
    assert decide(b"\xff", f"text/html; charset={label.upper()}") == (encoding, "header")
    assert decide(meta(f" {label}\t".encode()), HTML) == (charset._as_read(encoding), "meta")


LANGUAGES = {
    "German": ("iso-8859-15", "Größe für 5 €: Straßenübergang"),
    "French": ("windows-1252", "Œuvre déjà reçue à Noël"),
    "Spanish": ("iso-8859-1", "El niño pequeño ¿dónde está?"),
    "Polish": ("iso-8859-2", "Zażółć gęślą jaźń"),
    "Czech": ("windows-1250", "Příliš žluťoučký kůň úpěl"),
    "Turkish": ("iso-8859-9", "Şişli'de ığdır çöreği"),
    "Romanian": ("iso-8859-16", "Ștefan și țăranul"),
    "Lithuanian": ("windows-1257", "Įlinkdama fechtuotojo špaga"),
    "Latvian": ("iso-8859-13", "Glāžšķūņa rūķīši"),
    "Greek": ("iso-8859-7", "Ξεσκεπάζω την ψυχοφθόρα"),
    "Greek, Windows": ("windows-1253", "Ξεσκεπάζω την ψυχοφθόρα"),
    "Russian": ("koi8-r", "Съешь же ещё этих мягких булок"),
    "Russian, Windows": ("windows-1251", "Съешь же ещё этих мягких булок"),
    "Russian, DOS": ("ibm866", "Съешь же ещё этих мягких булок"),
    "Ukrainian": ("koi8-u", "Жебракують філософи при ґанку"),
    "Bulgarian": ("iso-8859-5", "Жълтата дюля беше щастлива"),
    "Hebrew": ("windows-1255", "דג סקרן שט בים"),
    "Hebrew, logical": ("iso-8859-8-i", "דג סקרן שט בים"),
    "Arabic": ("windows-1256", "صِف خَلقَ خَودٍ"),
    "Arabic, ISO": ("iso-8859-6", "نص حكيم له سر"),
    "Thai": ("tis-620", "เป็นมนุษย์สุดประเสริฐ"),
    "Vietnamese": ("windows-1258", "Xin chào Viê\u0323t Nam"),
    "Japanese": ("shift_jis", "いろはにほへと 日本語のページ"),
    "Japanese, Unix": ("euc-jp", "いろはにほへと 日本語のページ"),
    "Japanese, mail": ("iso-2022-jp", "いろはにほへと 日本語のページ"),
    "Chinese": ("gb18030", "我能吞下玻璃而不伤身体"),
    "Chinese, GBK": ("gbk", "我能吞下玻璃而不伤身体"),
    "Chinese, Taiwan": ("big5", "我能吞下玻璃而不傷身體"),
    "Korean": ("euc-kr", "다람쥐 헌 쳇바퀴에 타고파"),
    "Icelandic": ("iso-8859-10", "Kæmi ný öxi hér ykist"),
    "Maltese": ("iso-8859-3", "Ħanżir u ġbejna"),
    "Welsh": ("iso-8859-14", "Ŵy a dŵr yn y tŷ"),
}
PYTHON_CODECS = {"iso-8859-8-i": "iso8859-8", "windows-1258": "cp1258"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", ["header", "meta", "late meta", "http-equiv", "xml"])
def test_c3_a_page_in_its_language_and_usual_encoding_is_read_as_it_was_written(language, place):
    label, text = LANGUAGES[language]
    declared = {
        "meta": f"<meta charset={label}>",
        "late meta": f"<!--{'x' * 2000}--><meta charset='{label}'>",
        "http-equiv": f'<meta http-equiv=Content-Type content="text/html; charset={label}">',
        "xml": f'<?xml version="1.0" encoding="{label}"?>',
    }.get(place, "")
    page = f"{declared}<title>{text}</title>"
    body = page.encode(PYTHON_CODECS.get(label, label))
    content_type = f"text/html; charset={label}" if place == "header" else HTML
    encoding, source = decide(body, content_type)
    assert decode(body, encoding) == page
    assert (encoding, source) == (
        webencodings.lookup(label).name,
        place.replace("late ", "").replace("http-equiv", "meta"),
    )
