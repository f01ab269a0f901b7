"""A run as a figure: pages over time, how long they took, what failed."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from math import isqrt, log10
from typing import Any

from scraper.extras import need
from scraper.models import Record
from scraper.stats import percent

FEWEST_BINS, MOST_BINS = 10, 60
KINDS_SHOWN = 12
_SIZE_IN = (11.0, 3.4)
_OK, _FAILED = "#2a9d8f", "#e76f51"


class _Points:
    """What is drawn, in 16 bytes a record."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.ends_s = {True: array("d"), False: array("d")}  # by ok; since 1970
        self.took_ms = array("d")
        self.kinds: Counter[str] = Counter()
        self.number = 0
        for record in records:
            self.number += 1
            if record.error is not None:
                self.kinds[record.error.kind] += 1
            if record.fetched_at is not None and record.elapsed_ms is not None:
                start_s = datetime.fromisoformat(record.fetched_at).timestamp()
                self.ends_s[record.ok].append(start_s + record.elapsed_ms / 1000)
                self.took_ms.append(record.elapsed_ms)


def plot(records: Iterable[Record]) -> Any:
    """Return a matplotlib.figure.Figure of `records`, which a notebook shows. Needs the extra `plot`.

    pyplot is not used: no global state is touched, and nothing has to be closed.
    """
    figure = _shown_by_itself(need("matplotlib.figure", extra="plot").Figure)(figsize=_SIZE_IN, layout="constrained")
    points = _Points(records)
    over_time, latency, failures = figure.subplots(1, 3)
    _draw_time(over_time, points)
    _draw_latency(latency, points.took_ms)
    _draw_failures(failures, points)
    return figure


def _shown_by_itself(figure: Any) -> Any:
    """Return a Figure that Jupyter shows though pyplot was never imported, which alone tells it how."""

    class RunFigure(figure):  # type: ignore[misc] # matplotlib is there on demand
        def _repr_png_(self) -> bytes:
            png = BytesIO()
            self.savefig(png, format="png", dpi=100)
            return png.getvalue()

    return RunFigure


def _draw_time(axes: Any, points: _Points) -> None:
    axes.set_title("pages over time")
    axes.set_xlabel("seconds")
    axes.set_ylabel("pages/s")
    every = points.ends_s[True] + points.ends_s[False]
    if not every:
        _nothing(axes, "nothing was fetched")
        return
    bins = _bins(every)
    first, width_s = min(every), max(max(every) - min(every), 1e-3) / bins
    heights = {is_ok: _per_s(ends_s, first, width_s, bins) for is_ok, ends_s in points.ends_s.items()}
    edges = [number * width_s for number in range(bins + 1)]
    axes.stairs(heights[True], edges, fill=True, color=_OK, label="ok")
    if any(heights[False]):
        top = [ok + failed for ok, failed in zip(heights[True], heights[False], strict=True)]
        axes.stairs(top, edges, baseline=heights[True], fill=True, color=_FAILED, label="failed")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)


def _bins(values: Sequence[float]) -> int:
    """Return how many bars: few for few values, else chance is all that they show."""
    return min(MOST_BINS, max(FEWEST_BINS, 2 * isqrt(len(values))))


def _per_s(ends_s: Iterable[float], first: float, width_s: float, bins: int) -> list[float]:
    heights = [0.0] * bins
    for end in ends_s:
        heights[min(bins - 1, int((end - first) / width_s))] += 1 / width_s
    return heights


def _draw_latency(axes: Any, took_ms: Sequence[float]) -> None:
    axes.set_title("latency")
    axes.set_xlabel("ms of the last attempt")
    axes.set_ylabel("pages")
    ordered = sorted(max(ms, 1e-3) for ms in took_ms)
    if not ordered:
        _nothing(axes, "nothing was fetched")
        return
    bins = _bins(ordered)
    low, high = log10(ordered[0]) - 0.01, log10(ordered[-1]) + 0.01
    axes.hist(ordered, bins=[10 ** (low + (high - low) * step / bins) for step in range(bins + 1)], color=_OK)
    axes.set_xscale("log")
    for share, style in ((0.5, "-"), (0.95, "--")):
        value = ordered[min(len(ordered) - 1, int(share * len(ordered)))]
        axes.axvline(value, color="gray", linestyle=style, label=f"p{share * 100:.0f} {value:,.0f} ms")
    axes.legend(frameon=False)


def _draw_failures(axes: Any, points: _Points) -> None:
    axes.set_title("failures")
    if not points.kinds:
        _nothing(axes, "nothing failed")
        return
    kinds = points.kinds.most_common(KINDS_SHOWN)[::-1]
    bars = axes.barh([kind for kind, _ in kinds], [number for _, number in kinds], color=_FAILED)
    axes.bar_label(bars, [f"{number:,} ({percent(number / points.number)})" for _, number in kinds], padding=3)
    axes.margins(x=0.35)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("pages")


def _nothing(axes: Any, text: str) -> None:
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, color="gray")
    axes.set_xticks([])
    axes.set_yticks([])
