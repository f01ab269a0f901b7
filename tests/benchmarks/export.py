# ruff: noqa: T201 - what it prints is what it is for
"""Export of a million generated records to each format: seconds, peak memory, size.

    python tests/benchmarks/export.py [RECORDS] [FORMAT...]

Each format runs in a process of its own. Files go to a temporary folder (some 3 GB) and away again.
"""

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from scraper.export import export
from scraper.models import Failure, Record, Timings

FORMATS = ["jsonl", "csv", "sqlite", "parquet", "xlsx"]


def record(number: int, chance: random.Random) -> Record:
    url = f"https://shop{number % 500}.example/catalogue/{number}.html"
    if number % 20 == 0:
        return Record(url=url, ok=False, status=503, error=Failure("http-status", "503"), attempts=4)
    fields = {"price": round(chance.random() * 100, 2), "author": f"Author {number % 999}", "in_stock": number % 3 > 0}
    words = " ".join(f"{chance.getrandbits(24):x}" for _ in range(40))
    return Record(
        url=url, ok=True, status=200, final_url=url, attempts=1, fetched_at="2026-11-24T07:15:03.123Z", elapsed_ms=2.41,
        timings=Timings(connect=0.31, first_byte=1.12, body=0.05, parse=0.21), content_type="text/html",
        encoding="utf-8", bytes=50_000 + number % 999, sha256=f"{number:064x}", title=f"Book {number}",
        description=words, lang="en", fields=fields, input={"id": number, "shelf": f"s{number % 40}"},
        links=[f"https://shop.example/{chance.getrandbits(32):x}" for _ in range(4)],
    )  # fmt: skip


def generate(path: Path, records: int) -> None:
    chance = random.Random(1)
    with path.open("wb") as file:
        for number in range(records):
            file.write(msgspec.json.encode(record(number, chance)) + b"\n")


def measure(source: str, target: str) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    done = export(source, target, overwrites=True)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size_mb = Path(target).stat().st_size / 1e6
    print(
        f"{Path(target).suffix[1:]:8} {done.rows:>10,} rows {time.perf_counter() - wall:7.1f} s "
        f"{time.process_time() - cpu:7.1f} s CPU {peak_mb:6.0f} MB peak {size_mb:8.0f} MB"
    )


def main() -> None:
    words = sys.argv[1:]
    if words[:1] == ["--one"]:
        measure(*words[1:])
        return
    records = int(words[0]) if words else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "out.jsonl")
        generate(source, records)
        print(f"{records:,} records, {source.stat().st_size / 1e6:,.0f} MB")
        for name in words[1:] or FORMATS:
            target = Path(folder, f"table.{name}")
            subprocess.run([sys.executable, __file__, "--one", str(source), str(target)], check=True)
            target.unlink()


if __name__ == "__main__":
    main()
