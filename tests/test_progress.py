import asyncio
import io
import re
import subprocess
import sys
from datetime import datetime
from types import SimpleNamespace

import pytest

from scraper.engine.view import View
from scraper.progress import Pace, Progress, closing_text, describe
from scraper.stats import Stats

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
FULL = (
    "4,213/20,000 done · 312 pages/s · 50/50 busy · 1,204 queued · 17 failed (dns-not-found 12, read-timeout 5)"
    " · about 51 s left"
)


def view_of(**changes) -> View:
    fields = {
        "done": 4213,
        "total": 20_000,
        "ok": 3120,
        "failed": {"read-timeout": 5, "dns-not-found": 12},
        "busy": 50,
        "workers": 50,
        "queued": 1204,
    }
    return View(**(fields | changes))


def pace_of(pages_per_s: float, records_per_s: float) -> Pace:
    pace = Pace()
    pace.add(0.0, view_of(ok=0, failed={}))
    pace.add(10.0, view_of(ok=int(pages_per_s * 10), failed={"deadline": int((records_per_s - pages_per_s) * 10)}))
    return pace


class Sleeper:
    """Stands in for asyncio.sleep: moves the clock on, and cancels the sleeping task after `naps` naps."""

    def __init__(self, naps: int) -> None:
        self.naps = naps
        self.slept: list[float] = []

    def clock(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        if len(self.slept) == self.naps:
            raise asyncio.CancelledError
        self.slept.append(seconds)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Broken(io.StringIO):
    def __init__(self, error: Exception, *, is_terminal: bool) -> None:
        super().__init__()
        self.error = error
        self.isatty = lambda: is_terminal

    def write(self, _text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setitem(sys.modules, "IPython", None)


def drawn(monkeypatch, file, naps: int = 3, view=view_of, **options) -> Sleeper:
    """Run the draw loop on `file` for `naps` naps of no real time."""
    sleeper = Sleeper(naps)
    monkeypatch.setattr(asyncio, "sleep", sleeper.sleep)
    progress = Progress(clock=sleeper.clock, now=lambda: datetime(2026, 1, 1, 12, 3, 4), file=file, **options)  # noqa: DTZ001 - local time of day
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(progress.run(view))
    return sleeper


def test_the_line_tells_everything_that_is_known():
    assert describe(view_of(), pace_of(312, 312)) == FULL


def test_without_a_total_there_is_no_time_left():
    line = describe(view_of(total=None, failed={}), pace_of(312, 312))
    assert line == "4,213 done · 312 pages/s · 50/50 busy · 1,204 queued · 0 failed"


def test_a_note_stands_last():
    assert describe(view_of(note="waiting for a.example"), pace_of(312, 312)) == f"{FULL} · waiting for a.example"


def test_failed_records_do_not_count_as_pages_but_shorten_what_is_left():
    line = describe(view_of(done=19_000), pace_of(10, 100))
    assert "· 10 pages/s ·" in line
    assert line.endswith("about 10 s left")


def test_a_stalled_run_has_no_time_left():
    line = describe(view_of(), pace_of(0, 0))
    assert "· 0 pages/s ·" in line
    assert "left" not in line


def test_a_run_at_its_end_has_no_time_left():
    assert "left" not in describe(view_of(done=20_000), pace_of(312, 312))


def test_only_the_most_frequent_kinds_are_named():
    kinds = {"tls-error": 1, "deadline": 3, "disconnected": 2}
    assert "6 failed (deadline 3, disconnected 2, …)" in describe(view_of(failed=kinds), pace_of(1, 1))


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (len(FULL), FULL),
        (len(FULL) - 1, FULL.replace(", read-timeout 5", ", …")),
        (90, "4,213/20,000 done · 312 pages/s · 50/50 busy · 1,204 queued · 17 failed · about 51 s left"),
        (80, "4,213/20,000 done · 312 pages/s · 50/50 busy · 17 failed · about 51 s left"),
        (60, "4,213/20,000 done · 17 failed · about 51 s left"),
        (40, "4,213/20,000 done · 17 failed"),
        (20, "4,213/20,000 done"),
        (10, "4,213/20,…"),
    ],
)
def test_a_narrow_terminal_gets_the_most_important_parts(width, line):
    assert describe(view_of(note=""), pace_of(312, 312), width) == line


def test_a_line_is_never_wider_than_the_terminal():
    view = view_of(note="waiting for a.example")
    assert all(len(describe(view, pace_of(312, 312), width)) <= width for width in range(1, 200))


def test_the_pace_is_that_of_the_last_ten_seconds():
    pace = Pace()
    for second in range(31):
        pace.add(second, view_of(ok=100 * second if second <= 20 else 2000 + 7 * (second - 20), failed={}))
    assert pace.pages_per_s == pytest.approx(7)


def test_the_pace_of_rare_samples_is_that_between_the_last_two():
    pace = Pace()
    for at_s, ok in ((0, 0), (60, 600), (120, 6600)):
        pace.add(at_s, view_of(ok=ok, failed={}))
    assert pace.pages_per_s == pytest.approx(100)


def test_a_single_sample_has_no_pace():
    pace = Pace()
    pace.add(5.0, view_of())
    assert pace.pages_per_s == pace.records_per_s == 0


