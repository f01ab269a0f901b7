"""What the system refuses, as one line with a remedy."""

import errno
import os

from scraper.errors import OutputError

STDOUT = "-"
GO_ON = "run the same line again to go on"
ELSEWHERE = "choose another --output"

_REMEDIES = {
    errno.ENOSPC: f"free some space and {GO_ON}",
    errno.EDQUOT: f"free some of the quota and {GO_ON}",
    errno.EFBIG: f"raise the limit on file sizes (ulimit -f) and {GO_ON}",
    errno.EACCES: ELSEWHERE,
    errno.EPERM: ELSEWHERE,
    errno.EROFS: ELSEWHERE,
    errno.ENOLCK: f"it lies where files cannot be locked; {ELSEWHERE}",
    errno.ENOTSUP: f"it lies where files cannot be locked; {ELSEWHERE}",
}


def refusal(name: str, error: Exception, action: str = "write") -> OutputError:
    """Return the OutputError that tells why `action` (open, read, write) failed on `name`, and what to do."""
    code = error.errno if isinstance(error, OSError) else None
    reason = os.strerror(code) if code else str(error)
    remedy = _REMEDIES.get(code or 0, ELSEWHERE if action == "open" else GO_ON)
    return OutputError(f"cannot {action} {called(name)}: {reason}; {remedy}")


def called(name: str) -> str:
    """Return what the output is called in a sentence."""
    return "standard output" if name == STDOUT else name
