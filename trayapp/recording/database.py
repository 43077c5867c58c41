"""Opening a stranger's SQLite file to read, without leaving anything beside it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from trayapp.domain.language import _
from trayapp.errors import RecordingError

MAGIC = b"SQLite format 3\0"
_LOCK_SECONDS = 2.0


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open it read-only.

    Raises: RecordingError in place of any sqlite3.Error, also while it is used, and of the
    UnicodeError that a message raises in which SQLite quotes what is no text.
    """
    # Where SQLite may not put its index beside the file, and there is no log, nobody is writing.
    log = path.with_name(path.name + "-wal")
    is_fixed = not os.access(path.parent, os.W_OK) and not log.exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_fixed else ''}"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS)) as connection:
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            yield connection
    except (sqlite3.Error, UnicodeError) as error:
        raise RecordingError(
            _("cannot read {path}: {reason}").format(path=path, reason=error)
        ) from error


def table_names(connection: sqlite3.Connection) -> set[str]:
    """The tables there are."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    return {str(name) for (name,) in rows}
