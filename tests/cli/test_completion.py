"""A real bash completes commands, options, values and file names."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

BASH = shutil.which("bash") or ""
pytestmark = [
    pytest.mark.skipif(not BASH, reason="there is no bash"),
    pytest.mark.skipif(not Path(sys.executable).with_name("scrape").exists(), reason="the command is not installed"),
]
ENVIRONMENT = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/")}


@pytest.fixture(scope="module")
def script():
    shown = subprocess.run(
        ["scrape", "--show-completion", "bash"],
        env={**ENVIRONMENT, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},  # it would look for ours
        capture_output=True,
        text=True,
        check=True,
    )
    return shown.stdout


def completed(script, folder, *words):
    """Return what bash's programmable completion offers for the last of `words`."""
    line = " ".join(f"'{word}'" for word in words)
    offer = "printf '%s\n' \"${COMPREPLY[@]}\""
    ask = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _scrape_completion scrape; {offer}"
    shown = subprocess.run(
        [BASH, "--norc", "-c", f"{script}\n{ask}"],
        env=ENVIRONMENT,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return shown.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["scrape", ""], set("demo plan try verify extract export show report diff metrics ctl".split())),
        (["scrape", "ex"], {"extract", "export", "exa.txt", "exb/"}),
        (["scrape", "ur"], set()),  # bash itself completes files then
        (["scrape", "--sel"], {"--select"}),
        (["scrape", "urls.txt", "--conc"], {"--concurrency"}),
        (["scrape", "export", "out.jsonl", "t.csv", "--rows", ""], {"pages", "items"}),
        (["scrape", "show", "--so"], {"--sort"}),
    ],
)
def test_words_are_completed(script, tmp_path, words, offered):
    (tmp_path / "exa.txt").write_text("")
    (tmp_path / "exb").mkdir()
    (tmp_path / "urls.txt").write_text("")
    assert set(completed(script, tmp_path, *words)) == offered


@pytest.mark.slow
def test_a_tab_on_a_terminal_completes_a_file_name(script, tmp_path):
    (tmp_path / "rc").write_text(f"{script}\nPS1='> '\nset +o history\n")
    (tmp_path / "urls-of-mine.txt").write_text("")
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execve(BASH, [BASH, "--noprofile", "--rcfile", "rc", "-i"], {**ENVIRONMENT, "TERM": "dumb"})
    try:
        assert "> " in _until(fd, "> ")
        os.write(fd, b"scrape ur\t")
        assert "urls-of-mine.txt" in _until(fd, "urls-of-mine.txt")
    finally:
        os.close(fd)
        os.waitpid(pid, 0)


def _until(fd, text, most_s=20):
    seen = ""
    end = time.monotonic() + most_s
    while text not in seen and time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            seen += os.read(fd, 4096).decode(errors="replace")
    return seen
