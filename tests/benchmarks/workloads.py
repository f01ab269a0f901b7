"""What is measured: kinds of pages, hosts and connections."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import corpus
import web
from authority import Authority
from measure import SERVER_CORE
from peer import OURS

Kind = Literal["real", "heavy", "tiny", "large"]


QUICK = (OURS, "go")
"""Peers that always fetch the whole list."""
LONG_NOTE = (
    "Who takes 0.3 ms to connect and ask has asked for the 500th page after 0.15 s. Of 6,000 pages, 12 rounds "
    "of 0.2 s, that is 6 %: 0.94 was the most that could be reached. Of 50,000, 20 s, it is 0.7 %. The other peers "
    "would take minutes for those, and fetch {short:,}. nginx's timers count whole milliseconds: half of its replies "
    "take over 201.5 ms, which is another 0.7 %."
)


class Workload(NamedTuple):
    """So many pages of one kind, and how they are served."""

    title: str
    pages: int
    """Fetched in each run."""
    kind: Kind = "real"
    hosts: int = 1
    is_tls: bool = False
    delay_s: float = 0.0
    """How long each reply takes."""
    workers: int = 50
    short_pages: int = 0
    """Fetched by each peer that is not QUICK, for which `pages` would take minutes; 0 when all fetch `pages`."""
    note: str = ""

    def pages_of(self, peer: str) -> int:
        """Return how many pages `peer` fetches."""
        return self.pages if peer in QUICK or not self.short_pages else self.short_pages

    @property
    def has_floor(self) -> bool:
        """Whether a page costs no more than it must but for our own doing: neither TLS nor waiting adds to it."""
        return self.pages > 1 and not self.is_tls and not self.delay_s


START = "start"
WORKLOADS = {
    START: Workload("Start-up: a list of one page", 1),
    "http": Workload("HTTP, keep-alive", 5_000),
    "heavy": Workload("HTTP, keep-alive, pages of 200 KB", 1_000, kind="heavy"),
    "https": Workload("HTTPS, keep-alive", 2_500, is_tls=True),
    "https-new": Workload("HTTPS, every page from a host of its own", 4_000, hosts=4_000, is_tls=True),
    "tiny": Workload("Pages of 1 KB", 3_000, kind="tiny"),
    "large": Workload("Pages of 1 MB", 100, kind="large"),
    "hosts": Workload("3,000 hosts", 3_500, hosts=3_000),
    "slow-50": Workload("Replies that take 200 ms, 50 workers", 1_000, kind="tiny", delay_s=0.2),
    "slow-500": Workload(
        "Replies that take 200 ms, 500 workers",
        50_000,
        kind="tiny",
        delay_s=0.2,
        workers=500,
        short_pages=6_000,
        note=LONG_NOTE.format(short=6_000),
    ),
}


class Stage(NamedTuple):
    """A workload that is being served."""

    urls: Sequence[str]
    source: Path
    """The file that lists `urls`."""
    environment: dict[str, str]
    """What each peer needs to trust the server."""
    server: web.Server

    def first(self, pages: int) -> Path:
        """Return a file that lists the first `pages` of `urls`."""
        if pages == len(self.urls):
            return self.source
        file = self.source.with_name(f"first-{pages}.txt")
        file.write_text("".join(f"{url}\n" for url in self.urls[:pages]))
        return file


class Theatre:
    """The pages, published once, and the certificate authority; gives each workload its stage."""

    def __init__(self, folder: Path, *, has_heavy: bool) -> None:
        """Publish every kind of page below `folder`, which is empty and readable to all."""
        real = corpus.documents()
        self.pages: dict[Kind, list[corpus.Document]] = {
            "real": real,
            "tiny": corpus.tiny(folder / "tiny"),
            "large": corpus.large(real, folder / "large"),
        }
        if has_heavy:
            self.pages["heavy"] = corpus.heavy()
        self.folder = folder
        self._authority = Authority(folder)
        for kind, pages in self.pages.items():
            corpus.publish(pages, self.root(kind))

    @contextmanager
    def stage(self, workload: Workload, *, core: int | None = SERVER_CORE) -> Iterator[Stage]:
        """Serve `workload` from CPU `core`, or from any, for as long as the block lasts."""
        addresses = web.loopback_hosts(workload.hosts)
        certificates = self._authority.certify(addresses) if workload.is_tls else []
        site = web.Site(self.root(workload.kind), addresses, certificates, workload.delay_s)
        with web.nginx(site, self.folder, core) as server:
            scheme = "https" if workload.is_tls else "http"
            origins = [f"{scheme}://{address}:{server.port}" for address in addresses]
            urls = corpus.urls(self.pages[workload.kind], origins, workload.pages)
            source = self.folder / "urls.txt"
            source.write_text("".join(f"{url}\n" for url in urls))
            trust = {"SSL_CERT_FILE": str(self._authority.bundle)} if workload.is_tls else {}
            yield Stage(urls, source, trust, server)

    def described(self) -> str:
        """Say in a sentence what the pages are."""
        real, heavy = self.pages["real"], self.pages.get("heavy")
        text = f"Pages are the HTML documentation of Debian's {' and '.join(corpus.PACKAGES)}, "
        text += f"{corpus.mean_kb(real):.0f} KB on average, gzip"
        if heavy:
            *some, last = corpus.HEAVY_PACKAGES
            text += f"; those of 200 KB are {len(heavy)} of {', '.join(some)} and {last}, "
            text += f"{corpus.HEAVY_LEAST // 1000} KB to 1 MB, {corpus.mean_kb(heavy):.0f} KB on average"
        return f"{text}."

    def root(self, kind: Kind) -> Path:
        """Return the folder of what is served of `kind`: pages, and their gzip."""
        return self.folder / f"{kind}-root"
