"""Marks: a small checksum kept beside every row, by which a flipped bit is noticed.

SQLite has none, so that a bit which a disk or memory flips in a value reads as another value; a
gap is better. A mark is a remainder by an odd prime, which every single flipped bit changes. Those
of rows of numbers are worked out within SQLite, for there are many; rows that an older Memtray
wrote have none.
"""

from __future__ import annotations

import sqlite3

_PRIME = 32_749
"""Of two bytes, as much as a row of samples may grow."""
_TEXT_PRIME = 2_147_483_647
_INTEGERS = {
    "raw": ("t_ms", "series"),
    "minute": ("series", "t_s", "count"),
    "hour": ("series", "t_s", "count"),
    "application_minute": ("t_s", "series", "mean", "maximum"),
}
_REALS = {
    "raw": ("value",),
    "minute": ("minimum", "mean", "maximum"),
    "hour": ("minimum", "mean", "maximum"),
    "application_minute": (),
}
NUMBER_TABLES = ("raw", "minute", "hour")
_MARKED_TABLES = (*NUMBER_TABLES, "application_minute")
"""In this order: the mark depends on it."""
MARKED_VERSION = 2
"""The first version of the file whose rows have marks."""
TEXT_TABLES = ("series", "event", "meta")


class DamagedRowError(ValueError):
    """A row is not as it was written."""


class LostPagesError(DamagedRowError):
    """A tree does not lead to all of its rows."""


def read_moment(connection: sqlite3.Connection, query: str, *values: float) -> int | None:
    """Return the moment that a query finds; None: there is none.

    Raises: DamagedRowError if it is no number; sqlite3.Error.
    """
    moment = connection.execute(query, values).fetchone()[0]
    if moment is not None and not isinstance(moment, int):
        raise DamagedRowError(type(moment).__name__)
    return moment


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns that the mark of this table's rows covers."""
    return _INTEGERS[table] + _REALS[table]


def mark_of_numbers(table: str, *terms: str) -> str:
    """Return the SQL expression of a row's mark; `terms` stand for its columns, in their order."""
    terms = terms or columns_of(table)
    count = len(_INTEGERS[table])
    # A number is what is before the point and after it: both exact, whatever its exponent.
    parts = list(terms[:count])
    for term in terms[count:]:
        whole = f"CAST({term} AS INTEGER)"
        parts += [whole, f"CAST(({term} - {whole}) * 9007199254740992 AS INTEGER)"]
    weighed = (f"{2 * index + 3} * ({part} % {_PRIME})" for index, part in enumerate(parts))
    # Of its own for each table: a page may be written where one of another table belongs.
    own = 1009 * (_MARKED_TABLES.index(table) + 1)
    return f"(({' + '.join(weighed)} + {own}) % {_PRIME})"


def is_sound(table: str) -> str:
    """Return the SQL condition that a row is as it was written, as far as can be known; 0 or 1."""
    # A row without a mark is an older Memtray's, or of another table; SQLite takes it for granted
    # that a column is never NULL that must not be.
    of_before = f"mark IS NULL AND typeof({columns_of(table)[-1]}) IN ('real', 'integer')"
    return f"((mark = {mark_of_numbers(table)} OR {of_before}) IS TRUE)"


def sound_rows(table: str, *, is_marked: bool) -> str:
    """Return what stands behind FROM, with WHERE, to read rows of numbers that are sound.

    Quicker than the view where only columns of the key are asked for. is_marked: as the file is of
    `MARKED_VERSION` or newer.
    """
    return f"main.{table} WHERE {is_sound(table) if is_marked else 'TRUE'}"


def insert_of_marked(table: str) -> str:
    """Return the statement that adds a row if its mark fits, under the number that comes last."""
    columns = columns_of(table)
    old = [f"?{place}" for place in range(1, len(columns) + 1)]
    place = columns.index("series")
    new = [*old[:place], f"?{len(columns) + 2}", *old[place + 1 :]]
    return (
        f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}, mark)"
        f" SELECT {', '.join(new)}, {mark_of_numbers(table, *new)}"
        f" WHERE ?{len(columns) + 1} = {mark_of_numbers(table, *old)}"
    )


def count_damaged(connection: sqlite3.Connection, table: str) -> int:
    """Return how many rows of numbers are not as they were written. Raises: sqlite3.Error."""
    query = f"SELECT count(*) FROM main.{table} WHERE NOT {is_sound(table)}"  # noqa: S608
    count: int = connection.execute(query).fetchone()[0]
    return count


def mark_of_texts(*fields: str | bytes | int) -> int:
    """Return the mark of a row of texts."""
    parts = (
        field if isinstance(field, bytes) else str(field).encode("utf-8", "surrogatepass")
        for field in fields
    )
    return int.from_bytes(b"\1" + b"\0".join(parts), "big") % _TEXT_PRIME


def require_sound(mark: int | None, *fields: str | bytes | int) -> None:
    """Raise DamagedRowError if a row of texts is not as it was written."""
    if mark is not None and mark != mark_of_texts(*fields):
        raise DamagedRowError(mark)


def show_only_sound_rows(connection: sqlite3.Connection, version: int) -> None:
    """Put views before the tables, for a reader: damaged rows are as if they were not there.

    version: that of the file; rows of version 1 have no marks.
    Raises: sqlite3.Error.
    """
    for table in NUMBER_TABLES if version >= MARKED_VERSION else ():
        columns = ", ".join(columns_of(table))
        connection.execute(
            f"CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table}"  # noqa: S608
            # Within a query of its own, this is judged last: only of rows that are wanted.
            f" WHERE (SELECT {is_sound(table)})"
        )
    for table in TEXT_TABLES if version == 1 else ():
        connection.execute(
            f"CREATE TEMP VIEW {table} AS SELECT *, NULL AS mark FROM main.{table}"  # noqa: S608
        )
