"""The one writer of the store: gathers samples, writes them in groups, keeps the file in order."""

from __future__ import annotations

import json
import logging
import math
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from trayapp.domain.records.series import TASK, Event, JsonValue, Series
from trayapp.errors import HistoryError
from trayapp.history import tiers
from trayapp.history.forgetting import Forgetter
from trayapp.history.retention import Retention, Tidier, file_sizes
from trayapp.history.schema import (
    describe,
    encode_text,
    is_damage,
    move_aside,
    open_store,
    transaction,
)
from trayapp.history.tiers import Home
from trayapp.language.catalogue import _, format_count

__all__ = ["HistoryWriter", "Retention", "StoreStatistics"]

_FLUSH_SECONDS = 8.0
"""A killed process loses at most this and one interval's fraction; the promise is 10 s."""
_EVENT_FLUSH_SECONDS = 1.0
_ROLL_UP_SECONDS = 60.0
_TIDY_SECONDS = 120.0
_RETRY_SECONDS = 5.0
_LONGEST_RETRY_SECONDS = 60.0
_CLOCK_STEP_SECONDS = 60.0
_HOLD_SECONDS = 3600.0
"""How long nothing is deleted for its age after the wall clock jumped ahead: it may jump back."""
_TIDY_BUDGET_SECONDS = 0.015
_FORGET_BUDGET_SECONDS = 0.005
_ROLL_UP_LIMIT = 10
_WAITING_SAMPLES = 8192
_WAITING_EVENTS = 256
_TEXT_LENGTH = 4000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatistics:
    """What the store holds."""

    file_bytes: int
    """The file and its write-ahead log."""
    raw_rows: int
    """Approximate: after a crash it may be off by a minute's samples."""
    event_rows: int
    oldest_wall_seconds: float | None
    newest_wall_seconds: float | None


