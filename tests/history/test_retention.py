"""What is kept: by age, by size, in that order of tiers, and the file really shrinks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.history.stores import BEGIN, KEEP_ALL, RSS, latest, pass_time, query
from trayapp.domain.records.series import Event, Series
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import MAXIMUM_EVENTS, MAXIMUM_TASKS, Retention
from trayapp.history.writer import HistoryWriter

MIB = 1024**2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


def ages(path: Path, newest: float) -> list[float]:
    """How old the oldest raw sample, minute and hour are."""
    rows = query(
        path,
        "SELECT (SELECT min(t_ms) FROM raw) / 1000, (SELECT min(t_s) FROM minute),"
        " (SELECT min(t_s) FROM hour)",
    )
    return [newest - oldest for oldest in rows[0]]


def test_each_tier_is_kept_for_its_time(path: Path) -> None:
    """Age alone decides while the store is small."""
    retention = Retention(
        raw_seconds=3600.0, minute_seconds=86_400.0, hour_seconds=7 * 86_400.0, size_bytes=16 * MIB
    )
    with closing(HistoryWriter(path, retention)) as writer:
        for tick in range(0, 9 * 86_400, 90):
            writer.add(BEGIN + tick, [(RSS, 1.0)])
            writer.maintain(float(tick))
        raw, minutes, hours = ages(path, BEGIN + tick)
    assert 3600 <= raw <= 3600 + 240
    assert 86_400 <= minutes <= 86_400 + 3900
    assert 7 * 86_400 <= hours <= 8 * 86_400 + 3900


def test_coarser_tier_is_kept_at_least_as_long() -> None:
    """Settings may say 7 days of raw samples and 1 day of minutes."""
    retention = Retention(raw_seconds=9.0, minute_seconds=5.0, hour_seconds=1.0)
    assert retention.cutoffs(100.0) == (91, 91, 91)


def fill(path: Path, rows: int) -> float:
    """Fill a store with raw samples, quickly; returns the newest wall time."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(BEGIN, [(Series("target", str(n), "rss_bytes"), 1.0) for n in range(26)])
        writer.flush()
    with closing(sqlite3.connect(path)) as connection, connection:
        seconds = rows // 26
        connection.execute(
            "WITH RECURSIVE tick(t) AS (SELECT 1 UNION ALL SELECT t + 1 FROM tick WHERE t < ?)"
            " INSERT INTO raw SELECT (? + t) * 1000, id, t * 4096.5, NULL FROM tick, series",
            (seconds, int(BEGIN)),
        )
        connection.execute(
            "WITH RECURSIVE tick(t) AS (SELECT 60 UNION ALL SELECT t + 60 FROM tick WHERE t < ?)"
            " INSERT INTO pending SELECT 60, ? + t FROM tick",
            (seconds - 60, int(BEGIN)),
        )
        connection.execute(
            "INSERT OR IGNORE INTO pending SELECT 3600, t_s FROM pending WHERE t_s % 3600 = 0"
        )
    return BEGIN + seconds


