"""Opening a stranger's SQLite file to read, without leaving anything beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from trayapp.errors import RecordingError
from trayapp.history.schema import has_writer, is_damage
from trayapp.language.catalogue import _
from trayapp.recording.source import Start

MAGIC = b"SQLite format 3\0"
_LOCK_SECONDS = 2.0


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open it read-only.

    Raises: RecordingError in place of any sqlite3.Error, also while it is used, and of the
    UnicodeError that a message raises in which SQLite quotes what is no text.
    """
    # Else SQLite would leave an index and a log beside it.
    uri = f"{path.absolute().as_uri()}?mode=ro{'' if has_writer(path) else '&immutable=1'}"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS)) as connection:
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            yield connection
    except (sqlite3.Error, UnicodeError) as error:
        text = _("cannot read {path}: {reason}")
        if is_damage(error):
            text = _("{path} is damaged or was copied only in part: {reason}")
        raise RecordingError(text.format(path=path, reason=error)) from error


def table_names(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    return {str(name) for (name,) in rows}


def tables_of(start: Start) -> set[str]:
    """The tables of the database that a file is; none if it is none."""
    if not start.raw.startswith(MAGIC):
        return set()
    with open_database(start.path) as connection:
        return table_names(connection)
