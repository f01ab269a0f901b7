"""The replies that a local_site gives: correct ones, and bytes to order."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from gzip import compress
from itertools import repeat
from typing import Any, Literal

Then = Literal["keep", "close", "reset", "hang", "half-close"]
"""What comes after a reply: the next request; FIN; RST; silence; FIN while still reading. The last two last until
the client leaves. No header announces any of them; with "keep", a client's `Connection: close` is obeyed."""

Headers = Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]


@dataclass(frozen=True)
class Reply:
    """Bytes to write: the head at once after `delay` seconds, then each piece of the body after `interval` seconds."""

    head: bytes
    body: Iterable[bytes] = ()
    then: Then = "keep"
    delay: float = 0
    interval: float = 0

    @property
    def data(self) -> bytes:
        """All of it, to be cut or damaged and given to `raw`."""
        return self.head + b"".join(self.body)


def reply(
    status: int | str = 200,
    headers: Headers = (),
    body: bytes | str | list[bytes] = b"",
    *,
    chunked: bool = False,
    **how: Any,
) -> Reply:
    """Return a correct reply; a list is a body in pieces (with `chunked`, a chunk each). `status` may be "200 Fine".

    Content-Length and Transfer-Encoding are added unless given. `how` is `then`, `delay`, `interval`.
    """
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    pieces = [body.encode()] if isinstance(body, str) else [body] if isinstance(body, bytes) else body
    names = {name.lower() for name, _ in pairs}
    if chunked:
        pairs.append(("Transfer-Encoding", "chunked"))
        pieces = [*(chunk(piece) for piece in pieces if piece), chunk(b"")]
    elif not names & {"content-length", "transfer-encoding"} and str(status)[:3] not in ("204", "304"):
        pairs.append(("Content-Length", str(sum(map(len, pieces)))))
    lines = [b"HTTP/1.1 " + (status if isinstance(status, str) else f"{status} ").encode()]
    lines += [name.encode() + b": " + (v if isinstance(v, bytes) else v.encode("latin-1")) for name, v in pairs]
    return Reply(b"\r\n".join([*lines, b"", b""]), pieces, **how)


def html(text: str, headers: Mapping[str, str | bytes] | None = None, **how: Any) -> Reply:
    """Return a UTF-8 page; further arguments as for `reply`."""
    return reply(200, {"Content-Type": "text/html; charset=utf-8", **(headers or {})}, text, **how)


def gzip(text: str, **how: Any) -> Reply:
    """Return a UTF-8 page compressed with gzip; further arguments as for `reply`."""
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip"}
    return reply(200, headers, compress(text.encode()), **how)


def redirect(url: str | bytes, status: int = 302, **how: Any) -> Reply:
    """Return a redirect to `url` as it stands (a str goes out as latin-1)."""
    return reply(status, {"Location": url}, **how)


def raw(data: bytes, then: Then = "close", **how: Any) -> Reply:
    """Return `data` and nothing else as the reply; none at all with `b""`."""
    return Reply(data, then=then, **how)


def drip(what: Reply | bytes, interval: float) -> Reply:
    """Return `what` a byte every `interval` seconds; of a Reply, the body only."""
    whole = raw(b"", body=[what]) if isinstance(what, bytes) else what
    return replace(whole, body=[bytes([byte]) for byte in b"".join(whole.body)], interval=interval)


def endless(piece: bytes = b"x" * 65536, *, head: bytes | None = None, chunked: bool = True, **how: Any) -> Reply:
    """Return a page that never ends, or `head` and then `piece` for ever (header lines, 1xx replies)."""
    if head is not None:
        return Reply(head, repeat(piece), **how)
    framing = b"Transfer-Encoding: chunked" if chunked else b"Connection: close"
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + framing + b"\r\n\r\n"
    return Reply(start, repeat(chunk(piece) if chunked else piece), **how)


def chunk(data: bytes) -> bytes:
    """Return `data` as one chunk (RFC 9112, section 7.1); an empty one is the last."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def in_turn(*replies: Reply) -> Callable[..., Awaitable[Reply]]:
    """Answer with each of `replies` in turn, and go on with the last."""
    waiting = list(replies)

    async def answer(*_: object) -> Reply:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return answer
