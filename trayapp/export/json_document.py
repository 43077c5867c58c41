"""The document, `.json`: everything in one object, written as it streams by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from trayapp import __version__
from trayapp.domain.judging.monitor_values import OUTSIDE_KIND
from trayapp.domain.records.series import GUARDED_RUN, PROGRAM_KINDS, Event, Series
from trayapp.export.source import Source, Summary, summarize
from trayapp.export.writing import texts_of

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
        _write_samples(file, source, summaries)
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


def _write_samples(file: TextIO, source: Source, summaries: dict[str, Summary]) -> None:
    sizes = {
        place: summaries[one.name]
        for place, one in enumerate(source.series)
        if one.kind in PROGRAM_KINDS and one.metric == "rss_bytes"
    }
    templates: dict[tuple[int, ...], tuple[str, list[int]]] = {}
    file.write(f"{json.dumps('samples')}: [")
    separator = "\n"
    for together in source.columns(whole=sizes):
        summarize(together, sizes)
        rows: list[tuple[int, str]] = []
        for one in together:
            if one.places not in templates:
                templates[one.places] = _template(source.series, one.places)
            template, order = templates[one.places]
            texts = [texts_of(one.maxima[at], repr) for at in order]
            rows += (
                (start, template % (start / 1000, one.stretch_seconds, *row))
                for start, row in zip(one.starts_ms, zip(*texts, strict=True), strict=True)
            )
            del texts
        if len(together) > 1:
            rows.sort(key=itemgetter(0))
        for _start, text in rows:
            file.write(separator + text)
            separator = ",\n"
    file.write("\n]")


def _template(series: Sequence[Series], places: Sequence[int]) -> tuple[str, list[int]]:
    """Return a sample as JSON, and in which order it has the values at `places`.

    With a `%s` for its time, its length, and each of the values.
    """
    system: dict[str, int] = {}
    app: dict[str, int] = {}
    outside: dict[str, int] = {}
    targets: dict[str, dict[str, int]] = {}
    for at, place in enumerate(places):
        one = series[place]
        if one.kind in PROGRAM_KINDS:
            targets.setdefault(one.name, {})[one.metric] = at
        elif one.kind == OUTSIDE_KIND:
            outside[one.name] = at
        else:
            (system if one.kind == "system" else app)[one.metric] = at
    sample = {
        "at_unix_s": 0,
        "stretch_s": 0,
        "system": system,
        "memtray": app,
        "outside_bytes": outside,
        "targets": targets,
    }
    figures = (system, app, outside, *targets.values())
    order = [at for each in figures for at in each.values()]
    # Names are in quotes, in which a quote is never alone.
    parts = re.split(r'("(?:[^"\\]|\\.)*")', json.dumps(sample).replace("%", "%%"))
    parts[::2] = [re.sub(r"\d+", "%s", part) for part in parts[::2]]
    return "".join(parts), order


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
