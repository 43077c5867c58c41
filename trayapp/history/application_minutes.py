"""The minutes of applications: written one by one, and packed by the hour.

In the order of time, a minute of all applications dirties one page. Once an hour is over, it
becomes one row for each curve, a tenth as large and quick to read. Every function that writes runs
inside a transaction of the caller's.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.series import APPLICATION
from trayapp.history import tiers
from trayapp.history.marks import is_sound, mark_of_numbers, mark_of_texts
from trayapp.history.minute_blocks import Minutes, decode_minutes, encode_minutes
from trayapp.history.tiers import DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS, floor_to

_KIB = 1024
_ROW_BYTES, _BLOCK_BYTES, _SERIES_BYTES = 32, 24, 160
"""What a row takes beside its block, with the page's own: of a minute, an hour, and a curve."""
_FILLING = 0.62
"""How much of the pages of the hours is used: they grow in the middle."""
_ADD = (
    "INSERT OR REPLACE INTO application_minute (t_s, series, mean, maximum, mark)"  # noqa: S608
    f" VALUES (?1, ?2, ?3, ?4, {mark_of_numbers('application_minute', '?1', '?2', '?3', '?4')})"
)
_PUT = "INSERT OR REPLACE INTO application_hour (series, t_s, minutes, mark) VALUES (?, ?, ?, ?)"


class Minute(NamedTuple):
    """One minute as it is read: bytes."""

    t_s: int
    mean: float
    maximum: float


def add_minutes(
    connection: sqlite3.Connection, minutes: Iterable[tuple[int, int, float, float]]
) -> None:
    """Store minutes: when they begin, series, mean and maximum in bytes."""
    connection.executemany(
        _ADD,
        [
            (t_s, series, round(mean / _KIB), round(maximum / _KIB))
            for t_s, series, mean, maximum in minutes
        ],
    )


