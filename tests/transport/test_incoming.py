"""What is found of an answer as it comes, piece by piece, and what the parser lets pass."""

import asyncio

import httpx
import pytest

from scraper.transport.incoming import MAX_LINE_BYTES, MAX_LINES, Incoming

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


def incoming(*pieces):
    """An answer of which `pieces` have come, and how often reading was paused and resumed."""
    calls = []
    answer = Incoming(pause=lambda: calls.append("pause"), resume=lambda: calls.append("resume"))
    for piece in pieces:
        answer.feed(piece)
    return answer, calls


def test_a_head_and_a_body():
    answer, _ = incoming(HEAD, b"he", b"llo")
    assert (answer.status, answer.headers) == (200, [(b"Content-Length", b"5")])
    assert (answer.has_ended, answer.is_in_body, answer.is_last, answer.problem()) == (True, False, False, None)
    assert asyncio.run(answer.read()) == b"hello"
    assert asyncio.run(answer.read()) == b""


def test_space_around_a_value_is_none_of_it():
    answer, _ = incoming(b"HTTP/1.1 204 No Content\r\nETag: \t x \t \r\n\r\n")
    assert answer.headers == [(b"ETag", b"x")]


def test_interim_heads_are_passed_over_and_trailers_are_no_headers():
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer, _ = incoming(interim, chunked, b"1\r\nx\r\n0\r\nETag: y\r\n\r\n")
    assert (answer.headers, answer.heads, answer.has_ended) == ([(b"Transfer-Encoding", b"chunked")], 2, True)


@pytest.mark.parametrize(
    ("head", "is_whole"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", True),
        (HEAD, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", False),
    ],
)
def test_a_body_without_a_length_ends_with_the_connection(head, is_whole):
    answer, _ = incoming(head)
    assert answer.is_in_body
    assert answer.end_with_connection() is is_whole


def test_a_connection_is_given_back_at_the_end_or_when_nobody_wants_more():
    released = []
    answer, _ = incoming(HEAD)
    answer.when_done(lambda: released.append("end"))
    assert released == []
    answer.feed(b"hello")
    assert released == ["end"]
    ended, _ = incoming(HEAD, b"hello")
    ended.when_done(lambda: released.append("at once"))
    unread, _ = incoming(HEAD)
    unread.when_done(lambda: released.append("closed"))
    asyncio.run(unread.aclose())
    assert released == ["end", "at once", "closed"]


def test_who_reads_waits_for_more_and_hears_what_went_wrong():
    async def scenario():
        answer, _ = incoming(HEAD)
        loop = asyncio.get_running_loop()
        loop.call_soon(answer.feed, b"he")
        assert await answer.read() == b"he"
        loop.call_soon(answer.fail, httpx.ReadError("gone"))
        await answer.read()

    with pytest.raises(httpx.ReadError, match="gone"):
        asyncio.run(scenario())


def test_reading_pauses_while_nobody_takes_what_came():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"
    answer, calls = incoming(head, b"x" * 400_000)
    assert calls == []
    answer.feed(b"x" * 400_000)
    answer.feed(b"x" * 400_000)
    assert calls == ["pause"]
    assert len(asyncio.run(answer.read())) == 1_200_000
    assert calls == ["pause", "resume"]


def test_what_comes_after_the_end_is_an_error():
    answer, _ = incoming(HEAD, b"hello")
    with pytest.raises(httpx.RemoteProtocolError, match="more came than the answer"):
        answer.feed(b"x")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (b"Content-Length: 18446744073709551615\r\n", "its Content-Length is no length"),
        (b"Transfer-Encoding: gzip, chunked\r\n", "its Transfer-Encoding is 'gzip, chunked'"),
        (b"X: a\0b\r\n", "there is a zero byte in its head"),
        (b"X: " + b"a" * (MAX_LINE_BYTES + 1) + b"\r\n", "a header has more than 65,536 bytes"),
    ],
)
def test_what_the_parser_lets_pass_is_told(lines, problem):
    answer, _ = incoming(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n")
    assert answer.problem().startswith(problem)


@pytest.mark.parametrize("line", [b"X: y\r\n", b" folded\r\n"])
def test_too_many_header_lines_are_not_parsed(line):
    with pytest.raises(httpx.RemoteProtocolError, match="more than 1,000 header lines"):
        incoming(b"HTTP/1.1 200 OK\r\nX: y\r\n" + line * MAX_LINES + b"\r\n")
