"""Deleting all that is kept of one program, in pieces so small that sampling goes on meanwhile.

Raw samples of all series lie together in order of time, so those of one series cannot be deleted
at once. What is to be forgotten is renamed, which hides it from every reader, and deleted slice by
slice; a restart resumes where the run before was.
"""

from __future__ import annotations

import sqlite3
import time

from trayapp.domain.records.series import APPLICATION
from trayapp.history.marks import read_moment
from trayapp.history.schema import encode_text, transaction

FORGOTTEN = "forgotten"
"""The kind of the series that are being deleted."""
_SLICE_MS = 300_000


class Forgetter:
    """Deletes what is kept of targets; used by the one writer, in its thread.

    Raises, from every method: sqlite3.Error.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._next_ms: int | None = None
        """Where the next slice of raw samples begins; None: at the oldest sample."""

    def begin(self, program: str, kind: str = "target") -> None:
        """Hide the curves of this target or application at once, and delete its events.

        With a target goes the application of its name, which it was before it was tracked.
        """
        name, is_target = encode_text(program), kind != APPLICATION
        with transaction(self._connection):
            # Named after its number: it may be forgotten again before the first time is done.
            self._connection.execute(
                "UPDATE series SET kind = ?, name = CAST(id AS TEXT), mark = NULL"
                " WHERE (kind = ? OR (? AND kind = 'target')) AND name = ?",
                (FORGOTTEN, APPLICATION, is_target, name),
            )
            self._connection.execute(
                "DELETE FROM event WHERE subject = ?"
                ' AND (? OR instr(data, \'"about": "application:\'))',
                (name, is_target),
            )
        self._next_ms = None

    def resume(self, budget_seconds: float) -> bool:
        """Delete for about `budget_seconds`; return whether more is left."""
        deadline = time.perf_counter() + budget_seconds
        while numbers := self._numbers():
            if not self._drop_slice():
                self._drop_rest(numbers)
                self._next_ms = None
            if time.perf_counter() >= deadline:
                return bool(self._numbers())
        return False

    def _numbers(self) -> list[int]:
        rows = self._connection.execute("SELECT id FROM series WHERE kind = ?", (FORGOTTEN,))
        return [number for (number,) in rows]

    def _drop_slice(self) -> bool:
        """Delete from the next slice that has samples; return False if there is none."""
        query = "SELECT min(t_ms) FROM raw WHERE t_ms >= ?"
        start = read_moment(self._connection, query, self._next_ms or 0)
        if start is None:
            return False
        self._next_ms = start + _SLICE_MS
        with transaction(self._connection):
            self._connection.execute(
                "DELETE FROM raw WHERE t_ms >= ? AND t_ms < ?"
                " AND series IN (SELECT id FROM series WHERE kind = ?)",
                (start, self._next_ms, FORGOTTEN),
            )
        return True

    def _drop_rest(self, numbers: list[int]) -> None:
        """Delete minutes and hours, which cannot be made anew from now on, and the series."""
        rows = [(number,) for number in numbers]
        with transaction(self._connection):
            self._connection.executemany("DELETE FROM minute WHERE series = ?", rows)
            self._connection.executemany("DELETE FROM hour WHERE series = ?", rows)
            self._connection.executemany("DELETE FROM application_minute WHERE series = ?", rows)
            self._connection.executemany("DELETE FROM application_hour WHERE series = ?", rows)
            self._connection.executemany("DELETE FROM series WHERE id = ?", rows)
