"""The whole store in order of time, column by column: what an export writes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from trayapp.history.application_minutes import read_minutes
from trayapp.history.columns import Columns, Piece, columns_of_pieces, columns_of_samples
from trayapp.history.marks import sound_rows
from trayapp.history.tiers import DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS

_STRETCHES = """
    SELECT t_s, {values} FROM {rows} AND series = ?1 AND t_s >= ?2 AND t_s < ?3 ORDER BY t_s"""
_HAS_MINUTES = """
    SELECT EXISTS (SELECT 1 FROM json_each(?1) CROSS JOIN minute ON series = json_each.value
                   WHERE t_s >= ?2 AND t_s < ?3)"""
_RAW = """
    SELECT t_ms, series, value FROM {rows} AND t_ms >= ? AND t_ms <= ? ORDER BY t_ms, series"""
_SAMPLES_AT_ONCE = 8000
"""Read together, if they were taken every two seconds."""


def stream_columns(
    connection: sqlite3.Connection,
    identities: Sequence[int],
    since_ms: int,
    until_ms: int,
    step_seconds: float = 0.0,
    applications: Collection[int] = (),
    whole: Collection[int] = (),
    *,
    is_marked: bool = True,
) -> Iterator[list[Columns]]:
    """Read everything of some series; both ends belong to it.

    Each list is later than the one before. In it, columns may be of moments in between each other;
    if one moment is in several, those of hours come first, then of minutes, then of samples. A
    stretch that began before `since_ms` is returned as beginning there.

    In memory is a day of hours, an hour of minutes or some minutes of samples, whatever the length.
    No transaction is held in between, so that an export of many minutes does not keep the writer's
    log from being folded in.

    step_seconds: whoever puts it together in steps of whole minutes or hours, which begin at whole
    ones, gets up-to-date stretches of that width instead of what they were made of.

    applications: those that are curves of applications, of which there are minutes only.

    whole: the series of which the greatest value is not enough. Of others it is given as minimum
    and mean, too, and the number of samples as 1.

    is_marked: whether rows have marks, by which damaged ones are left out.

    Raises: sqlite3.Error; TypeError where a damaged file holds text instead of a number.
    """
    reading = _Reading(connection, identities, since_ms, until_ms, applications, whole, is_marked)
    by_hour, by_minute = (
        step_seconds > 0 and step_seconds % width == 0 for width in (HOUR_SECONDS, MINUTE_SECONDS)
    )
    end = until_ms // 1000 + 1
    for start in range(since_ms // 1000 // HOUR_SECONDS * HOUR_SECONDS, end, DAY_SECONDS):
        following = min(start + DAY_SECONDS, end)
        if reading.has_only_hours(start, following):
            found = reading.of_hours(reading.hours(start, following))
            if found:
                yield found
            continue
        for hour in range(start, following, HOUR_SECONDS):
            yield from _stream_hour(reading, hour, by_hour=by_hour, by_minute=by_minute)


def _stream_hour(
    reading: _Reading, start: int, *, by_hour: bool, by_minute: bool
) -> Iterator[list[Columns]]:
    end = start + HOUR_SECONDS
    pending = reading.pending(start) if by_minute else {}
    hours = reading.hours(start, end)
    is_settled = by_hour and reading.is_whole(start, end) and not any(pending.values())
    if is_settled and hours:
        own = reading.minutes_of_applications(start)
        yield [*reading.of_hours(hours), *reading.of_minutes(own)]
        return
    minutes = reading.minutes(start, end)
    finer = {piece.place for piece in minutes}
    waiting = reading.of_hours(piece for piece in hours if piece.place not in finer)
    minutes += reading.minutes_of_applications(start)
    if not reading.has_raw(end):
        found = [*waiting, *reading.of_minutes(minutes)]
        if found:
            yield found
        return
    coarse: dict[int, list[tuple[Piece, int]]] = {}
    for piece in minutes:
        for at, minute in enumerate(piece.starts):
            coarse.setdefault(minute, []).append((piece, at))

    def is_up_to_date(minute: int) -> bool:
        is_whole = reading.is_whole(minute, minute + MINUTE_SECONDS)
        return by_minute and is_whole and minute in coarse and minute not in pending[MINUTE_SECONDS]

    for first, last, without_raw in _spans(start, reading.minutes_at_once, is_up_to_date):
        samples = [] if without_raw else reading.samples(first, last)
        sampled: dict[int, set[int]] = {}
        for one in samples if coarse else ():
            for minute in {t_ms // 60_000 * 60 for t_ms in one.starts_ms}:
                sampled.setdefault(minute, set()).update(one.places)
        # A minute counts only where its samples are gone.
        kept = [
            piece.part(lambda values, at=at: (values[at],))  # type: ignore[misc]
            for minute in range(first, last, MINUTE_SECONDS)
            for piece, at in coarse.get(minute, ())
            if piece.place not in sampled.get(minute, ())
        ]
        found = [*waiting, *reading.of_minutes(kept), *samples]
        if found:
            yield found
            waiting = []
    if waiting:
        yield waiting


def _spans(
    start: int, at_once: int, is_up_to_date: Callable[[int], bool]
) -> Iterator[tuple[int, int, bool]]:
    """Divide an hour: where it is up to date, and elsewhere some minutes at once."""
    minutes = range(start, start + HOUR_SECONDS, MINUTE_SECONDS)
    for without_raw, group in groupby(minutes, key=is_up_to_date):
        together = list(group)
        width = len(together) if without_raw else at_once
        for at in range(0, len(together), width):
            part = together[at : at + width]
            yield part[0], part[-1] + MINUTE_SECONDS, without_raw


class _Reading:
    """What is read of the tables, for one call of `stream_columns`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        identities: Sequence[int],
        since_ms: int,
        until_ms: int,
        applications: Collection[int],
        whole: Collection[int],
        is_marked: bool,
    ) -> None:
        self._connection = connection
        self._is_marked = is_marked
        self._index_of = {identity: index for index, identity in enumerate(identities)}
        self._since_ms, self._until_ms = since_ms, until_ms
        self._applications = applications
        self._all = json.dumps(list(identities))
        self._is_whole = [one in whole for one in identities]
        self._oldest_raw_ms: int | None = self._value("SELECT min(t_ms) FROM raw")
        self.minutes_at_once = max(1, min(60, _SAMPLES_AT_ONCE // (30 * max(1, len(identities)))))

    def has_raw(self, end: int) -> bool:
        """Return whether there may be samples before a moment."""
        return self._oldest_raw_ms is not None and end * 1000 > self._oldest_raw_ms

    def has_only_hours(self, start: int, end: int) -> bool:
        return not (
            self.has_raw(end)
            or self._applications
            or self._value(_HAS_MINUTES, self._all, start, end)
        )

    def is_whole(self, start: int, end: int) -> bool:
        """Return whether all of this stretch is wanted."""
        return self._since_ms <= start * 1000 and end * 1000 <= self._until_ms

    def of_hours(self, pieces: Iterable[Piece]) -> list[Columns]:
        return columns_of_pieces(HOUR_SECONDS, pieces, self._since_ms, self._until_ms)

    def of_minutes(self, pieces: Iterable[Piece]) -> list[Columns]:
        return columns_of_pieces(MINUTE_SECONDS, pieces, self._since_ms, self._until_ms)

    def hours(self, start: int, end: int) -> list[Piece]:
        return self._pieces("hour", start, end)

    def minutes(self, start: int, end: int) -> list[Piece]:
        return self._pieces("minute", start, end)

    def minutes_of_applications(self, hour: int) -> list[Piece]:
        found = []
        for number in self._applications:
            minutes = list(read_minutes(self._connection, number, hour, hour + HOUR_SECONDS - 1))
            if minutes:
                starts, means, maxima = zip(*minutes, strict=True)
                ones = (1,) * len(starts)
                found.append(Piece(self._index_of[number], starts, ones, means, means, maxima))
        return found

    def samples(self, first: int, last: int) -> list[Columns]:
        span = max(first * 1000, self._since_ms), min(last * 1000 - 1, self._until_ms)
        query = _RAW.format(rows=sound_rows("raw", is_marked=self._is_marked))
        rows = self._connection.execute(query, span).fetchall()
        wanted = self._index_of
        found = columns_of_samples([row for row in rows if row[1] in wanted], wanted)
        for one in found:
            _require_numbers(one.maxima)
        return found

    def pending(self, hour: int) -> dict[int, set[int]]:
        """Return, by width, where stretches of this hour begin that are not up to date."""
        found: dict[int, set[int]] = {MINUTE_SECONDS: set(), HOUR_SECONDS: set()}
        for width, start in self._connection.execute(
            "SELECT seconds, t_s FROM pending WHERE t_s >= ?1 AND t_s < ?1 + 3600", (hour,)
        ):
            found[width].add(start)
        return found

    def _pieces(self, tier: str, start: int, end: int) -> list[Piece]:
        rows = sound_rows(tier, is_marked=self._is_marked)
        maximum, whole = (
            _STRETCHES.format(rows=rows, values=values)
            for values in ("maximum", "count, minimum, mean, maximum")
        )
        found = []
        # Mostly all began at the same moments: kept once.
        known: dict[tuple[int, ...], tuple[int, ...]] = {}
        for identity, place in self._index_of.items():
            is_whole = self._is_whole[place]
            query = whole if is_whole else maximum
            # Each by itself is as quick, and holds the rows of one only.
            own = self._connection.execute(query, (identity, start, end)).fetchall()
            if not own:
                continue
            starts, *columns = zip(*own, strict=True)
            _require_numbers(columns)
            if not is_whole:
                columns = [(1,) * len(starts), *columns * 3]
            found.append(Piece(place, known.setdefault(starts, starts), *columns))
        return found

    def _value(self, query: str, *values: Any) -> Any:
        return self._connection.execute(query, values).fetchone()[0]


def _require_numbers(columns: Iterable[Sequence[float]]) -> None:
    """Raise TypeError for a text, before anybody computes with it."""
    for column in columns:
        sum(column)
