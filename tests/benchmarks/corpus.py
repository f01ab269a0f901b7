"""Pages to serve: the HTML documentation that Debian packages bring along, and tiny and large pages made of it."""

import gzip
import math
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("postgresql-doc-15", "python3-doc")
TINY_BYTES = 1_000
LARGE_BYTES = 1_000_000
_BODY = re.compile(rb"<body[^>]*>(.*)</body>", re.DOTALL)


class Document(NamedTuple):
    """One HTML file, and where it is published."""

    path: str
    """Path of its URL, starting with a slash."""
    file: Path


def documents(packages: Sequence[str] = PACKAGES) -> list[Document]:
    """Return as many HTML pages of each of `packages`, no file twice, in an order that mixes them, always the same.

    Raises SystemExit with one line that names what to install.
    """
    if shutil.which("dpkg") is None:
        raise SystemExit("the pages come from Debian's packages, and there is no dpkg here to find them")
    found = {package: _html_files(package) for package in packages}
    missing = [package for package, files in found.items() if not files]
    if missing:
        raise SystemExit(f"the pages are missing; install them with: apt-get install {' '.join(missing)}")
    chance = random.Random(0)
    least = min(map(len, found.values()))
    pages = [
        Document(f"/{package}{path}", file)
        for package, files in found.items()
        for path, file in chance.sample(files, least)
    ]
    chance.shuffle(pages)
    return pages


def tiny(folder: Path, count: int = 1_000) -> list[Document]:
    """Write pages of TINY_BYTES with a head and five links into `folder` and return them."""
    folder.mkdir(parents=True)
    pages = []
    for number in range(count):
        links = "".join(f'<li><a href="{(number + step) % count}.html">page {number + step}</a>' for step in range(5))
        head = f'<title>Page {number}</title><meta name="description" content="Number {number} of {count}">'
        start = f"<!doctype html><html lang=en><head><meta charset=utf-8>{head}</head><body><ul>{links}</ul><p>"
        filling = " ".join(f"word{(number * step) % 97}" for step in range(TINY_BYTES // 6))
        file = folder / f"{number}.html"
        file.write_text((start + filling)[:TINY_BYTES])
        pages.append(Document(f"/{file.name}", file))
    return pages


def large(pages: Sequence[Document], folder: Path, count: int = 40) -> list[Document]:
    """Write `count` pages of LARGE_BYTES and a little into `folder`, the bodies of many of `pages`, and return them."""
    folder.mkdir(parents=True)
    bodies = _bodies(pages)
    made = []
    for number in range(count):
        head = f'<title>Book {number}</title><meta name="description" content="Chapters, put together">'
        parts = [f"<!doctype html><html lang=en><head><meta charset=utf-8>{head}</head><body>".encode()]
        size = 0
        while size < LARGE_BYTES:
            parts.append(b"<div>" + next(bodies) + b"</div>")
            size += len(parts[-1])
        file = folder / f"{number}.html"
        file.write_bytes(b"".join(parts) + b"</body></html>")
        made.append(Document(f"/{file.name}", file))
    return made


def publish(pages: Sequence[Document], folder: Path) -> None:
    """Lay `pages` out under `folder` as their URLs have them, each with its gzip beside it, which nginx sends as is."""
    for page in pages:
        place = folder / page.path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.symlink_to(page.file)
        place.with_name(place.name + ".gz").write_bytes(gzip.compress(page.file.read_bytes(), compresslevel=6))


def urls(pages: Sequence[Document], origins: Sequence[str], count: int) -> list[str]:
    """Return `count` different URLs: pages in turn, each from the next of `origins` (`http://127.0.0.1:8080`)."""
    pairs = math.lcm(len(pages), len(origins))
    listed = []
    for number in range(count):
        query = f"?copy={number // pairs}" if number >= pairs else ""  # every page was already taken from every origin
        listed.append(f"{origins[number % len(origins)]}{pages[number % len(pages)].path}{query}")
    return listed


def _bodies(pages: Sequence[Document]) -> Iterator[bytes]:
    for page in cycle(pages):
        if found := _BODY.search(page.file.read_bytes()):
            yield found[1]


def _html_files(package: str) -> list[tuple[str, Path]]:
    """Return URL path and file of each page; Debian's documentation lies in a folder `html`, or a link to one."""
    listing = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=False).stdout
    folders = {Path(line).resolve() for line in listing.splitlines() if line.endswith("/html")}
    files = [(folder, file) for folder in sorted(folders) for file in sorted(folder.rglob("*.html"))]
    return [(f"/{file.relative_to(folder).as_posix()}", file) for folder, file in files if file.is_file()]