def pack_hours(connection: sqlite3.Connection, now_seconds: float) -> bool:
    """Pack the oldest hour that is over; return whether there was one."""
    row = connection.execute("SELECT min(t_s) FROM application_minute").fetchone()
    if row[0] is None:
        return False
    hour = floor_to(row[0], HOUR_SECONDS)
    if hour == floor_to(now_seconds, HOUR_SECONDS):
        # Only what a clock that was set back has left is older than the hour that runs.
        return False
    found: dict[int, Minutes] = defaultdict(dict)
    rows = connection.execute(
        "SELECT t_s, series, mean, maximum FROM application_minute"  # noqa: S608
        f" WHERE t_s >= ?1 AND t_s < ?1 + 3600 AND {is_sound('application_minute')}",
        (hour,),
    )
    for t_s, series, mean, maximum in rows:
        found[series][(t_s - hour) // MINUTE_SECONDS] = mean, maximum
    for series, minutes in found.items():
        known = _read_block(connection, series, hour)
        put_hour(connection, series, hour, encode_minutes(known | minutes))
    connection.execute(
        "DELETE FROM application_minute WHERE t_s >= ?1 AND t_s < ?1 + 3600", (hour,)
    )
    return True


def put_hour(connection: sqlite3.Connection, series: int, hour: int, block: bytes) -> None:
    """Store a packed hour in place of what there is of it."""
    connection.execute(_PUT, (series, hour, block, mark_of_texts(series, hour, block)))


def read_minutes(
    connection: sqlite3.Connection, series: int, since_seconds: float, until_seconds: float
) -> Iterator[Minute]:
    """Yield the minutes of one curve that begin in a stretch of time, oldest first.

    What is damaged is left out. Raises: sqlite3.Error.
    """
    since = int(since_seconds)
    hours = connection.execute(
        "SELECT t_s, minutes, mark FROM application_hour"
        " WHERE series = ? AND t_s > ? AND t_s <= ? ORDER BY t_s",
        (series, since - HOUR_SECONDS, until_seconds),
    ).fetchall()
    late = connection.execute(
        "SELECT t_s, mean, maximum FROM application_minute"  # noqa: S608
        f" WHERE t_s >= ? AND t_s <= ? AND series = ? AND {is_sound('application_minute')}"
        " ORDER BY t_s",
        (since, until_seconds, series),
    ).fetchall()
    found: dict[int, tuple[int, int]] = {}
    for hour, block, mark in hours:
        for place, values in _decode(series, hour, block, mark).items():
            moment = hour + place * MINUTE_SECONDS
            if since <= moment <= until_seconds:
                found[moment] = values
    found.update((t_s, (mean, maximum)) for t_s, mean, maximum in late)
    for moment in sorted(found) if late else found:
        mean, maximum = found[moment]
        yield Minute(moment, mean * _KIB, maximum * _KIB)


def recent_names(connection: sqlite3.Connection, since_seconds: float) -> list[str | bytes]:
    """Return the names, as they are stored, of those that have a minute since a moment or so."""
    rows = connection.execute(
        "SELECT DISTINCT name FROM series WHERE kind = ?"
        " AND (id IN (SELECT series FROM application_minute) OR EXISTS"
        " (SELECT 1 FROM application_hour WHERE series = id AND t_s > ?))",
        (APPLICATION, since_seconds - HOUR_SECONDS),
    )
    return [name for (name,) in rows]


def drop_before(connection: sqlite3.Connection, before_seconds: float) -> int:
    """Delete hours that began before a moment, and series that have nothing any more.

    Returns: how many rows were deleted.
    """
    moment = floor_to(before_seconds, HOUR_SECONDS)
    count: int = connection.execute(
        "DELETE FROM application_hour WHERE t_s < ?1"
        " AND series IN (SELECT id FROM series WHERE kind = ?2)",
        (moment, APPLICATION),
    ).rowcount
    count += connection.execute("DELETE FROM application_minute WHERE t_s < ?", (moment,)).rowcount
    if count:
        connection.execute(
            "DELETE FROM series WHERE kind = ?"
            " AND id NOT IN (SELECT series FROM application_minute)"
            " AND NOT EXISTS (SELECT 1 FROM application_hour WHERE series = id)",
            (APPLICATION,),
        )
    return count


def estimate_bytes(connection: sqlite3.Connection) -> int:
    """Return about how much of the file is theirs."""
    hours, block_bytes = connection.execute(
        "SELECT count(*), coalesce(sum(length(minutes)), 0) FROM application_hour"
    ).fetchone()
    (minutes,) = connection.execute("SELECT count(*) FROM application_minute").fetchone()
    (curves,) = connection.execute(
        "SELECT count(*) FROM series WHERE kind = ?", (APPLICATION,)
    ).fetchone()
    packed: float = (hours * _BLOCK_BYTES + block_bytes) / _FILLING
    return int(packed) + int(minutes) * _ROW_BYTES + int(curves) * _SERIES_BYTES


def oldest_hour(connection: sqlite3.Connection) -> int | None:
    """Return when the oldest of the packed hours begins; None: there is none."""
    row = connection.execute(
        "SELECT min((SELECT min(t_s) FROM application_hour WHERE series = id)) FROM series"
        " WHERE kind = ?",
        (APPLICATION,),
    ).fetchone()
    return row[0] if isinstance(row[0], int) else None


def drop_oldest_day(connection: sqlite3.Connection) -> bool:
    """Delete the oldest day; return whether there was anything."""
    oldest = oldest_hour(connection)
    return oldest is not None and drop_before(connection, oldest + DAY_SECONDS) > 0


def copy_to_target(
    connection: sqlite3.Connection,
    application: str | bytes,
    target: str | bytes,
    now_seconds: float,
) -> int | None:
    """Give a target the minutes of the application that it was; those it has itself stay.

    Of the minute that runs, the samples of the target will tell; what is known before them becomes
    one of them.

    Returns: since when there is something of the application; None: there is nothing.
    """
    first: int | None = None
    rows = connection.execute(
        "SELECT id, metric FROM series WHERE kind = ? AND name = ?", (APPLICATION, application)
    ).fetchall()
    hours: set[int] = set()
    for number, metric in rows:
        minutes = [*read_minutes(connection, number, 0, tiers.EVERYTHING)]
        if minutes:
            first = min(minutes[0].t_s, first or minutes[0].t_s)
            own = tiers.number_of(connection, ("target", target, metric))
            if minutes[-1].t_s + MINUTE_SECONDS > now_seconds:
                last = minutes.pop()
                middle = (last.t_s + max(last.t_s, now_seconds)) / 2
                tiers.insert_raw(connection, int(middle * 1000), own, last.mean)
                tiers.mark_pending(connection, MINUTE_SECONDS, last.t_s)
                hours.add(floor_to(last.t_s, HOUR_SECONDS))
            tiers.add_minutes(connection, own, minutes)
            hours.update(floor_to(one.t_s, HOUR_SECONDS) for one in minutes)
    for hour in hours:
        tiers.mark_pending(connection, HOUR_SECONDS, hour)
    return first


def _read_block(connection: sqlite3.Connection, series: int, hour: int) -> Minutes:
    row = connection.execute(
        "SELECT minutes, mark FROM application_hour WHERE series = ? AND t_s = ?", (series, hour)
    ).fetchone()
    return {} if row is None else _decode(series, hour, *row)


def _decode(series: int, hour: int, block: bytes, mark: int) -> Minutes:
    """Return the minutes of a block; of a damaged one none."""
    with suppress(ValueError, TypeError):
        if mark == mark_of_texts(series, hour, block):
            return decode_minutes(block)
    return {}
