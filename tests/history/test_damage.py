"""Damage: a flipped bit is a gap and not another value, and what is whole is saved."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.history.stores import AVAILABLE, BEGIN, KEEP_ALL, RSS, pass_time, query
from trayapp.domain.records.series import Event, Series
from trayapp.errors import HistoryError
from trayapp.history import retention as retention_room
from trayapp.history import writer as writing
from trayapp.history.marks import NUMBER_TABLES
from trayapp.history.pages import PageFile
from trayapp.history.reader import HistoryReader
from trayapp.history.schema import STEPS, migrate
from trayapp.history.writer import HistoryWriter

HOURS = 3
SECONDS = HOURS * 3600


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of some hours of two curves, and an event every ten minutes."""
    path = tmp_path / "history.sqlite3"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for second in range(0, SECONDS, 5):
            writer.add(BEGIN + second, [(RSS, value_at(second)), (AVAILABLE, second / 7)])
            if second % 600 == 0:
                writer.add_event(Event(wall_seconds=BEGIN + second, kind="alert", text="so"))
            writer.maintain(float(second))
    return path


def value_at(second: float) -> float:
    return 1e8 + 4096 * second


def read_all(path: Path, series: Series = RSS) -> dict[int, float]:
    """Read every raw sample by its second."""
    with HistoryReader(path) as reader:
        found = reader.stream([series], BEGIN, BEGIN + SECONDS)
        return {
            round(one.start_ms / 1000 - BEGIN): one.mean for one in found if not one.stretch_seconds
        }


