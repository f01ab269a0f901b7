"""What `scrape --help` and each command's own help tell, and that asking for help imports nothing heavy."""

import subprocess
import sys

import pytest

from scraper.cli import main
from scraper.cli.app import Command
from scraper.cli.commands import NAMES, SCRAPE, load

COMMANDS = [name for name in NAMES if name != SCRAPE]


def test_the_named_commands_are_these():
    assert " ".join(COMMANDS) == "demo plan try verify extract export show report diff metrics ctl"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_tells_what_it_does_and_takes(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert shown.startswith(f"Usage: scrape {name}")
    assert "--help" in shown


@pytest.mark.parametrize("name", NAMES)
def test_each_command_shows_its_options_by_what_they_are_for(name):
    assert isinstance(load(name), Command)


@pytest.mark.slow
def test_a_command_does_without_the_other_commands():
    code = (
        "import sys\nfrom scraper.cli import main\n"
        "try:\n    main(['ctl', '--help'])\nexcept SystemExit:\n    pass\n"
        "names = [name.rpartition('.')[2] for name in sys.modules if name.startswith('scraper.cli.commands.')]\n"
        "print(names, file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "['ctl']"


@pytest.mark.slow
def test_help_imports_neither_the_engine_nor_what_draws_its_progress():
    heavy = [
        "pyarrow",
        "xlsxwriter",
        "sqlite3",
        "multiprocessing",
        "httpx",
        "httptools",
        "rich",
        "selectolax",
        "uvloop",
        "scraper.engine",
    ]
    code = (
        "import sys\nfrom scraper.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "[]"
