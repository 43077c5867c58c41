"""Looking through the whole store, slice by slice, for rows that are not as they were written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from trayapp.history.marks import LostPagesError, is_sound, mark_of_texts, require_sound
from trayapp.history.schema import transaction
from trayapp.history.tiers import DAY_SECONDS

_FIRST, _LAST = -(2**62), 2**62
_RAW_SLICE_MS = 30_000
_EVENT_SLICE = 100
_SLICES = {"minute": 4 * DAY_SECONDS, "hour": 120 * DAY_SECONDS}


def check_slices(connection: sqlite3.Connection) -> Iterator[int]:
    """Yield after each slice how many damaged rows it had, which are deleted: a gap remains.

    Reading all pages finds damaged ones, too, and a page in the place of another. Raises:
    sqlite3.Error, LostPagesError.
    """
    _require_names(connection)
    connection.execute("SELECT * FROM pending").fetchall()
    yield _drop_damaged_texts(connection, "meta", "key", "value, mark", "1")
    yield from _check_applications(connection)
    number = _next(connection, "event", "id", _FIRST)
    while number is not None:
        end = number + _EVENT_SLICE
        _require_order(connection, "event", "id", number, end)
        columns = "t_ms, kind, subject, level, text, data, mark"
        where = f"id >= {number} AND id < {end}"
        yield _drop_damaged_texts(connection, "event", "id", columns, where)
        number = _next(connection, "event", "id", end)
    moment = _next(connection, "raw", "t_ms", _FIRST)
    while moment is not None:
        end = moment + _RAW_SLICE_MS
        _require_order(connection, "raw", "t_ms", moment, end)
        yield _drop_damaged(connection, "raw", "t_ms >= ? AND t_ms < ?", (moment, end))
        moment = _next(connection, "raw", "t_ms", end)
    for table, width in _SLICES.items():
        for (series,) in connection.execute("SELECT id FROM series").fetchall():
            moment = _next(connection, table, "t_s", _FIRST, series)
            while moment is not None:
                span = (series, moment, moment + width)
                where = "series = ? AND t_s >= ? AND t_s < ?"
                _require_order(connection, table, "t_s", moment, moment + width, series)
                yield _drop_damaged(connection, table, where, span)
                moment = _next(connection, table, "t_s", moment + width, series)


def _check_applications(connection: sqlite3.Connection) -> Iterator[int]:
    yield _drop_damaged(connection, "application_minute", "t_s >= ?", (_FIRST,))
    for (series,) in connection.execute("SELECT id FROM series").fetchall():
        rows = connection.execute(
            "SELECT t_s, minutes, mark FROM application_hour WHERE series = ?", (series,)
        ).fetchall()
        damaged = [
            (series, hour)
            for hour, block, mark in rows
            if not isinstance(block, bytes) or mark != mark_of_texts(series, hour, block)
        ]
        if damaged:
            with transaction(connection):
                connection.executemany(
                    "DELETE FROM application_hour WHERE series = ? AND t_s = ?", damaged
                )
        if rows:
            yield len(damaged)


def _next(
    connection: sqlite3.Connection, table: str, column: str, start: int, series: int | None = None
) -> int | None:
    """Return where rows go on from `start`; None: nowhere.

    Raises: LostPagesError if there are some before, which only the way back from there finds.
    """
    own = "" if series is None else f"series = {series} AND "
    query = f"SELECT min({column}) FROM {table} WHERE {own}{column} >= ?"  # noqa: S608
    (found,) = connection.execute(query, (start,)).fetchone()
    moment = found if isinstance(found, int) else None
    query = f"SELECT max({column}) FROM {table} WHERE {own}{column} < ?"  # noqa: S608
    (before,) = connection.execute(query, (_LAST if moment is None else moment,)).fetchone()
    if isinstance(before, int) and before >= start:
        raise LostPagesError(table)
    return moment


def _require_names(connection: sqlite3.Connection) -> None:
    """Raise DamagedRowError if the name of a series is not as it was written.

    It stands in the table and in its index; where they differ, its samples are out of reach.
    """
    rows = connection.execute(
        "SELECT id, kind, name, metric, mark, EXISTS (SELECT 1 FROM series AS one"
        " INDEXED BY sqlite_autoindex_series_1 WHERE one.kind = two.kind AND one.name = two.name"
        " AND one.metric = two.metric AND one.id = two.id) FROM series AS two NOT INDEXED"
    )
    for *fields, mark, is_found in rows:
        require_sound(mark, *fields)
        if not is_found:
            raise LostPagesError("series")


def _drop_damaged_texts(
    connection: sqlite3.Connection, table: str, key: str, columns: str, where: str
) -> int:
    """Delete the rows of texts that are not as they were written; return how many."""
    damaged = []
    rows = connection.execute(f"SELECT {key}, {columns} FROM {table} WHERE {where}")  # noqa: S608
    for row_key, *fields, mark in rows.fetchall():
        try:
            require_sound(mark, *([row_key] if table == "meta" else []), *fields)
        except (ValueError, TypeError):
            damaged.append((row_key,))
    if damaged:
        with transaction(connection):
            connection.executemany(f"DELETE FROM {table} WHERE {key} = ?", damaged)  # noqa: S608
    return len(damaged)


def _require_order(
    connection: sqlite3.Connection,
    table: str,
    column: str,
    first: int,
    end: int,
    series: int | None = None,
) -> None:
    """Raise LostPagesError if rows are not in order: they are on a page that belongs elsewhere.

    Read from either end, a stretch must have as many rows, and none twice: of two places of a
    page that lead to one row, another one has lost its own. `series`: only of this one.
    """
    own = "" if series is None else f"series = {series} AND "
    count = (
        f"(SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {own}{column} >= ?1"  # noqa: S608
        # Without a limit, SQLite leaves out the order of what is only counted.
        f" AND {column} < ?2 ORDER BY {'series, ' if own else ''}{column} {{}} LIMIT {_LAST}))"
    )
    key = f"{column}, series" if table == "raw" else column
    before = ", ".join(f"lag({each}) OVER ()" for each in key.split(", "))
    again = (
        f"EXISTS (SELECT 1 FROM (SELECT ({key}) <= ({before}) AS is_again FROM {table}"  # noqa: S608
        f" WHERE {own}{column} >= ?1 AND {column} < ?2) WHERE is_again)"
    )
    query = f"SELECT {count.format('ASC')}, {count.format('DESC')}, {again}"
    upward, downward, is_again = connection.execute(query, (first, end)).fetchone()
    if upward != downward or is_again:
        raise LostPagesError(table)


def _drop_damaged(
    connection: sqlite3.Connection, table: str, where: str, span: tuple[int, ...]
) -> int:
    where += f" AND NOT {is_sound(table)}"
    query = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608
    count: int = connection.execute(query, span).fetchone()[0]
    if count:
        with transaction(connection):
            connection.execute(f"DELETE FROM {table} WHERE {where}", span)  # noqa: S608
    return count
