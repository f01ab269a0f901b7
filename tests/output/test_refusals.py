import errno

import pytest

from scraper.errors import OutputError
from scraper.output.refusals import refusal


@pytest.mark.parametrize(
    ("name", "error", "action", "text"),
    [
        (
            "x.jsonl",
            OSError(errno.ENOSPC, ""),
            "write",
            "cannot write x.jsonl: No space left on device; free some space and run the same line again to go on",
        ),
        (
            "-",
            OSError(errno.EIO, ""),
            "write",
            "cannot write standard output: Input/output error; run the same line again to go on",
        ),
        ("x", OSError(errno.EROFS, ""), "open", "cannot open x: Read-only file system; choose another --output"),
        (
            "x",
            OSError(errno.ELOOP, ""),
            "open",
            "cannot open x: Too many levels of symbolic links; choose another --output",
        ),
        ("x", ValueError("embedded null byte"), "open", "cannot open x: embedded null byte; choose another --output"),
    ],
)
def test_a_refusal_tells_the_place_the_reason_and_the_remedy(name, error, action, text):
    made = refusal(name, error, action)
    assert str(made) == text
    assert isinstance(made, OutputError)
    assert made.exit_code == 5
