"""`scrape demo` needs nothing but itself."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_demo_ends_with_summary_a_record_and_what_to_try_next(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "scraper", "demo"], cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0
    assert " ok + " in done.stderr
    assert "0 pending" in done.stderr
    assert "1 duplicate" in done.stderr
    assert '"title": ' in done.stdout
    assert '"price": "£' in done.stdout
    assert "Try next:" in done.stdout
    assert list(tmp_path.iterdir()) == []
