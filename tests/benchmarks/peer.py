"""The programs that are compared: how each is built or installed, and how it is called."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

TREE = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).with_name("peers")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scraper-benchmark"
PACKAGES = "golang-go golang-github-puerkitobio-goquery-dev"
OURS = "ours"


class Peer(NamedTuple):
    """One program."""

    title: str
    prepare: Callable[[], list[str]]
    """Builds or installs it and returns how its command begins. Raises SystemExit with a line that says what to do."""
    arguments: Callable[[Path, Path, int], list[str]]
    """Given list, output and number of workers."""


def ours() -> Path:
    """Return the folder of the programs of an environment with this tree's scraper in it, and no extra of it.

    Where the tools of development are installed too, each start looks through them and takes a third longer.
    """
    wanted = f"{TREE}\n{(TREE / 'pyproject.toml').read_text()}"
    return _environment("ours", wanted, ["--editable", str(TREE)])


def theirs() -> Path:
    """Return the folder of the programs of an environment with the peers from PyPI in it."""
    requirements = PROGRAMS / "requirements.txt"
    return _environment("peers", requirements.read_text(), ["--requirement", str(requirements)])


def versions(programs: Path) -> dict[str, str]:
    """Return the version of each package of an environment by its name."""
    listing = [str(programs / "pip"), "list", "--format", "json", "--disable-pip-version-check"]
    packages = json.loads(subprocess.run(listing, capture_output=True, check=True).stdout)
    return {package["name"].lower(): package["version"] for package in packages}


def _environment(name: str, wanted: str, arguments: Sequence[str]) -> Path:
    """Return the programs of environment `name`, made anew when `wanted` is not what it was made for."""
    folder = CACHE / name
    made_for = folder / "made-for.txt"
    if not made_for.exists() or made_for.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(folder / "bin" / "pip"), "install", "--quiet", *arguments]
        done = subprocess.run(install, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
            raise SystemExit(f"the environment of {name} cannot be made (--peers leaves peers out); pip said: {said}")
        made_for.write_text(wanted)
    return folder / "bin"


def _ours() -> list[str]:
    return [str(ours() / "scrape")]


def _go() -> list[str]:
    CACHE.mkdir(parents=True, exist_ok=True)
    binary = CACHE / "pool"
    # Debian's packages are sources below a GOPATH, without modules.
    debian = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode"}
    try:
        build = ["go", "build", "-o", str(binary), str(PROGRAMS / "go" / "main.go")]
        subprocess.run(build, env=os.environ | debian, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        raise SystemExit(f"the Go pool cannot be built; install it with: apt-get install {PACKAGES}") from None
    return [str(binary)]


def _python(program: str) -> Callable[[], list[str]]:
    return lambda: [str(theirs() / "python"), str(PROGRAMS / program)]


def our_arguments(source: Path, output: Path, workers: int) -> list[str]:
    """Everything is on that is on by default, save robots.txt, which no peer asks for."""
    options = f"--no-robots --links --concurrency {workers} --per-host {workers}"
    return [str(source), *options.split(), "-o", str(output)]


def _plain(source: Path, output: Path, workers: int) -> list[str]:
    return [str(source), str(output), str(workers)]


PEERS = {
    OURS: Peer("scraper", _ours, our_arguments),
    "go": Peer("Go net/http + goquery", _go, _plain),
    "httpx": Peer("stock httpx loop", _python("stock_httpx.py"), _plain),
    "crawlee": Peer("crawlee", _python("crawlee_parsel.py"), _plain),
    "scrapy": Peer("Scrapy", _python("scrapy_spider.py"), _plain),
}
