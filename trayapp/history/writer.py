"""The one writer of the store: gathers samples, writes them in groups, keeps the file in order."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from trayapp.domain.records.series import ApplicationMinute, Event, Inheritance, Series
from trayapp.errors import HistoryError
from trayapp.history import tiers
from trayapp.history.application_minutes import copy_to_target
from trayapp.history.application_retention import ApplicationUpkeep
from trayapp.history.clock_watch import ClockWatch
from trayapp.history.forgetting import Forgetter
from trayapp.history.marks import DamagedRowError
from trayapp.history.retention import (
    LONG_LOG_BYTES,
    Retention,
    Tidier,
    describe_long_log,
    file_sizes,
    require_short_log,
)
from trayapp.history.schema import (
    Damage,
    describe,
    encode_text,
    is_damage,
    move_aside,
    open_store,
    synced,
    transaction,
)
from trayapp.history.upkeep import Upkeep
from trayapp.history.write_queue import WriteQueue
from trayapp.language.catalogue import _, format_count
from trayapp.log import Log

__all__ = ["HistoryWriter", "Retention"]

_FLUSH_SECONDS = 8.0
"""A killed process loses at most this and one interval's fraction; the promise is 10 s."""
_EVENT_FLUSH_SECONDS = 1.0
_ROLL_UP_SECONDS = 60.0
_TIDY_SECONDS = 120.0
_RETRY_SECONDS = 5.0
_LONGEST_RETRY_SECONDS = 60.0
_TIDY_BUDGET_SECONDS = 0.015
_FORGET_BUDGET_SECONDS = 0.005
_ROLL_UP_LIMIT = 10

_FAILURES = (
    sqlite3.Error,
    OSError,
    HistoryError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
)

_log = Log(__name__)


