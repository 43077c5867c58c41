"""The document, `.json`: everything in one object, written as it streams by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

from trayapp import __version__
from trayapp.domain.judging.monitor_values import OUTSIDE_KIND
from trayapp.domain.records.series import GUARDED_RUN, PROGRAM_KINDS, Event
from trayapp.export.source import Row, Source, Summary

ALERTS, CLEANUPS = ("alert",), ("cleanup", "cleanup_follow_up")


def write(path: Path, source: Source) -> None:
    """Write the session, all samples, events, and last the summary of each target.

    Keys carry their units. Of a minute or an hour, where samples are gone, a value is the
    greatest; what is unknown is left out.

    Raises: OSError, HistoryError.
    """
    summaries = {name: Summary() for name in source.targets}
    with path.open("w", encoding="ascii") as file:
        file.write("{\n")
        for key, value in _session(source).items():
            file.write(f"{json.dumps(key)}: {json.dumps(value)},\n")
        _write_list(file, "samples", (_sample(row, source, summaries) for row in source.rows()))
        for key, kinds in (
            ("alerts", ALERTS),
            ("cleanups", CLEANUPS),
            ("restarts", ("restart",)),
            ("tasks", ("task",)),
            ("guarded_runs", (GUARDED_RUN,)),
        ):
            file.write(",\n")
            _write_list(file, key, map(_event, source.events(kinds)))
        file.write(",\n")
        _write_list(file, "targets", _summaries(source, summaries))
        file.write("\n}\n")


def _write_list(file: TextIO, key: str, values: Iterable[object]) -> None:
    file.write(f"{json.dumps(key)}: [")
    for number, value in enumerate(values):
        file.write(("," if number else "") + "\n" + json.dumps(value, allow_nan=False))
    file.write("\n]")


def _session(source: Source) -> dict[str, object]:
    return {
        "memtray_version": __version__,
        "exported_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "since_unix_s": source.since_wall_seconds,
        "until_unix_s": source.until_wall_seconds,
    }


def _sample(row: Row, source: Source, summaries: dict[str, Summary]) -> dict[str, object]:
    system: dict[str, float] = {}
    app: dict[str, float] = {}
    outside: dict[str, float] = {}
    targets: dict[str, dict[str, float]] = {}
    for place, cell in row.cells.items():
        series = source.series[place]
        if series.kind in PROGRAM_KINDS:
            targets.setdefault(series.name, {})[series.metric] = cell.maximum
            if series.metric == "rss_bytes":
                summaries[series.name].add(row.wall_seconds, cell)
        elif series.kind == OUTSIDE_KIND:
            outside[series.name] = cell.maximum
        else:
            (system if series.kind == "system" else app)[series.metric] = cell.maximum
    return {
        "at_unix_s": row.wall_seconds,
        "stretch_s": row.stretch_seconds,
        "system": system,
        "memtray": app,
        "outside_bytes": outside,
        "targets": targets,
    }


def _event(event: Event) -> dict[str, object]:
    return {
        **event.data,
        "at_unix_s": event.wall_seconds,
        "subject": event.subject,
        "level": event.level or None,
        "text": event.text,
        "kind": event.kind,
    }


def _summaries(source: Source, summaries: dict[str, Summary]) -> Iterator[dict[str, object]]:
    counts = source.counts()
    for name in source.targets:
        summary = summaries[name]
        yield {
            "name": name,
            "is_tracked": name not in source.applications,
            "current_rss_bytes": summary.current,
            "peak_rss_bytes": summary.peak,
            "minimum_rss_bytes": summary.minimum,
            "growth_bytes": summary.growth,
            "first_seen_unix_s": summary.first_wall_seconds,
            "last_seen_unix_s": summary.last_wall_seconds,
            "restarts": counts[name].restarts,
            "alerts": counts[name].alerts,
        }
