"""HTML for a notebook: text is escaped, colours are those of the page it stands in, light or dark."""

from collections.abc import Iterable, Sequence
from html import escape

_CARD = "font-family: var(--jp-ui-font-family, sans-serif); font-size: 90%; max-width: 60em"
_LABEL = "text-align: left; opacity: .6; padding: 1px 1em 1px 0; vertical-align: top; white-space: nowrap"
_CELL = "text-align: left; padding: 1px 1em 1px 0; vertical-align: top; overflow-wrap: anywhere"
_BORDERLESS = "border-collapse: collapse; border: none; background: none; margin: .3em 0"


def card(heading: str, facts: Iterable[tuple[str, str]]) -> str:
    """Return a heading and a table of labels and what stands beside them."""
    rows = "".join(
        f'<tr style="background: none"><th style="{_LABEL}">{escape(label)}</th>'
        f'<td style="{_CELL}">{escape(text)}</td></tr>'
        for label, text in facts
    )
    return f'<div style="{_CARD}"><b>{escape(heading)}</b><table style="{_BORDERLESS}">{rows}</table></div>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> str:
    """Return a table with a header, and a note below it."""
    head = "".join(f'<th style="{_LABEL}">{escape(name)}</th>' for name in columns)
    body = "".join(
        '<tr style="background: none">' + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    below = f'<div style="opacity: .6">{escape(note)}</div>' if note else ""
    return (
        f'<div style="{_CARD}; max-width: none"><table style="{_BORDERLESS}"><tr style="background: none">{head}</tr>'
        f"{body}</table>{below}</div>"
    )
