"""Pages to serve: the HTML documentation that Debian packages bring along, and tiny and large pages made of it."""

import gzip
import math
import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import cycle, zip_longest
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("postgresql-doc-15", "python3-doc")
HEAVY_PACKAGES = ("postgresql-doc-15", "python3-doc", "rust-doc", "sqlite3-doc", "git-doc")
HEAVY_BYTES, HEAVY_LEAST, HEAVY_MOST = 200_000, 60_000, 1_000_000
"""What heavy pages have on average, and between what each of them is: news and shops send so much."""
HEAVY_COUNT = 250
DISPUTED = {"/sqlite3-doc/lang_expr.html"}
"""Has a link to `\\`, which is `/` to browsers and to ours, and a file's name to Go."""
TINY_BYTES = 1_000
LARGE_BYTES = 1_000_000
_BODY = re.compile(rb"<body[^>]*>(.*)</body>", re.DOTALL)


class Document(NamedTuple):
    """One HTML file, and where it is published."""

    path: str
    """Path of its URL, starting with a slash."""
    file: Path

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.file.stat().st_size


def documents(packages: Sequence[str] = PACKAGES) -> list[Document]:
    """Return as many HTML pages of each of `packages`, no file twice, in an order that mixes them, always the same.

    Raises SystemExit with one line that names what to install.
    """
    if absent := missing(packages):
        raise SystemExit(f"the pages are missing; install them with: apt-get install {' '.join(absent)}")
    found = {package: _html_files(package) for package in packages}
    chance = random.Random(0)
    least = min(map(len, found.values()))
    pages = [
        Document(f"/{package}{path}", file)
        for package, files in found.items()
        for path, file in chance.sample(files, least)
    ]
    chance.shuffle(pages)
    return pages


def missing(packages: Sequence[str]) -> list[str]:
    """Return those of `packages` that are not installed. Raises SystemExit where none can be."""
    if shutil.which("dpkg") is None:
        raise SystemExit("the pages come from Debian's packages, and there is no dpkg here to find them")
    return [package for package in packages if not _html_files(package)]


def heavy(packages: Sequence[str] = HEAVY_PACKAGES, count: int = HEAVY_COUNT) -> list[Document]:
    """Return `count` pages of HEAVY_LEAST to HEAVY_MOST, HEAVY_BYTES on average, of `packages` in turn.

    They are always the same. Raises SystemExit when there are not enough.
    """
    chance = random.Random(0)
    found = []
    for package in packages:
        files = [Document(f"/{package}{path}", file) for path, file in _html_files(package)]
        fitting = [page for page in files if HEAVY_LEAST <= page.size <= HEAVY_MOST and page.path not in DISPUTED]
        found.append(chance.sample(fitting, len(fitting)))
    in_turn = [page for row in zip_longest(*found) for page in row if page]
    above, below = (iter([page for page in in_turn if (page.size > HEAVY_BYTES) is flag]) for flag in (True, False))
    pages: list[Document] = []
    for _ in range(count):
        is_light = sum(page.size for page in pages) <= len(pages) * HEAVY_BYTES
        page = next(above if is_light else below, None)
        if page is None:
            raise SystemExit(f"only {len(pages)} of {count} pages of {HEAVY_BYTES // 1000} KB on average are there")
        pages.append(page)
    chance.shuffle(pages)
    return pages


def mean_kb(pages: Sequence[Document]) -> float:
    """Return how large a page is on average."""
    return sum(page.size for page in pages) / len(pages) / 1000


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
    """Return URL path and file of each page: of folders called `html` and links to them, else of all that is listed."""
    listing = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=False).stdout
    folders = {Path(line).resolve() for line in listing.splitlines() if line.endswith("/html")}
    if not folders and (listed := [line for line in listing.splitlines() if line.endswith(".html")]):
        folders = {Path(os.path.commonpath(listed))}
    files = [(folder, file) for folder in sorted(folders) for file in sorted(folder.rglob("*.html"))]
    return [(f"/{file.relative_to(folder).as_posix()}", file) for folder, file in files if file.is_file()]
