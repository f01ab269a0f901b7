"""Names by convention; the dashboard and the alert rules know only metrics that exist."""

import json
import re
import shutil
import subprocess
from importlib import resources

import pytest

from scraper.metrics import catalogue

DATA = resources.files("scraper.metrics").joinpath("data")
SERIES = {
    name
    for metric in catalogue.METRICS
    for name in (
        [metric.name + suffix for suffix in ("_bucket", "_sum", "_count")]
        if metric.kind == "histogram"
        else [metric.name]
    )
}


@pytest.mark.parametrize("metric", catalogue.METRICS, ids=lambda metric: metric.name)
def test_a_name_follows_the_conventions(metric):
    assert re.fullmatch(r"scraper_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.kind != "histogram" or metric.name.endswith("_seconds")
    assert metric.help.endswith(".")
    assert set(metric.labels) <= {"version", "python", "reason", "outcome", "kind", "class", "phase", "state"}


@pytest.mark.parametrize("what", ["grafana", "alerts"])
def test_every_metric_in_them_exists_with_that_label(what):
    shown = catalogue.data(what)
    assert set(re.findall(r"scraper_\w+", shown)) <= SERIES
    by_name = {metric.name: metric for metric in catalogue.METRICS}
    for name, label in re.findall(r"(scraper_\w+)\{[^}]*?\b(outcome|kind|phase)=", shown):
        assert label in by_name[name].labels


def test_the_dashboard_is_json_and_each_panel_asks_something():
    panels = json.loads(catalogue.data("grafana"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    assert all(target["expr"] for panel in panels for target in panel["targets"])


def test_promtool_takes_each_query_of_the_dashboard(tmp_path):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not there: Debian has it in `prometheus`")
    panels = json.loads(catalogue.data("grafana"))["panels"]
    queries = [target["expr"].replace("$__rate_interval", "5m") for panel in panels for target in panel["targets"]]
    rules = [{"record": f"query_{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))  # JSON is YAML
    ended = subprocess.run(["promtool", "check", "rules", "rules.yml"], cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()


def test_the_table_has_a_line_for_each():
    lines = catalogue.table().splitlines()
    assert len(lines) == len(catalogue.METRICS)
    assert lines[6].split()[:4] == ["scraper_pages_total{outcome,", "kind}", "counter", "URLs"]


def test_promtool_takes_the_alert_rules(tmp_path):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not there: Debian has it in `prometheus`")
    rules = tmp_path / "alerts.yml"
    rules.write_text(catalogue.data("alerts"))
    ended = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "6 rules found" in ended.stdout


def test_a_failed_run_a_stale_one_and_a_stall_each_raise_their_alert_and_a_waiting_run_none(tmp_path):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not there: Debian has it in `prometheus`")
    (tmp_path / "alerts.yml").write_text(catalogue.data("alerts"))
    (tmp_path / "test.yml").write_text(CASES)
    ended = subprocess.run(
        ["promtool", "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


CASES = """
rule_files: [alerts.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'scraper_last_success_time_seconds{run="old"}', values: '-100000x20'}
      - {series: 'scraper_last_exit_code{run="failed"}', values: '1x20'}
      - {series: 'scraper_last_exit_code{run="good"}', values: '0x20'}
      - {series: 'scraper_last_exit_code{run="ended early"}', values: '6x20'}
      - {series: 'scraper_last_exit_code{run="interrupted"}', values: '143x20'}
      - {series: 'scraper_last_progress_time_seconds{instance="hangs"}', values: '0x20'}
      - {series: 'scraper_workers_busy{instance="hangs"}', values: '3x20'}
      - {series: 'scraper_last_progress_time_seconds{instance="waits"}', values: '0x20'}
      - {series: 'scraper_workers_busy{instance="waits"}', values: '0x20'}
    promql_expr_test:
      - expr: count by (alertname, run, instance) (ALERTS{alertstate="firing"})
        eval_time: 10m
        exp_samples:
          - {labels: '{alertname="ScraperNoGoodRun", run="old"}', value: 1}
          - {labels: '{alertname="ScraperRunFailed", run="failed"}', value: 1}
          - {labels: '{alertname="ScraperStalled", instance="hangs"}', value: 1}
"""
