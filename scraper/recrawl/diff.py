"""What differs between two outputs, page by page; neither is held in memory."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from scraper.export.names import dotted
from scraper.recrawl import GONE
from scraper.recrawl.earlier import EarlierRecords, index_of, open_earlier
from scraper.resume.reading import Records, open_to_read
from scraper.resume.records import decode
from scraper.urls import FingerprintSet, identity

Json = dict[str, Any]
Path = tuple[str, ...]
Verdict = Literal["new", "changed", "same", "gone", "failed"]

ALWAYS = ("final_url", "content_type", "title", "description", "canonical", "lang")
"""What is compared of two records when nothing is named."""
ASKED = ("verdict", "meta", "links", "text", "fields", "items")
"""As well, if both have it. A page of which nothing else is different may still have another hash."""


class Value(Struct, frozen=True):
    """What a key was and is; None: it is absent, or null."""

    old: Any
    new: Any


class Difference(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page that is not what it was."""

    change: Verdict
    """`failed`: it was a page, and is a failure that does not say that the page is gone."""
    url: str
    title: str | None = None
    """Of a new page."""
    error: str | None = None
    """Why there is no page, as `kind` or, of a status, the number; `not listed` when the new output has no record."""
    fields: dict[str, Value] = {}
    """What changed, by dotted name."""


class Diff:
    """The differences between the outputs `old` and `new`, to be iterated once; then the counts are there.

    Takes some 40 bytes of memory for each URL of both. Of several records of a URL the last counts, and an ok one more
    than a failed one. Opening and iterating raise UsageError for what is no output.
    """

    def __init__(self, old: str, new: str, only: Sequence[Path] = ()) -> None:
        """`only`: the keys that are compared, each as the way to it; an object stands for all that is in it."""
        self.counts: Counter[Verdict] = Counter()
        """Pages: the records of `new` and, of `old`, the pages that `new` has no record of."""
        self.old_records = self.new_records = 0
        """URLs that have a record."""
        self._old, self._new = old, new
        self._only = tuple(only)
        self._has_differences = False

    @property
    def has_differences(self) -> bool:
        """Whether any page was not what it had been."""
        return self._has_differences

    def __iter__(self) -> Iterator[Difference]:
        found = FingerprintSet()
        pages = 0
        with open_earlier(self._old) as old, open_to_read(self._new) as file:
            records = Records(file)
            index = index_of(records)
            self.old_records, self.new_records = len(old.index), len(index)
            for name, place, line in _placed(records.lines()):
                if index.place_of(name) == place:
                    found.add(name)
                    pages += old.index.place_of_ok(name) is not None
                    yield from self._told(self._compare(old, name, _decoded(line)))
            if pages < old.index.ok:
                yield from self._unlisted(old, found)

    def _unlisted(self, old: EarlierRecords, found: FingerprintSet) -> Iterator[Difference]:
        """Yield the pages of the old output whose URLs were not `found` in the new one."""
        for name, place, line in _placed(old.lines()):
            if old.index.place_of_ok(name) == place and name not in found:
                yield from self._told(Difference(change="gone", url=_url(_decoded(line)), error="not listed"))

    def _told(self, difference: Difference | Verdict) -> Iterator[Difference]:
        if isinstance(difference, Difference):
            self.counts[difference.change] += 1
            self._has_differences = True
            yield difference
        else:
            self.counts[difference] += 1

    def _compare(self, old: EarlierRecords, name: int, record: Json) -> Difference | Verdict:
        place = old.index.place_of_ok(name)
        url = _url(record)
        if record.get("ok") is not True:
            return "failed" if place is None else _lost(url, record)
        if place is None:
            return Difference(change="new", url=url, title=record.get("title"))
        before = _decoded(old.line(place))
        fields = self._changed(before, record)
        return Difference(change="changed", url=url, fields=fields) if fields else "same"

    def _changed(self, before: Json, record: Json) -> dict[str, Value]:
        changed: dict[str, Value] = {}
        for path in self._only:
            _compare(path, _at(before, path), _at(record, path), changed)
        if not self._only:
            for key in (*ALWAYS, *(key for key in ASKED if key in before and key in record)):
                old, new = before.get(key), record.get(key)
                if key == "fields" and before.get("extractor") != record.get("extractor"):
                    old, new = _common(old, new)
                _compare((key,), old, new, changed)
            if not changed:
                _compare(("sha256",), before.get("sha256"), record.get("sha256"), changed)
        return changed


def _lost(url: str, record: Json) -> Difference:
    status, error = record.get("status"), record.get("error") or {}
    kind = str(error.get("kind", "")) or "of no kind"
    told = str(status) if kind == "http-status" else kind
    return Difference(change="gone" if status in GONE else "failed", url=url, error=told)


def _compare(path: Path, old: Any, new: Any, changed: dict[str, Value]) -> None:
    """Note where two values differ; objects are compared key by key."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in {**old, **new}:
            _compare((*path, key), old.get(key), new.get(key), changed)
    else:
        changed[dotted(path)] = Value(old, new)


def _common(old: Any, new: Any) -> tuple[Any, Any]:
    """Return of two objects what has a name in both: of fields that one run was not asked for nothing can be said."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return old, new
    return {key: old[key] for key in old if key in new}, {key: new[key] for key in old if key in new}


def _at(record: Json, path: Path) -> Any:
    value: Any = record
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _url(record: Json) -> str:
    return str(record.get("url", ""))


def _placed(lines: Iterable[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Yield of each record its URL's identity, where it begins in the text, and its line."""
    place = 0
    for line in lines:
        if line and not line.isspace():
            yield identity(decode(_URLS, line).url), place, line
        place += len(line) + 1


def _decoded(line: bytes) -> Json:
    record: Json = decode(_ANY, line)
    return record


class _Url(Struct, frozen=True, gc=False):
    url: str


_URLS = msgspec.json.Decoder(_Url)
_ANY: "msgspec.json.Decoder[Json]" = msgspec.json.Decoder(Json)
