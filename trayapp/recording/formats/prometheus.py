"""Answers of Prometheus to `/api/v1/query_range`: process-exporter's figures, and others.

Of process-exporter's `namedprocess_namegroup_memory_bytes` the resident size of each group is
taken (the proportional one where that was not asked for), and from `…_num_procs` how many
processes it was. Of any other query every series is taken whose name says memory, or that has none
because it was summed up; values are bytes.
"""

from __future__ import annotations

from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.metrics import GROUP_METRIC, Metrics
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import json_values
from trayapp.recording.source import Source, Start

NAME = "Prometheus"
EXPECTS = N_("Prometheus' answer to query_range")


def resembles(start: Start) -> float:
    if not start.is_json:
        return 0.0
    top = start.text[:2000]
    if '"resultType"' in top or ('"status"' in top and ('"data"' in top or '"error"' in top)):
        return 1.0
    return 1.0 if start.text[:1] == "[" and '"metric"' in top and '"values"' in top else 0.0


def read(source: Source, found: Gathering) -> None:
    metrics = Metrics(found)
    for _number, place, value in json_values(source, found, *_PLACES):
        _add_value(source, metrics, place[1:], value)
    if not metrics.finish():
        text = _("{path} has no memory in it; query {metric} or another size in bytes")
        raise source.refusal(text, metric=GROUP_METRIC)


_PLACES = (
    "*.status", "*.error", "*.data.resultType", "*.data.result.*.metric",
    "*.data.result.*.values.*", "*.data.result.*.value", "*.*.metric", "*.*.values.*",
)  # fmt: skip


def _add_value(source: Source, metrics: Metrics, place: tuple[str | int, ...], value: Any) -> None:
    """Add what stands at one place of an answer.

    Raises: RecordingError if it is an error, or of another kind.
    """
    key = place[-1]
    number = next((part for part in place if isinstance(part, int)), 0)
    if place == ("error",):
        text = _("{path} is an error from Prometheus: {error}")
        raise source.refusal(text, error=str(value)[:200])
    if key == "value" or (key == "resultType" and value != "matrix"):
        raise source.refusal(
            _(
                "{path} is not the answer to a range query; use /api/v1/query_range, which "
                "returns a matrix"
            )
        )
    if key == "metric":
        if isinstance(value, dict):
            metrics.add_labels(number, {str(name): str(one) for name, one in value.items()})
    elif isinstance(value, list) and len(value) == 2 and isinstance(value[0], (int, float)):
        metrics.add_sample(number, number_of(value[0]), number_of(value[1]))
