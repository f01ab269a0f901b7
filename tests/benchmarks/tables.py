"""A table of text, for the terminal and for Markdown."""

from collections.abc import Sequence
from typing import NamedTuple

import rich.table


class Table(NamedTuple):
    """Rows below a header; the first column is text, the others are figures."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    """Sentences that stand below the title."""

    def markdown(self) -> str:
        """Return it as a section."""
        ruler = ["---", *["---:"] * (len(self.header) - 1)]
        lines = ["| " + " | ".join(row) + " |" for row in (self.header, ruler, *self.rows)]
        return "\n".join([f"## {self.title}", "", *([self.note, ""] if self.note else []), *lines, ""])

    def rich(self) -> rich.table.Table:
        """Return it for a terminal."""
        table = rich.table.Table(title=self.title, title_justify="left")
        for number, name in enumerate(self.header):
            table.add_column(name, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        return table
