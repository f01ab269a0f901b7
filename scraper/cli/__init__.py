"""typer: options -> Config -> api -> exit code; nothing else."""

import os
import sys
from collections.abc import Sequence

import typer

from scraper.cli.app import app
from scraper.errors import RunError, UsageError

__all__ = ["app", "main"]

_LAST_STANDARD = 2


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    _fill_standard_streams()
    try:
        code = app(args=args, prog_name="scrape", standalone_mode=False) or 0
    except RunError as error:
        _complain(str(error))
        code = error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted before the first request")
        code = 130
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        _complain(f"{error.format_message().rstrip('.')}; see `scrape --help`")  # typer refused the words of the call
        code = UsageError.exit_code
    sys.exit(code)


def _fill_standard_streams() -> None:
    """Open /dev/null in the place of a standard stream that is closed: else a socket would get its descriptor."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _LAST_STANDARD:
        pass
    os.close(descriptor)


def _complain(message: str) -> None:
    typer.echo(f"scrape: {' '.join(message.split())}", err=True)
