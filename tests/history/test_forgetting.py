"""Forgetting a target: out of sight at once, off the disk soon, and nothing else touched."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.history.stores import AVAILABLE, BEGIN, KEEP_ALL, RSS, pass_time, query, values_of
from trayapp.domain.records.series import Event, Series
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter

OTHER = Series("target", "db", "rss_bytes")
ANON = Series("target", "web", "anon_bytes")
SECONDS = 3 * 3600


def write_hours(path: Path) -> HistoryWriter:
    """Three hours of two targets and the machine, rolled up where due."""
    writer = HistoryWriter(path, KEEP_ALL)
    for second in range(0, SECONDS, 10):
        values = [(RSS, 1.0), (ANON, 2.0), (OTHER, 3.0), (AVAILABLE, 4.0)]
        writer.add(BEGIN + second, values)
        if second % 600 == 0:
            writer.maintain(float(second))
    for subject in ("web", "db"):
        writer.add_event(Event(wall_seconds=BEGIN, kind="alert", subject=subject))
    writer.flush()
    pass_time(writer, SECONDS, SECONDS + 1200, step=60.0)
    return writer


def read(path: Path, series: Series) -> list[tuple[float, float, float]]:
    with HistoryReader(path) as reader:
        return values_of(reader.points(series, BEGIN, BEGIN + SECONDS + 60))


def test_a_forgotten_target_is_out_of_sight_at_once(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with closing(write_hours(path)) as writer:
        others = read(path, OTHER)
        assert writer.forget("web")
        with HistoryReader(path) as reader:
            assert reader.series() == [AVAILABLE, OTHER]
            events = reader.events(0.0, BEGIN + SECONDS)
        assert [event.subject for event in events] == ["db"]
        assert read(path, RSS) == []
        assert read(path, OTHER) == others


def test_nothing_of_it_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with closing(write_hours(path)) as writer:
        others = read(path, OTHER)
        assert writer.forget("web")
        pass_time(writer, SECONDS + 1200, SECONDS + 1300, step=1.0)
        assert query(path, "SELECT DISTINCT name FROM series WHERE kind = 'target'") == [("db",)]
        for table in ("raw", "minute", "hour"):
            known = "SELECT count(*) FROM series"
            assert query(path, f"SELECT count(DISTINCT series) FROM {table}") == query(path, known)  # noqa: S608
        assert read(path, OTHER) == others


def test_what_comes_later_is_kept_apart_from_what_was_forgotten(tmp_path: Path) -> None:
    """Also when it is forgotten twice, and Memtray restarted in between."""
    path = tmp_path / "h"
    write_hours(path).close()
    for value in (7.0, 8.0):
        with closing(HistoryWriter(path, KEEP_ALL)) as writer:
            assert writer.forget("web")
            writer.add(BEGIN + SECONDS + 30, [(RSS, value)])
    assert read(path, RSS) == [(8.0, 8.0, 8.0)]
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        pass_time(writer, 0.0, 100.0, step=1.0)
        assert read(path, RSS) == [(8.0, 8.0, 8.0)]
        assert query(path, "SELECT count(*) FROM series WHERE kind = 'forgotten'") == [(0,)]
