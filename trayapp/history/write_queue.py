"""Samples, events and notes that wait to be written, bounded, and how they get into the store."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections import deque
from collections.abc import Iterable

from trayapp.domain.records.series import TASK, ApplicationMinute, Event, JsonValue, Series
from trayapp.history import application_minutes, tiers
from trayapp.history.marks import mark_of_texts
from trayapp.history.schema import encode_text
from trayapp.history.tiers import Home
from trayapp.language.catalogue import _

_MOST_SAMPLES = 8192
_MOST_EVENTS = 256
_MOST_MINUTES = 2048
_TEXT_LENGTH = 4000


class WriteQueue:
    """The queue of what waits, and its series' numbers and places in the store."""

    def __init__(self) -> None:
        self.samples: deque[tuple[int, Series, float]] = deque()
        self.events: deque[Event] = deque()
        self.minutes: deque[ApplicationMinute] = deque(maxlen=_MOST_MINUTES)
        """Of applications; where they cannot be written, the oldest go."""
        self.lost_samples = 0
        self.wall_seconds: float | None = None
        """The time of the newest sample."""
        self._lost_events = 0
        self._memos: dict[str, str] = {}
        self._unwritten_memos: set[str] = set()
        self._ids: dict[Series, int] = {}
        self._homes: dict[int, Home] = {}

    @property
    def is_empty(self) -> bool:
        return not (self.samples or self.events or self.minutes or self._unwritten_memos)

    def add(self, wall_seconds: float, values: Iterable[tuple[Series, float]]) -> None:
        """Take the values of one tick; those that are not finite numbers are left out."""
        t_ms = math.floor(wall_seconds * 1000)
        self.wall_seconds = wall_seconds
        self.samples.extend((t_ms, series, v) for series, v in values if math.isfinite(v))
        while len(self.samples) > _MOST_SAMPLES:
            self.samples.popleft()
            self.lost_samples += 1

    def add_event(self, event: Event) -> None:
        if event.kind == TASK and len(self.events) >= _MOST_EVENTS // 2:
            # The rest of the room is for alerts and what else there is little of.
            self._lost_events += 1
            return
        self.events.append(event)
        if len(self.events) > _MOST_EVENTS:
            self.events.popleft()
            self._lost_events += 1

    def add_own_event(self, text: str) -> None:
        self.add_event(self._own_event(text))

    def remember(self, key: str, text: str) -> None:
        """Keep one text under a key, in place of the one before."""
        if self._memos.get(key) != text:
            self._memos[key] = text
            self._unwritten_memos.add(key)

    def write(self, connection: sqlite3.Connection, failure: str | None) -> None:
        """Write all that waits, inside a transaction; `failure`: why samples were lost.

        Raises: sqlite3.Error.
        """
        raw: list[tuple[int, int, float]] = []
        for t_ms, series, value in self.samples:
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
        application_minutes.add_minutes(
            connection,
            [
                (t_s, self._ids.get(series) or self._id_of(connection, series), mean, maximum)
                for t_s, series, mean, maximum in self.minutes
            ],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO meta (key, value, mark) VALUES (?, ?, ?)",
            [_memo_row(f"memo:{key}", self._memos[key]) for key in sorted(self._unwritten_memos)],
        )
        connection.executemany(
            "INSERT INTO event (t_ms, kind, subject, level, text, data, mark)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            map(_event_row, [*self.events, *self._loss_events(failure)]),
        )

    def clear(self) -> None:
        """Drop what has been written."""
        self.samples.clear()
        self.events.clear()
        self.minutes.clear()
        self._unwritten_memos.clear()
        self.lost_samples = self._lost_events = 0

    def forget_ids(self) -> None:
        """Look up anew the numbers of all series."""
        self._ids.clear()

    def forget_homes(self) -> None:
        """Look up anew where samples go: one that comes late must mark its minute as pending."""
        self._homes.clear()

    def expect_other_file(self) -> None:
        """Write everything anew that another file would not have."""
        self._unwritten_memos.update(self._memos)
        self._ids.clear()
        self._homes.clear()

    def _find_home(self, connection: sqlite3.Connection, minute: int) -> Home:
        home = self._homes[minute] = tiers.find_home(connection, minute)
        if home is Home.RAW:
            tiers.mark_pending(connection, tiers.MINUTE_SECONDS, minute)
            tiers.mark_pending(connection, tiers.HOUR_SECONDS, minute)
        return home

    def _id_of(self, connection: sqlite3.Connection, series: Series) -> int:
        self._ids[series] = tiers.number_of(connection, tuple(map(encode_text, series)))
        return self._ids[series]

    def _loss_events(self, failure: str | None) -> list[Event]:
        if not self.lost_samples and not self._lost_events:
            return []
        text = _(
            "{samples} samples and {events} events were lost because the history could "
            "not be written: {reason}."
        )
        text = text.format(samples=self.lost_samples, events=self._lost_events, reason=failure)
        return [self._own_event(text)]

    def _own_event(self, text: str) -> Event:
        now = time.time() if self.wall_seconds is None else self.wall_seconds
        return Event(wall_seconds=now, kind="history", subject="memtray", text=text)


def _memo_row(key: str, text: str) -> tuple[str, str, int]:
    return key, text, mark_of_texts(key, text)


def _event_row(event: Event) -> tuple[int | str | bytes, ...]:
    texts = (event.kind, event.subject, event.level, event.text)
    kind, subject, level, text = (encode_text(t[:_TEXT_LENGTH]) for t in texts)
    data: dict[str, JsonValue] = {
        key: value[:_TEXT_LENGTH] if isinstance(value, str) else value
        for key, value in event.data.items()
    }
    row = (math.floor(event.wall_seconds * 1000), kind, subject, level, text, json.dumps(data))
    return *row, mark_of_texts(*row)
