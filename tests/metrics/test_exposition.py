"""The text format, and what promtool says of it."""

import shutil
import subprocess

import pytest
from running import StillRun

from scraper.metrics import catalogue
from scraper.metrics.catalogue import Metric
from scraper.metrics.collect import collect
from scraper.metrics.exposition import Sample, histogram, text
from scraper.stats import Histogram

PAGES = Metric("x_pages_total", "counter", "Pages\nof \\ all.", ("kind",))
TIME = Metric("x_seconds", "histogram", "Time.")


def test_samples_of_a_metric_stand_together_under_its_help_and_type():
    other = Sample(Metric("x_up", "gauge", "Up."), 1.5)
    shown = text([Sample(PAGES, 3, {"kind": "ok"}), other, Sample(PAGES, 4, {"kind": 'a"\n'})], {"run": "r"})
    assert shown.splitlines() == [
        "# HELP x_pages_total Pages\\nof \\\\ all.",
        "# TYPE x_pages_total counter",
        'x_pages_total{run="r",kind="ok"} 3',
        'x_pages_total{run="r",kind="a\\"\\n"} 4',
        "# HELP x_up Up.",
        "# TYPE x_up gauge",
        'x_up{run="r"} 1.5',
    ]


def test_a_histogram_counts_up_to_each_edge_and_sums_within_two_percent():
    latencies = Histogram()
    for milliseconds in (0.2, 3.0, 40.0, 40.0, 200_000.0):
        latencies.add(milliseconds)
    samples = histogram(TIME, latencies.counts)
    counts = {sample.labels["le"]: sample.value for sample in samples if sample.suffix == "_bucket"}
    assert (counts["0.001"], counts["0.0025"], counts["0.005"], counts["0.05"], counts["90"], counts["+Inf"]) == (
        1, 1, 2, 4, 4, 5,
    )  # fmt: skip
    assert list(counts.values()) == sorted(counts.values())
    total = {sample.suffix: sample.value for sample in samples}
    assert total["_count"] == 5
    assert total["_sum"] == pytest.approx(200.0832, rel=0.02)


@pytest.mark.parametrize("arguments", [["check", "metrics"]])
def test_promtool_has_nothing_to_say_of_the_metrics(arguments):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not there: Debian has it in `prometheus`")
    final = [Sample(metric, 1) for metric in catalogue.METRICS if metric.is_final]
    shown = text([*collect(StillRun(), 1e9, 1e9 - 10), *final])
    ended = subprocess.run(["promtool", *arguments], input=shown.encode(), capture_output=True, check=False)
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, b"")