class HistoryWriter:
    """Writes samples and events to the store at `path`; every method in the thread that made it.

    Nothing here raises when the disk fails or the store cannot be opened: what could not be
    written waits, bounded, and is tried again; `problem` reports it.
    """

    def __init__(self, path: Path, retention: Retention) -> None:
        self._path = path
        self._retention = retention
        self._queue = WriteQueue()
        self._failure: str | None = None
        self._refusal: str | None = None
        """The line on why the store cannot be opened, in place of `problem`'s own."""
        self._note: str | None = None
        self._clock = ClockWatch()
        self._flushed_at = self._rolled_up_at = self._tidied_at = -math.inf
        self._quiet_until = -math.inf
        self._retry_seconds = _RETRY_SECONDS
        self._connection: sqlite3.Connection | None = None
        self._log_bytes = 0
        self._damaged: Path | None = None
        """The file that was moved aside and is to be read again."""
        self._applications: ApplicationUpkeep | None = None
        self._is_forgetting = True
        """Whether something may be left of what was to be forgotten."""
        self._guard(lambda _: True)

    @property
    def note(self) -> str | None:
        """The line on what happened to the file itself: damaged and moved aside, or removed."""
        return self._note

    @property
    def problem(self) -> str | None:
        """The line on why samples cannot be written at the moment; None when all is well."""
        if self._failure is None and self._log_bytes > LONG_LOG_BYTES:
            return describe_long_log(self._log_bytes)
        if self._failure is None or self._refusal is not None:
            return self._refusal
        text = _("The history cannot be written: {reason} ({count} samples waiting).")
        if self._queue.lost_samples:
            text = _(
                "The history cannot be written: {reason} ({count} samples waiting; {lost} "
                "samples lost)."
            )
        return text.format(
            reason=self._failure,
            count=format_count(len(self._queue.samples)),
            lost=format_count(self._queue.lost_samples),
        )

    def add(self, wall_seconds: float, values: Iterable[tuple[Series, float]]) -> None:
        """Take the values of one tick; they reach the disk with the next flush.

        Leave out what is unknown; what is not a finite number is left out here.
        """
        self._queue.add(wall_seconds, values)

    def add_minutes(self, minutes: Iterable[ApplicationMinute]) -> None:
        """Take minutes of applications; they are written with the next flush."""
        self._queue.minutes.extend(minutes)

    def inherit(self, inherited: Inheritance, now_seconds: float) -> int | None:
        """Let the curves of a target begin with those of the application that it was.

        Takes a tenth of a second for two weeks. Returns: since when it is known; None: not at all.
        """
        since: list[int | None] = [None]

        def work(connection: sqlite3.Connection) -> bool:
            names = encode_text(inherited.application), encode_text(inherited.target)
            with transaction(connection):
                since.append(copy_to_target(connection, *names, now_seconds))
            self._queue.forget_ids()
            self._queue.forget_homes()
            return True

        return since[-1] if self.flush() and self._guard(work) else None

    def add_event(self, event: Event) -> None:
        """Take an event; it reaches the disk within a second if `maintain` is called so often."""
        self._queue.add_event(event)

    def remember(self, key: str, text: str) -> None:
        """Keep one text under a key, in place of the one before, with the next flush."""
        self._queue.remember(key, text)

    def maintain(self, monotonic_seconds: float) -> None:
        """Do what is due: flush, roll up, delete what is too old. Call it once per tick.

        Takes a millisecond or two, 20 while much is to be deleted, 300 if another program locks
        the file.
        """
        now = monotonic_seconds
        is_held = self._clock.is_doubtful(now, self._queue.wall_seconds)
        if now < self._quiet_until:
            return
        wait = _EVENT_FLUSH_SECONDS if self._queue.events else _FLUSH_SECONDS
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
            self._guard(lambda _: self._keep_applications(not is_held))
        if now - self._tidied_at >= _TIDY_SECONDS:
            more = self._tidy(by_age=not is_held)
            self._tidied_at = now if not more else -math.inf
        if self._guard(lambda _: self._keep_up(now)) is None:
            self._quiet_until = now + self._retry_seconds
            return
        if self._is_forgetting:
            self._is_forgetting = (
                self._guard(lambda _: self._forgetter.resume(_FORGET_BUDGET_SECONDS)) or False
            )

    def forget(self, name: str, kind: str = "target") -> bool:
        """Delete all that is kept of a target or application; return whether it is out of sight.

        What it needs on disk is freed by `maintain` within a minute or so. What comes of the
        target from now on is kept again.
        """
        if not self.flush():
            return False

        def work(_: sqlite3.Connection) -> bool:
            self._forgetter.begin(name, kind)
            return True

        self._is_forgetting = self._guard(work) or False
        self._queue.forget_ids()
        return self._is_forgetting

    def flush(self) -> bool:
        """Write all that waits, now; return whether it is on disk."""
        if self._queue.is_empty and self._failure is None:
            return True
        if not self._write_queue():
            return False
        self._queue.clear()
        if self._failure is not None:
            _log.info("the history is being written again")
        self._failure = self._refusal = None
        return True

    def set_retention(self, retention: Retention) -> None:
        """Keep more or less from now on; deleting begins with the next `maintain`."""
        self._retention = retention
        if self._applications is not None:
            self._applications.expect_other_retention()
        self._tidied_at = -math.inf

    def file_bytes(self) -> int:
        """Return the size of the file and its write-ahead log. Raises: OSError."""
        return sum(file_sizes(self._path))

    def close(self) -> None:
        """Write what waits and close the file; more than once does no harm."""
        if not self.flush():
            _log.error("%s", self.problem)
        self._disconnect()

    def _open(self) -> sqlite3.Connection:
        connection, damage = open_store(self._path)
        self._connection = connection
        if damage is not None:
            self._note_damage(damage)
        self._upkeep = Upkeep(connection, self._path, self._damaged)
        self._damaged = None
        self._tidier = Tidier(connection, self._path)
        self._applications = ApplicationUpkeep(connection)
        self._forgetter = Forgetter(connection)
        stat = self._path.stat()
        self._identity = (stat.st_dev, stat.st_ino)
        return connection

    def _disconnect(self) -> None:
        # What is opened next may be another file.
        self._queue.expect_other_file()
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _report(self, note: str) -> None:
        """Log what happened to the file, and keep it in the store itself."""
        _log.warning("%s", note)
        self._note = note
        self._queue.add_own_event(note)

    def _note_damage(self, damage: Damage) -> None:
        self._report(damage.note)
        self._damaged = damage.kept_as

    def _guard(self, work: Callable[[sqlite3.Connection], bool]) -> bool | None:
        """Do `work` on the store; return None if it failed, which `problem` then reports."""
        try:
            try:
                return work(self._connection or self._open())
            except (sqlite3.DatabaseError, UnicodeError, DamagedRowError) as error:
                if not is_damage(error):
                    raise
                self._disconnect()
                self._note_damage(move_aside(self._path, error))
                return work(self._open())
        # A damaged row may hold text where a number belongs, or a number that is far too large.
        except _FAILURES as error:
            # What was learned during work that has been rolled back is not so.
            self._queue.forget_ids()
            self._queue.forget_homes()
            if self._failure is None:
                _log.warning("the history cannot be written: %s", describe(error))
            self._failure = describe(error)
            self._refusal = str(error) if isinstance(error, HistoryError) else None
            return None

    def _write_queue(self) -> bool:
        def write(connection: sqlite3.Connection) -> bool:
            self._log_bytes = require_short_log(connection, self._path)
            with transaction(connection):
                self._queue.write(connection, self._failure)
            return True

        return self._guard(write) or False

    def _keep_up(self, monotonic_seconds: float) -> bool:
        wall_seconds = self._queue.wall_seconds
        if wall_seconds is None:
            return True
        note = self._upkeep.resume(monotonic_seconds, wall_seconds, self._retention.raw_seconds)
        if note is not None:
            self._report(note)
        return True

    def _keep_applications(self, by_age: bool) -> bool:
        now, upkeep = self._queue.wall_seconds, self._applications
        if now is not None and upkeep is not None:
            if note := upkeep.resume(self._retention, now, by_age=by_age):
                self._queue.add_own_event(note)
            # Series of which nothing is left are gone.
            self._queue.forget_ids()
        return True

    def _roll_up(self) -> bool:
        """Roll up some of what is pending; return whether more is left."""
        if self._connection is not None and not self._is_in_place():
            self._disconnect()
            self._report(
                _("The history file was removed while Memtray was running; a new one was started.")
            )
        now = self._queue.wall_seconds
        if now is None:
            return False

        def work(connection: sqlite3.Connection) -> bool:
            with synced(connection), transaction(connection):
                more = tiers.roll_up(connection, now, _ROLL_UP_LIMIT)
            self._queue.forget_homes()
            return more

        return self._guard(work) or False

    def _tidy(self, *, by_age: bool) -> bool:
        """Delete some of what is too old or too much; return whether more is left."""
        now = self._queue.wall_seconds
        if now is None:
            return False

        def work(_: sqlite3.Connection) -> bool:
            self._queue.forget_homes()
            return self._tidier.tidy(
                self._retention, now, by_age=by_age, budget_seconds=_TIDY_BUDGET_SECONDS
            )

        return self._guard(work) or False

    def _is_in_place(self) -> bool:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return False
        except OSError:
            # A folder out of reach for a moment is no file that was removed.
            return True
        return (stat.st_dev, stat.st_ino) == self._identity
