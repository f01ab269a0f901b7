"""What an output holds, as one HTML page that needs nothing else: read in one pass, in memory that does not grow.

============  ==================================================================
`reading`     the records of an output, as far as they can be read, and what was left out
`groups`      counters that stay bounded whatever servers send
`timeline`    how many pages ended when
`tally`       everything that the page tells, folded from the records
`sentence`    what happened, in words
`plots`       columns and bars as SVG
`tables`      tables, tiles and figures
`chapters`    the sections of the page: outcomes, latency, speed, hosts
`details`     the others: fields, pages that stand out, what servers answered
`page`        the page around them
============  ==================================================================
"""

from pathlib import Path

from msgspec import Struct

from scraper.compression import compression_of
from scraper.errors import OutputError
from scraper.output.published import published
from scraper.report.page import render
from scraper.report.reading import Left, Reader
from scraper.report.sentence import sentence
from scraper.report.tally import Tally
from scraper.resume.reading import open_to_read

__all__ = ["Outcome", "default_name", "make", "write"]


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of a report."""

    sentence: str
    """What happened in the run."""
    html: str
    left: Left
    """What of the output is not in it."""


def make(output: str) -> Outcome:
    """Return the report on the file `output`. Raises UsageError when it cannot be read."""
    with open_to_read(output) as file:
        reader, tally = Reader(file), Tally()
        for entry in reader:
            tally.take(entry)
        return Outcome(
            sentence=sentence(tally),
            html=render(tally, reader.left, name=output, size_bytes=file.size),
            left=reader.left,
        )


def write(outcome: Outcome, target: str, output: str) -> None:
    """Make `target` the report, whole or not at all. Raises UsageError when it is `output`, OutputError."""
    if "\0" in target:
        raise OutputError(f"{target!r} cannot be the name of a file")
    with published(target, replaces=True, source=output) as draft:
        draft.write_text(outcome.html, encoding="utf-8")


def default_name(output: str) -> str:
    """Return `output/urls.report.html` for `output/urls.jsonl.gz`."""
    path = Path(output)
    stem = Path(path.stem).stem if compression_of(path) else path.stem
    return str(path.with_name(f"{stem}.report.html"))
