"""Minutes of applications: exact, small, bounded by age and room, and handed on to targets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.history.stores import AVAILABLE, BEGIN, KEEP_ALL, RSS, pass_time, query, values_of, write
from trayapp.domain.records.series import (
    APPLICATION,
    ApplicationMinute,
    Event,
    Inheritance,
    Point,
    Series,
)
from trayapp.history.minute_blocks import decode_minutes, encode_minutes
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import Retention
from trayapp.history.schema import STEPS, migrate
from trayapp.history.writer import HistoryWriter

KIB = 1024
APP = Series(APPLICATION, "leaky.py", "rss_bytes")
APP_SIZE = Series(APPLICATION, "leaky.py", "size_bytes")
OTHER = Series(APPLICATION, "other", "rss_bytes")
HOUR, DAY = 3600, 86_400
kib = st.integers(0, 2**40)
blocks = st.dictionaries(
    st.integers(0, 59), st.tuples(kib, kib).map(lambda pair: (min(pair), max(pair)))
)


def minutes_of(
    series: Series, numbers: Iterable[int], first: float = BEGIN
) -> list[ApplicationMinute]:
    """Of each minute, its number in MiB as mean and one more as maximum."""
    return [
        ApplicationMinute(int(first) + 60 * number, series, number * KIB**2, (number + 1) * KIB**2)
        for number in numbers
    ]


def write_minutes(writer: HistoryWriter, count: int, *series: Series) -> None:
    """Let the given minutes pass, as they would beside samples."""
    for number in range(count):
        writer.add(BEGIN + 60.0 * number + 59, [(AVAILABLE, 1.0)])
        writer.add_minutes(one for each in series for one in minutes_of(each, [number]))
        writer.maintain(60.0 * number + 59)


def points(path: Path, series: Series, seconds: float, most: int = 100_000) -> list[Point]:
    with HistoryReader(path) as reader:
        return reader.points(series, BEGIN, BEGIN + seconds, most)


@given(blocks)
def test_a_block_is_read_as_it_was_written(minutes: dict[int, tuple[int, int]]) -> None:
    assert decode_minutes(encode_minutes(minutes)) == minutes


@given(st.binary(max_size=80))
def test_a_damaged_block_is_refused_or_read_as_something(block: bytes) -> None:
    """It never fails in another way, nor runs away."""
    try:
        found = decode_minutes(block)
    except ValueError:
        return
    assert all(0 <= place < 60 for place in found)


def test_an_hour_that_hardly_changes_takes_few_bytes() -> None:
    assert len(encode_minutes({place: (100_000 + place % 3, 100_010) for place in range(60)})) < 140


def test_every_minute_is_read_as_it_was_given_packed_or_not(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 150, APP)
        found = values_of(points(path, APP, 150 * 60))
        assert found == [(n * KIB**2, n * KIB**2, (n + 1) * KIB**2) for n in range(150)]
        assert query(path, "SELECT count(*) FROM application_hour") == [(2,)]
        assert query(path, "SELECT min(t_s) FROM application_minute") == [(int(BEGIN) + 2 * HOUR,)]
    assert values_of(points(path, APP, 150 * 60)) == found


def test_times_without_a_minute_are_gaps(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add_minutes([*minutes_of(APP, range(10)), *minutes_of(APP, range(40, 50))])
        writer.add(BEGIN + 3000, [(AVAILABLE, 1.0)])
        writer.flush()
        curve = points(path, APP, 3000)
    assert [one.mean is None for one in curve].count(True) == 1
    assert len(curve) == 21


def test_few_points_keep_the_greatest_of_what_they_stand_for(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 180, APP)
    curve = values_of(points(path, APP, 180 * 60, most=20))
    assert len(curve) <= 20
    assert curve[-1][2] == 180 * KIB**2
    assert curve[0][0] == 0


def test_an_export_streams_them_beside_samples_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 130, APP)
    for step in (0.0, 60.0, 3600.0):
        with HistoryReader(path) as reader:
            found = [*reader.stream([AVAILABLE, APP], BEGIN, BEGIN + 130 * 60, step)]
        own = [one.mean for one in found if one.place == 1]
        assert own == [n * KIB**2 for n in range(130)]
        width = max(1.0, step) * 1000
        assert sorted(one.start_ms // width for one in found) == [
            one.start_ms // width for one in found
        ]


def test_minutes_of_a_clock_that_was_set_back_join_those_of_their_hour(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 90, APP)
        late = ApplicationMinute(int(BEGIN) + 300, APP, 7.0 * KIB, 8.0 * KIB)
        writer.add_minutes([late])
        writer.add(BEGIN + 90 * 60, [(AVAILABLE, 1.0)])
        pass_time(writer, 5400, 5600)
        found = values_of(points(path, APP, 5400))
    assert len(found) == 90
    assert found[5] == (7.0 * KIB, 7.0 * KIB, 8.0 * KIB)


def test_what_is_too_old_goes_with_the_names_of_whom_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "h"
    keep = replace(KEEP_ALL, application_seconds=2.0 * DAY)
    with closing(HistoryWriter(path, keep)) as writer:
        writer.add_minutes(minutes_of(OTHER, range(60)))
        for hour in range(72):
            writer.add(BEGIN + hour * HOUR, [(AVAILABLE, 1.0)])
            writer.add_minutes(minutes_of(APP, [hour * 60]))
            pass_time(writer, hour * HOUR, hour * HOUR + 120)
        with HistoryReader(path) as reader:
            assert {one.name for one in reader.series() if one.kind == APPLICATION} == {"leaky.py"}
        assert query(path, "SELECT min(t_s) FROM application_hour") == [
            (int(BEGIN) + (71 - 48) * HOUR,)
        ]


def test_room_is_a_limit_that_takes_the_oldest_days_and_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "h"
    many = [Series(APPLICATION, f"app {number}", "rss_bytes") for number in range(40)]
    keep = replace(KEEP_ALL, application_bytes=300 * KIB)
    with closing(HistoryWriter(path, keep)) as writer:
        for hour in range(96):
            writer.add(BEGIN + (hour + 1) * HOUR, [(AVAILABLE, 1.0)])
            for number, series in enumerate(many):
                writer.add_minutes(
                    ApplicationMinute(
                        int(BEGIN) + hour * HOUR + 60 * minute, series,
                        (number * 977 + minute * 131 % 4096) * 7e5, 3e9,
                    )
                    for minute in range(60)
                )  # fmt: skip
                if number % 20 == 0:
                    writer.flush()
            pass_time(writer, hour * HOUR, hour * HOUR + 180)
        assert writer.problem is None
        used = _pages(path, "application_hour", "application_minute")
        assert 60 * KIB < used <= 300 * KIB
        with HistoryReader(path) as reader:
            notes = [each.text for each in reader.events(0.0, 2 * BEGIN, ("history",))]
        assert len(notes) == 1
        assert "300 KiB" in notes[0]


def _pages(path: Path, *tables: str) -> int:
    """Return what these tables really take; skips where SQLite cannot say."""
    try:
        return sum(
            query(path, "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ?", table)[0][0]
            for table in tables
        )
    except sqlite3.OperationalError:
        pytest.skip("this SQLite has no dbstat")


def test_a_small_history_leaves_applications_a_quarter(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with closing(HistoryWriter(path, Retention(size_bytes=16 * KIB))) as writer:
        for hour in range(40):
            writer.add(BEGIN + hour * HOUR, [(AVAILABLE, 1.0)])
            writer.add_minutes(minutes_of(APP, range(hour * 60, hour * 60 + 60)))
            pass_time(writer, hour * HOUR, hour * HOUR + 180)
        assert query(path, "SELECT count(*) FROM application_hour")[0][0] < 30


def test_a_target_begins_with_the_past_of_the_application_that_it_was(tmp_path: Path) -> None:
    path = tmp_path / "h"
    mine = Series("target", "mine", "rss_bytes")
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 150, APP, APP_SIZE)
        now = BEGIN + 150 * 60
        assert writer.inherit(Inheritance("mine", "leaky.py"), now) == BEGIN
        for second in range(0, 90, 5):
            writer.add(now + second, [(mine, 500.0 * KIB**2), (AVAILABLE, 1.0)])
        writer.flush()
        for most in (100_000, 30):
            curve = values_of(points(path, mine, 152 * 60, most))
            assert curve[0][1] <= 10 * KIB**2
            assert curve[-1] == (500 * KIB**2,) * 3
        pass_time(writer, 9000, 20_000, step=60.0)
        assert values_of(points(path, mine._replace(metric="size_bytes"), 9100))[0][1] == 0
        # The hours that it was copied into are worked out anew.
        hours = "SELECT count(*) FROM hour JOIN series ON id = series WHERE name = 'mine'"
        assert query(path, hours) == [(4,)]
        assert values_of(points(path, mine, 152 * 60))[:150] == values_of(
            points(path, APP, 150 * 60)
        )


def test_the_minute_that_runs_is_not_lost_between_them(tmp_path: Path) -> None:
    path = tmp_path / "h"
    mine = Series("target", "mine", "rss_bytes")
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 4, APP)
        writer.inherit(Inheritance("mine", "leaky.py"), BEGIN + 3 * 60 + 40)
        writer.add(BEGIN + 3 * 60 + 40, [(mine, 5.0 * KIB**2)])
        writer.flush()
        curve = points(path, mine, 300)
        assert [(one.wall_seconds - BEGIN, one.mean) for one in curve] == [
            (30.0, 0.0), (90.0, KIB**2), (150.0, 2 * KIB**2), (200.0, 3 * KIB**2),
            (220.0, 5 * KIB**2),
        ]  # fmt: skip
        pass_time(writer, 400, 500)
        assert values_of(points(path, mine, 300))[-1] == (5 * KIB**2,) * 3


def test_what_a_target_knows_itself_stays(tmp_path: Path) -> None:
    """It was a target before, in part of the same time."""
    path = tmp_path / "h"
    write(path, [(BEGIN + 60 * n + s, RSS, 9.0) for n in range(5) for s in (0, 30)])
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 10, APP)
        pass_time(writer, 600, 700)
        assert writer.inherit(Inheritance("web", "leaky.py"), BEGIN + 700) == BEGIN
        found = [mean for _low, mean, _high in values_of(points(path, RSS, 600))]
    assert found == [9.0] * 10 + [n * KIB**2 for n in range(5, 10)]


def test_nothing_is_inherited_from_whom_nothing_is_known(tmp_path: Path) -> None:
    with closing(HistoryWriter(tmp_path / "h", KEEP_ALL)) as writer:
        assert writer.inherit(Inheritance("mine", "nobody"), BEGIN) is None


def test_an_application_is_forgotten_without_the_target_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / "h"
    target = APP._replace(kind="target")
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 3, APP)
        writer.add(BEGIN + 200, [(target, 1.0)])
        for about in ("application:program:leaky.py", "target:leaky.py"):
            writer.add_event(
                Event(wall_seconds=BEGIN, kind="alert", subject="leaky.py", data={"about": about})
            )
        assert writer.forget("leaky.py", APPLICATION)
        assert points(path, APP, 200) == []
        assert len(points(path, target, 200)) == 1
        with HistoryReader(path) as reader:
            (left,) = reader.events(0.0, BEGIN + 200)
        assert left.data == {"about": "target:leaky.py"}
        assert writer.forget("leaky.py")
        assert points(path, target, 200) == []


def test_forgetting_takes_the_minutes_of_an_application_too(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 90, APP, OTHER)
        assert writer.forget("leaky.py")
        assert points(path, APP, 5400) == []
        pass_time(writer, 5400, 5500, step=1.0)
        for table in ("application_minute", "application_hour"):
            assert query(path, f"SELECT count(DISTINCT series) FROM {table}") == [(1,)]  # noqa: S608
        assert len(values_of(points(path, OTHER, 5400))) == 90


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE application_hour SET minutes = CAST(minutes || x'01' AS BLOB)",
        "UPDATE application_hour SET mark = mark + 1",
        "UPDATE application_hour SET minutes = 'text'",
        "UPDATE application_minute SET mean = mean + 4096",
        "UPDATE application_minute SET maximum = 'text'",
    ],
)
def test_damaged_rows_are_gaps_and_are_reported(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "h"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 90, APP)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)
    left = 30 if "application_hour" in damage else 60
    assert len(values_of(points(path, APP, 5400))) == left
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(BEGIN + 5400, [(AVAILABLE, 1.0)])
        pass_time(writer, 0.0, 120.0, 1.0)
        assert writer.note is not None
        assert len(values_of(points(path, APP, 5400))) == left


@pytest.mark.parametrize("is_first", [False, True])
def test_a_damaged_file_gives_back_the_minutes_that_are_whole(
    tmp_path: Path, is_first: bool
) -> None:
    """Without a root of other rows, or without the first page, which tells where all are."""
    path = tmp_path / "h"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 150, APP, OTHER)
    with closing(sqlite3.connect(path)) as connection:
        query_root = "SELECT rootpage FROM sqlite_schema WHERE name = 'raw'"
        root = connection.execute(query_root).fetchone()[0]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek(0 if is_first else (root - 1) * size)
        file.write(b"\xff" * size)
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(BEGIN + 9000, [(AVAILABLE, 1.0)])
        pass_time(writer, 0.0, 120.0, 1.0)
        assert writer.note is not None
    for series in (APP, OTHER):
        assert len(values_of(points(path, series, 9000))) == 150


@pytest.mark.parametrize("version", [1, 2])
def test_a_history_of_before_is_read_and_gains_applications_when_it_is_written(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "h"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, STEPS[:version])
        connection.execute("INSERT INTO series (kind, name, metric) VALUES ('target', 'web', 'x')")
        connection.execute(
            "INSERT INTO raw (t_ms, series, value) VALUES (?, 1, 5.0)", (int(BEGIN) * 1000,)
        )
    old = Series("target", "web", "x")
    with HistoryReader(path) as reader:
        assert values_of(reader.curves([old, APP], BEGIN, BEGIN + 60)[0]) == [(5.0, 5.0, 5.0)]
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        write_minutes(writer, 3, APP)
        assert writer.problem is None
    assert len(values_of(points(path, APP, 180))) == 3
    assert values_of(points(path, old, 1)) == [(5.0, 5.0, 5.0)]


def test_a_file_without_their_tables_is_not_taken_for_ours(tmp_path: Path) -> None:
    """What a newer version says of itself has to be so."""
    path = tmp_path / "h"
    write(path, [(BEGIN, RSS, 5.0)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE application_hour")
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        assert writer.note is not None
