"""The store's file: its tables, its versions, and what happens when it cannot be read."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from trayapp.dataclass import dataclass
from trayapp.errors import HistoryError
from trayapp.history.marks import DamagedRowError, LostPagesError
from trayapp.history.pages import has_damaged_header
from trayapp.history.trees import count_lost_pages, fold_in_log
from trayapp.language.catalogue import _

STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE series (id INTEGER PRIMARY KEY, kind NOT NULL, name NOT NULL,"
        " metric NOT NULL, UNIQUE (kind, name, metric))",
        # Clustered by time: a commit dirties only the right edge of one tree, whatever the number
        # of series. The coarser tiers are written rarely and read by series.
        "CREATE TABLE raw (t_ms INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL,"
        " PRIMARY KEY (t_ms, series)) WITHOUT ROWID",
        "CREATE TABLE minute (series INTEGER NOT NULL, t_s INTEGER NOT NULL,"
        " count INTEGER NOT NULL, minimum REAL NOT NULL, mean REAL NOT NULL,"
        " maximum REAL NOT NULL, PRIMARY KEY (series, t_s)) WITHOUT ROWID",
        "CREATE TABLE hour (series INTEGER NOT NULL, t_s INTEGER NOT NULL,"
        " count INTEGER NOT NULL, minimum REAL NOT NULL, mean REAL NOT NULL,"
        " maximum REAL NOT NULL, PRIMARY KEY (series, t_s)) WITHOUT ROWID",
        # The minutes (60) and hours (3600) whose finer tier changed since they were rolled up.
        "CREATE TABLE pending (seconds INTEGER NOT NULL, t_s INTEGER NOT NULL,"
        " PRIMARY KEY (seconds, t_s)) WITHOUT ROWID",
        "CREATE TABLE event (id INTEGER PRIMARY KEY, t_ms INTEGER NOT NULL, kind NOT NULL,"
        " subject NOT NULL, level NOT NULL, text NOT NULL, data NOT NULL)",
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    ),
    # See `marks`; the rows that there are keep none.
    tuple(
        f"ALTER TABLE {table} ADD COLUMN mark INTEGER"
        for table in ("raw", "minute", "hour", "series", "event", "meta")
    ),
    # See `application_minutes`.
    (
        "CREATE TABLE application_minute (t_s INTEGER NOT NULL, series INTEGER NOT NULL,"
        " mean INTEGER NOT NULL, maximum INTEGER NOT NULL, mark INTEGER NOT NULL,"
        " PRIMARY KEY (t_s, series)) WITHOUT ROWID",
        "CREATE TABLE application_hour (series INTEGER NOT NULL, t_s INTEGER NOT NULL,"
        " minutes BLOB NOT NULL, mark INTEGER NOT NULL, PRIMARY KEY (series, t_s)) WITHOUT ROWID",
    ),
)
"""The steps from each version of the file to the next; a released one is never changed.

Each changes the text of the schema, by which a damaged number of the version is recognised.
"""

_TABLES = frozenset({"series", "raw", "minute", "hour", "pending", "event", "meta"})
"""Those of every version."""
_NEW_TABLES = frozenset({"application_minute", "application_hour"})
_MOST_DAMAGED_COPIES = 2
_LOCK_SECONDS = 0.25
"""How long the sampler may stand still because another program holds the file."""
_WAL_PAGES = 512
_WITH_LOG = b"\x02\x02"
"""The 19th and 20th byte of a file that is written with a log beside it."""


def encode_text(text: str) -> str | bytes:
    """Make any string storable: names of processes may hold halves of characters.

    Ordinary text stays text, readable with any SQLite tool; the rest is bytes.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def decode_text(stored: str | bytes) -> str:
    """Return the exact string that `encode_text` was given.

    Raises: ValueError if the file is damaged there.
    """
    if not isinstance(stored, (str, bytes)):
        raise ValueError(type(stored).__name__)
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")


def replace_bad_bytes(connection: sqlite3.Connection) -> None:
    """Let text that is not UTF-8, as in a damaged file, be read instead of raising."""
    connection.text_factory = lambda text: text.decode("utf-8", "replace")


def refuse_special_file(path: Path) -> None:
    """Raise OSError for a FIFO, socket or device, at which SQLite would wait for ever."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, _("it is not a regular file"))


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def synced(connection: sqlite3.Connection) -> Iterator[None]:
    """Let the transaction that is written inside, and all before it, outlive a power failure.

    Otherwise only folding in the log does that, which may be many minutes away.
    """
    connection.execute("PRAGMA synchronous = FULL")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous = NORMAL")


def read_version(connection: sqlite3.Connection) -> int:
    """Return the version of the file; 0 for a new one.

    Raises: HistoryError if only a newer Memtray knows it; sqlite3.DatabaseError.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(STEPS):
        template = _(
            "The history was written by a newer Memtray (version {version}; this one "
            "reads up to {count}); update Memtray."
        )
        raise HistoryError(template.format(version=version, count=len(STEPS)))
    return version


