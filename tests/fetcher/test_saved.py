import pytest

from scraper.fetcher.saved import saved_page


@pytest.mark.parametrize(
    ("body", "encoding", "text"),
    [
        ("<p>é".encode(), "utf-8", "<p>é"),
        ('<meta charset="shift_jis"><p>日'.encode("shift_jis"), "shift_jis", '<meta charset="shift_jis"><p>日'),
        ("\ufeff<p>é".encode("utf-16"), "utf-16le", None),
        (b"<p>\xe9", "windows-1252", "<p>é"),
        (b"", "utf-8", ""),
    ],
)
def test_its_charset_is_found_as_that_of_a_fetched_page(body, encoding, text):
    page = saved_page(body, "a.html")
    assert page.encoding == encoding
    assert text is None or page.text == text
    assert page.media_type == "text/html"


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- saved from url=(0026)https://a.example/b?c=d -->",
        "<!--\n Page saved with SingleFile \n url: https://a.example/b?c=d \n saved date: today -->",
    ],
)
def test_links_are_relative_to_where_it_was_saved_from(comment):
    body = f"<!DOCTYPE html>\n{comment}\n<html>".encode()
    assert saved_page(body, "a.html").final_url == "https://a.example/b?c=d"
    assert saved_page(body, "a.html", "https://b.example/").final_url == "https://b.example/"


def test_else_they_are_relative_to_the_file(tmp_path):
    assert saved_page(b"<p>", f"{tmp_path}/a b.html").final_url == f"file://{tmp_path}/a%20b.html"
