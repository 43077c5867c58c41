"""Exports of VictoriaMetrics: `/api/v1/export`, a series a line, and `/api/v1/export/csv`.

Tried with 1.79.5. What is read is as of Prometheus; times are milliseconds. A long series comes in
several lines. Of CSV, whose columns its query names and which has no heading, every order of name,
value, time and labels is read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import WALL_FROM, WALL_UNTIL, Gathering
from trayapp.recording.meaning import is_memory_name
from trayapp.recording.metrics import Metrics
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import json_lines
from trayapp.recording.source import Source, Start

NAME = "VictoriaMetrics"
EXPECTS = N_("lines of VictoriaMetrics' export")
_METRIC = re.compile(r"[a-zA-Z_:][\w:]*_[\w:]*")
_MOST_STUDIED = 20


def resembles(start: Start) -> float:
    top = start.text[:60_000]
    if start.text[:1] == "{":
        is_one = '"metric"' in top[:200] and '"values"' in top and '"resultType"' not in top
        return 1.0 if is_one else 0.0
    return 0.9 if _columns(start) is not None else 0.0


def read(source: Source, found: Gathering) -> None:
    metrics = Metrics(found)
    columns = _columns(source.start)
    if columns is None:
        for number, one in json_lines(source, found):
            _add_series(found, metrics, number, one)
    else:
        for number, row in enumerate(csv.reader(source.whole_lines()), 1):
            _add_row(found, metrics, number, row, columns)
    if not metrics.finish():
        raise source.refusal(_("{path} has metrics, but none of them is memory in use"))


def _add_series(found: Gathering, metrics: Metrics, number: int, one: Any) -> None:
    labels, values, times = (one.get(key) for key in ("metric", "values", "timestamps"))
    if not isinstance(labels, dict) or not isinstance(values, list) or not isinstance(times, list):
        found.pass_over(number, str(one)[:80], _("no series"))
        return
    told = {str(name): str(value) for name, value in labels.items()}
    key = tuple(sorted(told.items()))
    if not metrics.add_labels(key, told):
        return
    for milliseconds, value in zip(times, values, strict=False):
        moment = found.moment(number_of(str(milliseconds)) / 1000)
        metrics.add_sample(key, moment, number_of(str(value)))


def _columns(start: Start) -> tuple[int, int, int] | None:
    """Return where name, value and time stand in rows without a heading; None if they are none."""
    rows = [line.split(",") for line in start.lines[:_MOST_STUDIED] if '"' not in line]
    width = len(rows[0]) if rows else 0
    if width < 3 or any(len(row) != width for row in rows):
        return None
    places = range(width)
    times = [at for at in places if all(_seconds(row[at]) > 0 for row in rows)]
    names = [at for at in places if all(_METRIC.fullmatch(row[at]) for row in rows)]
    names.sort(key=lambda at: not is_memory_name(rows[0][at], is_metric=True))
    values = [
        at for at in places if at not in times
        and all(number_of(row[at]) == number_of(row[at]) for row in rows)
    ]  # fmt: skip
    if len(times) != 1 or not names or not values:
        return None
    # A label may be a number; a size in bytes is the largest of them.
    return names[0], max(values, key=lambda at: number_of(rows[0][at])), times[0]


def _seconds(cell: str) -> float:
    """Seconds since 1970 of a time as it is exported: `unix_s`, `unix_ms`, `unix_ns`; 0 if none."""
    if not cell.isdecimal() or len(cell) > 19:
        return 0.0
    seconds = int(cell) / {13: 1e3, 19: 1e9}.get(len(cell), 1)
    return seconds if WALL_FROM <= seconds < WALL_UNTIL else 0.0


def _add_row(
    found: Gathering, metrics: Metrics, number: int, row: Sequence[str],
    columns: tuple[int, int, int],
) -> None:  # fmt: skip
    name_at, value_at, time_at = columns
    seconds = _seconds(row[time_at]) if len(row) > max(columns) else 0.0
    value = number_of(row[value_at]) if seconds else float("nan")
    if value != value:
        found.pass_over(number, ",".join(row), _("no series"))
        return
    labels = {
        "__name__" if at == name_at else f"label {at + 1}": cell
        for at, cell in enumerate(row) if at not in (value_at, time_at) and cell
    }  # fmt: skip
    key = tuple(labels.items())
    if key in metrics or metrics.add_labels(key, labels):
        metrics.add_sample(key, found.moment(seconds), value)
