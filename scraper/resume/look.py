"""An output that is only looked at: nothing is locked, created or mended."""

import os
from collections.abc import Sequence

from scraper.errors import OutputError, UsageError
from scraper.resume.reading import OUTPUT, open_to_read
from scraper.resume.records import REMEDY, Tally, read


def look_at(path: str | os.PathLike[str], *, field_names: Sequence[str] | None = None, wanted: str = OUTPUT) -> Tally:
    """Return what the records of the file `path` amount to, with `field_names` their fields too; without a torn end.

    Raises UsageError, naming what is `wanted`, when it is not there, cannot be read, or holds other things.
    """
    try:
        with open_to_read(os.fspath(path), wanted) as file:
            return read(file, retried=False, field_names=field_names)
    except OutputError as error:
        raise UsageError(f"{str(error).removesuffix(REMEDY)}: it is no output of scrape; name {wanted}") from error
