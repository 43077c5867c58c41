"""The curves that windows draw, read from the finest tier that a span of time allows."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, pairwise

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.gaps import LEAST_GAP_SECONDS, Reach, find_gaps
from trayapp.domain.records.series import Point
from trayapp.history import tiers
from trayapp.history.application_minutes import read_minutes

_RAW_SPAN_MS = 9_000_000
"""Raw samples of all series lie together: for more than 2.5 h, minutes are read instead."""
_MINUTE_SPAN_MS = 60 * 86_400_000
_ROUNDING_SECONDS = 0.001
_SORTED_FROM = 3
"""For so many curves of raw samples and more, sorting them pays."""

# Each part yields start, finish (ms), step (ms; 0 for a raw sample), count, minimum, mean, maximum.
_RAW = """
    SELECT t_ms AS start, t_ms AS finish, 0 AS step, 1 AS count,
           value AS minimum, value AS mean, value AS maximum
    FROM raw WHERE t_ms >= :since AND t_ms <= :until AND series = :series"""
_MINUTE = """
    SELECT t_s * 1000, t_s * 1000 + 60000, 60000, count, minimum, mean, maximum
    FROM minute AS coarse
    WHERE series = :series AND t_s > :since / 1000 - 60 AND t_s <= :until / 1000"""
_HOUR = """
    SELECT t_s * 1000, t_s * 1000 + 3600000, 3600000, count, minimum, mean, maximum
    FROM hour AS coarse
    WHERE series = :series AND t_s > :since / 1000 - 3600 AND t_s <= :until / 1000"""

# A coarser bucket counts only where nothing finer is left of it.
_WITHOUT_RAW = """
    AND NOT EXISTS (SELECT 1 FROM raw WHERE t_ms >= coarse.t_s * 1000
                    AND t_ms < coarse.t_s * 1000 + 60000 AND series = :series)"""
_WITHOUT_MINUTES = """
    AND NOT EXISTS (SELECT 1 FROM minute WHERE series = :series
                    AND t_s >= coarse.t_s AND t_s < coarse.t_s + 3600)"""

# A bucket that is pending is not up to date: the finer tier knows better.
_SETTLED_MINUTE = """
    AND NOT EXISTS (SELECT 1 FROM pending WHERE seconds = 60 AND t_s = coarse.t_s)"""
_SETTLED_HOUR = """
    AND NOT EXISTS (SELECT 1 FROM pending WHERE seconds = 3600 AND t_s = coarse.t_s)"""
# Driven by what is pending, which is little, not by the minutes of months.
_MINUTE_OF_PENDING_HOUR = """
    SELECT coarse.t_s * 1000, coarse.t_s * 1000 + 60000, 60000, count, minimum, mean, maximum
    FROM pending AS late CROSS JOIN minute AS coarse
    ON series = :series AND coarse.t_s >= late.t_s AND coarse.t_s < late.t_s + 3600
    WHERE late.seconds = 3600 AND +coarse.t_s > :since / 1000 - 60
    AND +coarse.t_s <= :until / 1000"""
_RAW_OF_PENDING_MINUTE = """
    SELECT t_ms AS start, t_ms AS finish, 0 AS step, 1 AS count,
           value AS minimum, value AS mean, value AS maximum
    FROM pending CROSS JOIN raw ON t_ms >= t_s * 1000 AND t_ms < t_s * 1000 + 60000
    WHERE seconds = 60 AND +t_ms >= :since AND +t_ms <= :until AND series = :series"""


def _summary(*parts: str) -> str:
    rows = " UNION ALL ".join(parts)
    # Only the texts above are joined: what comes from outside is bound as parameters.
    return f"""
        SELECT min(start), max(start), max(finish), max(step), count(*), min(minimum),
               sum(mean * count) / sum(count), max(maximum)
        FROM ({rows}) GROUP BY start / :width ORDER BY start / :width"""  # noqa: S608


_BY_RAW = _summary(_RAW, _MINUTE + _WITHOUT_RAW, _HOUR + _WITHOUT_MINUTES)
_BY_MINUTE = _summary(_RAW_OF_PENDING_MINUTE, _MINUTE + _SETTLED_MINUTE, _HOUR + _WITHOUT_MINUTES)
_BY_HOUR = _summary(
    _RAW_OF_PENDING_MINUTE, _MINUTE_OF_PENDING_HOUR + _SETTLED_MINUTE, _HOUR + _SETTLED_HOUR
)


class _Bucket(NamedTuple):
    """The rows that are drawn as one point, and where they lie."""

    first_ms: int
    last_ms: int
    """Where the last one begins."""
    finish_ms: int
    step_ms: int
    rows: int
    minimum: float
    mean: float
    maximum: float


def read_curves(
    connection: sqlite3.Connection,
    identities: Sequence[int | None],
    since_wall_seconds: float,
    until_wall_seconds: float,
    max_points: int,
    applications: Collection[int] = (),
) -> list[list[Point]]:
    """Read several curves, as `HistoryReader.curves`; all at once is cheaper.

    identities: the numbers of the series; None: there is no such series. applications: those that
    are curves of applications.
    Raises: sqlite3.Error.
    """
    with _snapshot(connection):
        soon = int(time.time()) + tiers.DAY_SECONDS
        stored = tiers.span(connection, soon if since_wall_seconds <= soon else tiers.EVERYTHING)
        if stored is None:
            return [[] for _ in identities]
        # A young store is drawn as finely as its few samples allow.
        oldest, newest = stored
        since_ms = int(max(since_wall_seconds, oldest - tiers.HOUR_SECONDS) * 1000)
        until_ms = int(min(until_wall_seconds, newest) * 1000)
        span_ms = until_ms - max(since_ms, int(oldest * 1000))
        # Stretches begin at multiples of their width, so that a live curve does not flicker;
        # that, and what reaches in from before, can make up to three more of them.
        width_ms = max(1, -(-span_ms // max(1, max_points - 3)))
        query = _choose(span_ms, width_ms)
        if query is _BY_RAW and len(identities) > _SORTED_FROM:
            _sort_raw(connection, identities, since_ms, until_ms)
        found: list[list[Point]] = []
        for identity in identities:
            if identity is not None and identity in applications:
                buckets = _read_application(connection, identity, since_ms, until_ms, width_ms)
            else:
                asked = {"since": since_ms, "until": until_ms, "width": width_ms}
                rows = connection.execute(query, {"series": identity, **asked}).fetchall()
                buckets = [_Bucket(*row) for row in rows]
            found.append(list(_points(buckets, since_wall_seconds, until_wall_seconds)))
    return found


def _read_application(
    connection: sqlite3.Connection, identity: int, since_ms: int, until_ms: int, width_ms: int
) -> list[_Bucket]:
    """Return the curve of an application: its minutes, several together where they are many."""
    minutes = read_minutes(connection, identity, since_ms / 1000 - 60, until_ms / 1000)
    buckets = []
    for _place, each in groupby(minutes, key=lambda one: one.t_s * 1000 // width_ms):
        together = [*each]
        first_ms, last_ms = together[0].t_s * 1000, together[-1].t_s * 1000
        means = [one.mean for one in together]
        buckets.append(
            _Bucket(
                first_ms, last_ms, last_ms + 60_000, 60_000, len(together),
                min(means), sum(means) / len(means), max(one.maximum for one in together),
            )
        )  # fmt: skip
    return buckets


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Let several queries see the same moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _sort_raw(
    connection: sqlite3.Connection, identities: Sequence[int | None], since_ms: int, until_ms: int
) -> None:
    """Let this snapshot's queries read raw samples by series: one pass instead of one each.

    A temporary table goes before the file's of the same name; the end of the snapshot takes
    it away.
    """
    connection.execute(
        "CREATE TEMP TABLE sorted (t_ms INTEGER NOT NULL, series INTEGER NOT NULL,"
        " value REAL NOT NULL, PRIMARY KEY (series, t_ms)) WITHOUT ROWID"
    )
    # Whole minutes: whether one has raw samples is asked of all of it. A damaged file may hold a
    # sample twice.
    connection.execute(
        "INSERT OR IGNORE INTO temp.sorted SELECT t_ms, series, value FROM raw"
        " WHERE t_ms >= ? AND t_ms <= ? AND series IN (SELECT value FROM json_each(?))",
        (since_ms // 60_000 * 60_000, until_ms + 60_000, json.dumps(identities)),
    )
    connection.execute("DROP VIEW IF EXISTS temp.raw")
    connection.execute("ALTER TABLE temp.sorted RENAME TO raw")


def _choose(span_ms: int, width_ms: int) -> str:
    if span_ms <= _RAW_SPAN_MS and width_ms < 60_000:
        return _BY_RAW
    return _BY_MINUTE if span_ms <= _MINUTE_SPAN_MS and width_ms < 3_600_000 else _BY_HOUR


def _points(buckets: list[_Bucket], since: float, until: float) -> Iterator[Point]:
    """Turn buckets into points, with a point of None in each gap."""
    gaps: dict[int, tuple[float, float]] = {}
    # Mostly there are none, and nothing is to be found out of what is usual.
    if any(
        (after[0] - before[1] - before[3]) / 1000 > LEAST_GAP_SECONDS - _ROUNDING_SECONDS
        for before, after in pairwise(buckets)
    ):
        gaps = find_gaps(
            [
                Reach(one.first_ms / 1000, one.last_ms / 1000, one.step_ms / 1000, one.rows)
                for one in buckets
            ]
        )
    for index, (first_ms, _, finish_ms, _, _, minimum, mean, maximum) in enumerate(buckets):
        middle = (first_ms + finish_ms) / 2000
        # A minute or an hour may reach beyond the span that was asked for.
        moment = min(max(middle, since), until)
        yield Point(moment, minimum, mean, maximum)
        if index in gaps:
            yield Point(sum(gaps[index]) / 2, None, None, None)
