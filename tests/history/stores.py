"""What the tests of the store share: series, a way to make time pass, and looking inside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from trayapp.domain.records.series import Point, Series
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter

BEGIN = 1_700_002_800.0
"""The wall time at which the tests' history begins: a whole hour."""
RSS = Series("target", "web", "rss_bytes")
AVAILABLE = Series("system", "", "available_bytes")
KEEP_ALL = Retention(raw_seconds=1e9, minute_seconds=1e9, hour_seconds=1e9, size_bytes=4 * 1024**3)


def write(path: Path, samples: Iterable[tuple[float, Series, float]]) -> None:
    """Store samples of any moments in a store that is closed again."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for count, (wall, series, value) in enumerate(samples):
            writer.add(wall, [(series, value)])
            if count % 4000 == 3999:
                writer.flush()


def pass_time(writer: HistoryWriter, since: float, until: float, step: float = 10.0) -> None:
    """Call `maintain` as the sampler would, without samples."""
    moment = since
    while moment <= until:
        writer.maintain(moment)
        moment += step


def query(path: Path, statement: str, *values: object) -> list[Any]:
    """Look into the file as any SQLite tool would."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement, values).fetchall()


def latest(reader: HistoryReader, series: Series) -> float | None:
    """Return the newest value of a curve, as it is drawn."""
    first, last = reader.span() or (0.0, 0.0)
    means = [point.mean for point in reader.points(series, first, last) if point.mean is not None]
    return means[-1] if means else None


def values_of(points: Iterable[Point]) -> list[tuple[float, float, float]]:
    """Minimum, mean and maximum of each point that is no gap."""
    return [
        (point.minimum, point.mean, point.maximum)
        for point in points
        if point.minimum is not None and point.mean is not None and point.maximum is not None
    ]
