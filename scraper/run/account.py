"""The account of records that are there already: of an opened output, of a run whose failures were tried again."""

from collections.abc import Iterable, Sequence

from msgspec import structs

from scraper.fill import FieldCounts
from scraper.models import Record
from scraper.stats import Stats, Summary


def account_of(records: Iterable[Record], output: str | None, field_names: Sequence[str] = ()) -> Summary:
    """Return the Summary that `records` amount to, each a line of the input. All of them are read."""
    stats = Stats(fields=FieldCounts(field_names))
    for record in records:
        stats.record(record)
    stats.lines = stats.done
    return stats.summary(elapsed_s=0.0, pending=0, output=output, is_complete=True)


def joined(whole: Summary, before: Summary, retry: Summary) -> Summary:
    """Return the account of a run and a retry of it; `whole` is that of the records there are now."""
    elapsed_s = before.elapsed_s + retry.elapsed_s
    return structs.replace(
        whole,
        lines=whole.lines + before.duplicates + before.blank + before.pending,
        duplicates=before.duplicates,
        blank=before.blank,
        pending=before.pending,
        elapsed_s=round(elapsed_s, 3),
        pages_per_s=round(whole.ok / elapsed_s, 3) if elapsed_s > 0 else 0.0,
        is_complete=before.is_complete and retry.is_complete,
    )
