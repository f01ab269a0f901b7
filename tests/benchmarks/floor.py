"""The unavoidable part: inflate, parse, scan for links and serialise, over gzip bodies that are in memory already.

    python tests/benchmarks/floor.py FOLDER

Prints the milliseconds of CPU that a page takes, by step, as one JSON object. Making the links absolute is told beside
them: every peer does it, how cheaply is a matter of skill (here the scraper's own way), so it is no part of the floor.
The steps are those of a loop as one writes it, where the C library gives a page's memory back to the system and asks
for it again; `sum when malloc keeps memory` is what the floor takes when it does not, as in the scraper.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import process_time_ns

import msgspec
from isal import isal_zlib
from selectolax.lexbor import LexborCSSSelector, LexborDocumentOptions, LexborHTMLParser

from scraper.extract.links import absolute
from scraper.memory import keep_for_the_next_page

PASSES = 3
GZIP = 16 + 15
"""As zlib's `wbits`."""
BASE = "http://127.0.1.1:18080/postgresql-doc-15/index.html"
UNAVOIDABLE = ("inflate", "parse", "scan", "serialise")
STEPS = (*UNAVOIDABLE, "make absolute")
KEPT = "sum when malloc keeps memory"


def main(folder: str) -> None:
    bodies = [file.read_bytes() for file in sorted(Path(folder).rglob("*.gz"))]
    steps = _median(bodies)
    keep_for_the_next_page()
    kept = _median(bodies)
    sys.stdout.write(json.dumps({**steps, KEPT: sum(kept[step] for step in UNAVOIDABLE)}) + "\n")


def _median(bodies: Sequence[bytes]) -> dict[str, float]:
    """Return the median of each step over PASSES."""
    passes = [_milliseconds(bodies) for _ in range(PASSES)]
    return {step: median(one[step] for one in passes) for step in STEPS}


def _milliseconds(bodies: Sequence[bytes]) -> dict[str, float]:
    """Return the mean of each step over `bodies`."""
    clock, encode, selector = process_time_ns, msgspec.json.Encoder().encode, LexborCSSSelector()
    options = int(LexborDocumentOptions.WO_EVENTS)
    took = dict.fromkeys(STEPS, 0)
    for body in bodies:
        started = clock()
        html = isal_zlib.decompress(body, GZIP)
        inflated = clock()
        tree = LexborHTMLParser(html, options=options)
        parsed = clock()
        hrefs = dict.fromkeys(node.attrs.sget("href", "") for node in selector.find("a[href]", tree.body))
        scanned = clock()
        links = absolute(hrefs, BASE)
        resolved = clock()
        encode({"url": BASE, "ok": True, "status": 200, "links": links})
        serialised = clock()
        del tree  # what building it allocated is part of parsing
        freed = clock()
        took["inflate"] += inflated - started
        took["parse"] += parsed - inflated + freed - serialised
        took["scan"] += scanned - parsed
        took["make absolute"] += resolved - scanned
        took["serialise"] += serialised - resolved
    return {step: nanoseconds / len(bodies) / 1e6 for step, nanoseconds in took.items()}


if __name__ == "__main__":
    main(sys.argv[1])
