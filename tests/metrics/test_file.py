"""The file for node_exporter: whole, readable by others, and true after a failure too."""

import re

import pytest
from running import StillRun

from scraper.metrics.file import MetricsFile


def value(path, name):
    return float(re.search(rf"^{name}\{{run=\"shop\"\}} (\S+)$", path.read_text(), re.MULTILINE)[1])


def written(path, code, *, at, run=None):
    file = MetricsFile(str(path), clock=lambda: at)
    if run is not None:
        file.attend(run)
    assert file.write(code)


def test_it_tells_how_the_run_ended_and_what_it_did_but_not_what_it_was_doing(tmp_path):
    path = tmp_path / "shop.prom"
    written(path, 0, at=1000.5, run=StillRun())
    assert value(path, "scraper_last_exit_code") == 0
    assert value(path, "scraper_last_end_time_seconds") == value(path, "scraper_last_success_time_seconds") == 1000.5
    shown = path.read_text()
    assert 'scraper_pages_total{run="shop",outcome="ok",kind=""} 2' in shown
    assert "scraper_in_flight" not in shown
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["shop.prom"]


def test_after_a_failure_the_last_success_stays_what_it_was(tmp_path):
    path = tmp_path / "shop.prom"
    written(path, 1, at=500.0)
    assert value(path, "scraper_last_success_time_seconds") == 0
    written(path, 0, at=1000.0)
    written(path, 70, at=2000.0)
    assert value(path, "scraper_last_exit_code") == 70
    assert value(path, "scraper_last_end_time_seconds") == 2000
    assert value(path, "scraper_last_success_time_seconds") == 1000


def test_one_that_cannot_be_written_is_a_warning(tmp_path, caplog):
    (tmp_path / "shop.prom").mkdir()
    assert not MetricsFile(str(tmp_path / "shop.prom")).write(0)
    [record] = caplog.records
    assert record.getMessage().startswith("--metrics-file: ")


@pytest.mark.parametrize("code", [0, 3])
def test_what_was_there_and_is_no_metrics_file_is_replaced(tmp_path, code):
    path = tmp_path / "shop.prom"
    path.write_bytes(b"\xff\xfe")
    written(path, code, at=9.0)
    assert value(path, "scraper_last_success_time_seconds") == (9 if code == 0 else 0)