@pytest.mark.parametrize(
    ("table", "column"),
    # Nobody reads minutes of a series that is none.
    [("raw", "series"), *((each, name) for each in NUMBER_TABLES for name in ("value", "time"))],
)
def test_a_changed_number_is_left_out(path: Path, table: str, column: str) -> None:
    """Whatever bit it is: the row is as if it were not there, and the writer says so."""
    moment = "t_ms" if table == "raw" else "t_s"
    column = {"value": "value" if table == "raw" else "mean", "time": moment}.get(column, column)
    randomness = random.Random(7)
    before = query(path, f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608
    damage = 0
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = connection.execute(f"SELECT {moment}, series FROM {table}").fetchall()  # noqa: S608
        for where in randomness.sample(rows, min(20, len(rows) // 2)):
            with suppress(sqlite3.IntegrityError):
                damage += connection.execute(
                    f"UPDATE {table} SET {column} = {column} + ?"  # noqa: S608
                    f" WHERE {moment} = ? AND series = ?",
                    (2 ** randomness.randrange(30), *where),
                ).rowcount
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(BEGIN + SECONDS, [(AVAILABLE, 1.0)])
        pass_time(writer, 0.0, 120.0, 1.0)
        assert writer.note is not None
        assert f"{damage} value" in writer.note
    left = query(path, f"SELECT count(*) FROM {table} WHERE {moment} <> ?", int(BEGIN + SECONDS))  # noqa: S608
    assert damage
    assert before - damage <= left[0][0] <= before + 2 - damage


def test_no_flipped_bit_reads_as_another_value(path: Path) -> None:
    """Any bit of the file: what is drawn afterwards is right, or a gap, or an error."""
    content = path.read_bytes()
    randomness = random.Random(3)
    for _try in range(60):
        place = randomness.randrange(len(content) * 8)
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        with suppress(HistoryError):
            for second, value in read_all(path).items():
                assert value == value_at(second)
        with suppress(HistoryError), HistoryReader(path) as reader:
            for event in reader.events(0, 1e12):
                assert (event.kind, event.text) in {("alert", "so"), ("history", event.text)}
            assert set(reader.series()) <= {RSS, AVAILABLE}


def test_a_page_in_the_place_of_another_tables_shows_nothing(path: Path) -> None:
    """An hour has the columns of a minute, but is none."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM raw")
        connection.execute("DELETE FROM minute")
        connection.execute("INSERT INTO minute SELECT * FROM hour")
    with HistoryReader(path) as reader:
        found = list(reader.stream([RSS, AVAILABLE], BEGIN, BEGIN + SECONDS))
    assert {one.stretch_seconds for one in found} == {3600}


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.5, 0.9])
def test_what_is_whole_of_a_damaged_file_is_saved(path: Path, share: float) -> None:
    """One bad page takes some seconds of samples, not the history."""
    whole = read_all(path)
    page = 4096
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * share) // page * page)
        file.write(b"\xff" * page)
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for second in range(SECONDS, SECONDS + 120):
            writer.add(BEGIN + second, [(AVAILABLE, 7.0)])
            writer.maintain(float(second))
        assert writer.problem is None
    saved = read_all(path)
    assert len(saved) > 0.8 * len(whole)
    assert saved.items() <= whole.items()
    texts = [text for (text,) in query(path, "SELECT text FROM event WHERE kind = 'history'")]
    if len(saved) < len(whole):
        assert any("of the damaged history were recovered" in text for text in texts)
    assert query(path, "SELECT count(*) FROM meta WHERE key = 'salvage'") == [(0,)]


def reopen(path: Path) -> list[str]:
    """Let a writer open it, look through it and save what is whole; return what it says."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        notes = []
        for second in range(SECONDS, SECONDS + 240):
            writer.add(BEGIN + second, [(AVAILABLE, 7.0)])
            writer.maintain(float(second))
            if writer.note is not None and writer.note not in notes:
                notes.append(writer.note)
        assert writer.problem is None
    return notes


@pytest.mark.parametrize("place", [3, 16, 18, 21, 47])
def test_a_destroyed_header_loses_no_row(path: Path, place: int) -> None:
    """It only says where everything is; what is there proves by its marks what it is."""
    whole, content = read_all(path), bytearray(path.read_bytes())
    events = query(path, "SELECT t_ms, text FROM event WHERE kind = 'alert' ORDER BY t_ms")
    content[place] ^= 0x48
    path.write_bytes(content)
    notes = reopen(path)
    assert "kept as" in notes[0]
    assert "were recovered." in notes[1]
    assert read_all(path) == whole
    found = query(path, "SELECT t_ms, text FROM event WHERE kind = 'alert' ORDER BY t_ms")
    assert found == events


def test_a_first_page_that_is_gone_loses_no_row(path: Path) -> None:
    """Names, events, notes and samples are read from their pages, and what was deleted is not."""
    gone = Series("target", "secret", "rss_bytes")
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for second in range(0, SECONDS, 5):
            writer.add(BEGIN + second, [(gone, 9.0)])
        writer.add_event(Event(wall_seconds=BEGIN, kind="alert", subject="web", text="long" * 900))
        writer.remember("runs", "kept" * 3000)
        writer.flush()
        writer.forget("secret")
        pass_time(writer, SECONDS, SECONDS + 100, 1.0)
    whole, content = read_all(path), bytearray(path.read_bytes())
    content[:4096] = bytes(4096)
    path.write_bytes(content)
    assert "values and events" in reopen(path)[1]
    assert read_all(path) == whole
    with HistoryReader(path) as reader:
        assert reader.series() == [AVAILABLE, RSS]
        assert reader.memo("runs") == "kept" * 3000
        assert "long" * 900 in {event.text[:3600] for event in reader.events(0, 1e12)}
        hours = list(reader.stream([RSS], BEGIN, BEGIN + SECONDS, 3600.0))
    assert [one.stretch_seconds for one in hours] == [3600] * HOURS


@pytest.mark.parametrize("version", [0, 1, 3, 1 << 20])
def test_a_damaged_number_of_the_version_is_mended(path: Path, version: int) -> None:
    """All else is of this version: nothing is moved aside, and nobody is asked to update."""
    whole, content = read_all(path), bytearray(path.read_bytes())
    content[60:64] = version.to_bytes(4, "big")
    path.write_bytes(content)
    assert reopen(path) == []
    assert read_all(path) == whole


def pages_below_the_root(path: Path, table: str) -> tuple[int, list[int]]:
    """Return the page of a tree's root, and those that it leads to."""
    query_root = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
    root: int = query(path, query_root, table)[0][0]
    with PageFile(path) as pages:
        return root, [number for number, _kind, parent in pages.entries() if parent == root]


@pytest.mark.parametrize("table", ["raw", "minute"])
def test_a_root_in_whose_place_is_one_of_its_leaves_is_noticed(path: Path, table: str) -> None:
    """For SQLite that is a sound, small tree: everything else would be gone and nothing told."""
    whole = read_all(path)
    root, leaves = pages_below_the_root(path, table)
    content = bytearray(path.read_bytes())
    leaf = content[(leaves[-1] - 1) * 4096 : leaves[-1] * 4096]
    content[(root - 1) * 4096 : root * 4096] = leaf
    path.write_bytes(content)
    notes = reopen(path)
    assert "out of reach" in notes[0]
    assert "are lost" in notes[1] or "is missing" in notes[1]
    # The root of such a tree holds rows of its own, one for each leaf.
    saved = read_all(path)
    assert saved.items() <= whole.items()
    assert len(saved) > len(whole) - len(leaves) - 1


@pytest.mark.parametrize(("from_place", "to_place"), [(3, 7), (7, 3), (-1, 0)])
def test_a_leaf_in_the_place_of_another_is_noticed(
    path: Path, from_place: int, to_place: int
) -> None:
    """All its rows are whole, but it stands where others belong."""
    whole = read_all(path)
    _root, leaves = pages_below_the_root(path, "raw")
    content = bytearray(path.read_bytes())
    source, target = leaves[from_place] - 1, leaves[to_place] - 1
    content[target * 4096 : (target + 1) * 4096] = content[source * 4096 : (source + 1) * 4096]
    path.write_bytes(content)
    notes = reopen(path)
    assert "out of reach" in notes[0]
    # What is written meanwhile to the last leaf makes it another one than its copy.
    assert "are lost" in notes[1] or from_place == -1
    saved = read_all(path)
    assert saved.items() <= whole.items()
    assert len(saved) > 0.9 * len(whole)


@pytest.mark.parametrize("table", ["minute", "pending"])
def test_a_page_of_another_table_before_all_others_is_noticed(path: Path, table: str) -> None:
    """Its rows seem to be so old that they would be deleted for their age."""
    whole = read_all(path)
    _root, leaves = pages_below_the_root(path, "raw")
    query_root = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
    source: int = query(path, query_root, table)[0][0]
    if table == "minute":
        source = pages_below_the_root(path, table)[1][0]
    content = bytearray(path.read_bytes())
    target = leaves[0] - 1
    content[target * 4096 : (target + 1) * 4096] = content[(source - 1) * 4096 : source * 4096]
    path.write_bytes(content)
    assert "out of reach" in reopen(path)[0]
    assert read_all(path).items() <= whole.items()


def test_two_places_of_a_page_that_lead_to_one_row_are_noticed(path: Path) -> None:
    """One flipped bit of a page's own list, and there are as many rows as before."""
    _root, leaves = pages_below_the_root(path, "raw")
    content = bytearray(path.read_bytes())
    begin = (leaves[4] - 1) * 4096 + 8
    content[begin + 20 : begin + 22] = content[begin + 22 : begin + 24]
    path.write_bytes(content)
    assert "out of reach" in reopen(path)[0]


def test_a_name_that_its_index_has_lost_is_noticed(path: Path) -> None:
    """Or a curve would begin anew under the same name, and all there was be out of reach."""
    whole, content = read_all(path), path.read_bytes()
    (root,) = query(path, "SELECT rootpage FROM sqlite_schema WHERE name LIKE 'sqlite_auto%'")[0]
    at = content.index(b"web", (root - 1) * 4096)
    path.write_bytes(content[:at] + b"wec" + content[at + 3 :])
    assert "kept as" in reopen(path)[0]
    assert read_all(path) == whole


def test_a_changed_event_is_counted_once(path: Path) -> None:
    """It is left out, and the person is told so."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE event SET text = 'no' WHERE id = 3")
    assert "1 value of the history was damaged" in reopen(path)[0]
    assert reopen(path) == []


def test_salvage_goes_on_after_a_restart(path: Path) -> None:
    """A run that ends before all is saved leaves the rest to the next one, and nothing twice."""
    path.write_bytes(path.read_bytes()[:-8192])
    for second in range(SECONDS, SECONDS + 60):
        with closing(HistoryWriter(path, KEEP_ALL)) as writer:
            writer.add(BEGIN + second, [(AVAILABLE, 7.0)])
            writer.maintain(float(second))
        if not query(path, "SELECT count(*) FROM meta WHERE key = 'salvage'")[0][0]:
            break
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for second in range(SECONDS + 60, SECONDS + 160):
            writer.add(BEGIN + second, [(AVAILABLE, 7.0)])
            writer.maintain(float(second))
    assert len(read_all(path)) > 0.8 * SECONDS / 5
    count, distinct = query(
        path, "SELECT count(*), count(DISTINCT t_ms) FROM event WHERE kind = 'alert'"
    )[0]
    assert count == distinct


def test_at_most_two_damaged_copies_are_kept(path: Path) -> None:
    """A disk that goes on losing pages does not fill itself with what it lost."""
    for _round in range(4):
        path.write_bytes(b"this is no database" * 500)
        HistoryWriter(path, KEEP_ALL).close()
    assert len(list(path.parent.glob("*.damaged-*"))) == 2


def test_a_store_without_marks_stays_readable(path: Path, tmp_path: Path) -> None:
    """A copy that an older Memtray wrote is read as it is, and migrated by the writer."""
    old = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        migrate(connection, STEPS[:1])
        connection.execute("ATTACH ? AS new", (str(path),))
        for table, columns in {
            "raw": "t_ms, series, value",
            "minute": "series, t_s, count, minimum, mean, maximum",
            "series": "id, kind, name, metric",
            "event": "id, t_ms, kind, subject, level, text, data",
        }.items():
            connection.execute(f"INSERT INTO {table} SELECT {columns} FROM new.{table}")  # noqa: S608
    before = read_all(old)
    assert before == read_all(path)
    with HistoryReader(old, is_copy=True) as reader:
        assert len(reader.events(0, 1e12)) == SECONDS // 600
        assert reader.series() == [AVAILABLE, RSS]
    with closing(HistoryWriter(old, KEEP_ALL)) as writer:
        writer.add(BEGIN + SECONDS, [(AVAILABLE, 7.0)])
        pass_time(writer, 0.0, 120.0, 1.0)
        assert writer.note is None
    assert read_all(old) == before


def test_samples_of_a_clock_far_ahead_are_not_the_newest(tmp_path: Path) -> None:
    """They are told, shown only where their dates are asked for, and deleted after a while."""
    path, now = tmp_path / "history.sqlite3", time.time()
    far = now + 400 * 86_400
    retention = replace(KEEP_ALL, raw_seconds=3600.0)
    with closing(HistoryWriter(path, retention)) as writer:
        for second in range(20):
            writer.add(now - 60 + second, [(RSS, 1.0)])
            writer.add(far + second, [(RSS, 2.0)])
        writer.add(now, [(RSS, 3.0)])
        writer.maintain(0.0)
        assert "clock was far ahead" in (writer.note or "")
        with HistoryReader(path) as reader:
            first, last = reader.span() or (0.0, 0.0)
            # An hour that has just been completed is stored by its beginning.
            assert now - 121 - 3600 < first < last < now + 1
            assert reader.points(RSS, first, far + 60)[-1].mean == 3.0
            assert reader.points(RSS, far, far + 60)[-1].mean == 2.0
        writer.add(now + 7200, [(RSS, 3.0)])
        pass_time(writer, 7200.0, 7230.0, 1.0)
    assert query(path, "SELECT max(t_ms) FROM raw")[0][0] < (now + 7201) * 1000


def test_a_clock_far_behind_takes_nothing_for_the_future(path: Path) -> None:
    """It is this clock that is wrong, not all there is."""
    before = query(path, "SELECT count(*) FROM raw")
    with closing(HistoryWriter(path, replace(KEEP_ALL, raw_seconds=60.0))) as writer:
        for second in range(0, 1000, 10):
            writer.add(1000.0 + second, [(Series("target", "late", "rss_bytes"), 2.0)])
            writer.maintain(float(second))
        assert writer.note is None
    assert query(path, "SELECT count(*) FROM raw WHERE t_ms > ?", int(BEGIN * 1000) - 1) == before


def test_a_log_that_a_reader_keeps_long_is_told_and_bounded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing waits at twice the file, and goes on, with what waited, when the reader ends."""
    monkeypatch.setattr(retention_room, "LONG_LOG_BYTES", 100_000)
    monkeypatch.setattr(writing, "LONG_LOG_BYTES", 100_000)
    monkeypatch.setattr(retention_room, "_LEAST_LOG_LIMIT_BYTES", 400_000)
    limit = max(400_000, 2 * path.stat().st_size)
    log = path.with_name(path.name + "-wal")
    told: set[str] = set()
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM raw").fetchall()
            for second in range(SECONDS, SECONDS + 1600):
                writer.add(BEGIN + second, [(RSS, value_at(second)), (AVAILABLE, second / 7)])
                writer.maintain(float(second))
                told.add((writer.problem or "").split(" to ")[0])
            assert log.stat().st_size < limit + 100_000
        for second in range(SECONDS + 1600, SECONDS + 1800):
            writer.add(BEGIN + second, [(RSS, value_at(second)), (AVAILABLE, second / 7)])
            writer.maintain(float(second))
        assert writer.problem is None
    assert "The history's log has grown" in told
    (stored,) = query(path, "SELECT count(*) FROM raw WHERE t_ms >= ?", int(BEGIN + SECONDS) * 1000)
    assert stored == (2 * 1800,)
