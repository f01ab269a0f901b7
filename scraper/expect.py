"""What is expected of the data (`price>=95%`): read from a text, measured on a run's whole output."""

import operator
import re
from collections.abc import Callable, Iterable
from typing import Self

from msgspec import Struct, structs

from scraper.errors import UsageError
from scraper.fill import Coverage, Fill
from scraper.stats import Summary, percent

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_TEXT = re.compile(
    r"\s*(?P<name>[^<>=]*[^<>=\s])\s*(?P<operator>>=|<=|==|>|<)\s*"
    r"(?:(?P<number>\d[\d,_]*(?:\.\d+)?)\s*(?P<percent>%)?|(?P<baseline>baseline)(?:\s*(?P<margin>[+-]\s*\d+(?:\.\d+)?)\s*%)?)\s*"
)
_HINT = "write NAME>=95%, NAME==100% or NAME>=baseline-2% for a field; ok>=99%, failed<=10 or pages>=1000 for the run"
_PAGES, _OK, _FAILED, _FIELD = "pages", "ok", "failed", "fields."
_ALL = 100.0
_ROUNDING = 1e-9
"""Shares are compared no closer: 0.97 is not below 0.99 - 0.02."""


class Expectation(Struct, frozen=True, kw_only=True):
    """One expectation. `str()` of it is its text."""

    text: str
    name: str
    """A field, dotted within items; or `pages`, `ok`, `failed`. `fields.ok` is the field of that name."""
    operator: str
    number: float = 0.0
    """Percent or a count; with `is_of_baseline`, what is added to the baseline's."""
    is_share: bool = False
    """It speaks of a share, in percent, not of a count."""
    is_of_baseline: bool = False

    def __str__(self) -> str:
        return self.text

    def broken_by(self, now: Coverage, before: Coverage | None) -> str | None:
        """Return the line that says how `now` breaks it, or None when it holds. `before` is the baseline."""
        found = self._measure(now)
        if found is None:
            return f"{self.text}: {_absent(self, now)}"
        wanted, was = self.number, ""
        if self.is_of_baseline:
            old = None if before is None else self._measure(before)
            if old is None:
                return f"{self.text}: the baseline has nothing to compare with"
            wanted = old[0] * (1 + self.number / _ALL) if not self.is_share else old[0] + self.number
            was = f"; the baseline has {old[1]}"
        value, told = found
        is_close = abs(value - wanted) < _ROUNDING
        holds = "=" in self.operator if is_close else _OPERATORS[self.operator](value, wanted)
        return None if holds else f"{self.text}: {told}{was}"

    def _measure(self, coverage: Coverage) -> tuple[float, str] | None:
        """Return percent or a count, and both in words; None when nothing can be said."""
        records = coverage.ok + coverage.failed
        fill = {
            _PAGES: Fill(coverage.ok, records),
            _OK: Fill(coverage.ok, records),
            _FAILED: Fill(coverage.failed, records),
        }.get(self.name) or coverage.fields.get(self.name.removeprefix(_FIELD))
        if fill is None or (self.is_share and not fill.of):
            return None
        if not self.is_share:
            return fill.had, f"{fill.had:,}"
        of = "records" if self.name in (_OK, _FAILED) else "items" if fill.of != coverage.ok else "pages"
        return fill.share * _ALL, f"{percent(fill.share)} ({fill.had:,} of {fill.of:,} {of})"


def parse(text: str) -> Expectation:
    """Return the Expectation that `text` states. Raises UsageError with the text and how to write one."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise UsageError(f"--expect {text!r} is not understood; {_HINT}")
    name, is_of_baseline = match["name"].strip(), match["baseline"] is not None
    number = match["margin"] if is_of_baseline else match["number"]
    expectation = Expectation(
        text=text.strip(),
        name=name,
        operator=match["operator"],
        number=float(re.sub(r"[,_\s]", "", number or "0")),
        is_share=name != _PAGES and (is_of_baseline or match["percent"] is not None),
        is_of_baseline=is_of_baseline,
    )
    if name == _PAGES and match["percent"]:
        raise UsageError(f"--expect {text!r}: pages is a number; write pages>=1000, or ok>=99% for the share")
    if expectation.is_share and abs(expectation.number) > _ALL:
        raise UsageError(f"--expect {text!r}: a share is at most 100%; leave out the % for a number of pages")
    return expectation


class DataCheck(Struct, frozen=True):
    """What a run is held against when it is finished."""

    expectations: tuple[Expectation, ...] = ()
    baseline: Coverage | None = None

    @classmethod
    def of(cls, texts: Iterable[str], baseline: Coverage | None) -> Self:
        """Return the check of these texts. Raises UsageError, also when one speaks of a baseline and there is none."""
        expectations = tuple(map(parse, texts))
        for expectation in expectations:
            if expectation.is_of_baseline and baseline is None:
                raise UsageError(f"--expect {expectation.text!r} needs --baseline, an earlier output to compare with")
        return cls(expectations, baseline)

    def judge(self, summary: Summary) -> Summary:
        """Return `summary` with the baseline, and a line for each expectation that its coverage breaks."""
        lines = [expectation.broken_by(summary.coverage, self.baseline) for expectation in self.expectations]
        return structs.replace(
            summary, baseline=self.baseline, broken=tuple(line for line in lines if line is not None)
        )


def _absent(expectation: Expectation, coverage: Coverage) -> str:
    if not coverage.ok:
        return "no page was ok"
    if expectation.name in coverage.fields:
        return f"no page has {expectation.name.rpartition('.')[0]}"
    names = ", ".join(coverage.fields)
    return f"no page has a field {expectation.name}; " + (f"there are {names}" if names else "there are no fields")
