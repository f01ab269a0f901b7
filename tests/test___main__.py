"""`python -m scraper` and the `scrape` command, before there is anything to stop."""

import signal
import subprocess
import sys

CODE = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == "scraper.cli":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
if "ignored" in sys.argv:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.argv[1:] = ["--version"]
from scraper.__main__ import main
main()
"""


def run(*words):
    return subprocess.run([sys.executable, "-c", CODE, *words], capture_output=True, text=True, check=False)


def test_p3_ctrl_c_while_the_command_is_imported_ends_it_without_a_traceback():
    done = run()
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_p3_a_background_job_that_ignores_ctrl_c_goes_on_ignoring_it():
    done = run("ignored")
    assert done.returncode == 0
    assert done.stdout.startswith("scrape ")


def test_the_package_is_there_at_once():
    code = "import sys; before = set(sys.modules); import scraper; print(len(set(sys.modules) - before))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"
