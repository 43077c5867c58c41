"""What `memtray log analyze` tells of memory logs, as JSON takes it; the text is made of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from trayapp.domain.judging.chance import MORE_THAN_CHANCE, in_blocks, probability
from trayapp.domain.judging.idle_line import DAY_SECONDS, IdleLine
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.log_records import Peak, TaskUse
from trayapp.domain.judging.log_summary import LogSummary
from trayapp.domain.judging.task_growth import TaskGrowth
from trayapp.recording.judged import Series, report
from trayapp.recording.log_files import LogContent

Json = dict[str, Any]


def log_json(content: LogContent, old: LogContent | None = None) -> Json:
    """Return everything; `old`: what to compare with."""
    found = summary_json(content.summary)
    found = {"lines": content.lines, "other_lines": content.other_lines, **found}
    found["other_examples"] = content.shown_lines
    found["compare"] = None if old is None else compare_json(content.summary, old.summary)
    return found


def summary_json(summary: LogSummary) -> Json:
    """Return what was gathered, from a log or from elsewhere."""
    explained = sum(task.kept_bytes for task in summary.growth.tasks.values())
    grown = summary.growth.total_bytes
    unexplained = grown - explained
    return {
        "span_s": summary.span_seconds,
        "first_time": None if summary.first_time is None else time_text(summary.first_time),
        "last_time": None if summary.first_time is None else time_text(summary.last_time),
        "mean_bytes": _whole(summary.sum_bytes / summary.count if summary.count else None),
        "peaks": [_peak_json(peak) for peak in sorted(summary.peaks, reverse=True)],
        "tasks": [
            task_json(name, use, summary.growth.tasks.get(name, TaskGrowth()))
            for name, use in guiltiest_first(summary.tasks, summary.growth.tasks)
        ],
        "jumps": [
            {
                "time": time_text(jump.time),
                "from_bytes": _whole(jump.from_bytes),
                "to_bytes": _whole(jump.to_bytes),
                "task": jump.task,
            }
            for jump in sorted(summary.jumps, reverse=True)
        ],
        "idle": _idle_json(summary.idle),
        "growth_bytes": _whole(grown),
        "unexplained_bytes": _whole(unexplained),
        "unexplained_share": min(1.0, max(0.0, unexplained / grown)) if grown > 0 else None,
        "levels": _levels_json(summary),
        "low_memory": [
            {
                "time": time_text(one.time),
                "seconds": one.seconds,
                "least_available_bytes": _known(one.least_bytes),
                "least_free_share": one.least_share if one.least_share < float("inf") else None,
                "task": one.task,
            }
            for one in summary.low_memory
        ],
    }


def compare_json(new: LogSummary, old: LogSummary) -> Json:
    """Return what differs, and whether it is more than chance."""
    both = [
        (name, new.growth.tasks[name], old.growth.tasks[name])
        for name in new.growth.tasks
        if name in old.growth.tasks
    ]
    return {
        "idle": _difference(new.idle.values, old.idle.values, blocks=True),
        "peak": {
            "old_bytes": _whole(max((peak.rss_bytes for peak in old.peaks), default=None)),
            "new_bytes": _whole(max((peak.rss_bytes for peak in new.peaks), default=None)),
        },
        "tasks": [
            {"name": name, **_difference(task.alone.values, before.alone.values)}
            for name, task, before in sorted(both, key=lambda each: -each[1].guilt)
        ],
        "only_new": sorted(set(new.growth.tasks) - set(old.growth.tasks)),
        "only_old": sorted(set(old.growth.tasks) - set(new.growth.tasks)),
    }


def time_text(seconds: float) -> str:
    """Return a time by the clock of the log, as the log writes it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def guiltiest_first(
    uses: Mapping[str, TaskUse], growths: Mapping[str, TaskGrowth]
) -> list[tuple[str, TaskUse]]:
    """Return the tasks with their names, the one to be looked at first at the head."""
    nothing = TaskGrowth()
    return sorted(uses.items(), key=lambda each: -growths.get(each[0], nothing).guilt)


def task_json(name: str, use: TaskUse, growth: TaskGrowth) -> Json:
    """Return one kind of task."""
    return {
        "name": name,
        "where": use.place,
        "count": use.count,
        "failed": use.failed,
        "seconds": round(use.seconds, 3),
        "mean_bytes": _whole(use.sum_bytes / use.lines if use.lines else None),
        "peak_bytes": _whole(use.peak_bytes),
        "growth_median_bytes": _whole(growth.median_bytes),
        "growth_worst_bytes": _whole(growth.worst_bytes),
        "kept_bytes": _whole(growth.kept_bytes),
        "overlapping_count": growth.beside_count,
    }


def _idle_json(idle: IdleLine) -> Json:
    slope = idle.slope_per_day()
    found: Json = {
        "days": [
            {"date": time_text(day.number * DAY_SECONDS)[:10], "bytes": _whole(day.bytes)}
            for day in idle.by_day()
        ],
        "slope_bytes_per_day": _whole(slope),
        "verdict": None,
        "evidence": None,
    }
    if len(idle.times):
        start = idle.times[0]
        series = Series(
            name="idle",
            times=memoryview(type(idle.times)("d", (at - start for at in idle.times))),
            sizes=idle.values,
            signal="resident set",
            runs=idle.lives,
        )
        judged = report(series)
        found["verdict"] = judged.outcome
        found["evidence"] = evidence_of(judged.verdict)
    return found


def _levels_json(summary: LogSummary) -> Json:
    normal, warning, critical = summary.levels.seconds
    return {
        "warning_bytes": _whole(summary.limits.warning_bytes),
        "critical_bytes": _whole(summary.limits.critical_bytes),
        "normal_s": normal,
        "warning_s": warning,
        "critical_s": critical,
    }


def _peak_json(peak: Peak) -> Json:
    return {
        "time": time_text(peak.time),
        "rss_bytes": _whole(peak.rss_bytes),
        "task": peak.task,
    }


def _difference(new: Sequence[float], old: Sequence[float], *, blocks: bool = False) -> Json:
    from trayapp.domain.records.median import median

    after, before = (median(each) if len(each) else None for each in (new, old))
    if blocks:
        new, old = in_blocks(new), in_blocks(old)
    chance = probability(new, old)
    return {
        "old_bytes": _whole(before),
        "new_bytes": _whole(after),
        "difference_bytes": None
        if before is None or after is None
        else _whole(after) - _whole(before),  # type: ignore[operator]
        "p_value": chance,
        "more_than_chance": None if chance is None else chance < MORE_THAN_CHANCE,
    }


def _whole(size: float | None) -> int | None:
    return None if size is None else round(size)


def _known(size: float) -> int | None:
    return round(size) if size < float("inf") else None
