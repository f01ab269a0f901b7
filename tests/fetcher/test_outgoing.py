"""Which headers go to which origin."""

import pytest

from scraper.fetcher.outgoing import Outgoing, authorization
from scraper.urls import parse

GIVEN = [("X-Token", "s"), ("Accept-Language", "de")]
OURS = b"Host: a.test\r\nUser-Agent: me/1\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
CODINGS = b"Accept-Encoding: gzip, deflate, br, zstd\r\n"


def test_what_the_user_gave_and_the_login_go_to_the_own_origin_only():
    to = Outgoing("me/1", GIVEN).to
    assert to("https://a.test", True, "Basic eA==", False).lines == (
        OURS + b"X-Token: s\r\nAccept-Language: de\r\nAuthorization: Basic eA==\r\n" + CODINGS
    )
    assert to("http://a.test", False, None, True).lines == (
        OURS + b"Accept-Language: de\r\nConnection: close\r\n" + CODINGS
    )


def test_a_header_of_the_user_goes_before_ours_and_before_the_urls_login():
    made = Outgoing("me/1", [("user-agent", "you"), ("AUTHORIZATION", "Bearer x")]).to(
        "http://a.test", True, "y", False
    )
    assert b"me/1" not in made.lines
    assert b"AUTHORIZATION: Bearer x\r\n" in made.lines
    assert b"Authorization: y" not in made.lines


def test_they_are_made_once():
    to = Outgoing("me/1", ()).to
    assert to("http://a.test", True, None, False) is to("http://a.test", True, None, False)


@pytest.mark.parametrize(
    ("url", "login"),
    [("http://a.test/", None), ("http://me:s%20c@a.test/", "Basic bWU6cyBj"), ("http://t@a.test/", "Basic dDo=")],
)
def test_userinfo_is_basic_authorization(url, login):
    assert authorization(parse(url)) == login
