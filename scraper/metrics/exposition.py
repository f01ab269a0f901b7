"""Prometheus's text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from scraper.metrics.catalogue import Metric
from scraper.stats import edge_ms

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 45.0, 90.0)
"""Upper edges: a parse takes milliseconds, a try 45 s at most by default. A latency is in its bucket to within 2 %."""

Labels = Mapping[str, str]


class Sample(Struct, frozen=True):
    """One value of a metric."""

    metric: Metric
    value: float
    labels: Labels = {}
    suffix: str = ""
    """Of the name, in a histogram: `_bucket`, `_sum`, `_count`."""


def histogram(metric: Metric, counts: Mapping[int, int], labels: Labels | None = None) -> list[Sample]:
    """Return the samples of a histogram. `counts` are those of a stats.Histogram, in milliseconds by bucket."""
    middles = sorted((edge_ms(bucket + 0.5) / 1000, number) for bucket, number in counts.items())
    given = labels or {}
    samples = []
    total, place = 0, 0
    for edge_s in (*BUCKETS_S, math.inf):
        while place < len(middles) and middles[place][0] <= edge_s:
            total += middles[place][1]
            place += 1
        samples.append(Sample(metric, total, {**given, "le": _number(edge_s)}, "_bucket"))
    samples.append(Sample(metric, sum(middle * number for middle, number in middles), given, "_sum"))
    samples.append(Sample(metric, total, given, "_count"))
    return samples


def text(samples: Iterable[Sample], labels: Labels | None = None) -> str:
    """Return the samples in the text format; those of a metric stand together. Each gets `labels`, too."""
    by_metric: dict[str, list[Sample]] = {}
    for sample in samples:
        by_metric.setdefault(sample.metric.name, []).append(sample)
    return "".join(line for group in by_metric.values() for line in _lines(group, labels or {}))


def _lines(samples: Sequence[Sample], labels: Labels) -> Iterable[str]:
    metric = samples[0].metric
    yield f"# HELP {metric.name} {_escaped(metric.help)}\n"
    yield f"# TYPE {metric.name} {metric.kind}\n"
    for sample in samples:
        pairs = ",".join(f'{name}="{_quoted(value)}"' for name, value in {**labels, **sample.labels}.items())
        yield f"{metric.name}{sample.suffix}{f'{{{pairs}}}' if pairs else ''} {_number(sample.value)}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(value: str) -> str:
    return _escaped(value).replace('"', '\\"')


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(round(value, 6))
