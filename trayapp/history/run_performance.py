"""Memory against performance in one run, read from the history."""

from __future__ import annotations

from trayapp.domain.judging.monitor_values import STALL_SOME
from trayapp.domain.judging.performance import (
    LEAST_PAIRS,
    Connection,
    compare_curves,
    compare_tasks,
)
from trayapp.domain.records.series import TASK, Series
from trayapp.history.reader import HistoryReader

_POINTS, _MOST_TASKS = 400, 2000


def read_performance(
    reader: HistoryReader, name: str, start: float, end: float, least: int = LEAST_PAIRS
) -> tuple[Connection, ...]:
    """Compare the size of a target in one run with its tasks, the stalls and its processor time.

    least: with fewer pairs of values nothing is said. Takes about 0.1 s.

    Raises: HistoryError.
    """
    metrics = ("size_bytes", "rss_bytes", "cpu_percent")
    own = [Series("target", name, metric) for metric in metrics]
    sizes, resident, cpu, stalls = reader.curves([*own, STALL_SOME], start, end, _POINTS)
    if not any(point.mean is not None for point in sizes):
        sizes = resident
    told = reader.events(start, end, (TASK,), _MOST_TASKS, subject=name)
    tasks = [
        (str(task.data.get("task") or task.text), task.wall_seconds, float(seconds))
        for task in told
        if isinstance(seconds := task.data.get("seconds"), int | float)
    ]
    return (
        compare_tasks(sizes, tasks, least),
        compare_curves("stalls", sizes, stalls, least),
        compare_curves("cpu", sizes, cpu, least),
    )
