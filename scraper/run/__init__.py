"""What a library call returns: the summary, the records, and ways to look at them.

============  ==================================================================
`records`     the records in a file as a sequence: on disk, not in memory
`lines`       the lines of a file that is read in any order
`running`     a run under way
`spool`       where records are gathered when no output is named
`columns`     records as columns with dotted names
`frames`      pandas and polars
`figure`      matplotlib
`table`       the first records in a notebook
`account`     the summary of records that are there already
`again`       failed URLs as the rows of another run
============  ==================================================================
"""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, overload

from scraper.errors import DataCheckFailed, UsageError
from scraper.expect import DataCheck
from scraper.loops import Stop, in_own_loop
from scraper.models import Record, Rows
from scraper.run import figure, frames
from scraper.run.account import account_of, joined
from scraper.run.again import FailedRows, merged, to_try
from scraper.run.columns import Columns
from scraper.run.records import failed_of, open_records, read_records, records_in
from scraper.run.running import Running
from scraper.run.spool import Spool
from scraper.run.table import first_rows
from scraper.stats import Summary

__all__ = ["Again", "Run", "Running", "Spool", "open_records", "read_records", "records_in"]

OnStart = Callable[[Stop], None]
Again = Callable[[Rows, Mapping[str, Any], OnStart | None], Coroutine[Any, Any, "Run"]]
"""Scrapes rows as the run did, with these settings changed."""
_FIXED = ("baseline", "expect", "fresh", "limit", "output", "retry_failed", "url_column", "priority_column")


class Run:
    """A finished run: `len()`, iteration and `run[0]` are those of its `records`.

    Records of a run with an `output`, and of one with many records, are on disk and read when they are looked at.
    """

    def __init__(  # noqa: PLR0913 - what a run leaves behind, and how it goes on
        self,
        summary: Summary | None,
        records: Sequence[Record] | None,
        *,
        output: str | None = None,
        again: Again | None = None,
        check: DataCheck | None = None,
        field_names: Sequence[str] = (),
    ) -> None:
        """Take what there is; `summary` None is made of the records, `records` None are those of `output`."""
        self._summary = summary
        self._records = records
        self._output = output if summary is None else summary.output
        self._again = again
        self._check = check or DataCheck()
        self._field_names = field_names

    @property
    def summary(self) -> Summary:
        """The account: every line of the input, failures by kind, latencies (ms), fill rates; `print` it."""
        if self._summary is None:
            self._summary = self._check.judge(account_of(self.records, self._output, self._field_names))
        return self._summary

    @property
    def records(self) -> Sequence[Record]:
        """The record of each URL, in the order they were finished; with `output`, all that the file holds.

        A list, or a sequence that reads each record when it is looked at and holds 8 bytes for it. Raises UsageError
        when the output was a stream, such as standard output, or the file is not there any more.
        """
        if self._records is None:
            self._records = open_records(self._output) if self._output else []
        return self._records

    @property
    def failed(self) -> Sequence[Record]:
        """The records that are not ok; found anew at each look."""
        return failed_of(self.records)

    def to_pandas(self) -> Any:
        """Return a pandas.DataFrame, a row for each record, the same columns for each run.

        Nested data have dotted names (`error.kind`, `timings.dns`); the items of `fields` and `input` go by their own,
        or with `fields.` and `input.` before it when that is taken. `fetched_at` is a time in UTC, integers may be
        missing. Needs the extra `pandas`.
        """
        return frames.to_pandas(self._columns)

    def to_polars(self) -> Any:
        """Return a polars.DataFrame with the columns of `to_pandas`. Needs the extra `polars`.

        Lists of text are lists; other lists, and columns whose values are of several types, are JSON text.
        """
        return frames.to_polars(self._columns)

    def plot(self) -> Any:
        """Return a matplotlib Figure: pages over time, latencies (ms), failures by kind. Needs the extra `plot`."""
        return figure.plot(self.records)

    def check(self, *expectations: str) -> "Run":
        """Return the run itself when `expectations` hold of it, such as `"price>=95%"`; without any, those of `expect`.

        Raises DataCheckFailed, with a line for each that does not, and UsageError for one that is not understood.
        `scrape` itself does not raise it: the records are there, and worth a look, whatever was expected of them.
        """
        summary = self.summary
        if expectations:
            summary = DataCheck.of(expectations, summary.baseline).judge(summary)
        if summary.broken:
            raise DataCheckFailed("; ".join(summary.broken))
        return self

    def retry(self, kinds: str | None = None, **changes: Any) -> "Run":
        """Try the failed URLs again and return a new Run: their new records, and all that were ok.

        `kinds` names some of them by kind and status (`"read-timeout,503"`); without it, all but URLs that are wrong in
        themselves. `changes` are settings, as of `scrape`: `timeout=90`. With an output the records go there.
        Interrupting it returns what is there; what was not tried again keeps its failed record.
        """
        return in_own_loop(lambda on_start: self._retry(kinds, changes, on_start))

    async def aretry(self, kinds: str | None = None, **changes: Any) -> "Run":
        """As `retry`, in the caller's loop."""
        return await self._retry(kinds, changes)

    async def _retry(self, kinds: str | None, changes: Mapping[str, Any], on_start: OnStart | None = None) -> "Run":
        if self._again is None:
            raise UsageError("this run does not know how it was made: scrape the URLs of run.failed")
        for name in _FIXED:
            if name in changes:
                raise UsageError(f"retry() takes no {name}: that is the run's own")
        rows = FailedRows(to_try(self.failed, kinds))
        before = self.summary
        place = {} if self._output is None else {"output": self._output, "retry_failed": kinds or True}
        fresh = await self._again(rows, {**changes, **place}, on_start)
        records = fresh.records if self._output else merged(self.records, fresh.records)
        summary = joined(account_of(records, self._output, self._field_names), before, fresh.summary)
        return Run(
            self._check.judge(summary), records, again=self._again, check=self._check, field_names=self._field_names
        )

    def _columns(self) -> Columns:
        return Columns(self.records, self._field_names)

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        return self.records[index]

    def __repr__(self) -> str:
        place = f" · {self._output}" if self._output not in (None, "-") else ""
        return f"<Run: {str(self.summary).splitlines()[0]}{place} · .summary .records .failed .to_pandas()>"

    def _repr_html_(self) -> str:
        """Return the summary and the first records, as Jupyter shows them."""
        shown = self.summary._repr_html_()
        with suppress(UsageError):  # the records went elsewhere
            shown += first_rows(self.records, len(self.records))
        return shown
