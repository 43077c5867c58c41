"""The whole store in order of time, a minute at a time: what an export writes row by row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from trayapp.history.application_minutes import read_minutes
from trayapp.history.tiers import HOUR_SECONDS, MINUTE_SECONDS

_MINUTES = """
    SELECT t_s, series, count, minimum, mean, maximum
    FROM json_each(?1) CROSS JOIN minute ON series = json_each.value
    WHERE t_s >= ?2 AND t_s < ?2 + 3600"""
_HOURS = """
    SELECT series, count, minimum, mean, maximum
    FROM json_each(?1) CROSS JOIN hour ON series = json_each.value AND t_s = ?2"""


class Bucket(NamedTuple):
    """One stretch of one series, from the finest tier that still has it."""

    start_ms: int
    stretch_seconds: int
    """0: a single sample; 60; 3600."""
    place: int
    """The index among the series that were asked for."""
    samples: int
    minimum: float
    mean: float
    maximum: float


def stream_buckets(
    connection: sqlite3.Connection,
    identities: Sequence[int],
    since_ms: int,
    until_ms: int,
    step_seconds: float = 0.0,
    applications: Collection[int] = (),
) -> Iterator[Bucket]:
    """Read everything of some series, oldest first; both ends belong to it.

    In memory is an hour of minutes and a minute of samples, whatever the length. No transaction
    is held in between, so that an export of many minutes does not keep the writer's log from
    being folded in. A stretch that began before `since_ms` is returned as beginning there.

    step_seconds: whoever puts it together in steps of whole minutes or hours, which begin at whole
    ones, gets up-to-date buckets of that width instead of what they were made of.

    applications: those that are curves of applications, of which there are minutes only.

    Raises: sqlite3.Error.
    """
    index_of = {identity: index for index, identity in enumerate(identities)}
    wanted = json.dumps(list(identities))
    oldest_raw: int | None = connection.execute("SELECT min(t_ms) FROM raw").fetchone()[0]
    hour_ms = HOUR_SECONDS * 1000
    by_hour, by_minute = (
        step_seconds > 0 and step_seconds % width == 0 for width in (HOUR_SECONDS, MINUTE_SECONDS)
    )
    for start_ms in range(since_ms // hour_ms * hour_ms, until_ms + 1, hour_ms):
        start = start_ms // 1000
        pending = _read_pending(connection, start) if by_minute else {}
        is_whole = since_ms <= start_ms and start_ms + hour_ms <= until_ms
        if by_hour and is_whole and not any(pending.values()):
            settled = [
                Bucket(start_ms, HOUR_SECONDS, index_of[series], *values)
                for series, *values in connection.execute(_HOURS, (wanted, start))
            ]
            if settled:
                yield from settled
                own = _read_applications(connection, index_of, applications, start, since_ms)
                yield from (bucket for _minute, bucket in own)
                continue
        minutes: dict[int, list[Bucket]] = {}
        finer = set()
        for t_s, series, *values in connection.execute(_MINUTES, (wanted, start)):
            finer.add(series)
            begin = max(t_s * 1000, since_ms)
            if begin < (t_s + MINUTE_SECONDS) * 1000 and begin <= until_ms:
                bucket = Bucket(begin, MINUTE_SECONDS, index_of[series], *values)
                minutes.setdefault(t_s, []).append(bucket)
        own = _read_applications(connection, index_of, applications, start, since_ms)
        for t_s, bucket in own:
            if bucket.start_ms <= until_ms:
                minutes.setdefault(t_s, []).append(bucket)
        hours = [
            Bucket(max(start_ms, since_ms), HOUR_SECONDS, index_of[series], *values)
            for series, *values in connection.execute(_HOURS, (wanted, start))
            if series not in finer
        ]
        yield from hours
        has_raw = oldest_raw is not None and start_ms + hour_ms > oldest_raw
        for minute in range(start, start + HOUR_SECONDS, MINUTE_SECONDS):
            coarse = minutes.get(minute, [])
            is_whole = since_ms <= minute * 1000 and (minute + MINUTE_SECONDS) * 1000 <= until_ms
            if by_minute and coarse and is_whole and minute not in pending[MINUTE_SECONDS]:
                yield from coarse
                continue
            raw = _read_raw(connection, index_of, minute, since_ms, until_ms) if has_raw else []
            known = {bucket.place for bucket in raw}
            # A minute counts only where its samples are gone.
            yield from (bucket for bucket in coarse if bucket.place not in known)
            yield from raw


def _read_applications(
    connection: sqlite3.Connection,
    index_of: dict[int, int],
    applications: Collection[int],
    hour: int,
    since_ms: int,
) -> list[tuple[int, Bucket]]:
    """Return the minutes of applications in an hour, each with the second at which it begins."""
    found = []
    for number in applications:
        for t_s, mean, maximum in read_minutes(connection, number, hour, hour + HOUR_SECONDS - 1):
            begin = max(t_s * 1000, since_ms)
            if begin < (t_s + MINUTE_SECONDS) * 1000:
                bucket = Bucket(begin, MINUTE_SECONDS, index_of[number], 1, mean, mean, maximum)
                found.append((t_s, bucket))
    return sorted(found)


def _read_pending(connection: sqlite3.Connection, hour: int) -> dict[int, set[int]]:
    """Return, by width, where buckets of this hour begin that are not up to date."""
    found: dict[int, set[int]] = {MINUTE_SECONDS: set(), HOUR_SECONDS: set()}
    for width, start in connection.execute(
        "SELECT seconds, t_s FROM pending WHERE t_s >= ?1 AND t_s < ?1 + 3600", (hour,)
    ):
        found[width].add(start)
    return found


def _read_raw(
    connection: sqlite3.Connection,
    index_of: dict[int, int],
    minute: int,
    since_ms: int,
    until_ms: int,
) -> list[Bucket]:
    rows = connection.execute(
        "SELECT t_ms, series, value FROM raw WHERE t_ms >= ? AND t_ms <= ? ORDER BY t_ms",
        (max(minute * 1000, since_ms), min(minute * 1000 + 59_999, until_ms)),
    )
    return [
        Bucket(t_ms, 0, index_of[series], 1, value, value, value)
        for t_ms, series, value in rows
        if series in index_of
    ]
