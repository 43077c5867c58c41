"""The three tiers: raw samples, minutes and hours, and how each is made from the finer one.

A minute is always computed anew from all its raw samples, an hour from all its minutes, so doing
it twice or late changes nothing. That holds because a tier is only ever dropped in whole buckets
of the next coarser one, after that one is up to date; a sample that arrives for a bucket whose
finer tier is gone (the clock was set back) is merged into the coarser tier instead.

Every function runs inside a transaction of the caller's. Buckets are named by the second of the
epoch at which they begin.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import chain

from trayapp.history.marks import (
    DamagedRowError,
    LostPagesError,
    is_sound,
    mark_of_numbers,
    mark_of_texts,
    read_moment,
)

MINUTE_SECONDS = 60
HOUR_SECONDS = 3600
DAY_SECONDS = 86_400
FAR_AHEAD_SECONDS = 30 * DAY_SECONDS
"""What is so much later than now is of a clock that was wrong."""
_RAW_DROP_SECONDS = 5 * MINUTE_SECONDS
EVERYTHING = 2**62 // 1000
"""A moment, in seconds, that no sample comes after."""

_MERGE = (
    "INSERT INTO {tier} (series, t_s, count, minimum, mean, maximum)"
    " VALUES (?1, ?2, 1, ?3, ?3, ?3) ON CONFLICT DO UPDATE SET"
    " count = count + 1, minimum = min(minimum, ?3), maximum = max(maximum, ?3),"
    " mean = mean + (?3 - mean) / (count + 1)"
)
_ADD_RAW = (
    "INSERT INTO raw (t_ms, series, value, mark)"  # noqa: S608 - of our own texts, as all below
    f" VALUES (?1, ?2, ?3, {mark_of_numbers('raw', '?1', '?2', '?3')}) ON CONFLICT DO NOTHING"
)
_ADD_MINUTE = (
    "INSERT OR IGNORE INTO minute (series, t_s, count, minimum, mean, maximum, mark)"  # noqa: S608
    " VALUES (?1, ?2, 1, ?3, ?3, ?4,"
    f" {mark_of_numbers('minute', '?1', '?2', '1', '?3', '?3', '?4')})"
)
_MINUTE = (
    " INTO minute (series, t_s, count, minimum, mean, maximum, mark)"  # noqa: S608
    f" SELECT *, {mark_of_numbers('minute')} FROM (SELECT series, ?1 AS t_s, count(*) AS count,"
    " min(value) AS minimum, avg(value) AS mean, max(value) AS maximum FROM raw"
    f" WHERE t_ms >= ?1 * 1000 AND t_ms < (?1 + 60) * 1000 AND {is_sound('raw')} GROUP BY series)"
)
_HOUR = (
    " INTO hour (series, t_s, count, minimum, mean, maximum, mark)"  # noqa: S608
    f" SELECT *, {mark_of_numbers('hour')} FROM (SELECT series, ?1 AS t_s, sum(count) AS count,"
    " min(minimum) AS minimum, sum(mean * count) / sum(count) AS mean, max(maximum) AS maximum"
    " FROM minute WHERE series IN (SELECT id FROM series) AND t_s >= ?1 AND t_s < ?1 + 3600"
    f" AND {is_sound('minute')} GROUP BY series)"
)


class Home(Enum):
    """The finest tier that still takes samples for a given minute."""

    RAW = "raw"
    MINUTE = "minute"
    HOUR = "hour"


def floor_to(seconds: float, bucket_seconds: int) -> int:
    """Return the beginning of the bucket that holds the moment; a stored one may be damaged."""
    if not isinstance(seconds, int | float):
        raise DamagedRowError(type(seconds).__name__)
    return int(seconds // bucket_seconds) * bucket_seconds


def find_home(connection: sqlite3.Connection, minute: int) -> Home:
    """Return where a sample of this minute belongs."""
    hour = floor_to(minute, HOUR_SECONDS)
    if _has_raw(connection, minute, MINUTE_SECONDS):
        return Home.RAW
    if has_minutes(connection, minute, MINUTE_SECONDS):
        return Home.MINUTE
    if _has_raw(connection, hour, HOUR_SECONDS) or has_minutes(connection, hour, HOUR_SECONDS):
        return Home.RAW
    return Home.HOUR if _has_hour(connection, hour) else Home.RAW


def insert_raw(connection: sqlite3.Connection, t_ms: int, series: int, value: float) -> None:
    """Store a sample; if its millisecond is taken, in the nearest free one of the same minute."""
    start = t_ms // 60_000 * 60_000
    for free in chain(range(t_ms, start + 60_000), range(t_ms - 1, start - 1, -1)):
        cursor = connection.execute(_ADD_RAW, (free, series, value))
        if cursor.rowcount:
            return


def insert_all_raw(
    connection: sqlite3.Connection, samples: Sequence[tuple[int, int, float]]
) -> None:
    """Store samples (t_ms, series, value), each as `insert_raw` would, at a third of the cost."""
    connection.execute("SAVEPOINT samples")
    cursor = connection.executemany(_ADD_RAW, samples)
    if cursor.rowcount != len(samples):
        connection.execute("ROLLBACK TO samples")
        for t_ms, series, value in samples:
            insert_raw(connection, t_ms, series, value)
    connection.execute("RELEASE samples")


def merge_into_minute(
    connection: sqlite3.Connection, minute: int, series: int, value: float
) -> None:
    """Add a sample to a minute whose raw samples are gone."""
    _merge(connection, "minute", series, minute, value)
    mark_pending(connection, HOUR_SECONDS, minute)


def merge_into_hour(connection: sqlite3.Connection, minute: int, series: int, value: float) -> None:
    """Add a sample to an hour whose minutes are gone."""
    hour = floor_to(minute, HOUR_SECONDS)
    _merge(connection, "hour", series, hour, value)


def add_minutes(
    connection: sqlite3.Connection, series: int, minutes: Iterable[tuple[int, float, float]]
) -> None:
    """Store minutes that are known by mean and maximum alone, where there is none of theirs yet."""
    connection.executemany(_ADD_MINUTE, [(series, *one) for one in minutes])


def mark_pending(connection: sqlite3.Connection, bucket_seconds: int, seconds: int) -> None:
    """Note that the bucket holding this moment must be rolled up again."""
    connection.execute(
        "INSERT OR IGNORE INTO pending VALUES (?, ?)",
        (bucket_seconds, floor_to(seconds, bucket_seconds)),
    )


def roll_up(connection: sqlite3.Connection, now_seconds: float, limit: int) -> bool:
    """Bring at most `limit` minutes and hours up to date, leaving out the ones still running.

    Returns: whether more are left.
    """
    minutes = connection.execute(
        "SELECT t_s FROM pending WHERE seconds = 60 AND t_s <> ? ORDER BY t_s LIMIT ?",
        (floor_to(now_seconds, MINUTE_SECONDS), limit),
    ).fetchall()
    for (minute,) in minutes:
        _roll_up_minute(connection, minute)
    # An hour with pending minutes would have to be done again.
    hours = connection.execute(
        "SELECT t_s FROM pending AS due WHERE seconds = 3600 AND t_s <> ? AND NOT EXISTS"
        " (SELECT 1 FROM pending WHERE seconds = 60 AND t_s >= due.t_s AND t_s < due.t_s + 3600)"
        " ORDER BY t_s LIMIT ?",
        (floor_to(now_seconds, HOUR_SECONDS), limit),
    ).fetchall()
    for (hour,) in hours:
        _roll_up_hour(connection, hour)
    return limit in (len(minutes), len(hours))


def drop_raw(connection: sqlite3.Connection, before_seconds: int) -> int:
    """Delete up to five minutes of the oldest raw samples before a moment, rolled up first.

    Returns: how many were deleted. Raises: LostPagesError if the oldest is not as it was written.
    """
    oldest_ms = read_moment(connection, "SELECT min(t_ms) FROM raw")
    if oldest_ms is None:
        return 0
    oldest = floor_to(oldest_ms / 1000, MINUTE_SECONDS)
    end = min(floor_to(before_seconds, MINUTE_SECONDS), oldest + _RAW_DROP_SECONDS)
    if end <= oldest:
        return 0
    # What only seems to be so old is deleted with nobody the wiser.
    query = f"SELECT count(*) FROM raw WHERE t_ms = ? AND NOT {is_sound('raw')}"  # noqa: S608
    if connection.execute(query, (oldest_ms,)).fetchone()[0]:
        raise LostPagesError(oldest_ms)
    for minute in _pending(connection, MINUTE_SECONDS, end):
        _roll_up_minute(connection, minute)
    return connection.execute("DELETE FROM raw WHERE t_ms < ?", (end * 1000,)).rowcount


def drop_minutes(connection: sqlite3.Connection, before_seconds: int) -> int:
    """Delete the minutes of the oldest hour before a moment, if no raw samples are that old.

    Returns: how many were deleted.
    """
    oldest = _oldest_minute(connection)
    if oldest is None:
        return 0
    before_seconds = _before_raw(connection, before_seconds)
    first = floor_to(oldest, HOUR_SECONDS)
    end = min(floor_to(before_seconds, HOUR_SECONDS), first + HOUR_SECONDS)
    if end <= first:
        return 0
    for hour in _pending(connection, HOUR_SECONDS, end):
        _roll_up_hour(connection, hour)
    return connection.execute(
        "DELETE FROM minute WHERE series IN (SELECT id FROM series) AND t_s < ?", (end,)
    ).rowcount


def drop_hours(connection: sqlite3.Connection, before_seconds: int) -> int:
    """Delete the hours of the oldest day before a moment, if nothing finer is that old.

    Returns: how many were deleted.
    """
    oldest = read_moment(
        connection, "SELECT min((SELECT min(t_s) FROM hour WHERE series = id)) FROM series"
    )
    if oldest is None:
        return 0
    before_seconds = _before_raw(connection, before_seconds)
    minute = _oldest_minute(connection)
    if minute is not None:
        before_seconds = min(before_seconds, minute)
    end = min(floor_to(before_seconds, HOUR_SECONDS), oldest + DAY_SECONDS)
    if end <= oldest:
        return 0
    return connection.execute(
        "DELETE FROM hour WHERE series IN (SELECT id FROM series) AND t_s < ?", (end,)
    ).rowcount


def span(
    connection: sqlite3.Connection, until_seconds: int = EVERYTHING
) -> tuple[float, float] | None:
    """Return the wall times of the oldest and the newest that is stored; None: nothing is.

    until_seconds: leave out what is later.
    """
    return _span(connection, "<=", until_seconds)


def span_after(connection: sqlite3.Connection, since_seconds: int) -> tuple[float, float] | None:
    """Return the wall times of the oldest and the newest after a moment; None: nothing is."""
    return _span(connection, ">", since_seconds)


def _span(connection: sqlite3.Connection, sign: str, seconds: int) -> tuple[float, float] | None:
    coarse = (
        " UNION ALL SELECT"  # noqa: S608
        f" 1000 * (SELECT min(t_s) FROM {tier} WHERE series = id AND t_s {sign} :moment),"
        f" 1000 * (SELECT max(t_s) FROM {tier} WHERE series = id AND t_s {sign} :moment)"
        " FROM series"
        for tier in ("minute", "hour")
    )
    row = connection.execute(
        "SELECT min(first), max(last) FROM ("  # noqa: S608
        f"SELECT (SELECT min(t_ms) FROM raw WHERE t_ms {sign} :moment * 1000) AS first,"
        f" (SELECT max(t_ms) FROM raw WHERE t_ms {sign} :moment * 1000) AS last{''.join(coarse)})",
        {"moment": seconds},
    ).fetchone()
    if None in row:
        return None
    if not all(isinstance(end, int) for end in row):
        raise DamagedRowError(row)
    return row[0] / 1000, row[1] / 1000


def number_of(connection: sqlite3.Connection, names: tuple[str | bytes, ...]) -> int:
    """Return the number of a series by its stored names, which is added if it is new."""
    query = "SELECT id, mark FROM series WHERE kind = ? AND name = ? AND metric = ?"
    row = connection.execute(query, names).fetchone()
    if row is None:
        insert = "INSERT INTO series (kind, name, metric) VALUES (?, ?, ?)"
        row = (connection.execute(insert, names).lastrowid, 0)
    number: int = row[0]
    mark = mark_of_texts(number, *names)
    if row[1] is not None and row[1] != mark:
        connection.execute("UPDATE series SET mark = ? WHERE id = ?", (mark, number))
    return number


def roll_up_if_missing(connection: sqlite3.Connection, minute: int) -> None:
    """Make a minute of its raw samples for each series that has none."""
    connection.execute("INSERT OR IGNORE" + _MINUTE, (minute,))


def _merge(
    connection: sqlite3.Connection, tier: str, series: int, moment: int, value: float
) -> None:
    connection.execute(_MERGE.format(tier=tier), (series, moment, value))
    connection.execute(
        f"UPDATE {tier} SET mark = {mark_of_numbers(tier)} WHERE series = ? AND t_s = ?",  # noqa: S608
        (series, moment),
    )


def _roll_up_minute(connection: sqlite3.Connection, minute: int) -> None:
    connection.execute("INSERT OR REPLACE" + _MINUTE, (minute,))
    connection.execute("DELETE FROM pending WHERE seconds = 60 AND t_s = ?", (minute,))
    mark_pending(connection, HOUR_SECONDS, minute)


def _roll_up_hour(connection: sqlite3.Connection, hour: int) -> None:
    connection.execute("INSERT OR REPLACE" + _HOUR, (hour,))
    connection.execute("DELETE FROM pending WHERE seconds = 3600 AND t_s = ?", (hour,))


def _has_raw(connection: sqlite3.Connection, start: int, seconds: int) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM raw WHERE t_ms >= ? AND t_ms < ?)"
    span = (start * 1000, (start + seconds) * 1000)
    return bool(connection.execute(query, span).fetchone()[0])


def has_minutes(connection: sqlite3.Connection, start: int, seconds: int) -> bool:
    """Return whether any series has a minute of this stretch."""
    # CROSS JOIN keeps the order: one seek per series instead of a walk through the whole tier.
    query = (
        "SELECT EXISTS (SELECT 1 FROM series CROSS JOIN minute"
        " ON minute.series = series.id AND t_s >= ? AND t_s < ?)"
    )
    return bool(connection.execute(query, (start, start + seconds)).fetchone()[0])


def _has_hour(connection: sqlite3.Connection, hour: int) -> bool:
    query = (
        "SELECT EXISTS (SELECT 1 FROM series CROSS JOIN hour"
        " ON hour.series = series.id AND t_s = ?)"
    )
    return bool(connection.execute(query, (hour,)).fetchone()[0])


def _pending(connection: sqlite3.Connection, width_seconds: int, end: int) -> list[int]:
    query = "SELECT t_s FROM pending WHERE seconds = ? AND t_s < ?"
    return [start for (start,) in connection.execute(query, (width_seconds, end))]


def _before_raw(connection: sqlite3.Connection, before_seconds: int) -> int:
    """Return the moment, or that of the oldest raw sample if it is earlier."""
    raw_ms = read_moment(connection, "SELECT min(t_ms) FROM raw")
    return before_seconds if raw_ms is None else min(before_seconds, raw_ms // 1000)


def _oldest_minute(connection: sqlite3.Connection) -> int | None:
    query = "SELECT min((SELECT min(t_s) FROM minute WHERE series = id)) FROM series"
    return read_moment(connection, query)
