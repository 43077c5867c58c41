"""Salvage: reading again, piece by piece, what is whole in a damaged store.

A stretch of rows that cannot be read is divided into smaller ones, until only what lies on the
damaged pages is missing. Sampling goes on meanwhile: each piece is one short transaction.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from trayapp.dataclass import dataclass, field
from trayapp.history import tiers
from trayapp.history.forgetting import FORGOTTEN
from trayapp.history.marks import (
    DamagedRowError,
    columns_of,
    insert_of_marked,
    mark_of_numbers,
    mark_of_texts,
    require_sound,
    show_only_sound_rows,
)
from trayapp.history.page_rows import TextRow, read_page_rows, read_text_rows
from trayapp.history.salvage_applications import (
    salvage_applications,
    salvage_lost_applications,
)
from trayapp.history.schema import replace_bad_bytes, transaction
from trayapp.history.trees import count_damaged_pages

_WIDTHS_SECONDS = {
    "hour": (30 * tiers.DAY_SECONDS, tiers.DAY_SECONDS, tiers.HOUR_SECONDS),
    "minute": (tiers.DAY_SECONDS, tiers.HOUR_SECONDS, tiers.MINUTE_SECONDS),
    "raw": (10 * tiers.MINUTE_SECONDS, tiers.MINUTE_SECONDS, 5),
}
"""How long the pieces are that are read at once, from what is tried first to what is given up."""
_NUMBER_WIDTHS = (200, 20, 1)
_MOST_NUMBERS = 20_000
_DARK_SECONDS = {
    "hour": 90 * tiers.DAY_SECONDS,
    "minute": 30 * tiers.DAY_SECONDS,
    "raw": 2 * tiers.DAY_SECONDS,
}
"""How far back to look if no end of what there is can be read."""
_ERRORS = (sqlite3.Error, ValueError, TypeError, ArithmeticError)

Rows = Sequence[tuple[Any, ...]]
Read = Callable[[int, int], Rows]


@dataclass(slots=True)
class Salvage:
    """Copies what can be read of the store at `damaged` into an open one; the writer's thread."""

    connection: sqlite3.Connection
    damaged: Path
    row_count: int = 0
    lost: dict[str, set[int]] = field(default_factory=dict)
    """By table, where each piece began that could not be read."""
    _numbers: dict[int, int] = field(default_factory=dict)
    """The numbers of series there, and here."""
    _span: tuple[int, int] | None = None
    """From when to when there was anything so far, in seconds."""
    _is_dark: bool = False
    """Whether SQLite reads nothing of it: all comes from its pages, one by one."""

    @property
    def lost_seconds(self) -> int:
        """How much time there is of which something may be missing."""
        return sum(
            widths[-1] * len(self.lost.get(table, ())) for table, widths in _WIDTHS_SECONDS.items()
        )

    def count_lost_pages(self) -> tuple[int, int]:
        """Return how many pages of how many are lost; 0 where that is not known."""
        with suppress(OSError):
            return count_damaged_pages(self.damaged)
        return 0, 0

    def pieces(self) -> Iterator[None]:
        """Copy one piece after the other.

        Raises: sqlite3.Error if the new store fails; what the damaged one lacks is counted.
        """
        uri = f"{self.damaged.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as source:
            replace_bad_bytes(source)
            version = _open(source)
            if version is None:
                self._is_dark = True
                with suppress(OSError):
                    yield from self._copy_pages()
                return
            names = "id, kind, name, metric"
            yield from self._copy_texts(source, "series", names, self._add_series)
            self._copy_indexed_series(source)
            yield from self._copy_texts(
                source, "event", "t_ms, kind, subject, level, text, data", self._add_event
            )
            self._copy_memos(source)
            if version > 1 and (self.lost or not self._numbers):
                with suppress(OSError):
                    yield from self._copy_lost_texts()
            for tier in ("hour", "minute"):
                for number in list(self._numbers):
                    yield from self._copy_tier(source, tier, number)
            yield from self._copy_tier(source, "raw", None)
            series = self._numbers
            self.row_count += yield from salvage_applications(source, self.connection, series)
            if version > 1:
                with suppress(OSError):
                    yield from self._copy_lost_rows()
            self._copy_pending(source)

    def _copy_pages(self) -> Iterator[None]:
        """Copy what proves by its marks to be ours, where SQLite cannot read anything."""
        yield from self._copy_lost_texts()
        yield from self._copy_lost_rows()
        self.row_count += yield from salvage_lost_applications(
            self.damaged, self.connection, self._numbers
        )
        # Which hours were not up to date is not known: those are made that there are none of.
        with transaction(self.connection):
            self.connection.execute(
                "INSERT OR IGNORE INTO pending SELECT DISTINCT 3600, t_s / 3600 * 3600 FROM minute"
                " WHERE t_s / 3600 * 3600 NOT IN (SELECT t_s FROM hour)"
            )

    def _copy_lost_texts(self) -> Iterator[None]:
        """Copy series, events and notes that are whole, but out of reach."""
        indexed: dict[int, tuple[Any, ...]] = {}
        for rows in read_text_rows(self.damaged):
            with transaction(self.connection):
                for row in rows:
                    with suppress(*_ERRORS):
                        self._add_lost_text(row, indexed)
            yield
        with transaction(self.connection):
            for number, names in indexed.items():
                if number not in self._numbers:
                    self._add_series(number, *names)

    def _add_lost_text(self, row: TextRow, indexed: dict[int, tuple[Any, ...]]) -> None:
        """Add a row to the table that it is of, as its number of columns tells."""
        values: Sequence[Any] = row.values
        *fields, mark = values
        match row.number, len(fields):
            case int(), 4:
                require_sound(_required(mark), row.number, *fields[1:])
                self._add_series(row.number, *fields[1:])
            case int(), 7:
                require_sound(_required(mark), *fields[1:])
                self._add_event(*fields[1:])
            case None, 2 if isinstance(fields[0], str):
                require_sound(_required(mark), *fields)
                self._add_memo(*fields)
            case None, 3 if not any(isinstance(name, int | float) for name in fields):
                # The index over their names holds all series again, but no marks.
                if isinstance(mark, int):
                    indexed[mark] = tuple(fields)

    def _copy_texts(
        self, source: sqlite3.Connection, table: str, columns: str, add: Callable[..., None]
    ) -> Iterator[None]:
        query = f"SELECT {columns}, mark FROM {table} WHERE id >= ? AND id < ?"  # noqa: S608

        def read(first: int, end: int) -> Rows:
            return source.execute(query, (first, end)).fetchall()

        last = _value(source, f"SELECT max(id) FROM {table}")  # noqa: S608
        end = min(_MOST_NUMBERS, last or _MOST_NUMBERS) + 1
        for rows in self._divide(table, read, 1, end, _NUMBER_WIDTHS):
            with transaction(self.connection):
                for *fields, mark in rows:
                    # A row may also lack what no row may lack.
                    with suppress(ValueError, TypeError, sqlite3.IntegrityError):
                        require_sound(mark, *fields)
                        add(*fields)
            yield

    def _copy_indexed_series(self, source: sqlite3.Connection) -> None:
        """Read the names of series that are lost from their index, which holds them all again."""
        query = (
            "SELECT id, kind, name, metric FROM main.series INDEXED BY sqlite_autoindex_series_1"
            " WHERE kind > ''"
        )
        with transaction(self.connection):
            for number, *names in _rows(source, query):
                if isinstance(number, int) and number not in self._numbers:
                    self._add_series(number, *names)

    def _add_series(self, number: int, kind: str, name: str, metric: str) -> None:
        if kind != FORGOTTEN:
            self._numbers[number] = tiers.number_of(self.connection, (kind, name, metric))

    def _add_event(self, *fields: Any) -> None:
        if isinstance(fields[0], int):
            self._see(fields[0] // 1000, fields[0] // 1000)
        # The run before may have been interrupted in this.
        self.row_count += self.connection.execute(
            "INSERT INTO event (t_ms, kind, subject, level, text, data, mark)"
            " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM event"
            " WHERE t_ms = ?1 AND kind = ?2 AND subject = ?3 AND text = ?5 AND data = ?6)",
            (*fields, mark_of_texts(*fields)),
        ).rowcount

    def _copy_memos(self, source: sqlite3.Connection) -> None:
        with transaction(self.connection):
            for key, value, mark in _rows(source, "SELECT key, value, mark FROM meta"):
                try:
                    require_sound(mark, key, value)
                except _ERRORS:
                    continue
                self._add_memo(key, value)

    def _add_memo(self, key: str, value: str) -> None:
        self.connection.execute(
            "INSERT OR IGNORE INTO meta (key, value, mark) VALUES (?, ?, ?)",
            (key, value, mark_of_texts(key, value)),
        )

    def _copy_tier(
        self, source: sqlite3.Connection, table: str, number: int | None
    ) -> Iterator[None]:
        """Copy raw samples (`number` is None), or a coarser tier of one series."""
        columns = columns_of(table)
        time_column, unit = ("t_ms", 1000) if table == "raw" else ("t_s", 1)
        own = "" if number is None else f"series = {number} AND "
        query = (
            f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608
            f" WHERE {own}{time_column} >= ? AND {time_column} < ?"
        )

        def read(first: int, end: int) -> Rows:
            return source.execute(query, (first * unit, end * unit)).fetchall()

        terms = [f"?{place}" for place in range(1, len(columns) + 1)]
        insert = (
            f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}, mark)"  # noqa: S608
            f" VALUES ({', '.join(terms)}, {mark_of_numbers(table, *terms)})"
        )
        where = f" FROM {table} WHERE {own}1"
        ends = [_value(source, f"SELECT {end}({time_column}){where}") for end in ("min", "max")]
        if ends == [None, None] and not _fails(source, f"SELECT 1{where} LIMIT 1"):
            return
        first, last = self._between(table, *(None if end is None else end // unit for end in ends))
        widths = _WIDTHS_SECONDS[table]
        place = columns.index("series")
        for rows in self._divide(table, read, first // widths[-1] * widths[-1], last + 1, widths):
            known = [
                (*row[:place], self._numbers[row[place]], *row[place + 1 :])
                for row in rows
                if row[place] in self._numbers
            ]
            if known:
                with transaction(self.connection):
                    self.row_count += self.connection.executemany(insert, known).rowcount
                    if table == "raw":
                        self._roll_up({row[0] // 60_000 * 60 for row in known})
            yield

    def _between(self, table: str, first: int | None, last: int | None) -> tuple[int, int]:
        """Return where to look: between both ends, as far as they are known."""
        known = self._span or (0, int(time.time()))
        known = max(known[0], known[1] - _DARK_SECONDS[table]), known[1]
        found = (known[0] if first is None else first, known[1] if last is None else last)
        if first is not None or last is not None:
            self._see(*found)
        return found

    def _see(self, first: int, last: int) -> None:
        before = self._span or (first, last)
        self._span = min(first, before[0]), max(last, before[1])

    def _roll_up(self, minutes: set[int]) -> None:
        for minute in sorted(minutes):
            tiers.roll_up_if_missing(self.connection, minute)
        self.lost.get("minute", set()).difference_update(minutes)

    def _copy_lost_rows(self) -> Iterator[None]:
        """Copy rows that are whole, but out of reach of the damaged tree above them."""
        found: dict[str, set[int]] = {table: set() for table in _WIDTHS_SECONDS}
        inserts = {table: insert_of_marked(table) for table in _WIDTHS_SECONDS}
        begin, end = (-math.inf, math.inf) if self._is_dark else self._span or (0, 0)
        for rows in read_page_rows(self.damaged):
            table = _table_of(rows)
            if not table:
                continue
            columns = columns_of(table)
            place = columns.index("series")
            width, unit = _WIDTHS_SECONDS[table][-1], 1000 if table == "raw" else 1
            with transaction(self.connection):
                for row in rows:
                    if len(row) != len(columns) + 1:
                        continue
                    number, moment = self._numbers.get(int(row[place])), row[1 - place]
                    if number is None or not begin <= moment // unit <= end:
                        continue
                    if self.connection.execute(inserts[table], (*row, number)).rowcount:
                        self.row_count += 1
                        found[table].add(int(moment // unit // width * width))
            yield
        for table, pieces in found.items():
            self.lost.get(table, set()).difference_update(pieces)
        with transaction(self.connection):
            self._roll_up({piece // 60 * 60 for piece in found["raw"]})

    def _copy_pending(self, source: sqlite3.Connection) -> None:
        """Let hours and minutes be made anew that were not up to date, or are lost."""
        with transaction(self.connection):
            for hour in sorted(self.lost.get("hour", ())):
                if tiers.has_minutes(self.connection, hour, tiers.HOUR_SECONDS):
                    tiers.mark_pending(self.connection, tiers.HOUR_SECONDS, hour)
                    self.lost["hour"].remove(hour)
            for seconds, t_s in _rows(source, "SELECT seconds, t_s FROM pending"):
                if seconds in (tiers.MINUTE_SECONDS, tiers.HOUR_SECONDS) and isinstance(t_s, int):
                    tiers.mark_pending(self.connection, seconds, t_s)

    def _divide(
        self, table: str, read: Read, first: int, end: int, widths: Sequence[int]
    ) -> Iterator[Rows]:
        """Yield the rows of pieces, smaller ones where they cannot be read."""
        for start in range(first, end, widths[0]):
            stop = min(start + widths[0], end)
            try:
                rows = read(start, stop)
            except _ERRORS:
                if len(widths) > 1:
                    yield from self._divide(table, read, start, stop, widths[1:])
                    continue
                self.lost.setdefault(table, set()).add(start)
                rows = ()
            yield rows


def _open(source: sqlite3.Connection) -> int | None:
    """Make readable what can be read; return the version; None: nothing can."""
    try:
        # First: it lets SQLite open a file that was cut off.
        source.execute("PRAGMA writable_schema = ON")
        source.execute("PRAGMA cache_size = -256")
        version: int = source.execute("PRAGMA user_version").fetchone()[0]
        names = source.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
        if not names.fetchone()[0]:
            return None
        show_only_sound_rows(source, version)
    except _ERRORS:
        return None
    return version


def _required(mark: Any) -> int:
    """Return the mark of a row that must have one. Raises: DamagedRowError."""
    if not isinstance(mark, int):
        raise DamagedRowError(mark)
    return mark


def _table_of(rows: Sequence[Sequence[float]]) -> str:
    """Return the table that the rows of a page are of; "": none of these."""
    if not rows or len(rows[0]) not in (4, 7):
        return ""
    if len(rows[0]) == len(columns_of("raw")) + 1:
        return "raw"
    hours = all(len(row) > 1 and row[1] % tiers.HOUR_SECONDS == 0 for row in rows)
    return "hour" if hours else "minute"


def _rows(source: sqlite3.Connection, query: str) -> Rows:
    """Return as many rows as can be read from the beginning on."""
    found: list[tuple[Any, ...]] = []
    with suppress(*_ERRORS):
        found.extend(source.execute(query))
    return found


def _value(source: sqlite3.Connection, query: str) -> int | None:
    for row in _rows(source, query):
        return row[0] if isinstance(row[0], int) else None
    return None


def _fails(source: sqlite3.Connection, query: str) -> bool:
    try:
        source.execute(query).fetchall()
    except _ERRORS:
        return True
    return False
