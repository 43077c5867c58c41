"""Databases of `procpath record`: SQLite with a row per process and moment.

Which columns there are depends on what it was told to read: the resident set is pages in
`stat_rss` (how large a page is stands in `meta`), or KiB in `status_vmrss` or `smaps_rollup_rss`;
`status_rssanon` is anonymous memory.
"""

from __future__ import annotations

import sqlite3

from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.database import open_database, tables_of
from trayapp.recording.gathering import Gathering
from trayapp.recording.source import Source, Start

NAME = "Procpath"
EXPECTS = N_("a database of Procpath")
TABLES = {"record", "meta"}
_SIZES = (("status_vmrss", float(KIB)), ("smaps_rollup_rss", float(KIB)), ("stat_rss", 0.0))
"""The column and how many bytes its unit has; 0: a page. The more exact first."""
_ANON = ("status_rssanon", "smaps_rollup_anonymous")
_PIDS = ("stat_pid", "status_tgid", "status_pid")
_NAMES = ("stat_comm", "status_name")
_STARTED = "stat_starttime"
_USUAL_PAGE = 4096.0


def resembles(start: Start) -> float:
    return 1.0 if tables_of(start) >= TABLES else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read a recording; a file that is damaged further on gives what comes before.

    Raises: RecordingError if there is no memory in it.
    """
    with open_database(source.path) as connection:
        _read_rows(source, connection, found)


def _read_rows(source: Source, connection: sqlite3.Connection, found: Gathering) -> None:
    known = {str(row[1]) for row in connection.execute("PRAGMA table_info(record)")}
    size, unit = next(((name, unit) for name, unit in _SIZES if name in known), ("", 0.0))
    pid = next((name for name in _PIDS if name in known), "")
    if not size or not pid or "ts" not in known:
        raise source.refusal(
            _(
                "{path} is from Procpath, but has no memory in it; record with -f "
                "stat,cmdline,status"
            )
        )
    unit = unit or _page_bytes(connection)
    anon = next((name for name in _ANON if name in known), "NULL")
    name = next((name for name in _NAMES if name in known), "NULL")
    command = "cmdline" if "cmdline" in known else "NULL"
    started = _STARTED if _STARTED in known else "NULL"
    columns = ", ".join(("ts", pid, started, name, command, size, anon))
    # Only names from the lists above are joined.
    query = f"SELECT {columns} FROM record ORDER BY ts"  # noqa: S608
    try:
        for row in connection.execute(query):
            _add_row(found, row, unit)
    except sqlite3.DatabaseError:
        found.note(_("damaged or truncated; what comes before is shown"))


def _add_row(found: Gathering, row: tuple[object, ...], unit: float) -> None:
    seconds, pid, started, name, command, size, anon = row
    if not isinstance(seconds, float) or not isinstance(pid, int):
        return
    # Nothing is known of a process that ended while it was asked.
    if not isinstance(size, int) or size <= 0:
        return
    key = (pid, started)
    anon_bytes = float(anon * KIB) if isinstance(anon, int) else float("nan")
    found.series(
        key,
        f"{name or ''} {pid}".strip(),
        pid=pid,
        command_line=str(command or ""),
        kind="resident set",
    ).add(seconds, size * unit, anon_bytes)


def _page_bytes(connection: sqlite3.Connection) -> float:
    row = connection.execute("SELECT value FROM meta WHERE key = 'page_size'").fetchone()
    text = str(row[0]) if row else ""
    return float(text) if text.isdecimal() and 0 < int(text) <= 2**24 else _USUAL_PAGE
