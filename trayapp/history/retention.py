"""Retention: how long each tier is kept, how large the file may be, and deleting in pieces."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from trayapp.dataclass import dataclass
from trayapp.domain.records.series import TASK
from trayapp.errors import HistoryError
from trayapp.history import tiers
from trayapp.history.schema import transaction
from trayapp.language.catalogue import _
from trayapp.language.units import format_size

MAXIMUM_EVENTS = 10_000
"""Without tasks, which are counted for themselves: they must not push out what is rarer."""
MAXIMUM_TASKS = 5_000
_WAL_ROOM_BYTES = 2_500_000
"""What the write-ahead log may take beside the file; see `wal_autocheckpoint` in the schema."""
_VACUUM_PAGES = 128
LONG_LOG_BYTES = 16 * 1024**2
"""From here on the person is told: a program reads all the while, which nobody needs to."""
_LEAST_LOG_LIMIT_BYTES = 32 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long each tier is kept. A coarser one is never kept shorter than a finer one."""

    raw_seconds: float = 48 * 3600.0
    minute_seconds: float = 30 * 86_400.0
    hour_seconds: float = 2 * 31_536_000.0
    size_bytes: int = 256 * 1024**2
    """The file and its write-ahead log together; the finest tier's oldest goes first."""
    application_seconds: float = 14 * 86_400.0
    """Minutes of applications, of which there are no other tiers."""
    application_bytes: int = 20 * 1024**2
    """What these may take of the file, and no more than a quarter of all."""

    def cutoffs(self, now_seconds: float) -> tuple[int, int, int]:
        """Return the moments before which raw samples, minutes and hours are too old."""
        minute_seconds = max(self.raw_seconds, self.minute_seconds)
        ages = (self.raw_seconds, minute_seconds, max(minute_seconds, self.hour_seconds))
        raw, minute, hour = (int(now_seconds - age) for age in ages)
        return raw, minute, hour


# Under size pressure the last hour of raw samples, day of minutes and week of hours go last:
# a coarse tier of months is worth less than seeing what happens now.
_KEPT_LONGEST = Retention(
    raw_seconds=3600.0, minute_seconds=86_400.0, hour_seconds=7 * 86_400.0, size_bytes=0
)
_EVERYTHING = (tiers.EVERYTHING, tiers.EVERYTHING, tiers.EVERYTHING)


def file_sizes(path: Path) -> tuple[int, int]:
    """Return the bytes of the file and of its write-ahead log; 0 for what does not exist.

    Raises: OSError if their folder is out of reach.
    """
    sizes = []
    for part in (path, path.with_name(path.name + "-wal")):
        try:
            sizes.append(part.stat().st_size)
        except FileNotFoundError:
            sizes.append(0)
    return sizes[0], sizes[1]


def require_short_log(connection: sqlite3.Connection, path: Path) -> int:
    """Return the size of the write-ahead log, which is at most twice that of the file.

    As long as one reader holds a transaction, nothing of the log can be used again.
    Raises: HistoryError if nothing more may be written before the reader ends; sqlite3.Error.
    """
    file_bytes, log_bytes = file_sizes(path)
    limit = max(2 * file_bytes, _LEAST_LOG_LIMIT_BYTES)
    if log_bytes <= LONG_LOG_BYTES:
        return log_bytes
    # Shortens it once the reader has ended.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    _file_bytes, log_bytes = file_sizes(path)
    if log_bytes > limit:
        raise HistoryError(describe_long_log(log_bytes))
    return log_bytes


def describe_long_log(log_bytes: int) -> str:
    """Return the line on a log that one reader keeps from being shortened."""
    return _(
        "The history's log has grown to {size} because another program keeps "
        "reading it; close that program or window."
    ).format(size=format_size(log_bytes))


