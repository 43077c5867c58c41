"""The file: made private, migrated, refused when newer, never overwritten when damaged."""

from __future__ import annotations

import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.history.stores import AVAILABLE, BEGIN, KEEP_ALL, RSS, query, write
from trayapp.errors import HistoryError
from trayapp.history.reader import HistoryReader
from trayapp.history.schema import (
    STEPS,
    decode_text,
    encode_text,
    migrate,
    open_store,
    transaction,
)
from trayapp.history.writer import HistoryWriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "history.sqlite3"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_file_is_private_even_while_open(path: Path) -> None:
    """Nobody else may read which programs a person runs."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(BEGIN, [(RSS, 1.0)])
        writer.flush()
        modes = {part.name: stat.S_IMODE(part.stat().st_mode) for part in path.parent.iterdir()}
    assert modes == dict.fromkeys((path.name, f"{path.name}-wal", f"{path.name}-shm"), 0o600)


def test_empty_file_is_a_store_of_version_0(path: Path) -> None:
    """An empty file, as left by a full disk, becomes a store."""
    path.parent.mkdir()
    path.touch()
    connection, damage = open_store(path)
    connection.close()
    assert damage is None
    assert query(path, "PRAGMA user_version") == [(len(STEPS),)]
    assert query(path, "PRAGMA auto_vacuum") == [(2,)]
    assert query(path, "PRAGMA journal_mode") == [("wal",)]


def test_next_version_keeps_what_is_stored(path: Path) -> None:
    """A later step runs once, on a store with data in it."""
    write(path, [(BEGIN, RSS, 5.0)])
    steps = [*STEPS, ("ALTER TABLE event ADD COLUMN seen INTEGER",)]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, steps)
        migrate(connection, steps)
        assert connection.execute("SELECT value FROM raw").fetchall() == [(5.0,)]
        assert connection.execute("SELECT count(seen) FROM event").fetchone() == (0,)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS) + 1,)


def test_failing_step_changes_nothing(path: Path) -> None:
    """Half of a migration is none."""
    write(path, [(BEGIN, RSS, 5.0)])
    steps = [*STEPS, ("DELETE FROM raw", "ALTER TABLE nobody ADD COLUMN x")]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, steps)
        assert connection.execute("SELECT count(*) FROM raw").fetchone() == (1,)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)


def test_newer_store_is_refused_and_left_alone(path: Path) -> None:
    """An old Memtray does not touch what it does not know."""
    write(path, [(BEGIN, RSS, 5.0)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE event ADD COLUMN seen")
        connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    before = path.read_bytes()
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        assert "update Memtray" in (writer.problem or "")
    with pytest.raises(HistoryError, match="update Memtray") as caught:
        HistoryReader(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["text", "torn", "foreign"])
def test_damaged_store_is_kept_aside(path: Path, damage: str) -> None:
    """What cannot be read is kept, said, and does not stop the recording."""
    write(path, [(BEGIN, RSS, 5.0)])
    if damage == "text":
        path.write_bytes(b"this is no database" * 500)
    elif damage == "torn":
        path.write_bytes(path.read_bytes()[:4096])
    else:
        path.unlink()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE of_somebody_else (x)")
    content = path.read_bytes()
    path.with_name(path.name + "-wal").write_bytes(b"its log")
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        note = writer.note
        writer.add(BEGIN + 60, [(AVAILABLE, 7.0)])
    (aside,) = path.parent.glob("history.sqlite3.damaged-????????T??????Z")
    assert aside.read_bytes() == content
    assert note is not None
    assert aside.name in note
    with HistoryReader(path) as reader:
        assert reader.series() == [AVAILABLE]
        (event,) = reader.events(0, 1e12)
        assert (event.kind, event.text) == ("history", note)


def test_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """A file where a folder should be."""
    (tmp_path / "data").touch()
    with closing(HistoryWriter(tmp_path / "data" / "history.sqlite3", KEEP_ALL)) as writer:
        assert writer.problem is not None
        assert "cannot be opened" in writer.problem
        assert "\n" not in writer.problem


@pytest.mark.parametrize(
    "text", ["web", "", "a\nb", "a\0b", "\udcff", "\ud83d\ude00", "😀", "'; --"]
)
def test_any_text_survives(text: str) -> None:
    """Names are written by strangers."""
    with closing(sqlite3.connect(":memory:")) as connection:
        (stored,) = connection.execute("SELECT ?", (encode_text(text),)).fetchone()
    assert decode_text(stored) == text


def test_transaction_is_all_or_nothing() -> None:
    """An error in between leaves no trace and no open transaction."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (x)")
        with pytest.raises(ZeroDivisionError), transaction(connection):
            connection.execute("INSERT INTO t VALUES (1)")
            raise ZeroDivisionError
        assert not connection.in_transaction
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
