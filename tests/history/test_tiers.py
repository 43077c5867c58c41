"""Roll-ups: whatever the order of samples, flushes, roll-ups and deletions, nothing is lost."""

from __future__ import annotations

import math
import tempfile
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.history.stores import AVAILABLE, BEGIN, KEEP_ALL, RSS, pass_time, query, values_of
from trayapp.domain.records.series import Series
from trayapp.history import tiers
from trayapp.history.reader import HistoryReader
from trayapp.history.schema import open_store, transaction
from trayapp.history.writer import HistoryWriter

SERIES = (RSS, AVAILABLE)

# Steps of the wall clock between two samples: forth, back, a long sleep, the very same moment; few
# different ones, so that the clock often comes back to a minute whose samples are gone.
clock_steps = st.one_of(
    st.sampled_from([1.0, 20.0, 60.0, 0.0, -60.0]),
    st.sampled_from([3600.0, -3600.0, 10_800.0, -10_800.0, 86_400.0, -86_400.0]),
    st.floats(-90.0, 90.0),
)
samples = st.tuples(st.just("sample"), clock_steps, st.integers(0, 1), st.floats(-1e15, 1e15))
operations = st.lists(
    st.one_of(
        samples,
        samples,
        st.tuples(st.just("time"), st.sampled_from([0.5, 9.0, 200.0, 4000.0])),
        st.tuples(
            st.just("keep"), st.sampled_from([60.0, 3600.0]), st.sampled_from([60.0, 7200.0])
        ),
        st.tuples(st.just("restart")),
    ),
    max_size=60,
)


GONE = [("keep", 0.0, 60.0), ("sample", 1.0, 0, 9.0), ("sample", 600.0, 1, 1.0), ("time", 4000.0)]


@settings(max_examples=150, deadline=None)
@example([*GONE, ("sample", -600.0, 0, 5.0), ("time", 200.0), ("sample", 0.0, 0, 1.0)])
@example([*GONE, ("sample", 10_800.0, 1, 1.0), ("time", 200.0), ("sample", -11_400.0, 0, 5.0)])
@given(operations)
def test_no_roll_up_loses_anything(steps: list[tuple[object, ...]]) -> None:
    """Every hour has the count, least, mean and greatest value of all samples ever taken in it."""
    taken: dict[tuple[int, int], list[float]] = defaultdict(list)
    wall, monotonic = BEGIN, 0.0
    retention = KEEP_ALL
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite3"
        writer = HistoryWriter(path, retention)
        for step in steps:
            match step:
                case ("sample", float(seconds), int(which), float(value)):
                    wall += seconds
                    monotonic += max(0.0, seconds)
                    writer.add(wall, [(SERIES[which], value)])
                    taken[which, tiers.floor_to(wall, 3600)].append(value)
                case ("time", float(seconds)):
                    pass_time(writer, monotonic, monotonic + seconds, seconds / 2)
                    monotonic += seconds
                case ("keep", float(raw), float(minute)):
                    retention = replace(KEEP_ALL, raw_seconds=raw, minute_seconds=minute)
                    writer.set_retention(retention)
                case _:
                    writer.close()
                    writer = HistoryWriter(path, retention)
            assert writer.problem is None
        writer.close()
        with HistoryReader(path) as reader:
            for which, series in enumerate(SERIES):
                drawn = values_of(reader.points(series, 0, 1e11))
                values = [v for (of, _), some in taken.items() if of == which for v in some]
                assert bool(drawn) == bool(values)
                if drawn:
                    assert min(minimum for minimum, _, _ in drawn) == min(values)
                    assert max(maximum for _, _, maximum in drawn) == max(values)
        drop_all_but_hours(path)
        rows = query(
            path,
            "SELECT kind, name, metric, t_s, count, minimum, mean, maximum"
            " FROM hour JOIN series ON series.id = hour.series",
        )
        stored = {(SERIES.index(Series(*row[:3])), row[3]): row[4:] for row in rows}
    assert stored.keys() == taken.keys()
    for key, values in taken.items():
        count, minimum, mean, maximum = stored[key]
        assert (count, minimum, maximum) == (len(values), min(values), max(values))
        scale = max(map(abs, values))
        assert mean == pytest.approx(math.fsum(values) / len(values), abs=1e-9 * scale)


def drop_all_but_hours(path: Path) -> None:
    """Delete the finer tiers as retention would."""
    connection, _ = open_store(path)
    with closing(connection), transaction(connection):
        while tiers.drop_raw(connection, tiers.EVERYTHING):
            pass
        while tiers.drop_minutes(connection, tiers.EVERYTHING):
            pass


def test_hour_from_minutes_is_hour_from_raw(tmp_path: Path) -> None:
    """The mean of an hour weighs each minute by its samples."""
    path = tmp_path / "history.sqlite3"
    values = [float(second**2 % 977) for second in range(3600)]
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for second, value in enumerate(values):
            if second % 7 and not 600 < second < 1900:
                writer.add(BEGIN + second, [(RSS, value)])
            writer.maintain(float(second))
        writer.add(BEGIN + 3600, [(RSS, 0.0)])
        for moment in range(3600, 3800, 10):
            writer.maintain(float(moment))
    (of_hour,) = query(path, "SELECT count, minimum, mean, maximum FROM hour")
    (of_raw,) = query(
        path,
        "SELECT count(*), min(value), avg(value), max(value) FROM raw WHERE t_ms < ?",
        int(BEGIN + 3600) * 1000,
    )
    assert of_hour == pytest.approx(of_raw)


def test_two_samples_of_one_millisecond_are_both_kept(tmp_path: Path) -> None:
    """The clock, set back, may hit the same moment again, even the last of a minute."""
    path = tmp_path / "history.sqlite3"
    moments = [BEGIN + 59.999, BEGIN + 59.999, BEGIN + 59.999, BEGIN, BEGIN]
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for value, moment in enumerate(moments):
            writer.add(moment, [(RSS, float(value))])
    rows = query(path, "SELECT t_ms, value FROM raw ORDER BY value")
    assert [value for _, value in rows] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert {t_ms // 60_000 for t_ms, _ in rows} == {int(BEGIN) // 60}


def test_finer_tiers_go_first(tmp_path: Path) -> None:
    """What the finer tier still holds is not dropped from the coarser one."""
    connection, _ = open_store(tmp_path / "history.sqlite3")
    first = int(BEGIN)
    with closing(connection), transaction(connection):
        connection.execute("INSERT INTO series VALUES (1, 'target', 'web', 'rss_bytes', 0)")
        for moment in (first, first + 3600, first + 7200):
            tiers.mark_pending(connection, tiers.MINUTE_SECONDS, moment)
            tiers.insert_raw(connection, moment * 1000, 1, 5.0)
        tiers.roll_up(connection, first + 9999, limit=10)
        assert tiers.drop_minutes(connection, tiers.EVERYTHING) == 0
        assert tiers.drop_hours(connection, tiers.EVERYTHING) == 0
        assert tiers.drop_raw(connection, tiers.EVERYTHING) == 1
        assert tiers.drop_minutes(connection, tiers.EVERYTHING) == 1
        assert tiers.drop_minutes(connection, tiers.EVERYTHING) == 0
        assert tiers.drop_hours(connection, tiers.EVERYTHING) == 1
