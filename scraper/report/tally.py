"""Everything that a report tells, folded from the records one at a time."""

from collections import Counter
from functools import lru_cache

from msgspec import Struct

from scraper.errors import HttpStatus, InvalidUrl, UnsupportedScheme
from scraper.markup import cut
from scraper.report.groups import Group, Groups, Largest
from scraper.report.reading import Entry, is_filled
from scraper.report.timeline import Timeline
from scraper.stats import Histogram, bucket_of
from scraper.urls import parse

_HOSTS = 10_000
_NAMES = 1_000
"""Content types, charsets, field names: more are there only when a server or a callback makes them up."""
_PAIRS = 5_000
_STANDOUTS = 20
_TEXT_LENGTH = 400
"""Characters that are kept of a page's title or URL, of which fewer are shown."""
_ALWAYS = ("title", "description", "canonical", "lang")
_PHASES = ("dns", "connect", "first_byte", "body", "parse")
NO_HOST = "(no host)"


class Standout(Struct, frozen=True):
    """A page that is among the few slowest, largest, or longest on its way."""

    url: str
    title: str
    status: int | None
    bytes: int
    elapsed_ms: float
    slowest_phase: str
    final_url: str
    hops: str
    """The statuses of its redirects: `301 → 302`."""


class Tally:
    """The counters of one report. Whatever is read, it holds some 20 MB at most."""

    def __init__(self) -> None:
        self.all = Group()
        self.outcomes: Groups[str] = Groups(_NAMES)
        """Failed pages by error kind, or by status when that is the reason."""
        self.failed_at: Groups[tuple[str, str]] = Groups(_PAIRS)
        """Failed pages by that and host."""
        self.examples: dict[str, tuple[str, str]] = {}
        """A URL and the message of each."""
        self.hosts: Groups[str] = Groups(_HOSTS)
        self.statuses: Groups[str] = Groups(_NAMES)
        self.content_types: Groups[str] = Groups(_NAMES)
        self.charsets: Groups[str] = Groups(_NAMES)
        self.verdicts: Groups[str] = Groups(_NAMES)
        self.changes: Groups[str] = Groups(_NAMES)
        self.attempts: Counter[int] = Counter()
        self.hops: Counter[int] = Counter()
        self.hop_statuses: Counter[int] = Counter()
        self.phases = {phase: Histogram() for phase in _PHASES}
        self.phase_ms = dict.fromkeys(_PHASES, 0.0)
        self.present: Counter[str] = Counter()
        """Ok pages that have something in a field; `always` holds those that every page may have."""
        self.always: Counter[str] = Counter(dict.fromkeys(_ALWAYS, 0))
        self.with_fields = 0
        self.timeline = Timeline()
        self.untimed = 0
        self.first_s = float("inf")
        self.last_s = float("-inf")
        self.slowest: Largest[Standout] = Largest(_STANDOUTS)
        self.largest: Largest[Standout] = Largest(_STANDOUTS)
        self.longest: Largest[Standout] = Largest(_STANDOUTS)

    def take(self, entry: Entry) -> None:
        """Fold in one record."""
        bucket = None if entry.elapsed_ms is None else bucket_of(entry.elapsed_ms)
        size = entry.bytes or 0
        self._group(entry, bucket, size)
        if entry.ok:
            self._fill(entry)
        else:
            self._failure(entry, bucket, size)
        if entry.attempts:
            self.attempts[entry.attempts] += 1
        if entry.redirects:
            self._redirects(entry)
        self._time(entry)
        if entry.timings is not None:
            self._phases(entry)
        if (elapsed := entry.elapsed_ms or 0.0) > self.slowest.least and elapsed:
            self.slowest.add(elapsed, _standout(entry))
        if size > self.largest.least and size:
            self.largest.add(size, _standout(entry))

    def _group(self, entry: Entry, bucket: int | None, size: int) -> None:
        is_ok = entry.ok
        self.all.add(is_ok=is_ok, bucket=bucket, size=size)
        self.hosts[host_of(entry.url)].add(is_ok=is_ok, bucket=bucket, size=size)
        if entry.status is not None:
            self.statuses[str(entry.status)].add(is_ok=is_ok, bucket=bucket, size=size)
        if entry.content_type is not None:
            self.content_types[cut(entry.content_type, _TEXT_LENGTH)].add(is_ok=is_ok, bucket=bucket, size=size)
        if entry.encoding is not None:
            self.charsets[cut(entry.encoding, _TEXT_LENGTH)].add(is_ok=is_ok, bucket=bucket, size=size)
        if entry.verdict is not None:
            self.verdicts[cut(entry.verdict, _TEXT_LENGTH)].add(is_ok=is_ok, bucket=bucket, size=size)
        if entry.change is not None:
            self.changes[cut(entry.change, _TEXT_LENGTH)].add(is_ok=is_ok, bucket=bucket, size=size)

    def _failure(self, entry: Entry, bucket: int | None, size: int) -> None:
        label = reason(entry)
        self.outcomes[label].add(is_ok=False, bucket=bucket, size=size)
        self.failed_at[label, host_of(entry.url)].add(is_ok=False, bucket=None, size=0)
        if label not in self.examples and len(self.examples) < _NAMES:
            self.examples[label] = (cut(entry.url, _TEXT_LENGTH), cut(entry.error.message, _TEXT_LENGTH))

    def _fill(self, entry: Entry) -> None:
        for name in _ALWAYS:
            if getattr(entry, name):
                self.always[name] += 1
        if entry.fields is None:
            return
        self.with_fields += 1
        for name, value in entry.fields.items():
            if name in self.present or len(self.present) < _NAMES:
                self.present[name] += is_filled(value)

    def _redirects(self, entry: Entry) -> None:
        number = len(entry.redirects)
        self.hops[number] += 1
        for hop in entry.redirects:
            self.hop_statuses[hop.status] += 1
        if number > self.longest.least:
            self.longest.add(number, _standout(entry))

    def _time(self, entry: Entry) -> None:
        if entry.fetched_at is None:
            self.untimed += 1
            return
        started = entry.fetched_at.timestamp()
        ended = started + (entry.elapsed_ms or 0.0) / 1000
        self.first_s = min(self.first_s, started)
        self.last_s = max(self.last_s, ended)
        self.timeline.add(ended, is_ok=entry.ok)

    def _phases(self, entry: Entry) -> None:
        for phase in _PHASES:
            spent_ms = getattr(entry.timings, phase)
            if spent_ms is not None:
                self.phases[phase].add(spent_ms)
                self.phase_ms[phase] += spent_ms