@dataclass(slots=True)
class Tidier:
    """Enforces a retention on an open store, a little at a time. Used by the writer's thread."""

    connection: sqlite3.Connection
    path: Path

    def tidy(
        self, retention: Retention, now_seconds: float, *, by_age: bool, budget_seconds: float
    ) -> bool:
        """Delete and shrink for about `budget_seconds`; `now_seconds` is wall time.

        Returns: whether something is left to do.
        Raises: sqlite3.Error, OSError.
        """
        deadline = time.perf_counter() + budget_seconds
        while any(self._steps(retention, now_seconds, by_age)):
            if time.perf_counter() >= deadline:
                return True
        return False

    def _steps(self, retention: Retention, now_seconds: float, by_age: bool) -> Iterator[bool]:
        """Try one kind of work after the other; each yields whether it found any."""
        if by_age:
            yield self._drop_oldest(retention.cutoffs(now_seconds))
        yield self._drop_events(keep=MAXIMUM_EVENTS, keep_tasks=MAXIMUM_TASKS)
        if self._used_bytes() > retention.size_bytes - _WAL_ROOM_BYTES:
            yield self._drop_oldest(_KEPT_LONGEST.cutoffs(now_seconds))
            yield self._drop_oldest(_EVERYTHING)
            yield self._drop_events(keep=MAXIMUM_EVENTS // 100, keep_tasks=MAXIMUM_TASKS // 100)
        yield self._shrink(retention.size_bytes)

    def _drop_oldest(self, cutoffs: tuple[int, int, int]) -> bool:
        raw, minute, hour = cutoffs
        with transaction(self.connection):
            if tiers.drop_raw(self.connection, raw):
                return True
        with transaction(self.connection):
            return bool(
                tiers.drop_minutes(self.connection, minute)
                or tiers.drop_hours(self.connection, hour)
            )

    def _drop_events(self, keep: int, keep_tasks: int) -> bool:
        with transaction(self.connection):
            newest, oldest = self.connection.execute(
                "SELECT max(id), min(id) FROM event"
            ).fetchone()
            # Counting them all is for when there can be too many.
            if newest is None or newest - oldest < min(keep, keep_tasks):
                return False
            count, tasks = self.connection.execute(
                "SELECT count(*), count(*) FILTER (WHERE kind = ?) FROM event", (TASK,)
            ).fetchone()
            excess, excess_tasks = count - tasks - keep, tasks - keep_tasks
            if excess > 0:
                self.connection.execute(
                    "DELETE FROM event WHERE id IN"
                    " (SELECT id FROM event WHERE kind <> ? ORDER BY id LIMIT ?)",
                    (TASK, excess),
                )
            if excess_tasks > 0:
                # Of whoever told of most, so that a busy program leaves the others theirs.
                self.connection.execute(
                    "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE kind = :task"
                    " AND subject = (SELECT subject FROM event WHERE kind = :task"
                    " GROUP BY subject ORDER BY count(*) DESC LIMIT 1) ORDER BY id LIMIT :excess)",
                    {"task": TASK, "excess": excess_tasks},
                )
        return bool(excess > 0 or excess_tasks > 0)

    def _shrink(self, size_bytes: int) -> bool:
        """Give free pages back to the disk, but only those that new samples would not soon fill."""
        file_bytes, wal_bytes = file_sizes(self.path)
        too_large = file_bytes + wal_bytes > size_bytes
        free, pages = self._pragma("freelist_count"), self._pragma("page_count")
        if free and (too_large or free > max(256, pages // 4)):
            self.connection.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
            return self._pragma("freelist_count") < free
        # The file itself becomes shorter only when the log is written back into it.
        if too_large or file_bytes > (pages + 256) * self._pragma("page_size"):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return sum(file_sizes(self.path)) < file_bytes + wal_bytes
        return False

    def _used_bytes(self) -> int:
        used = self._pragma("page_count") - self._pragma("freelist_count")
        return used * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        value: int = self.connection.execute(f"PRAGMA {name}").fetchone()[0]
        return value
