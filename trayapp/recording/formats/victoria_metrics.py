"""Lines of VictoriaMetrics' `/api/v1/export`: a series each, as JSON.

Tried with 1.79.5. What is read is as of Prometheus; times are milliseconds. A long series comes in
several lines.
"""

from __future__ import annotations

import json
from typing import Any

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.metrics import Labels, Metrics
from trayapp.recording.source import Source, Start

NAME = "VictoriaMetrics"
EXPECTS = N_("lines of VictoriaMetrics' export")


def resembles(start: Start) -> float:
    """By the keys of a line."""
    top = start.text[:60_000]
    is_one = start.text[:1] == "{" and '"metric"' in top[:200] and '"values"' in top
    return 1.0 if is_one and '"resultType"' not in top else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read all lines.

    Raises: RecordingError if no series is memory.
    """
    metrics = Metrics(found)
    for number, line in enumerate(source.lines(), 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            if line.endswith("\n"):
                found.pass_over(number, line, _("no JSON"))
            continue
        _take(found, metrics, number, one)
    if not metrics.finish():
        text = _("{path} has metrics, but none that is memory in use")
        raise RecordingError(text.format(path=source.path))


def _take(found: Gathering, metrics: Metrics, number: int, one: Any) -> None:
    labels, values, times = (
        (one.get("metric"), one.get("values"), one.get("timestamps"))
        if isinstance(one, dict)
        else (None, None, None)
    )
    if not isinstance(labels, dict) or not isinstance(values, list) or not isinstance(times, list):
        found.pass_over(number, str(one)[:80], _("no series"))
        return
    told: Labels = {str(name): str(value) for name, value in labels.items()}
    key = tuple(sorted(told.items()))
    if not metrics.meet(key, told):
        return
    for milliseconds, value in zip(times, values, strict=False):
        moment = found.moment(number_of(str(milliseconds)) / 1000)
        metrics.sample(key, moment, number_of(str(value)))
