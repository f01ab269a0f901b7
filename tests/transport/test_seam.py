"""The headers of a request as they go out."""

import pytest
from httpx import LocalProtocolError

from scraper.transport.seam import Headers, checked


def test_headers_go_out_as_they_were_given_in_their_order():
    headers = Headers([("Host", "a.test"), ("X-Mine", "\xe4")])
    assert headers.lines == b"Host: a.test\r\nX-Mine: \xe4\r\n"
    assert headers.with_more([("If-None-Match", "1")]).raw[-1] == (b"If-None-Match", b"1")
    assert len(headers.raw) == 2


@pytest.mark.parametrize(("name", "value"), [("X", "1\r\nY: 1"), ("X", "1\n"), ("X", "\0"), ("X: 1\r\nY", "1")])
def test_a_line_break_cannot_smuggle_another_header(name, value):
    with pytest.raises(LocalProtocolError):
        Headers([(name, value)])
    with pytest.raises(LocalProtocolError):
        checked(b"/ HTTP/1.1\r\nX: 1")
