"""Looking through the whole store, slice by slice, for rows that are not as they were written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from trayapp.history.marks import mark_of_numbers
from trayapp.history.schema import transaction
from trayapp.history.tiers import DAY_SECONDS

_RAW_SLICE_MS = 120_000
_EVENT_SLICE = 100
_SLICES = {"minute": 4 * DAY_SECONDS, "hour": 120 * DAY_SECONDS}


def check_slices(connection: sqlite3.Connection) -> Iterator[int]:
    """Yield after each slice how many damaged rows it had, which are deleted: a gap remains.

    Reading all pages finds damaged ones, too. Raises: sqlite3.Error.
    """
    for table in ("series", "meta", "pending"):
        connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
        yield 0
    number = _next(connection, "SELECT min(id) FROM event WHERE id >= ?", 0)
    while number is not None:
        end = number + _EVENT_SLICE
        connection.execute("SELECT * FROM event WHERE id >= ? AND id < ?", (number, end)).fetchall()
        yield 0
        number = _next(connection, "SELECT min(id) FROM event WHERE id >= ?", end)
    moment = _next(connection, "SELECT min(t_ms) FROM raw WHERE t_ms >= ?", -(2**62))
    while moment is not None:
        end = moment + _RAW_SLICE_MS
        yield _drop_damaged(connection, "raw", "t_ms >= ? AND t_ms < ?", (moment, end))
        moment = _next(connection, "SELECT min(t_ms) FROM raw WHERE t_ms >= ?", end)
    for table, width in _SLICES.items():
        query = f"SELECT min(t_s) FROM {table} WHERE series = ? AND t_s >= ?"  # noqa: S608
        for (series,) in connection.execute("SELECT id FROM series").fetchall():
            moment = _next(connection, query, series, -(2**62))
            while moment is not None:
                span = (series, moment, moment + width)
                where = "series = ? AND t_s >= ? AND t_s < ?"
                yield _drop_damaged(connection, table, where, span)
                moment = _next(connection, query, series, moment + width)


def _next(connection: sqlite3.Connection, query: str, *values: int) -> int | None:
    moment = connection.execute(query, values).fetchone()[0]
    return moment if isinstance(moment, int) else None


def _drop_damaged(
    connection: sqlite3.Connection, table: str, where: str, span: tuple[int, ...]
) -> int:
    where += f" AND mark IS NOT NULL AND (mark = {mark_of_numbers(table)}) IS NOT TRUE"
    query = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608
    count: int = connection.execute(query, span).fetchone()[0]
    if count:
        with transaction(connection):
            connection.execute(f"DELETE FROM {table} WHERE {where}", span)  # noqa: S608
    return count
