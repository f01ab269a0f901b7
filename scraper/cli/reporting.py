"""`scrape report`: writes the page, and prints the sentence that it begins with."""

import sys

from scraper import report
from scraper.output import STDOUT
from scraper.report.page import notices_of
from scraper.stats import LABEL_WIDTH

EXIT_UNSOUND = 3


def run(output: str, target: str | None) -> int:
    """Write the report on `output` to `target`; return the exit code, 3 when not all of it could be read.

    Raises UsageError, OutputError.
    """
    made = report.make(output)
    target = target or report.default_name(output)
    if target == STDOUT:
        sys.stdout.write(made.html)
    else:
        report.write(made, target, output)
    rows = [f"{made.sentence}.", *notices_of(made.left)]
    if target != STDOUT:
        rows.append(f"{'report':<{LABEL_WIDTH}}{target}")
    sys.stderr.write("".join(f"{row}\n" for row in rows))
    return 0 if made.left.is_sound else EXIT_UNSOUND
