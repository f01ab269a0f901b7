"""An output that is only looked at: nothing is locked, created or mended."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from scraper.errors import OutputError, UsageError
from scraper.output import OutputFile
from scraper.resume.records import REMEDY, Tally, read


def look_at(path: str | os.PathLike[str], *, field_names: Sequence[str] | None = None) -> Tally:
    """Return what the records of the file `path` amount to, with `field_names` their fields too; without a torn end.

    Raises UsageError when it is not there, cannot be read, or holds anything else than records.
    """
    name = os.fspath(path)
    try:
        place = Path(name)
        if not stat.S_ISREG(place.stat().st_mode):
            raise UsageError(f"{name} is no file: its records cannot be read back")
        with place.open("rb", buffering=0) as raw:
            return read(OutputFile(name, place, raw.fileno()), retried=False, field_names=field_names)
    except OutputError as error:
        raise UsageError(f"{str(error).removesuffix(REMEDY)}: it is no output of scrape") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UsageError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
