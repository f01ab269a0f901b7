"""Ends runs in every way a process can end, and proves that nothing is lost, doubled or torn.

`python tests/chaos/run.py` does all of it, in some 15 minutes; name parts to do these: `kills` (SIGKILL at 100 random
moments of a run over 20,000 URLs, for each compression; what is fetched again is counted at the server), `writes` (the
process ended in each call that changes a file: before it, after it, half-way), `cuts` (the file cut at every byte of
its last three records). `writes` and `cuts` are done for --retry-failed too. Exits with 1 when anything is wrong.
Short forms of the same run with the tests (tests/faults/test_process.py).
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from chaos import cuts, kills, writes
from outputs import SUFFIXES

CONCURRENCY = 50


def _kills(options: argparse.Namespace, tell: Callable[[str], None]) -> list[str]:
    faults = []
    for number, suffix in enumerate(SUFFIXES):
        for delay_s in (0.0, 0.2):
            with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
                toll = kills.run(
                    Path(folder), urls=options.urls, kills=options.kills, suffix=suffix, delay_s=delay_s,
                    concurrency=CONCURRENCY, seed=number,
                )  # fmt: skip
            place = f"{suffix or 'plain'}, answers within {delay_s:g} s"
            rate = toll.extra_requests / max(toll.kills, 1)
            tell(f"{place}: {toll.kills} kills, {toll.extra_requests:,} extra requests, {rate:.1f} a kill")
            if not toll.is_proven:
                faults.append(f"{place}: {toll.verdict}")
            if toll.extra_requests > toll.kills * CONCURRENCY:
                faults.append(f"{place}: more than {CONCURRENCY} extra requests a kill")
    return faults


def _writes(_: argparse.Namespace, tell: Callable[[str], None]) -> list[str]:
    faults = []
    for suffix in SUFFIXES:
        for retry in (False, True):
            with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
                ends = writes.run(Path(folder), suffix=suffix, retry=retry, urls=60 if suffix else 12)
            tell(f"{suffix or 'plain'}{', retried' * retry}: ended in {ends.ended} calls, {len(ends.faults)} faults")
            faults += ends.faults
    return faults


def _cuts(_: argparse.Namespace, tell: Callable[[str], None]) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        return cuts.run_all(Path(folder), tell)


PARTS = {"kills": _kills, "writes": _writes, "cuts": _cuts}


def main() -> None:
    """Do the parts that the command line names; exit with 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help="kills, writes, cuts; default: all")
    parser.add_argument("--urls", type=int, default=20_000, help="of a run that is killed (%(default)s)")
    parser.add_argument("--kills", type=int, default=100, help="in that run (%(default)s)")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {unknown.pop()!r}")
    faults = []
    for name in options.parts or PARTS:
        wrong = PARTS[name](options, lambda line, name=name: print(f"{name}: {line}", flush=True))  # noqa: T201
        faults += wrong
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)  # noqa: T201 - the user interface
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