def migrate(connection: sqlite3.Connection, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Bring the file to the newest version; a step that fails leaves it as it was.

    Raises: sqlite3.DatabaseError.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, statements in enumerate(steps[version:], version + 1):
        with transaction(connection):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged store that was moved aside."""

    kept_as: Path
    note: str
    """The line for the person."""


def open_store(path: Path) -> tuple[sqlite3.Connection, Damage | None]:
    """Open the store for its one writer, making or migrating it where needed.

    Returns: the connection, in autocommit mode, and the damaged file that had to be moved aside.
    Raises: HistoryError if the file is of a newer Memtray or cannot be opened or made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _require_whole_trees(path)
            return _connect(path), None
        except (sqlite3.DatabaseError, UnicodeError, DamagedRowError, _ForeignFileError) as error:
            if not is_damage(error, path):
                raise
            damage = move_aside(path, error)
        return _connect(path), damage
    except (sqlite3.Error, UnicodeError, OSError) as error:
        template = _("The history {file} cannot be opened: {reason}.")
        raise HistoryError(template.format(file=path, reason=describe(error))) from error


def has_writer(path: Path) -> bool:
    """Return whether this SQLite file may have a writer, and must not be read as immutable."""
    if path.with_name(path.name + "-wal").exists():
        return True
    try:
        with path.open("rb") as file:
            modes = file.read(20)[18:]
    except OSError:
        return True
    # Who writes has a log beside it, if it is written with one; and needs room for it or a journal.
    return modes != _WITH_LOG and os.access(path.parent, os.W_OK)


def is_damage(error: Exception, path: Path | None = None) -> bool:
    """Return whether the file's content is at fault, so that trying again would not help.

    path: the file whose header is looked at, too: of one that is damaged, SQLite may only say that
    it is read-only, or of a form that it does not know.
    """
    # A message of SQLite's that quotes what is no text raises UnicodeError in its place.
    if isinstance(error, (_ForeignFileError, UnicodeError, DamagedRowError)):
        return True
    damage = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    unclear = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_READONLY)
    code = _primary_code(error)
    return code in damage or (code in unclear and path is not None and has_damaged_header(path))


def describe(error: Exception) -> str:
    """Return what went wrong, in a few words for people."""
    code = _primary_code(error)
    if code == sqlite3.SQLITE_FULL:
        return _("the disk is full")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _("another program has locked it")
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, LostPagesError):
        return _("some of its pages are out of reach")
    if isinstance(error, UnicodeError | DamagedRowError):
        return _("it contains invalid text")
    return str(error).removesuffix(".")


def move_aside(path: Path, error: Exception) -> Damage:
    """Keep a damaged file under another name, so that a new one can be begun.

    Of those that were kept before, only the newest stays.
    Raises: OSError if it cannot be renamed.
    """
    stem = f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    aside = path.with_name(stem)
    count = 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{stem}-{count}")
    # The log first: SQLite would replay one that is left behind into the new file.
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    kept = sorted(path.parent.glob(f"{path.name}.damaged-*Z*"))
    copies = [copy for copy in kept if not copy.name.endswith(("-wal", "-shm")) and copy != aside]
    for copy in copies[: 1 - _MOST_DAMAGED_COPIES]:
        for suffix in ("-wal", "-shm", ""):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    text = _("The history was damaged ({reason}); it was kept as {name} and a new one was started.")
    return Damage(aside, text.format(reason=describe(error), name=aside.name))


class _ForeignFileError(Exception):
    """A sound SQLite file, but none of ours."""


def _require_whole_trees(path: Path) -> None:
    """Raise LostPagesError if rows are out of reach; before the file is open in this process."""
    if path.is_file() and not has_damaged_header(path) and fold_in_log(path):
        count = count_lost_pages(path)
        if count:
            raise LostPagesError(count)


def _connect(path: Path) -> sqlite3.Connection:
    # Made before SQLite would, for the mode; the log and its index take it over.
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    refuse_special_file(path)
    path.chmod(0o600)
    connection = sqlite3.connect(
        path, timeout=_LOCK_SECONDS, isolation_level=None, cached_statements=48
    )
    try:
        replace_bad_bytes(connection)
        _mend_version(connection)
        version = read_version(connection)
        tables = {
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        if tables if version == 0 else not tables >= _TABLES:
            raise _ForeignFileError(_("its tables are not Memtray's"))
        for pragma in (
            "cache_size = -256",
            "mmap_size = 0",
            "temp_store = MEMORY",
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            f"wal_autocheckpoint = {_WAL_PAGES}",
            "journal_size_limit = 1048576",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        migrate(connection)
        with _model() as model:
            # One changed letter of the schema makes another column, which no statement finds.
            if _columns(connection) != _columns(model):
                raise _ForeignFileError(_("its tables are not Memtray's"))
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _model() -> Iterator[sqlite3.Connection]:
    """Make an empty store in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        migrate(model)
        yield model


def _mend_version(connection: sqlite3.Connection) -> None:
    """Write the version again where everything else is of this one: every step changes tables."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == len(STEPS):
        return
    query = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"
    found = connection.execute(query).fetchall()
    with _model() as model:
        if found == model.execute(query).fetchall():
            connection.execute(f"PRAGMA user_version = {len(STEPS)}")


def _columns(connection: sqlite3.Connection) -> list[object]:
    return [
        connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
        for table in sorted(_TABLES | _NEW_TABLES)
    ]


def _primary_code(error: Exception) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
