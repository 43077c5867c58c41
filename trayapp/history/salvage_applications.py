"""Minutes of applications, read again from a damaged store."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from trayapp.history.application_minutes import put_hour
from trayapp.history.marks import columns_of, is_sound, mark_of_numbers, mark_of_texts
from trayapp.history.page_rows import read_text_rows
from trayapp.history.schema import transaction

_ERRORS = (sqlite3.Error, ValueError, TypeError, ArithmeticError)
_HOURS = "SELECT t_s, minutes, mark FROM application_hour WHERE series = ?"
_MINUTES = (
    f"SELECT {', '.join(columns_of('application_minute'))} FROM application_minute"  # noqa: S608
    f" WHERE {is_sound('application_minute')}"
)
_ADD_MARKED = (
    "INSERT OR IGNORE INTO application_minute (t_s, series, mean, maximum, mark)"
    f" SELECT ?1, ?6, ?3, ?4, {mark_of_numbers('application_minute', '?1', '?6', '?3', '?4')}"
    f" WHERE ?5 = {mark_of_numbers('application_minute', '?1', '?2', '?3', '?4')}"
)
_ADD = (
    "INSERT OR IGNORE INTO application_minute (t_s, series, mean, maximum, mark)"  # noqa: S608
    f" VALUES (?1, ?2, ?3, ?4, {mark_of_numbers('application_minute', '?1', '?2', '?3', '?4')})"
)


def salvage_applications(
    source: sqlite3.Connection, target: sqlite3.Connection, numbers: Mapping[int, int]
) -> Generator[None, None, int]:
    """Copy what can be read, one curve after the other; return how many rows that were.

    numbers: those of series there, and here. A file of before has nothing to copy. Raises:
    sqlite3.Error if the new store fails.
    """
    count = 0
    for there, here in list(numbers.items()):
        hours = [
            (hour, block)
            for hour, block, mark in _readable(source, _HOURS, there)
            if isinstance(block, bytes) and mark == mark_of_texts(there, hour, block)
        ]
        if hours:
            with transaction(target):
                for hour, block in hours:
                    put_hour(target, here, hour, block)
            count += len(hours)
            yield
    minutes = [
        (t_s, numbers[series], mean, maximum)
        for t_s, series, mean, maximum in _readable(source, _MINUTES)
        if series in numbers
    ]
    with transaction(target):
        target.executemany(_ADD, minutes)
    return count + len(minutes)


def salvage_lost_applications(
    damaged: Path, target: sqlite3.Connection, numbers: Mapping[int, int]
) -> Generator[None, None, int]:
    """Copy what proves by its marks to be whole, page by page; as `salvage_applications`.

    Raises: OSError.
    """
    count = 0
    for rows in read_text_rows(damaged):
        with transaction(target):
            for row in rows:
                match row.values:
                    case (int() as there, int() as hour, bytes() as block, int() as mark):
                        if there in numbers and mark == mark_of_texts(there, hour, block):
                            put_hour(target, numbers[there], hour, block)
                            count += 1
                    case (int(), int() as there, int(), int(), int()) if there in numbers:
                        values = (*row.values, numbers[there])
                        count += target.execute(_ADD_MARKED, values).rowcount
        yield
    return count


def _readable(source: sqlite3.Connection, query: str, *values: int) -> list[tuple[Any, ...]]:
    """Return the rows before the first that cannot be read."""
    found: list[tuple[Any, ...]] = []
    try:
        found.extend(source.execute(query, values))
    except _ERRORS:
        return found
    return found
