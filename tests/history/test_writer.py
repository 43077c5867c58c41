"""Writing: in groups, soon enough, never silently lost, whatever disk, clock and names do."""

from __future__ import annotations

import math
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.history.stores import AVAILABLE, BEGIN, KEEP_ALL, RSS, latest, query
from trayapp.domain.records.series import Event, Series
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


def test_samples_are_written_in_groups(path: Path) -> None:
    """The disk is touched every 8 s, not every tick."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        seen = []
        for second in range(20):
            writer.add(BEGIN + second, [(RSS, float(second)), (AVAILABLE, 1.0)])
            writer.maintain(float(second))
            seen.append(query(path, "SELECT count(*) FROM raw")[0][0] // 2)
    assert seen == [1] * 8 + [9] * 8 + [17] * 4
    assert query(path, "SELECT count(*) FROM raw") == [(40,)]


def test_event_is_written_within_a_second(path: Path) -> None:
    """An alert must not be lost with the group it came in."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(BEGIN, [(RSS, 1.0)])
        writer.maintain(0.0)
        for tick in range(1, 6):
            writer.add_event(Event(wall_seconds=BEGIN, kind="alert", text=f"{tick}"))
            writer.maintain(tick * 0.4)
        assert query(path, "SELECT text FROM event") == [("1",), ("2",), ("3",)]
        writer.maintain(2.4)
        assert len(query(path, "SELECT text FROM event")) == 5


def test_unknown_values_are_not_stored(path: Path) -> None:
    """Not a number is not a sample."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(BEGIN, [(RSS, math.nan), (RSS, math.inf), (AVAILABLE, 2**70)])
        assert writer.flush()
        assert writer.problem is None
    assert query(path, "SELECT value FROM raw") == [(float(2**70),)]


def test_hostile_names_round_trip(path: Path) -> None:
    """Names of processes hold anything, also halves of characters."""
    names = [
        "a\nb",
        "a\0b",
        "\udcff\udc80",
        "\ud800",
        "'; DROP TABLE raw; --",
        "😀",
        "x" * 9000,
        "",
    ]
    curves = [Series("target", name, "rss_bytes") for name in names]
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(BEGIN, [(series, float(i)) for i, series in enumerate(curves)])
        for name in names:
            writer.add_event(Event(wall_seconds=BEGIN, kind="alert", subject=name, text=name))
        assert writer.flush()
    with HistoryReader(path) as reader:
        assert set(reader.series()) == set(curves)
        for i, series in enumerate(curves):
            assert [point.mean for point in reader.points(series, BEGIN, BEGIN + 1)] == [float(i)]
        assert [event.subject for event in reader.events(0, 1e11)] == [n[:4000] for n in names]


WRITE_UNTIL_KILLED = f"""
import sys
from pathlib import Path
from trayapp.domain.records.series import Series
from trayapp.history.writer import HistoryWriter, Retention

writer = HistoryWriter(Path(sys.argv[1]), Retention(raw_seconds=3600))
series = [Series("target", str(number), "rss_bytes") for number in range(26)]
for second in range(int(sys.argv[2]), 10**9):
    writer.add({BEGIN} + second, [(name, float(second)) for name in series])
    writer.maintain(float(second))
    print(second, writer.problem, flush=True)
"""


def test_kill_loses_at_most_ten_seconds(path: Path) -> None:
    """A writer that is killed at any moment leaves a sound store, and the next one goes on."""
    last = 0
    for ticks in (3, 200, 811, 4003):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path), str(last)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for _ in range(ticks):
                last_line = process.stdout.readline()
            process.kill()
            # What it did between our reading and its end counts, too, but for half a line.
            rest = process.stdout.read().splitlines(keepends=True)
            last_line = [last_line, *(line for line in rest if line.endswith("\n"))][-1]
        assert last_line.split()[1] == "None"
        last = int(last_line.split()[0])
        with HistoryReader(path) as reader:
            for number in (0, 25):
                newest = latest(reader, Series("target", str(number), "rss_bytes"))
                assert newest is not None
                assert newest >= last - 10
        with closing(HistoryWriter(path, KEEP_ALL)) as writer:
            assert writer.note is None
        assert query(path, "PRAGMA integrity_check") == [("ok",)]
        last += 1


FILL_DISK = f"""
import resource, sys
from pathlib import Path
from trayapp.domain.records.series import Series
from trayapp.history.writer import HistoryWriter, Retention