class HistoryWriter:
    """Writes samples and events to the store at `path`; every method in the thread that made it.

    Nothing here raises when the disk fails: what could not be written waits, bounded, and is
    tried again; `problem` says so.

    Raises: HistoryError if the store is of a newer Memtray or cannot be opened or made.
    """

    def __init__(self, path: Path, retention: Retention) -> None:
        self._path = path
        self._retention = retention
        self._samples: deque[tuple[int, Series, float]] = deque()
        self._events: deque[Event] = deque()
        self._memos: dict[str, str] = {}
        self._unwritten_memos: set[str] = set()
        self._lost_samples = 0
        self._lost_events = 0
        self._failure: str | None = None
        self._note: str | None = None
        self._ids: dict[Series, int] = {}
        self._homes: dict[int, Home] = {}
        self._written_rows = 0
        self._wall_seconds: float | None = None
        self._watched_wall_seconds: float | None = None
        self._clock_offset_seconds: float | None = None
        self._flushed_at = self._rolled_up_at = self._tidied_at = -math.inf
        self._quiet_until = self._held_until = -math.inf
        self._retry_seconds = _RETRY_SECONDS
        self._connection: sqlite3.Connection | None = None
        self._is_forgetting = True
        """Until it is known that nothing is left of what was to be forgotten."""
        self._open()

    @property
    def note(self) -> str | None:
        """What happened to the file itself, in one line: damaged and moved aside, or removed."""
        return self._note

    @property
    def problem(self) -> str | None:
        """Why samples cannot be written at the moment, in one line; None when all is well."""
        if self._failure is None:
            return None
        text = _("The history cannot be written: {reason} ({count} samples wait).")
        if self._lost_samples:
            text = _(
                "The history cannot be written: {reason} "
                "({count} samples wait; {lost} samples lost)."
            )
        return text.format(
            reason=self._failure,
            count=format_count(len(self._samples)),
            lost=format_count(self._lost_samples),
        )

    def add(self, wall_seconds: float, values: Iterable[tuple[Series, float]]) -> None:
        """Take the values of one tick; they reach the disk with the next flush.

        Leave out what is unknown; what is not a finite number is left out here.
        """
        t_ms = math.floor(wall_seconds * 1000)
        self._wall_seconds = wall_seconds
        self._samples.extend((t_ms, series, v) for series, v in values if math.isfinite(v))
        while len(self._samples) > _WAITING_SAMPLES:
            self._samples.popleft()
            self._lost_samples += 1

    def add_event(self, event: Event) -> None:
        """Take an event; it reaches the disk within a second if `maintain` is called so often."""
        if event.kind == TASK and len(self._events) >= _WAITING_EVENTS // 2:
            # The rest of the room is for alerts and what else there is little of.
            self._lost_events += 1
            return
        self._events.append(event)
        if len(self._events) > _WAITING_EVENTS:
            self._events.popleft()
            self._lost_events += 1

    def remember(self, key: str, text: str) -> None:
        """Keep one text under a key, in place of the one before, with the next flush."""
        if self._memos.get(key) != text:
            self._memos[key] = text
            self._unwritten_memos.add(key)

    def maintain(self, monotonic_seconds: float) -> None:
        """Do what is due: flush, roll up, delete what is too old. Call it once per tick.

        Takes a millisecond or two, 20 while much is to be deleted, 300 if another program locks
        the file.
        """
        now = monotonic_seconds
        self._watch_clock(now)
        if now < self._quiet_until:
            return
        wait = _EVENT_FLUSH_SECONDS if self._events else _FLUSH_SECONDS
        if now - self._flushed_at >= wait:
            self._flushed_at = now
            if not self.flush():
                self._quiet_until = now + self._retry_seconds
                self._retry_seconds = min(2 * self._retry_seconds, _LONGEST_RETRY_SECONDS)
                return
            self._retry_seconds = _RETRY_SECONDS
        if now - self._rolled_up_at >= _ROLL_UP_SECONDS:
            more = self._roll_up()
            self._rolled_up_at = now if not more else -math.inf
        if now - self._tidied_at >= _TIDY_SECONDS:
            more = self._tidy(by_age=now >= self._held_until)
            self._tidied_at = now if not more else -math.inf
        if self._is_forgetting:
            self._is_forgetting = (
                self._guard(lambda _: self._forgetter.go_on(_FORGET_BUDGET_SECONDS)) or False
            )

    def forget(self, name: str) -> bool:
        """Delete all that is kept of a target; tell whether it is out of sight.

        What it needs on disk is freed by `maintain` within a minute or so. What comes of the
        target from now on is kept again.
        """
        if not self.flush():
            return False

        def work(_: sqlite3.Connection) -> bool:
            self._forgetter.begin(name)
            return True

        self._is_forgetting = self._guard(work) or False
        self._ids.clear()
        return self._is_forgetting

    def flush(self) -> bool:
        """Write all that waits, now; tell whether it is on disk."""
        if not self._samples and not self._events and not self._unwritten_memos:
            return self._failure is None
        if not self._write(self._write_waiting):
            return False
        self._written_rows += len(self._samples)
        self._samples.clear()
        self._events.clear()
        self._unwritten_memos.clear()
        self._lost_samples = self._lost_events = 0
        if self._failure is not None:
            _log.info("the history is being written again")
        self._failure = None
        return True

    def set_retention(self, retention: Retention) -> None:
        """Keep more or less from now on; deleting begins with the next `maintain`."""
        self._retention = retention
        self._tidied_at = -math.inf

    def statistics(self) -> StoreStatistics:
        """What the store holds.

        Raises: HistoryError if it cannot be read.
        """
        try:
            connection = self._connection or self._open()
            events = connection.execute("SELECT count(*) FROM event").fetchone()[0]
            span = tiers.span(connection)
            size = sum(file_sizes(self._path))
        except (sqlite3.Error, OSError) as error:
            raise HistoryError(
                _("The history cannot be read: {reason}.").format(reason=describe(error))
            ) from error
        return StoreStatistics(
            file_bytes=size,
            raw_rows=self._raw_rows(),
            event_rows=events,
            oldest_wall_seconds=span[0] if span else None,
            newest_wall_seconds=span[1] if span else None,
        )

    def close(self) -> None:
        """Write what waits and close the file; more than once does no harm."""
        if not self.flush():
            _log.error("%s", self.problem)
        if self._connection is not None:
            self._write(self._write_row_count)
        self._disconnect()

    def _open(self) -> sqlite3.Connection:
        connection, note = open_store(self._path)
        self._connection = connection
        self._tidier = Tidier(connection, self._path)
        self._forgetter = Forgetter(connection)
        row = connection.execute("SELECT value FROM meta WHERE key = 'raw_rows'").fetchone()
        self._written_rows = row[0] if row else 0
        stat = self._path.stat()
        self._identity = (stat.st_dev, stat.st_ino)
        if note:
            self._tell(note)
        return connection

    def _disconnect(self) -> None:
        # What is opened next may be another file.
        self._unwritten_memos.update(self._memos)
        self._ids.clear()
        self._homes.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _tell(self, note: str) -> None:
        """Make known what happened to the file, here and in the store itself."""
        _log.warning("%s", note)
        self._note = note
        self.add_event(self._own_event(note))

    def _guard(self, work: Callable[[sqlite3.Connection], bool]) -> bool | None:
        """Do `work` on the store; None if it failed, which is then told by `problem`."""
        try:
            try:
                return work(self._connection or self._open())
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._disconnect()
                self._tell(move_aside(self._path, error))
                return work(self._open())
        except (sqlite3.Error, OSError, HistoryError) as error:
            # What was learned during work that has been rolled back is not so.
            self._ids.clear()
            self._homes.clear()
            if self._failure is None:
                _log.warning("the history cannot be written: %s", describe(error))
            self._failure = describe(error)
            return None

    def _write(self, work: Callable[[sqlite3.Connection], None]) -> bool:
        def in_transaction(connection: sqlite3.Connection) -> bool:
            with transaction(connection):
                work(connection)
            return True

        return self._guard(in_transaction) or False

    def _watch_clock(self, monotonic_seconds: float) -> None:
        """Hold deletion by age for a while when the wall clock jumps ahead."""
        if self._wall_seconds is None or self._wall_seconds == self._watched_wall_seconds:
            return
        self._watched_wall_seconds = self._wall_seconds
        offset, before = self._wall_seconds - monotonic_seconds, self._clock_offset_seconds
        self._clock_offset_seconds = offset
        jumped = before is not None and offset - before > _CLOCK_STEP_SECONDS
        if jumped and monotonic_seconds >= self._held_until:
            self._held_until = monotonic_seconds + _HOLD_SECONDS

    def _roll_up(self) -> bool:
        """Roll up some of what is pending; tell whether more is left."""
        if self._connection is not None and not self._is_in_place():
            self._disconnect()
            self._tell(_("The history file was removed while Memtray ran; a new one was begun."))
        now = self._wall_seconds
        if now is None:
            return False

        def work(connection: sqlite3.Connection) -> bool:
            with transaction(connection):
                more = tiers.roll_up(connection, now, _ROLL_UP_LIMIT)
                self._write_row_count(connection)
            # A sample that comes late must mark its minute as pending again.
            self._homes.clear()
            return more

        return self._guard(work) or False

    def _tidy(self, *, by_age: bool) -> bool:
        """Delete some of what is too old or too much; tell whether more is left."""
        now = self._wall_seconds
        if now is None:
            return False

        def work(_: sqlite3.Connection) -> bool:
            self._homes.clear()
            return self._tidier.tidy(
                self._retention, now, by_age=by_age, budget_seconds=_TIDY_BUDGET_SECONDS
            )

        return self._guard(work) or False

    def _is_in_place(self) -> bool:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return False
        return (stat.st_dev, stat.st_ino) == self._identity

    def _write_waiting(self, connection: sqlite3.Connection) -> None:
        raw: list[tuple[int, int, float]] = []
        for t_ms, series, value in self._samples:
            number = self._ids.get(series) or self._id_of(connection, series)
            minute = t_ms // 60_000 * 60
            home = self._homes.get(minute) or self._find_home(connection, minute)
            if home is Home.RAW:
                raw.append((t_ms, number, float(value)))
            elif home is Home.MINUTE:
                tiers.merge_into_minute(connection, minute, number, value)
            else:
                tiers.merge_into_hour(connection, minute, number, value)
        tiers.insert_all_raw(connection, raw)
        connection.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            [(f"memo:{key}", self._memos[key]) for key in sorted(self._unwritten_memos)],
        )
        connection.executemany(
            "INSERT INTO event (t_ms, kind, subject, level, text, data) VALUES (?, ?, ?, ?, ?, ?)",
            map(_event_row, [*self._events, *self._loss_events()]),
        )

    def _find_home(self, connection: sqlite3.Connection, minute: int) -> Home:
        home = self._homes[minute] = tiers.find_home(connection, minute)
        if home is Home.RAW:
            tiers.mark_pending(connection, tiers.MINUTE_SECONDS, minute)
            tiers.mark_pending(connection, tiers.HOUR_SECONDS, minute)
        return home

    def _id_of(self, connection: sqlite3.Connection, series: Series) -> int:
        names = tuple(map(encode_text, series))
        connection.execute(
            "INSERT OR IGNORE INTO series (kind, name, metric) VALUES (?, ?, ?)", names
        )
        row = connection.execute(
            "SELECT id FROM series WHERE kind = ? AND name = ? AND metric = ?", names
        ).fetchone()
        self._ids[series] = row[0]
        return self._ids[series]

    def _loss_events(self) -> list[Event]:
        if not self._lost_samples and not self._lost_events:
            return []
        text = _(
            "{samples} samples and {events} events could not be kept "
            "while the history could not be written: {reason}."
        )
        said = text.format(
            samples=self._lost_samples,
            events=self._lost_events,
            reason=self._failure,
        )
        return [self._own_event(said)]

    def _own_event(self, text: str) -> Event:
        now = time.time() if self._wall_seconds is None else self._wall_seconds
        return Event(wall_seconds=now, kind="history", subject="memtray", text=text)

    def _raw_rows(self) -> int:
        dropped = self._tidier.dropped_raw + self._forgetter.dropped_raw
        return max(0, self._written_rows - dropped)

    def _write_row_count(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO meta VALUES ('raw_rows', ?)", (self._raw_rows(),)
        )


def _event_row(event: Event) -> tuple[int, str | bytes, str | bytes, str | bytes, str | bytes, str]:
    texts = (event.kind, event.subject, event.level, event.text)
    kind, subject, level, text = (encode_text(t[:_TEXT_LENGTH]) for t in texts)
    data: dict[str, JsonValue] = {
        key: value[:_TEXT_LENGTH] if isinstance(value, str) else value
        for key, value in event.data.items()
    }
    return math.floor(event.wall_seconds * 1000), kind, subject, level, text, json.dumps(data)
