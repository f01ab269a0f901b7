"""Stands in for a run's output: records as a report reads them, hostile ones too."""

from typing import Any

import msgspec

from scraper.report.reading import Entry
from scraper.report.tally import Tally

RTL = "\u202e"
HOSTILE = [
    "<script>alert('title')</script>",
    "</title></style><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(2)> ' onmouseover='alert(3)",
    f"{RTL}gnp.exe \x00\x1b[31m",
    "x" * 1_000_000,
    "&lt;b&gt; &amp; {{7*7}} ${alert(4)} `",
    "e" + "\u0301" * 3000,
]


def line(url: str, **rest: Any) -> dict[str, Any]:
    """Return a record as JSON has it; with `kind` or `status` of 400 and more a failed one."""
    kind = rest.pop("kind", None) or ("http-status" if rest.get("status", 200) >= 400 else None)
    failure = {"error": {"kind": kind, "message": rest.pop("message", "why")}} if kind else {}
    return {"url": url, "ok": kind is None, "attempts": 1, **failure, **rest}


def page(number: int, **rest: Any) -> dict[str, Any]:
    """Return the record of an ordinary page."""
    usual = {
        "status": 200,
        "fetched_at": f"2026-11-24T13:{number // 60 % 60:02}:{number % 60:02}.250Z",
        "elapsed_ms": 20.0 + number,
        "timings": {"connect": 1.5, "first_byte": 15.0 + number, "body": 0.5, "parse": 3.0},
        "content_type": "text/html",
        "encoding": "utf-8",
        "bytes": 1000 + number,
        "title": f"Page {number}",
        "lang": "en",
        "fields": {"price": str(number), "note": None if number % 2 else "x"},
    }
    return line(f"http://h{number % 3}.example/{number}", **(usual | rest))


def hostile() -> list[dict[str, Any]]:
    """Return what a site might send to whoever makes a page of its records."""
    every = [
        page(n, title=text, content_type=text[:300], encoding=text[:300], verdict=text[:300], change=text[:300])
        for n, text in enumerate(HOSTILE)
    ]
    every += [
        line(f"http://h.example/{text[:2000]}", kind="tls-error", message=text, elapsed_ms=1e5) for text in HOSTILE
    ]
    every += [line(url, kind="invalid-url") for url in ("javascript:alert(5)", " \tjavascript:alert(6)", "data:,x")]
    every += [page(60, fields={text[:300]: 1 for text in HOSTILE}, redirects=[{"status": 301, "url": "javascript:x"}])]
    every += [page(61, final_url="javascript:alert(7)", redirects=[{"status": 302, "url": "http://h.example/"}])]
    every += [line(f"http://<img src=x onerror=alert(8)>{n}/", kind="invented-<b>", status=99999) for n in range(3)]
    return every


def text(records: list[dict[str, Any]]) -> bytes:
    """Return the records as an output holds them."""
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def tally(records: list[dict[str, Any]]) -> Tally:
    """Return what a report makes of the records."""
    made = Tally()
    for record in records:
        made.take(msgspec.json.decode(msgspec.json.encode(record), type=Entry))
    return made
