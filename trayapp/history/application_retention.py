"""Upkeep of the minutes of applications: packed hour by hour, within their age and their room."""

from __future__ import annotations

import sqlite3
import time

from trayapp.history import application_minutes
from trayapp.history.retention import Retention
from trayapp.history.schema import transaction
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration, format_size

_SHARE_OF_ALL = 4
"""They may take a quarter of what the whole history may, where that is little."""
_BUDGET_SECONDS = 0.015
_MEASURED_HOURS = 12
"""Measuring reads all of them: so seldom."""
_NEAR = 0.75
"""From this share of the limit on, it is measured every hour."""


class ApplicationUpkeep:
    """Used by the one writer, in its thread. Raises, from every method: sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._is_due = True
        """Whether there may be more than is to be kept."""
        self._hours = 0
        """How many were packed since it was last measured how much they take."""
        self._is_near = self._is_told = False

    def expect_other_retention(self) -> None:
        self._is_due = True
        self._is_told = False

    def resume(self, retention: Retention, now_seconds: float, *, by_age: bool) -> str | None:
        """Work for some milliseconds; return a line for the person where room was short.

        now_seconds: wall time; by_age: whether what is too old may be deleted.
        """
        deadline = time.perf_counter() + _BUDGET_SECONDS
        hours_before = self._hours
        while time.perf_counter() < deadline:
            with transaction(self._connection):
                if not application_minutes.pack_hours(self._connection, now_seconds):
                    break
            self._hours += 1
        if by_age and (self._is_due or self._hours > hours_before):
            with transaction(self._connection):
                application_minutes.drop_before(
                    self._connection, now_seconds - retention.application_seconds
                )
        if not self._is_due and self._hours < (1 if self._is_near else _MEASURED_HOURS):
            return None
        limit = min(retention.application_bytes, retention.size_bytes // _SHARE_OF_ALL)
        with transaction(self._connection):
            taken = application_minutes.estimate_bytes(self._connection)
            is_short = taken > limit and application_minutes.drop_oldest_day(self._connection)
        self._is_near = taken > _NEAR * limit
        # A day at a time: there may be more.
        self._is_due, self._hours = is_short, 0
        if not is_short or self._is_told:
            return None
        self._is_told = True
        return self._shortage(limit, now_seconds)

    def _shortage(self, limit_bytes: int, now_seconds: float) -> str:
        oldest = application_minutes.oldest_hour(self._connection)
        reach = 0.0 if oldest is None else max(0.0, now_seconds - oldest)
        return _(
            "The history of applications has reached its limit of {size}; "
            "it now goes back {duration}."
        ).format(size=format_size(limit_bytes), duration=format_duration(reach))
