"""Questions to the history, each asked of the file anew and in a thread: nothing is kept open."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trayapp.domain.records.application_use import ApplicationKey
from trayapp.domain.records.identity import (
    MEMTRAY,
    SYSTEM,
    application_key,
    is_application,
    name_in,
    target_key,
    target_of,
)
from trayapp.domain.records.series import APPLICATION, Event, Point, Series
from trayapp.history.reader import HistoryReader

MOST_POINTS = 2000
MOST_CURVES = 100
_FOR_EVER = 1e11
_SIZE, _RSS = "size_bytes", "rss_bytes"
_DEFAULT_METRIC = {SYSTEM: "used_bytes", "app": _RSS}
"""Of programs it is their size, which is kept where it differs from the resident set."""


def past_points(
    history_file: Path, since: float, keys: Iterable[str]
) -> dict[float, dict[str, float | None]]:
    """Return the samples since a moment, by time and row key; applications have none so fine.

    Raises: HistoryError.
    """
    wanted = {key: curve for key in keys if (curve := series_of(key)) and not is_application(key)}
    found: dict[float, dict[str, float | None]] = {}
    if wanted:
        with HistoryReader(history_file) as reader:
            curves = read_points(reader, [*wanted.values()], since, _FOR_EVER, MOST_POINTS)
            for key, points in zip(wanted, curves, strict=True):
                for point in points:
                    if point.mean is not None:
                        found.setdefault(round(point.wall_seconds, 3), {})[key] = round(point.mean)
    return found


def series_of(key: str, metric: str = "") -> Series | None:
    """Return the curve of a row's key; None: it has none."""
    if key in (SYSTEM, MEMTRAY):
        kind = "app" if key == MEMTRAY else key
        return Series(kind, "", metric or _DEFAULT_METRIC[kind])
    if (name := target_of(key)) is not None:
        return Series("target", name, metric or _SIZE)
    if is_application(key):
        return Series(APPLICATION, name_in(key), metric or _SIZE)
    return None


def key_of(series: Series) -> str:
    """Return the key of the row to which a curve belongs."""
    if series.kind == "target":
        return target_key(series.name)
    if series.kind == APPLICATION:
        return application_key(ApplicationKey("program", series.name))
    return MEMTRAY if series.kind == "app" else series.kind


def read_points(
    reader: HistoryReader, series: Sequence[Series], since: float, until: float, most: int
) -> list[list[Point]]:
    """Return the points of each curve; where a program's size is not kept, its resident set."""
    more = [one._replace(metric=_RSS) for one in series if one.metric == _SIZE]
    read = reader.curves([*series, *more], since, until, most)
    rest = iter(read[len(series) :])
    return [
        _filled(points, next(rest)) if one.metric == _SIZE else points
        for one, points in zip(series, read[: len(series)], strict=True)
    ]


def _filled(sizes: list[Point], resident: list[Point]) -> list[Point]:
    """Return sizes, and the resident sets of when they were the same."""
    known = {point.wall_seconds: point for point in sizes if point.mean is not None}
    return [known.get(point.wall_seconds, point) for point in resident] if known else resident


def read_curves(
    history_file: Path,
    since: float,
    until: float,
    targets: Sequence[str],
    metrics: Sequence[str],
    points: int,
) -> list[dict[str, Any]]:
    """Return curves as columns; targets are keys of rows, or names. Raises: HistoryError."""
    with HistoryReader(history_file) as reader:
        keys = [_key_named(reader, target) for target in targets or (SYSTEM,)]
        series = [
            one
            for key in keys
            for metric in metrics or ("",)
            if (one := series_of(key, metric)) is not None
        ]
        read = read_points(reader, series, since, until, points)
    return [
        {"key": key_of(one), **one._asdict(), **_columns(curve)}
        for one, curve in zip(series, read, strict=True)
    ]


def _key_named(reader: HistoryReader, target: str) -> str:
    """Return the key that is meant by a key or a name: a target's before an application's."""
    if series_of(target) is not None:
        return target
    kinds = {one.kind for one in reader.series() if one.name == target}
    if APPLICATION in kinds and "target" not in kinds:
        return application_key(ApplicationKey("program", target))
    return target_key(target)


def _columns(points: Iterable[Point]) -> dict[str, list[Any]]:
    """Return points as columns; a gap is null. What is no range has only its mean written out."""
    told: dict[str, list[Any]] = {"times": [], "min": [], "mean": [], "max": []}
    for point in points:
        told["times"].append(round(point.wall_seconds, 1))
        told["min"].append(_figure(point.minimum))
        told["mean"].append(_figure(point.mean))
        told["max"].append(_figure(point.maximum))
    return told


def _figure(value: float | None) -> float | None:
    if value is None:
        return None
    return round(value) if abs(value) >= 1000 else round(value, 3)


def history_index(history_file: Path) -> Mapping[str, Any]:
    """Return which curves there are, and from when to when. Raises: HistoryError."""
    with HistoryReader(history_file) as reader:
        span = reader.span()
        return {
            "series": [{"key": key_of(one), **one._asdict()} for one in reader.series()],
            "span": None if span is None else {"from": span[0], "to": span[1]},
        }


def read_events(
    history_file: Path, since: float, until: float, kinds: Iterable[str] | None, limit: int
) -> list[Event]:
    """Return the newest events, in order of time. Raises: HistoryError."""
    with HistoryReader(history_file) as reader:
        return reader.events(since, until, kinds, limit)


def read_growths(
    history_file: Path, targets: Sequence[str], since: float, until: float
) -> list[dict[str, Any]]:
    """Return the growth of each target that the detector finds in it. Raises: HistoryError."""
    # The detector is large, and few ask for it.
    from trayapp.history.growth_verdicts import MOST_JUDGED, judge_again

    with HistoryReader(history_file) as reader:
        keys = [_key_named(reader, target) for target in targets[:MOST_JUDGED]]
        sizes = [
            one for key in keys if (one := series_of(key)) and one.kind in ("target", APPLICATION)
        ]
        found = judge_again(reader, sizes, since, min(until, time.time()))
        told = []
        for one in sizes:
            growth = found.get(one.name)
            if growth is None:
                continue
            points = read_points(reader, [one], growth.since, until, 200)[0]
            known = [point.mean for point in points if point.mean is not None]
            told.append(
                {
                    "key": key_of(one),
                    "level": growth.level,
                    "rate_bytes_per_second": round(growth.bytes_per_second),
                    "from": growth.since,
                    "to": until,
                    "from_bytes": _figure(known[0]) if known else None,
                    "to_bytes": _figure(known[-1]) if known else None,
                }
            )
    return told
