"""The last good result has a name of its own, a link that moves at once; older results are cleared away."""

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from scraper.compression import compression_of
from scraper.errors import OutputError, UsageError

_FILLED = {"{date}": r"\d{4}-\d\d-\d\d", "{time}": r"\d{6}"}


def refuse_publishing(latest: str, output: str) -> None:
    """Raise UsageError when `latest` cannot become a link to `output`, before anything is fetched."""
    path = Path(latest)
    if output == "-":
        raise UsageError("--latest names a file, and standard output is none; choose an --output")
    if path.exists() and not path.is_symlink():
        raise UsageError(f"--latest {latest} is there and no link that a run made; move it away or choose another name")
    if compression_of(path) != compression_of(output):
        raise UsageError(f"--latest {latest} is read by its suffix: give it that of --output {output}")
    if path.resolve() == Path(output).resolve() and not path.is_symlink():
        raise UsageError("--latest is the --output itself; give the output a name with {date} in it")


def publish(latest: str, output: str) -> None:
    """Make `latest` a relative symbolic link to the file `output`; who opens it sees the old file or the new.

    Raises OutputError.
    """
    path = Path(latest)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        target = os.path.relpath(Path(output).resolve(), path.parent.resolve())
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent)) / "link"
        try:
            draft.symlink_to(target)
            draft.replace(path)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            draft.parent.rmdir()
    except OSError as error:
        raise OutputError(
            f"--latest {latest} cannot be moved: {error.strerror}; the records are in {output}"
        ) from error


def prune(template: str, keep: int, *, latest: str | None, current: str) -> list[Path]:
    """Remove all but the newest `keep` outputs that `template` named; return those removed.

    What names of its kind mean is their `{date}` and `{time}`; files of other names stay, and so do the one that
    `latest` leads to and the `current` one. Raises OutputError.
    """
    folder = Path(template).parent
    kept = {Path(current).resolve()} | ({Path(latest).resolve()} if latest else set())
    pattern = _pattern(Path(template).name)
    runs = sorted((path for path in folder.iterdir() if pattern.fullmatch(path.name) and _is_run(path)), reverse=True)
    others = [path for path in runs if path.resolve() not in kept]
    old = others[max(0, keep - (len(runs) - len(others))) :]
    try:
        for path in old:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"--keep-runs: {old[0]} cannot be removed: {error.strerror}") from error
    return old


def _is_run(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _pattern(name: str) -> re.Pattern[str]:
    parts = re.split(r"(\{date\}|\{time\})", name)
    return re.compile("".join(_FILLED.get(part, re.escape(part)) for part in parts))
