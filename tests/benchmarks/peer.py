"""The programs that are compared: how each is built or installed, and how it is called."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

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


def environment() -> Path:
    """Return the folder of the programs of an environment with peers/requirements.txt in it, which is made once."""
    folder = CACHE / "environment"
    wanted, installed = PROGRAMS / "requirements.txt", folder / "requirements.txt"
    if not installed.exists() or installed.read_text() != wanted.read_text():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(folder / "bin" / "pip"), "install", "--quiet", "--requirement", str(wanted)]
        if subprocess.run(install, check=False).returncode:
            raise SystemExit("the peers from PyPI cannot be installed; leave them out with: --peers ours go")
        shutil.copy(wanted, installed)
    return folder / "bin"


def versions() -> dict[str, str]:
    """Return the version of each package in the peers' environment by its name."""
    listing = [str(environment() / "pip"), "list", "--format", "json", "--disable-pip-version-check"]
    packages = json.loads(subprocess.run(listing, capture_output=True, check=True).stdout)
    return {package["name"].lower(): package["version"] for package in packages}


def _ours() -> list[str]:
    if importlib.util.find_spec("scraper.cli") is None:
        raise SystemExit("scraper is not installed here; install it with: pip install -e '.[dev]'")
    return [sys.executable, "-m", "scraper"]


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
    return lambda: [str(environment() / "python"), str(PROGRAMS / program)]


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
