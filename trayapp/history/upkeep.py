"""Slow work on an open store, a little at a time: what was damaged, and what cannot be true."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.history import tiers
from trayapp.history.checking import check_slices
from trayapp.history.marks import DamagedRowError
from trayapp.history.schema import transaction
from trayapp.language.catalogue import _, format_count, ngettext
from trayapp.language.units import format_duration
from trayapp.log import Log

if TYPE_CHECKING:
    from trayapp.history.salvage import Salvage

_log = Log(__name__)
_BUDGET_SECONDS = 0.003
_SALVAGE_BUDGET_SECONDS = 0.015
_PAUSE_SECONDS = 1.0
_CLOCK_SECONDS = 30.0
_CHECK_SECONDS = float(tiers.DAY_SECONDS)
_SALVAGE, _AHEAD = "salvage", "ahead"
"""Under which the store keeps the damaged file that is being read, and since when it knows of
samples from a clock that was ahead."""
_SURPRISES = (ValueError, TypeError, LookupError, ArithmeticError)
_SLICE_MS = 300_000


class Upkeep:
    """Reads a damaged file again, then looks through the store; used by the one writer.

    Raises, from every method: sqlite3.Error.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, damaged: Path | None) -> None:
        """`damaged`: the file that was moved aside just now."""
        self._connection = connection
        self._path = path
        self._salvage: Salvage | None = None
        self._pieces: Iterator[None] | None = None
        self._checks: Iterator[int] | None = None
        self._found = 0
        self._due_at = self._clock_due_at = -math.inf
        if damaged is not None:
            self._keep(_SALVAGE, damaged.name)

    def resume(self, monotonic_seconds: float, wall_seconds: float, ahead_for: float) -> str | None:
        """Work for some milliseconds; return a line for the person if there is one.

        ahead_for: how long samples from a clock that was ahead are kept once they are known.
        """
        if self._pieces is None:
            self._begin()
        try:
            if self._salvage is not None:
                return self._resume_salvage(self._salvage)
            if monotonic_seconds >= self._clock_due_at:
                self._clock_due_at = monotonic_seconds + _CLOCK_SECONDS
                note = self._watch_ahead(wall_seconds, ahead_for)
                if note is not None:
                    return note
            if monotonic_seconds < self._due_at:
                return None
            self._due_at = monotonic_seconds + _PAUSE_SECONDS
            return self._check(monotonic_seconds)
        except BaseException:
            self._pieces = self._checks = None
            raise

    def _begin(self) -> None:
        name = self._recall(_SALVAGE)
        damaged = None if name is None else self._path.with_name(name)
        self._salvage = None
        if damaged is not None and damaged.is_file():
            # Memory for it is taken only where something is damaged.
            from trayapp.history.salvage import Salvage

            self._salvage = Salvage(self._connection, damaged)
        self._pieces = iter(()) if self._salvage is None else self._salvage.pieces()

    def _resume_salvage(self, salvage: Salvage) -> str | None:
        deadline = time.perf_counter() + _SALVAGE_BUDGET_SECONDS
        try:
            for _piece in self._pieces or ():
                if time.perf_counter() >= deadline:
                    return None
        except _SURPRISES:
            # What nobody thought of in a damaged file ends its salvage, not the recording.
            _log.exception("the damaged history is not read any further")
        self._salvage = None
        self._keep(_SALVAGE, None)
        lost, total = salvage.count_lost_pages()
        if not salvage.row_count and not salvage.lost_seconds and not lost:
            return None
        text = _("{count} values and events of the damaged history were recovered.")
        if salvage.lost_seconds:
            text = _(
                "{count} values and events of the damaged history were recovered; "
                "{duration} of it is incomplete."
            )
        elif lost:
            text = _(
                "{count} values and events of the damaged history were recovered; "
                "{lost} of its {total} pages are lost."
            )
        return text.format(
            count=format_count(salvage.row_count),
            duration=format_duration(salvage.lost_seconds),
            lost=format_count(lost),
            total=format_count(total),
        )

    def _check(self, monotonic_seconds: float) -> str | None:
        deadline = time.perf_counter() + _BUDGET_SECONDS
        if self._checks is None:
            self._checks, self._found = check_slices(self._connection), 0
        for count in self._checks:
            self._found += count
            if time.perf_counter() >= deadline:
                return None
        self._checks = None
        self._due_at = monotonic_seconds + _CHECK_SECONDS
        if not self._found:
            return None
        return ngettext(
            "{count} value of the history was damaged and is left out.",
            "{count} values of the history were damaged and are left out.",
            self._found,
        ).format(count=format_count(self._found))

    def _watch_ahead(self, wall_seconds: float, ahead_for: float) -> str | None:
        """Recognise samples of a clock that was far ahead, and delete them in the end.

        They are fewer minutes than the others: else it is this clock that is wrong, and behind.
        """
        limit = int(wall_seconds + tiers.FAR_AHEAD_SECONDS) * 1000
        first, last = self._connection.execute(
            "SELECT (SELECT min(t_ms) FROM raw WHERE t_ms > ?1),"
            " (SELECT max(t_ms) FROM raw WHERE t_ms > ?1)",
            (limit,),
        ).fetchone()
        if first is None:
            return None
        if not isinstance(first, int) or not isinstance(last, int):
            raise DamagedRowError((first, last))
        since = self._recall(_AHEAD)
        if since is None:
            if not self._is_most_before(first / 1000, limit // 1000, int(wall_seconds) + 1):
                return None
            self._keep(_AHEAD, str(wall_seconds))
            return _(
                "{duration} of samples were taken while the clock was far ahead; they are "
                "shown only for those dates, and deleted later."
            ).format(duration=format_duration((last - first) / 1000))
        try:
            is_due = wall_seconds - float(since) > ahead_for
        except ValueError:
            is_due = False
        if is_due:
            self._drop_ahead(limit)
        return None

    def _is_most_before(self, first: float, limit: int, now: int) -> bool:
        """Return whether most samples are of the past, by the curve that there is for longest.

        first: of what is after `limit`. In seconds.
        """
        whole, past = tiers.span(self._connection), tiers.span(self._connection, now)
        if not whole or not past:
            return False
        if whole[1] - first < past[1] - past[0]:
            return True
        minutes = "FROM minute WHERE series = (SELECT min(id) FROM series)"
        query = f"SELECT count(*) {minutes} AND t_s > ?"
        (ahead,) = self._connection.execute(query, (limit,)).fetchone()
        query = f"SELECT count(*) FROM (SELECT 1 {minutes} AND t_s < ? LIMIT ?)"  # noqa: S608
        (before,) = self._connection.execute(query, (now, ahead + 1)).fetchone()
        return bool(before > ahead)

    def _drop_ahead(self, limit_ms: int) -> None:
        deadline = time.perf_counter() + _BUDGET_SECONDS
        start: int | None = limit_ms
        while start is not None:
            with transaction(self._connection):
                self._connection.execute(
                    "DELETE FROM raw WHERE t_ms > ? AND t_ms < ?", (limit_ms, start + _SLICE_MS)
                )
            query = "SELECT min(t_ms) FROM raw WHERE t_ms > ?"
            start = self._connection.execute(query, (limit_ms,)).fetchone()[0]
            if start is not None and time.perf_counter() >= deadline:
                self._clock_due_at = -math.inf
                return
        with transaction(self._connection):
            for table in ("minute", "hour"):
                self._connection.execute(
                    f"DELETE FROM {table}"  # noqa: S608 - one of these two
                    " WHERE series IN (SELECT id FROM series) AND t_s > ?",
                    (limit_ms // 1000,),
                )
            for table in ("application_minute", "application_hour"):
                self._connection.execute(
                    f"DELETE FROM {table} WHERE t_s > ?",  # noqa: S608 - one of these two
                    (limit_ms // 1000,),
                )
            self._connection.execute("DELETE FROM pending WHERE t_s > ?", (limit_ms // 1000,))
            self._connection.execute("DELETE FROM meta WHERE key = ?", (_AHEAD,))

    def _recall(self, key: str) -> str | None:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _keep(self, key: str, value: str | None) -> None:
        with transaction(self._connection):
            self._connection.execute("DELETE FROM meta WHERE key = ?", (key,))
            if value is not None:
                insert = "INSERT INTO meta (key, value) VALUES (?, ?)"
                self._connection.execute(insert, (key, value))