def file_bytes(path: Path) -> int:
    parts = (path, path.with_name(path.name + "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def test_file_shrinks_to_its_limit(path: Path) -> None:
    """The finest tier's oldest goes first, rolled up before, and the disk gets its space back."""
    newest = fill(path, 1_200_000)
    assert file_bytes(path) > 25 * MIB
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(newest + 1, [(RSS, 1.0)])
        writer.maintain(0.0)
        writer.set_retention(replace(KEEP_ALL, size_bytes=16 * MIB))
        for moment in range(1, 4000):
            writer.maintain(float(moment))
            if file_bytes(path) <= 16 * MIB:
                break
        assert file_bytes(path) <= 16 * MIB
        assert writer.problem is None
        assert writer.file_bytes() <= 16 * MIB
    assert file_bytes(path) <= 16 * MIB
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    raw, minutes, hours = ages(path, newest)
    assert 3600 < raw < newest - BEGIN - 3600
    assert minutes == hours == newest - BEGIN
    with HistoryReader(path) as reader:
        series = Series("target", "3", "rss_bytes")
        points = reader.points(series, BEGIN, newest)
        assert points[0].minimum == 1.0
        assert points[-1].maximum == (newest - BEGIN) * 4096.5


def test_limit_holds_while_much_is_written(path: Path) -> None:
    """More comes in than the limit can hold: the newest wins, in every tier."""
    retention = replace(KEEP_ALL, size_bytes=16 * MIB)
    newest = fill(path, 600_000)
    curves = [Series("target", str(number), "rss_bytes") for number in range(300)]
    largest = 0
    with closing(HistoryWriter(path, retention)) as writer:
        for tick in range(600):
            writer.add(newest + tick * 2.0, [(series, tick + 0.5) for series in curves])
            writer.maintain(tick * 2.0)
            largest = max(largest, file_bytes(path))
        assert writer.problem is None
        with HistoryReader(path) as reader:
            assert latest(reader, curves[299]) is not None
            assert (reader.span() or (0, 0))[0] >= BEGIN
    assert largest < 18 * MIB


def test_store_smaller_than_its_limit_is_left_alone(path: Path) -> None:
    """A steady store is not moved about on the disk."""
    newest = fill(path, 100_000)
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(newest, [(RSS, 1.0)])
        pass_time(writer, 0, 900)
        before = query(path, "SELECT count(*) FROM raw"), path.stat().st_size
        pass_time(writer, 900, 9000)
        assert (query(path, "SELECT count(*) FROM raw"), path.stat().st_size) == before


def test_events_are_bounded(path: Path) -> None:
    """The newest ten thousand stay."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for number in range(MAXIMUM_EVENTS + 300):
            writer.add_event(Event(wall_seconds=BEGIN + number, kind="alert", text=f"{number}"))
            if number % 200 == 0:
                writer.flush()
        writer.add(BEGIN, [(RSS, 1.0)])
        pass_time(writer, 0, 300)
        assert query(path, "SELECT count(*) FROM event") == [(MAXIMUM_EVENTS,)]
    with HistoryReader(path) as reader:
        assert reader.events(0, 1e11, limit=1)[0].text == f"{MAXIMUM_EVENTS + 299}"


def test_age_waits_after_the_clock_jumped_ahead(path: Path) -> None:
    """Nothing is deleted for an age that a wrong clock claims; after an hour it is believed."""
    retention = replace(KEEP_ALL, raw_seconds=3600.0)
    with closing(HistoryWriter(path, retention)) as writer:
        for tick in range(0, 600, 10):
            writer.add(BEGIN + tick, [(RSS, 1.0)])
            writer.maintain(float(tick))
        for tick in range(600, 6000, 10):
            writer.add(BEGIN + tick + 86_400, [(RSS, 1.0)])
            writer.maintain(float(tick))
            oldest = query(path, "SELECT min(t_ms) / 1000 FROM raw")[0][0]
            if tick < 4200:
                assert oldest == BEGIN
    assert oldest > BEGIN + 86_400


def test_tasks_are_bounded_and_push_out_nothing_else(path: Path) -> None:
    """A program that tells of thousands loses its own oldest, not alerts nor another's tasks."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for number in range(3 * MAXIMUM_TASKS):
            kind, subject = ("task", "busy")
            if number % 100 == 0:
                kind, subject = ("alert", "web") if number % 200 else ("task", "quiet")
            event = Event(wall_seconds=BEGIN + number, kind=kind, subject=subject)
            writer.add_event(event)
            if number % 100 == 99:
                writer.flush()
        writer.add(BEGIN, [(RSS, 1.0)])
        pass_time(writer, 0, 300)
    counts = query(path, "SELECT kind, subject, count(*) FROM event GROUP BY 1, 2 ORDER BY 1, 2")
    alerts, quiet = 3 * MAXIMUM_TASKS // 200, 3 * MAXIMUM_TASKS // 200
    assert counts == [
        ("alert", "web", alerts),
        ("task", "busy", MAXIMUM_TASKS - quiet),
        ("task", "quiet", quiet),
    ]
    with HistoryReader(path) as reader:
        (newest,) = reader.events(0, 1e11, ("task",), limit=1, subject="busy")
    assert newest.wall_seconds == BEGIN + 3 * MAXIMUM_TASKS - 1
