"""Small line charts as SVG, side by side; no library draws so little."""

from collections.abc import Callable, Sequence
from math import log10
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 260, 200
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 30, 40
"""Margins of a panel, around where its line is drawn."""
STYLE = (
    "text{font:11px sans-serif;fill:#333}.title{font-weight:bold}.axis{stroke:#bbb}"
    ".line{fill:none;stroke:#1f6feb;stroke-width:2}.point{fill:#1f6feb}"
)


class Panel(NamedTuple):
    """One line: `across` on a logarithmic axis, `up` on one that starts at zero."""

    title: str
    axis: str
    across: Sequence[float]
    up: Sequence[float]


def svg(panels: Sequence[Panel]) -> str:
    """Return a picture of `panels` in a row."""
    drawn = "\n".join(
        f'<g transform="translate({number * WIDTH},0)">\n{_draw(panel)}\n</g>' for number, panel in enumerate(panels)
    )
    size = f'width="{len(panels) * WIDTH}" height="{HEIGHT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{STYLE}</style>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{drawn}\n</svg>\n'
    )


def _draw(panel: Panel) -> str:
    places = list(zip(map(_across(panel), panel.across), map(_up(panel), panel.up), strict=True))
    floor, end = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [
        _text(WIDTH / 2, 16, panel.title, "title"),
        _text(WIDTH / 2, HEIGHT - 6, panel.axis),
        f'<path class="axis" fill="none" d="M{LEFT},{TOP} V{floor} H{end}"/>',
        _text(LEFT - 6, floor, "0", anchor="end"),
        f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>',
    ]
    for (x, y), across, up in zip(places, panel.across, panel.up, strict=True):
        parts.append(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
        parts.append(_text(x, y - 8, f"{up:,.0f}" if up >= 10 else f"{up:.2f}"))
        parts.append(_text(x, floor + 16, f"{across:,}"))
    return "\n".join(parts)


def _across(panel: Panel) -> Callable[[float], float]:
    low, high = log10(min(panel.across)), log10(max(panel.across))
    room = WIDTH - LEFT - RIGHT - 40  # labels of the outer points need 20 on each side
    return lambda value: LEFT + 20 + room * (log10(value) - low) / ((high - low) or 1)


def _up(panel: Panel) -> Callable[[float], float]:
    room = HEIGHT - TOP - BOTTOM
    most = 1.25 * max(panel.up)
    return lambda value: HEIGHT - BOTTOM - room * value / most


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "middle") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