def reason(entry: Entry) -> str:
    """Return why a page failed: the status when that is it, else the error kind."""
    if entry.error.kind == HttpStatus.kind and entry.status is not None:
        return str(entry.status)
    return cut(entry.error.kind, _TEXT_LENGTH) or "unknown"


def host_of(url: str) -> str:
    """Return the host that a listed URL names, with a port that is not its scheme's."""
    if len(url) > _LONGEST_AUTHORITY:
        url = url[:_LONGEST_AUTHORITY]
    scheme, slashes, rest = url.partition("://")
    return _host(f"{scheme}://{rest.partition('/')[0]}") if slashes else _host(url)


_LONGEST_AUTHORITY = 2_000
"""Characters of a URL that its host is looked for in; a name has 253 at most."""


@lru_cache(maxsize=_HOSTS)
def _host(url: str) -> str:
    try:
        return parse(url).host
    except (InvalidUrl, UnsupportedScheme):
        return NO_HOST


def _standout(entry: Entry) -> Standout:
    phases = {phase: getattr(entry.timings, phase) or 0.0 for phase in _PHASES if entry.timings is not None}
    slowest = max(phases, key=lambda phase: phases[phase], default="")
    return Standout(
        cut(entry.url, _TEXT_LENGTH),
        cut(entry.title or "", _TEXT_LENGTH),
        entry.status,
        entry.bytes or 0,
        entry.elapsed_ms or 0.0,
        slowest if phases and phases[slowest] > 0 else "",
        cut(entry.final_url or "", _TEXT_LENGTH),
        " → ".join(str(hop.status) for hop in entry.redirects[:10]),
    )
