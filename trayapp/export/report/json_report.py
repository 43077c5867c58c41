"""The report for machines, `.json`: everything but the curves, with units in its keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trayapp import __version__
from trayapp.dataclass import asdict
from trayapp.domain.showing.performance_lines import connection_json
from trayapp.domain.showing.phase_lines import phase_json
from trayapp.domain.showing.status import health_status
from trayapp.export.report.facts import Report, TargetFacts, outcome_of


def write(path: Path, report: Report) -> None:
    path.write_text(json.dumps(report_json(report), indent=1) + "\n", encoding="ascii")


def report_json(report: Report) -> dict[str, object]:
    return {
        "memtray_version": __version__,
        "title": report.title,
        "made_unix_s": report.made_wall_seconds,
        "since_unix_s": report.since_wall_seconds,
        "until_unix_s": report.until_wall_seconds,
        "is_private": report.is_private,
        "facts": dict(report.facts),
        "machine_health": health_status(report.machine_health),
        "findings": [finding._asdict() for finding in report.findings],
        "targets": [_target(one) for one in report.targets],
        "incidents": [_with_unix_seconds(asdict(one)) for one in report.incidents],
        "account": [
            {
                "key": row.key,
                "title": row.title,
                "bytes": row.size_bytes,
                "is_part_of_the_one_before": row.is_below,
                "comes_back": row.comes_back,
                "text": row.text,
            }
            for row in report.account
        ],
        "cleanups": [
            _with_unix_seconds(asdict(one))
            | {"freed_bytes": one.freed_bytes, "kept_bytes": one.kept_bytes}
            for one in report.cleanups
        ],
    }


def _target(one: TargetFacts) -> dict[str, object]:
    return {
        "name": one.name,
        "verdict": outcome_of(one),
        "shape": one.shape,
        "score": one.score,
        "rate_bytes_per_second": one.rate_bytes_per_second,
        "growth_bytes": one.growth_bytes,
        "growing_since_unix_s": one.since_wall_seconds,
        "limit_bytes": one.limit_bytes,
        "seconds_to_limit": one.seconds_to_limit,
        "nearest_limit_source": one.limit_source,
        "leaked_since_unix_s": one.leaked[0] if one.leaked else None,
        "leaked_until_unix_s": one.leaked[1] if one.leaked else None,
        "evidence": one.evidence,
        "inside": one.inside or None,
        "details": one.details or None,
        # What its processes take together; the older names were from when that was RSS.
        "current_bytes": one.summary.current,
        "peak_bytes": one.summary.peak,
        "minimum_bytes": one.summary.minimum,
        "current_rss_bytes": one.summary.current,
        "peak_rss_bytes": one.summary.peak,
        "minimum_rss_bytes": one.summary.minimum,
        "change_bytes": one.summary.growth,
        "first_seen_unix_s": one.summary.first_wall_seconds,
        "last_seen_unix_s": one.summary.last_wall_seconds,
        "restarts": one.counts.restarts,
        "alerts": one.counts.alerts,
        "run_health_score": one.run.health.score if one.run.health else None,
        "run_phases": [phase_json(phase) for phase in one.run.phases],
        "run_performance": [connection_json(found) for found in one.run.performance],
        "tasks": [
            {"name": task.name, "kept_bytes": task.growth_bytes, "peak_bytes": task.peak_bytes}
            for task in one.tasks
        ],
    }


def _with_unix_seconds(told: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("wall_seconds", "unix_s"): value for key, value in told.items()}
