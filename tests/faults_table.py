"""A pytest plugin: `pytest tests/faults --faults-table` runs the fault catalogue and writes what came of it.

A test belongs to the rows that its name begins with: `test_t4_...`, `test_h8_h9_...`.
"""

import re
from collections import Counter, defaultdict
from pathlib import Path

TABLE = Path(__file__).with_name("FAULTS.md")
ROWS = {
    "T1": "connection refused",
    "T2": "a connect that hangs (SYN dropped)",
    "T3": "accepted, then silence",
    "T4": "closed before any byte, on a new and on a kept connection",
    "T5": "reset before, in and after the headers",
    "T6": "headers a byte at a time",
    "T7": "a body a byte at a time, each within the read timeout",
    "T8": "an endless body",
    "T9": "half-closed after the headers",
    "T10": "never closed, no length",
    "T11": "a Content-Length that is wrong, or no number",
    "T12": "malformed chunks",
    "T13": "an odd Transfer-Encoding",
    "T14": "kept connections closed between requests",
    "T15": "bytes after the end of the reply",
    "T16": "down for a while, then back",
    "T17": "fifty resets at once",
    "T18": "out of file descriptors",
    "T19": "random deadlines: the pool leaks nothing",
    "T20": "out of local ports",
    "T21": "IPv6 literals",
    "T22": "dual-stack, the first address dead",
    "H1": "other protocols and versions",
    "H2": "impossible status codes",
    "H3": "1xx replies: one, a flood, an unasked 101",
    "H4": "bodies where none belong, empty pages",
    "H5": "headers: too long, too many, endless, malformed",
    "H6": "non-ASCII header values and Locations",
    "H7": "redirects: loops, chains, odd Locations",
    "H8": "redirects to other schemes",
    "H9": "redirects to addresses inside",
    "H10": "DNS rebinding",
    "H11": "redirects with endless bodies or bombs",
    "H12": "credentials across origins",
    "H13": "cookie bombs",
    "H14": "Retry-After in all forms",
    "H15": "a storm of 429 from one host among many",
    "H16": "content codings: right, mislabelled, cut, broken",
    "H17": "bombs: four codecs, nested codings, a million members",
    "H18": "Content-Type missing, wrong, repeated; no HTML at all",
    "H19": "TLS: certificates, protocols, stalls, rude closes",
    "H20": "proxy variables set by accident",
    "D1": "a name server's every answer",
    "D2": "names that hang",
    "D3": "international and odd host names",
    "D4": "the URL Standard's cases",
    "D5": "characters, ports, userinfo and lengths that no URL has",
    "C1": "huge pages, text nodes, tags; very many attributes",
    "C2": "nesting and tag soup",
    "C3": "charsets: wrong, missing, late, multi-byte",
    "C4": "control characters, lone surrogates, huge titles",
    "C5": "binary data that calls itself HTML",
    "C6": "a page that crashes the parser",
    "P1": "SIGKILL at random moments",
    "P2": "the end at each write: before, after, half-way",
    "P3": "SIGINT, SIGTERM, SIGHUP, once and twice",
    "P4": "a full disk",
    "P5": "short writes, EIO, EINTR",
    "P6": "outputs that cannot be, or go away during the run",
    "P7": "standard output closed, or blocked",
    "P8": "two runs on one output",
    "P9": "clock jumps",
    "P10": "suspended and resumed",
    "P11": "a memory limit",
    "P12": "called in a running loop, twice, from threads, cancelled",
    "P13": "a restart that lost the unsynced tail",
    "I1": "line ends, encodings, blanks, comments",
    "I2": "lists that are endless, binary, devices, pipes, or change",
    "I3": "duplicates",
    "I4": "robots.txt of every size and shape",
    "I5": "robots.txt that cannot be had, redirected robots.txt",
}  # fmt: skip
"""The fault catalogue: transport, HTTP, DNS and URLs, content, process and disk, input."""

_NAME = re.compile(r"test_((?:[a-z]\d+_)+)(\w+)")


def rows_of(name):
    """Return the rows that the test `name` belongs to, and what it says of them."""
    match = _NAME.match(name)
    return ([] if match is None else match[1].upper().split("_")[:-1]), match and match[2].replace("_", " ")


def pytest_addoption(parser):
    parser.addoption("--faults-table", action="store_true", help="write tests/FAULTS.md from this run")


def pytest_configure(config):
    if config.getoption("--faults-table"):
        config.pluginmanager.register(_Recorder())


class _Recorder:
    def __init__(self):
        self.outcomes = {}
        self.reasons = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid] = report.outcome
        if report.outcome == "skipped":
            self.reasons[report.nodeid] = report.longrepr[2].removeprefix("Skipped: ")

    def pytest_sessionfinish(self):
        TABLE.write_text(self.table(), encoding="utf-8")

    def table(self):
        tests = defaultdict(lambda: defaultdict(list))
        for nodeid in self.outcomes:
            name = nodeid.partition("::")[2].partition("[")[0]
            for row in rows_of(name)[0]:
                tests[row][name].append(nodeid)
        known = sorted({nodeid for row in tests.values() for nodeids in row.values() for nodeid in nodeids})
        lines = [
            "# Faults that were tried",
            "",
            "Written by `python -m pytest tests/faults --faults-table`. Real processes, sockets and files stand behind",
            "each line; the number is how many variants of it were tried.",
            "",
            f"{len(tests)} of {len(ROWS)} rows, {len(known)} variants.",
            "",
            "| row | fault | tried | outcome |",
            "|---|---|---|---|",
        ]
        for row, fault in ROWS.items():
            said = [f"{rows_of(name)[1]} ({len(nodeids)})" for name, nodeids in tests[row].items()]
            nodeids = [nodeid for each in tests[row].values() for nodeid in each]
            lines.append(f"| {row} | {fault} | {'<br>'.join(said)} | {self._outcome(nodeids)} |")
        return "\n".join(lines) + "\n"

    def _outcome(self, nodeids):
        told = Counter(self.outcomes[nodeid] for nodeid in nodeids)
        reasons = sorted({self.reasons[nodeid] for nodeid in nodeids if nodeid in self.reasons})
        parts = [f"{number} {outcome}" for outcome, number in told.items()]
        return "; ".join([", ".join(parts), *reasons]) or "not tried"