def test_what_an_earlier_run_did_is_not_pace(monkeypatch):
    file = io.StringIO()
    views = iter([view_of(done=0, ok=0, failed={}), view_of(done=15_060, ok=60, failed={})])
    drawn(monkeypatch, file, naps=1, view=lambda: next(views))
    assert "15,060/20,000 done · 1 pages/s" in file.getvalue()


def test_without_a_terminal_there_is_one_plain_line_a_minute(monkeypatch):
    file = io.StringIO()
    views = (view_of(ok=312 * 60 * minute) for minute in range(9))
    sleeper = drawn(monkeypatch, file, naps=2, view=lambda: next(views))
    assert sleeper.slept == [60.0, 60.0]
    assert file.getvalue() == f"12:03:04  {FULL}\n" * 2


def test_on_a_terminal_one_line_is_redrawn_four_times_a_second(monkeypatch):
    file = Terminal()
    views = (view_of(ok=78 * quarter) for quarter in range(9))
    sleeper = drawn(monkeypatch, file, view=lambda: next(views))
    assert sleeper.slept == [0.25] * 3
    # The last line is drawn again by the leaving, which ends it, goes back up and erases it.
    assert CONTROL.sub("", file.getvalue()).split("\r") == [*[FULL] * 3, FULL + "\n", ""]
    assert file.getvalue().endswith("\r\x1b[1A\x1b[2K")


def test_a_line_that_fills_a_narrow_terminal_does_not_wrap(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    file = Terminal()
    assert drawn(monkeypatch, file, interval_s=1.0).slept == [1.0] * 3
    assert CONTROL.sub("", file.getvalue()).split("\r")[0] == "4,213/20,000 done · 17 failed"


def test_wide_characters_do_not_wrap_either(monkeypatch):
    file = Terminal()
    drawn(monkeypatch, file, view=lambda: view_of(note="例" * 30))
    first = CONTROL.sub("", file.getvalue()).split("\r")[0]
    assert first.endswith("…")
    assert len(first) + first.count("例") <= 140


def test_standard_output_is_left_alone_and_standard_error_goes_above_the_line(monkeypatch, capsys):
    file = Terminal()

    def view() -> View:
        sys.stdout.write("a record\n")
        sys.stderr.write("a warning\n")
        return view_of()

    drawn(monkeypatch, file, view=view)
    assert capsys.readouterr().out == "a record\n" * 4
    assert file.getvalue().count("a warning\n") == 3  # the first view is taken before the line is there


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    file = Terminal()
    assert drawn(monkeypatch, file).slept == [60.0] * 3
    assert "\x1b" not in file.getvalue()


def test_quiet_asks_for_nothing_and_draws_nothing():
    def view() -> View:
        raise AssertionError("asked")

    for file in (io.StringIO(), Terminal()):
        asyncio.run(Progress(clock=float, now=datetime.now, is_quiet=True, file=file).run(view))
        assert file.getvalue() == ""


def test_a_process_without_standard_error_draws_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    asyncio.run(Progress(clock=float, now=datetime.now).run(view_of))


def test_standard_error_is_the_default(monkeypatch, capsys):
    drawn(monkeypatch, None, naps=1)
    captured = capsys.readouterr()
    assert captured.err.startswith("12:03:04  4,213/20,000 done")
    assert captured.out == ""


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize(
    "error", [BrokenPipeError(), OSError(5, "Input/output error"), ValueError("I/O operation on closed file")]
)
def test_a_file_that_cannot_be_written_does_not_end_the_run(monkeypatch, error, is_terminal):
    assert len(drawn(monkeypatch, Broken(error, is_terminal=is_terminal)).slept) == 3
    closed = io.StringIO()
    closed.close()
    assert len(drawn(monkeypatch, closed).slept) == 3


def test_a_notebook_gets_one_output_that_is_updated(monkeypatch):
    outputs: list[dict[str, str]] = []

    def display(data, *, raw, display_id):
        assert raw
        assert display_id
        outputs.append(data)
        return SimpleNamespace(update=lambda data, *, raw: outputs.append(data) if raw else None)

    kernel_shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: kernel_shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    views = (view_of(ok=78 * quarter) for quarter in range(9))
    file = io.StringIO()
    assert drawn(monkeypatch, file, naps=2, view=lambda: next(views)).slept == [0.25] * 2
    assert outputs == [{"text/plain": FULL}, {"text/plain": FULL}, {"text/plain": "", "text/html": ""}]
    outputs.clear()
    drawn(monkeypatch, file, naps=0)
    assert outputs == [], "a run that is over before the first line leaves no output behind"
    assert file.getvalue() == ""


def test_ipython_in_a_terminal_is_no_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=SimpleNamespace))
    file = io.StringIO()
    drawn(monkeypatch, file, naps=1)
    assert file.getvalue().startswith("12:03:04  ")


def test_rich_is_not_imported_before_it_draws():
    code = "import sys, scraper.progress; sys.exit('rich' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_closing_text_is_the_account_and_a_sentence():
    summary = Stats(lines=1, ok=1).summary(elapsed_s=2, pending=0, output="a.jsonl", is_complete=True)
    assert closing_text(summary) == str(summary)
    assert closing_text(summary, "Finished.") == (
        "1 line = 1 ok + 0 failed + 0 pending\n"
        "speed       0.50 pages/s · 0 bytes in 2 s\n"
        "output      a.jsonl\n"
        "Finished."
    )
