"""`scrape verify`: prints what the files prove of a run, as text or as one JSON object."""

import asyncio
import sys
from collections.abc import Iterator, Sequence

import msgspec

from scraper import api
from scraper.config import Config
from scraper.loops import new_event_loop
from scraper.stats import LABEL_WIDTH, count
from scraper.verify import Verdict, verify

EXIT_UNPROVEN = 3
_REMEDIES = {
    "missing": "run the same line again to fetch what is missing",
    "torn": "the next run mends the end",
    "repeated": "the next run takes out failed records that were replaced",
    "extra": "name all sources that the output was made from",
    "malformed": "mend these lines, or start anew with --fresh",
}


def run(output: str, sources: Sequence[str], config: Config, *, is_json: bool = False) -> int:
    """Print the verdict on `output`; return the exit code, 3 when it is not proven. Raises UsageError."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        verdict = runner.run(_verify(output, sources, config))
    sys.stdout.write(
        msgspec.json.encode(verdict).decode() + "\n" if is_json else text(verdict, has_sources=bool(sources))
    )
    return 0 if verdict.is_proven else EXIT_UNPROVEN


async def _verify(output: str, sources: Sequence[str], config: Config) -> Verdict:
    rows = api.rows_of_sources(sources, config) if sources else None
    return await verify(output, rows, limit=config.limit)


def text(verdict: Verdict, *, has_sources: bool) -> str:
    """Return what is printed of `verdict`."""
    rows = [*_account(verdict, has_sources=has_sources), *_problems(verdict)]
    if verdict.is_proven and has_sources:
        rows.append(f"Proven: each URL of the sources has exactly one whole record in {verdict.output}.")
    elif verdict.is_proven:
        rows.append(f"Proven: {verdict.output} holds whole records only, one for each URL.")
    else:
        rows.append(f"NOT PROVEN: {'; '.join(_REMEDIES[kind] for kind in _REMEDIES if kind in verdict.places)}.")
    return "".join(f"{row}\n" for row in rows)


def _account(verdict: Verdict, *, has_sources: bool) -> Iterator[str]:
    if has_sources:
        optional = (
            (verdict.missing, f"{verdict.missing:,} missing"),
            (verdict.duplicates, count(verdict.duplicates, "duplicate")),
            (verdict.blank, f"{verdict.blank:,} blank"),
        )
        terms = [f"{verdict.recorded:,} with a record", *(term for number, term in optional if number)]
        yield f"{count(verdict.lines, 'line')} = {' + '.join(terms)}"
    terms = [f"{verdict.ok:,} ok", *(f"{number:,} {kind}" for kind, number in verdict.failed.items())]
    yield f"{count(verdict.records, 'record')} = {' + '.join(terms)}"


def _problems(verdict: Verdict) -> Iterator[str]:
    numbers = {
        "missing": verdict.missing,
        "repeated": verdict.repeated,
        "extra": verdict.extra,
        "malformed": verdict.malformed,
        "torn": 1,
    }
    for kind, number in numbers.items():
        places = verdict.places.get(kind, [])
        for index, place in enumerate(places):
            yield f"{'' if index else kind:<{LABEL_WIDTH}}line {place.line:,} of {place.file}: {place.what}"
        if number > len(places) > 0:
            yield f"{'':<{LABEL_WIDTH}}and {number - len(places):,} more"
