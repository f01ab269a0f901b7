"""A run that stands still, for those who only look at one."""

from collections import Counter

from scraper.engine.bottleneck import Load
from scraper.engine.view import HostCounts, Inside, View
from scraper.models import Failure, Record, Timings
from scraper.seats import PHASES, Busy
from scraper.stats import Stats

RECORDS = (
    Record(
        url="http://a.test/", ok=True, status=200, attempts=2, bytes=1000, elapsed_ms=40.0, timings=Timings(parse=3.0)
    ),
    Record(
        url="http://a.test/1", ok=True, status=204, attempts=1, bytes=500, elapsed_ms=400.0, timings=Timings(dns=9.0)
    ),
    Record(
        url="http://b.test/", ok=False, status=503, error=Failure("http-status", "503"), attempts=1, elapsed_ms=30_000.0
    ),
    Record(url="http://c.test/", ok=False, error=Failure("dns-not-found", "no such host"), attempts=1),
)
LOAD = Load(
    workers=8, elapsed_s=10.0, busy_s=40.0, waiting_s=30.0, starved_s=0.0, tail_s=10.0, phases_s={}, cpu_s=4.5,
    records_per_s=0.4, hosts=(), unfinished=7,
)  # fmt: skip


class StillRun:
    """What can be asked of an Engine, in the middle of its run."""

    is_source_read = False
    pending = 7

    def __init__(self):
        self.deferred = Counter()
        self.stats = Stats(lines=12, duplicates=1)
        self.stats.measure_phases()
        for record in RECORDS:
            self.stats.record(record)
        self.commands = []

    def view(self):
        stats = self.stats
        return View(
            done=stats.done, ok=stats.ok, failed=stats.failed, busy=3, workers=8, queued=4, elapsed_s=10.0, left_s=17.5,
            latency=stats.latency.counts, load=LOAD, total=12, note="half of the time waiting for a.test",
        )  # fmt: skip

    def inside(self):
        return Inside(
            in_flight=dict.fromkeys(PHASES, 0) | {"connect": 1, "body": 2},
            hosts=HostCounts(5, 2, 1),
            open_sockets=9,
            stalls=1,
            quiet_s=2.0,
            phases={phase: histogram.counts for phase, histogram in self.stats.phases.items()},
            busy=[Busy(3, "http://a.test/slow", "body", 31.5), Busy(1, "http://b.test/", "connect", 0.2)],
        )

    def load(self):
        return LOAD

    def obey(self, command):
        self.commands.append(command)
        return "done"
