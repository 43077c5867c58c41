"""The runs of targets as JSON: for `memtray runs`, and for the dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trayapp.domain.judging.performance import LEAST_PAIRS
from trayapp.domain.records.identity import target_key, target_of
from trayapp.domain.showing.performance_lines import connection_json
from trayapp.domain.showing.phase_lines import phase_json, phases_in_brief
from trayapp.history.reader import HistoryReader
from trayapp.history.run_performance import read_performance
from trayapp.history.target_history import Run, read_runs

MOST_TARGETS = 20
_CURRENT_SECONDS = 60.0


def read_sessions(
    history_file: Path,
    names: Sequence[str],
    limits: Mapping[str, float],
    least_pairs: int = LEAST_PAIRS,
) -> list[dict[str, Any]]:
    """Return the runs of targets, newest first.

    names: their names or keys; none: all that there were, up to `MOST_TARGETS`. limits: their own
    limits as they are now, by name. The latest run of each has its memory against its performance:
    least_pairs is how many values that takes.

    Raises: HistoryError.
    """
    with HistoryReader(history_file) as reader:
        span = reader.span()
        known = {one.name for one in reader.series() if one.kind == "target"}
        wanted = [target_of(name) or name for name in names] or sorted(known)[:MOST_TARGETS]
        told = []
        for name in dict.fromkeys(wanted):
            if name not in known:
                continue
            for place, run in enumerate(read_runs(reader, name, limits.get(name))):
                is_current = run.end >= (span or (0, 0))[1] - _CURRENT_SECONDS
                status = run_status(name, run, is_current=is_current)
                if not place:
                    found = read_performance(reader, name, run.start, run.end, least_pairs)
                    status["performance"] = [connection_json(each) for each in found]
                told.append(status)
    return sorted(told, key=lambda one: -float(one["from"]))


def run_status(name: str, run: Run, *, is_current: bool) -> dict[str, Any]:
    """Return one run of a target as JSON."""
    health = run.health
    return {
        "target": name,
        "key": target_key(name),
        "from": round(run.start, 3),
        "to": round(run.end, 3),
        "is_current": is_current,
        "peak_bytes": _whole(run.peak_bytes),
        "change_bytes": _whole(run.change_bytes),
        "first_bytes": _whole(run.first_bytes),
        "last_bytes": _whole(run.last_bytes),
        "mean_bytes": _whole(run.mean_bytes),
        "alerts": run.alert_count,
        "health": None if health is None else health.word,
        "health_score": None if health is None else health.score,
        "phases": [phase_json(phase) for phase in run.phases],
        "phases_text": phases_in_brief(run.phases),
        "performance": None,
    }


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
