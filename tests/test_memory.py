"""The process of a scrape keeps its memory."""

import subprocess
import sys

CODE = """
import gc
from scraper.memory import keep_for_the_next_page
before = gc.get_threshold()
keep_for_the_next_page()
assert gc.get_freeze_count() > 1000
assert gc.get_threshold()[0] > before[0]
assert gc.isenabled()
"""


def test_it_works_on_any_platform_and_leaves_the_collector_on():
    subprocess.run([sys.executable, "-c", CODE], check=True)
