"""Questions to the history, each asked of the file anew and in a thread: nothing is kept open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from trayapp.domain.records.identity import MEMTRAY, SYSTEM, is_application, target_of
from trayapp.domain.records.series import APPLICATION, Point, Series
from trayapp.history.reader import HistoryReader

MOST_POINTS = 2000
MOST_CURVES = 100
_SIZE, _RSS = "size_bytes", "rss_bytes"
_DEFAULT_METRIC = {SYSTEM: "used_bytes", "app": _RSS}
"""Of programs it is their size, which is kept where it differs from the resident set."""


class Curve(NamedTuple):
    """One curve as it is asked for."""

    kind: str
    name: str
    metric: str


def past_points(
    history_file: Path, since: float, keys: Iterable[str]
) -> dict[float, dict[str, float | None]]:
    """Return the samples since a moment, by time and row key; applications have none so fine.

    Raises: HistoryError.
    """
    wanted = {key: curve for key in keys if (curve := curve_of(key)) and not is_application(key)}
    found: dict[float, dict[str, float | None]] = {}
    if wanted:
        with HistoryReader(history_file) as reader:
            until = since + 400 * 86_400
            for key, points in zip(
                wanted,
                read_points(reader, [*wanted.values()], since, until, MOST_POINTS),
                strict=True,
            ):
                for point in points:
                    if point.mean is not None:
                        found.setdefault(round(point.wall_seconds, 3), {})[key] = round(point.mean)
    return found


def curve_of(key: str, metric: str = "") -> Curve | None:
    """Return the curve of a row's key; None: it has none."""
    if key in (SYSTEM, MEMTRAY):
        kind = "app" if key == MEMTRAY else key
        return Curve(kind, "", metric or _DEFAULT_METRIC[kind])
    if (name := target_of(key)) is not None:
        return Curve("target", name, metric or _SIZE)
    if is_application(key):
        return Curve(
            APPLICATION, key.removeprefix("application:").partition(":")[2], metric or _SIZE
        )
    return None


def read_points(
    reader: HistoryReader, curves: list[Curve], since: float, until: float, most: int
) -> list[list[Point]]:
    """Return the points of each curve; where a program's size is not kept, its resident set."""
    series = [Series(*curve) for curve in curves]
    more = [Series(one.kind, one.name, _RSS) for one in series if one.metric == _SIZE]
    read = reader.curves([*series, *more], since, until, most)
    rest = iter(read[len(series) :])
    return [
        _filled(points, next(rest)) if one.metric == _SIZE else points
        for one, points in zip(series, read[: len(series)], strict=True)
    ]


def _filled(sizes: list[Point], resident: list[Point]) -> list[Point]:
    """Return sizes, and the resident sets of when they were the same."""
    if not any(point.mean is not None for point in sizes):
        return resident
    known = {point.wall_seconds: point for point in sizes if point.mean is not None}
    return [known.get(point.wall_seconds, point) for point in resident]


def columns(points: Iterable[Point]) -> dict[str, list[Any]]:
    """Return points as columns; a gap is null."""
    told: dict[str, list[Any]] = {"times": [], "min": [], "mean": [], "max": []}
    for point in points:
        told["times"].append(round(point.wall_seconds, 3))
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
            "series": [one._asdict() for one in reader.series()],
            "span": None if span is None else {"from": span[0], "to": span[1]},
        }