series = [Series("target", str(number), "rss_bytes") for number in range(26)]
writer = HistoryWriter(Path(sys.argv[1]), Retention())
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
second, problems = 0, set()
while second < 4000:
    writer.add({BEGIN} + second, [(name, float(second)) for name in series])
    writer.maintain(float(second))
    if writer.problem:
        problems.add(writer.problem)
    if second == 3000:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    second += 1
assert problems and not any("\\n" in problem for problem in problems), problems
assert any("samples lost" in problem for problem in problems), problems
assert writer.problem is None, writer.problem
writer.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_full_disk_is_told_and_survived(path: Path) -> None:
    """While the disk is full the newest samples wait; afterwards they are there, and it is said."""
    result = subprocess.run(
        [sys.executable, "-c", FILL_DISK, str(path)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    with HistoryReader(path) as reader:
        (event,) = reader.events(0, 1e11)
        lost = int(event.text.split()[0])
        assert event.kind == "history"
    (stored,) = query(path, "SELECT count(*) FROM raw")
    assert stored[0] == 26 * 4000 - lost
    newest = query(path, "SELECT count(*) FROM raw WHERE t_ms >= ?", int((BEGIN + 2760) * 1000))
    assert newest == [(26 * 1240,)]


def test_locked_store_is_told_and_tried_again(path: Path) -> None:
    """Another program may hold the file; nothing is lost meanwhile."""
    with (
        closing(HistoryWriter(path, KEEP_ALL)) as writer,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        writer.add(BEGIN, [(RSS, 1.0)])
        writer.maintain(0.0)
        told = writer.problem
        assert told == (
            "The history cannot be written: another program has locked it (1 samples waiting)."
        )
        other.execute("ROLLBACK")
        writer.add(BEGIN + 1, [(RSS, 2.0)])
        writer.maintain(9.0)
        assert writer.problem is None
    assert query(path, "SELECT value FROM raw") == [(1.0,), (2.0,)]


def test_tasks_that_wait_leave_room_for_alerts(path: Path) -> None:
    """While nothing can be written, a program's thousand tasks are lost before one alert is."""
    with (
        closing(HistoryWriter(path, KEEP_ALL)) as writer,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        for number in range(1000):
            writer.add_event(Event(wall_seconds=BEGIN + number, kind="task", subject="web"))
            if number % 10 == 0:
                writer.add_event(Event(wall_seconds=BEGIN + number, kind="alert", subject="web"))
        assert not writer.flush()
        other.execute("ROLLBACK")
        assert writer.flush()
    counts = query(path, "SELECT kind, count(*) FROM event GROUP BY 1 ORDER BY 1")
    assert dict(counts)["alert"] == 100
    assert 0 < dict(counts)["task"] < 200


def test_damage_while_running_begins_a_new_store(path: Path) -> None:
    """A disk that loses pages does not end the recording, nor what was recorded."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for second in range(4000):
            writer.add(BEGIN + second, [(RSS, 1.0)])
        assert writer.flush()
    size = path.stat().st_size
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        with path.open("r+b") as file:
            file.seek(8192)
            file.write(b"\xff" * (size - 8192))
        writer.add(BEGIN + 5000, [(AVAILABLE, 7.0)])
        assert writer.flush()
        assert writer.note is not None
        assert "damaged" in writer.note
        assert writer.problem is None
    assert len(list(path.parent.glob("*.damaged-*"))) >= 1
    with HistoryReader(path) as reader:
        assert latest(reader, AVAILABLE) == 7.0
        assert [event.text for event in reader.events(0, 1e11)] == [writer.note]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files")
def test_removed_file_is_noticed(path: Path) -> None:
    """Somebody deletes the folder: recording goes on in a new file."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for second in range(200):
            writer.add(BEGIN + second, [(RSS, float(second))])
            writer.maintain(float(second))
            if second == 100:
                for part in path.parent.iterdir():
                    part.unlink()
        assert writer.note is not None
        assert "removed" in writer.note
    with HistoryReader(path) as reader:
        assert latest(reader, RSS) == 199.0
        span = reader.span()
        assert span is not None
        assert span[0] <= BEGIN + 170


@pytest.mark.parametrize("step_hours", [9.0, -9.0])
def test_clock_that_jumps_and_comes_back_loses_nothing(path: Path, step_hours: float) -> None:
    """Hours forth or back for ten minutes: every raw sample is still there."""
    retention = replace(KEEP_ALL, raw_seconds=3600.0)
    with closing(HistoryWriter(path, retention)) as writer:
        for second in range(0, 3000, 2):
            jump = step_hours * 3600 if 1200 <= second < 1800 else 0.0
            writer.add(BEGIN + second + jump, [(RSS, float(second))])
            writer.maintain(float(second))
    rows = query(path, "SELECT value FROM raw ORDER BY value")
    assert [value for (value,) in rows] == [float(second) for second in range(0, 3000, 2)]


def test_close_twice_and_size(path: Path) -> None:
    """Closing is forgiving; the size is that of both files."""
    writer = HistoryWriter(path, KEEP_ALL)
    for second in range(500):
        writer.add(BEGIN + second, [(RSS, 1.0), (AVAILABLE, 2.0)])
        writer.maintain(float(second))
    writer.add_event(Event(wall_seconds=BEGIN, kind="start"))
    writer.close()
    writer.close()
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        parts = (path, path.with_name(path.name + "-wal"))
        assert writer.file_bytes() == sum(part.stat().st_size for part in parts)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO in a folder")
@pytest.mark.parametrize("obstacle", ["folder", "fifo", "lock"])
def test_store_that_cannot_be_opened_at_first_is_tried_again(path: Path, obstacle: str) -> None:
    """What waited meanwhile is written, and the problem is told only for as long as it lasts."""
    if obstacle == "folder":
        path.mkdir()
    elif obstacle == "fifo":
        os.mkfifo(path)
    other = sqlite3.connect(":memory:" if obstacle != "lock" else path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with closing(other), closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for second in range(4):
            writer.add(BEGIN + second, [(RSS, float(second))])
            writer.maintain(float(second))
        told = writer.problem or ""
        assert "cannot be opened" in told
        assert "\n" not in told
        other.execute("ROLLBACK")
        if obstacle != "lock":
            path.rmdir() if path.is_dir() else path.unlink()
        writer.maintain(70.0)
        assert writer.problem is None
    assert query(path, "SELECT value FROM raw") == [(0.0,), (1.0,), (2.0,), (3.0,)]


def test_folder_out_of_reach_ends_nothing(path: Path) -> None:
    """A home that is not there for a while: told, waited for, and gone on with."""
    folder, away = path.parent / "data", path.parent / "away"
    with closing(HistoryWriter(folder / path.name, KEEP_ALL)) as writer:
        for second in range(200):
            writer.add(BEGIN + second, [(RSS, float(second))])
            writer.maintain(float(second))
            if second == 60:
                folder.rename(away)
                # A link to itself cannot be followed, which does not mean that nothing is there.
                folder.symlink_to(folder)
            elif second == 130:
                folder.unlink()
                away.rename(folder)
        assert writer.problem is None
    (stored,) = query(folder / path.name, "SELECT count(*) FROM raw")
    assert stored == (200,)
