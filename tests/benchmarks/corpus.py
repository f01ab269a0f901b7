"""Real pages: the HTML documentation that Debian packages bring along, published as a folder and listed as URLs."""

import gzip
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("postgresql-doc-15", "python3-doc")


class Document(NamedTuple):
    """One HTML file, and where it is published."""

    path: str
    """Path of its URL, starting with a slash."""
    file: Path


def documents(packages: Sequence[str] = PACKAGES) -> list[Document]:
    """Return every HTML page of `packages`, each file once, in an order that mixes them and is always the same.

    Raises SystemExit with one line that names what to install.
    """
    found = {package: _html_files(package) for package in packages}
    missing = [package for package, files in found.items() if not files]
    if missing:
        raise SystemExit(f"the pages are missing; install them with: apt-get install {' '.join(missing)}")
    pages = [Document(f"/{package}{path}", file) for package, files in found.items() for path, file in files]
    random.Random(0).shuffle(pages)
    return pages


def publish(pages: Sequence[Document], folder: Path) -> None:
    """Lay `pages` out under `folder` as their URLs have them, each with its gzip beside it, which nginx sends as is."""
    for page in pages:
        place = folder / page.path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(page.file)
        place.with_name(place.name + ".gz").write_bytes(gzip.compress(page.file.read_bytes(), compresslevel=6))


def urls(pages: Sequence[Document], hosts: Sequence[str], count: int) -> list[str]:
    """Return `count` different URLs: pages taken in turn, each round from the next of `hosts` (`127.0.0.1:8080`)."""
    listed = []
    for number in range(count):
        turn, place = divmod(number, len(pages))
        copy, shift = divmod(turn, len(hosts))
        query = f"?copy={copy}" if copy else ""  # every page was already taken from every host
        listed.append(f"http://{hosts[(place + shift) % len(hosts)]}{pages[place].path}{query}")
    return listed


def _html_files(package: str) -> list[tuple[str, Path]]:
    """Return URL path and file of each page; Debian's documentation lies in a folder `html`, or a link to one."""
    listing = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=False).stdout
    folders = {Path(line).resolve() for line in listing.splitlines() if line.endswith("/html")}
    files = [(folder, file) for folder in sorted(folders) for file in sorted(folder.rglob("*.html"))]
    return [(f"/{file.relative_to(folder).as_posix()}", file) for folder, file in files if file.is_file()]
