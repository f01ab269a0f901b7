"""Where the records go: a file that is locked, appended to and mended, or a stream that is only written to.

============  ==================================================================
`file`        a regular file: lock, whole lines or none, rename, rewrite
`lines`       the text of a file that a killed run may have left
`lock`        one run at a time on a file; freed by the system with the process
`stream`      standard output, a pipe, a device: a piece when it is ready
`published`   a file that appears whole or not at all
`refusals`    what the system refuses, as one line with a remedy
============  ==================================================================
"""

import stat
from contextlib import suppress
from pathlib import Path

from scraper.output.file import OutputFile, open_file
from scraper.output.refusals import STDOUT, refusal
from scraper.output.stream import OutputStream, open_stdout, open_stream

__all__ = ["STDOUT", "OutputFile", "OutputStream", "is_stream", "open_destination", "refusal"]


def is_stream(name: str) -> bool:
    """Return whether `name` is `-`, a pipe or a device. Raises OSError, ValueError for a name that cannot be one."""
    if name == STDOUT:
        return True
    with suppress(FileNotFoundError):
        kind = Path(name).stat().st_mode
        return not stat.S_ISREG(kind) and not stat.S_ISDIR(kind)
    return False


def open_destination(name: str) -> OutputFile | OutputStream:
    """Open the file `name`, created with its folders when missing and locked; or `-`, a pipe or a device as it is.

    Opening a named pipe waits for its reader. Raises OutputLocked when another run holds the file, else OutputError.
    """
    try:
        if name == STDOUT:
            return open_stdout()
        return open_stream(name) if is_stream(name) else open_file(name)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise refusal(name, error, "open") from error
