"""Where log lines go: one short line on stderr, JSON lines in the log file."""

import logging
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from scraper.errors import UsageError

_ROOT = "scraper"
_ACCOUNT = "account"
_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+@")


@contextmanager
def configured(*, log_file: str | None, is_verbose: bool, others: Sequence[str] = ()) -> Iterator[None]:
    """Send the package's log lines to stderr (warnings; with `is_verbose` all) and to `log_file`, if any (all).

    Raises UsageError when the file cannot be written, or is one of `others`, files that the run reads or writes.
    """
    handlers: list[logging.Handler] = [_Stderr()]
    handlers[0].setLevel(logging.INFO if is_verbose else logging.WARNING)
    handlers[0].setFormatter(_OneLine())
    if log_file is not None:
        _refuse(log_file, others)
        try:
            handlers.append(logging.FileHandler(log_file, encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"--log-file {log_file} cannot be written: {error.strerror}") from error
        handlers[1].setFormatter(_Json())
    logger = logging.getLogger(_ROOT)
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO if is_verbose or log_file else logging.WARNING)
    logger.propagate = False
    for handler in handlers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        logger.setLevel(before[0])
        logger.propagate = before[1]
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()


def log_account(sentence: str, account: dict[str, Any]) -> None:
    """Log how a run ended: `sentence` as the message, with `account` beside it in the log file."""
    logging.getLogger(f"{_ROOT}.run").info(sentence, extra={_ACCOUNT: account})


def _refuse(log_file: str, others: Sequence[str]) -> None:
    """Raise UsageError when the log would be written into one of `others`."""
    for other in others:
        with suppress(OSError, ValueError):
            if Path(log_file).resolve() == Path(other).resolve() or _is_same_file(log_file, other):
                raise UsageError(f"--log-file {log_file} is the output or a source; choose another")


def _is_same_file(log_file: str, other: str) -> bool:
    """Return whether both are one regular file under two names."""
    there = Path(log_file).stat()
    return stat.S_ISREG(there.st_mode) and os.path.samestat(there, Path(other).stat())


class _Stderr(logging.Handler):
    """Writes to what `sys.stderr` is at the time: the live line puts a stream of its own there."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError, AttributeError):  # closed, or there is none
            sys.stderr.write(self.format(record) + "\n")


class _OneLine(logging.Formatter):
    """The message, and the name of an exception: its traceback belongs in the log file."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if cause := _cause(record):
            text += f" ({cause}; --log-file keeps the traceback)"
        return "scrape: " + _printable(" ".join(text.split()))


class _Json(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and the traceback of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        account = getattr(record, _ACCOUNT, None)
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        elif record.exc_text:  # of another process
            entry["traceback"] = record.exc_text
        fields: dict[str, Any] = {key: _printable(value) for key, value in entry.items()}
        return msgspec.json.encode(fields if account is None else fields | {_ACCOUNT: account}).decode()


def _cause(record: logging.LogRecord) -> str:
    """Return `ValueError: text` of the exception that goes with `record`, if one does."""
    if record.exc_info and record.exc_info[1] is not None:
        return f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
    return (record.exc_text or "").strip().rpartition("\n")[2]  # of another process


def _printable(text: str) -> str:
    """Return `text` without lone surrogates, which no file takes, and without the passwords of URLs.

    Our own messages have none; those of other libraries and of tracebacks may.
    """
    return _PASSWORD.sub(r"\1***@", text.encode("utf-8", "replace").decode())
