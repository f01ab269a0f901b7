"""The figure of a run."""

import subprocess
import sys

import pytest
from runs import failed, ok, run_of

from scraper.errors import UsageError

TIMED = [
    ok(f"http://h/{n}", fetched_at=f"2026-11-24T12:00:{n % 60:02}.500Z", elapsed_ms=10.0 * (n + 1)) for n in range(120)
]
FAILURES = [failed(f"http://f/{n}", ("deadline", "dns-not-found")[n % 2]) for n in range(9)]


def test_it_shows_pages_over_time_latencies_and_failures():
    pytest.importorskip("matplotlib")
    late = failed("http://f/", fetched_at="2026-11-24T12:00:30.000Z", elapsed_ms=3.0)
    over_time, latency, failures = run_of([*TIMED, *FAILURES, late]).plot().axes
    heights, edges, _ = over_time.patches[0].get_data()
    assert sum(heights) * (edges[1] - edges[0]) == pytest.approx(120)
    assert [text.get_text() for text in over_time.get_legend().texts] == ["ok", "failed"]
    assert sum(bar.get_height() for bar in latency.patches) == 121
    assert [text.get_text() for text in latency.get_legend().texts] == ["p50 600 ms", "p95 1,140 ms"]
    assert [label.get_text() for label in failures.get_yticklabels()] == ["read-timeout", "dns-not-found", "deadline"]
    assert [bar.get_width() for bar in failures.patches] == [1, 4, 5]


@pytest.mark.parametrize("records", [[], [ok()], FAILURES[:1], TIMED[:1]], ids=["none", "untimed", "failed", "one"])
def test_it_is_drawn_however_little_there_is(records):
    pytest.importorskip("matplotlib")
    assert run_of(records).plot()._repr_png_().startswith(b"\x89PNG")


@pytest.mark.slow
def test_it_leaves_no_global_state_of_pyplot():
    pytest.importorskip("matplotlib")
    code = (
        "import sys; from scraper.run import Run; from scraper.stats import Stats\n"
        "summary = Stats().summary(elapsed_s=1, pending=0, output=None, is_complete=True)\n"
        "figure = Run(summary, []).plot(); figure._repr_png_()\n"
        "print('matplotlib.pyplot' in sys.modules, type(figure).__mro__[1].__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False Figure\n"


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UsageError, match=r"pip install 'scraper\[plot\]'"):
        run_of([]).plot()
