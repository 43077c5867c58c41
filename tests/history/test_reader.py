"""Reading: the right tier, at most so many points, extremes kept, gaps shown, faults told."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.history.stores import (
    AVAILABLE,
    BEGIN,
    KEEP_ALL,
    RSS,
    latest,
    pass_time,
    values_of,
    write,
)
from trayapp.domain.records.series import Event, Point, Series
from trayapp.errors import HistoryError
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


def read(
    path: Path, since: float, until: float, max_points: int = 2000, series: Series = RSS
) -> list[Point]:
    with HistoryReader(path) as reader:
        return reader.points(series, since, until, max_points)


def test_few_samples_come_back_exactly(path: Path) -> None:
    """What fits is not rounded into stretches."""
    write(path, [(BEGIN + 2 * i, RSS, float(i)) for i in range(30)])
    assert read(path, BEGIN, BEGIN + 600) == [Point(BEGIN + 2 * i, i, i, i) for i in range(30)]


def test_both_ends_of_the_span_belong_to_it(path: Path) -> None:
    """A sample at the very moment asked for is shown."""
    write(path, [(BEGIN + i, RSS, float(i)) for i in range(10)])
    assert [point.mean for point in read(path, BEGIN + 3, BEGIN + 5)] == [3, 4, 5]


def test_unknown_series_and_empty_spans_have_no_points(path: Path) -> None:
    """Nothing is an answer, not an error."""
    write(path, [(BEGIN, RSS, 1.0)])
    assert read(path, BEGIN, BEGIN + 60, series=AVAILABLE) == []
    assert read(path, BEGIN + 60, BEGIN) == []
    assert read(path, BEGIN + 60, BEGIN + 90) == []


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.integers(0, 10**12), min_size=1, max_size=400),
    spacing=st.sampled_from([0.2, 1.0, 7.0, 60.0, 700.0]),
    max_points=st.integers(4, 300),
)
def test_downsampling_keeps_extremes_and_its_word(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[int],
    spacing: float,
    max_points: int,
) -> None:
    """However few points are asked for, the peak is among them, and times only grow."""
    path = tmp_path_factory.mktemp("store") / "history.sqlite3"
    write(path, [(BEGIN + i * spacing, RSS, float(value)) for i, value in enumerate(values)])
    points = read(path, BEGIN, BEGIN + len(values) * spacing, max_points)
    drawn = values_of(points)
    assert 1 <= len(drawn) <= max_points
    assert min(minimum for minimum, _, _ in drawn) == min(values)
    assert max(maximum for _, _, maximum in drawn) == max(values)
    assert all(a.wall_seconds < b.wall_seconds for a, b in pairwise(points))
    for minimum, mean, maximum in drawn:
        assert minimum <= mean * (1 + 1e-12)
        assert mean <= maximum * (1 + 1e-12)
    shutil.rmtree(path.parent)


def test_coarser_tiers_fill_in_what_is_gone(path: Path) -> None:
    """A curve runs from hours over minutes to raw samples without a break or a double."""
    keep = replace(KEEP_ALL, raw_seconds=3600.0, minute_seconds=3 * 3600.0)
    with closing(HistoryWriter(path, keep)) as writer:
        for tick in range(6 * 360):
            moment = tick * 10.0
            writer.add(BEGIN + moment, [(RSS, moment)])
            writer.maintain(moment)
    with HistoryReader(path) as reader:
        for hours in (1.5, 2.4, 5.0, 6.0):
            points = reader.points(RSS, BEGIN + (6 - hours) * 3600, BEGIN + 6 * 3600)
            assert all(point.mean is not None for point in points)
            means = [point.mean or 0.0 for point in points]
            assert means == sorted(means)
            assert means[-1] == pytest.approx(6 * 3600 - 10, abs=30)
            assert means[0] == pytest.approx((6 - hours) * 3600, abs=1801)
        widest = reader.points(RSS, BEGIN, BEGIN + 6 * 3600)
        assert widest[0].minimum == 0.0
        assert widest[0].mean == pytest.approx(1795.0)
        assert widest[0].wall_seconds == BEGIN + 1800


def test_newest_samples_are_shown_before_their_roll_up(path: Path) -> None:
    """A chart of weeks ends now, not at the last full hour."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for hour in range(90 * 24):
            writer.add(BEGIN + hour * 3600, [(RSS, 1.0)])
            if hour % 9 == 0:
                writer.flush()
                pass_time(writer, hour * 3600.0, hour * 3600.0 + 200, 65)
        end = BEGIN + 90 * 86_400
        writer.add(end, [(RSS, 7.0)])
        writer.flush()
        with HistoryReader(path) as reader:
            for days in (1, 30, 90):
                assert reader.points(RSS, end - days * 86_400, end)[-1].maximum == 7.0


@pytest.mark.parametrize("max_points", [2000, 100])
@pytest.mark.parametrize("spacing", [1.0, 10.0])
def test_gap_is_a_point_of_nones(path: Path, spacing: float, max_points: int) -> None:
    """A pause is no line; being a little late is no pause."""
    moments = [i * spacing for i in range(300)]
    late = moments[-1] + 2.5 * spacing
    moments += [late + i * spacing for i in range(300)]
    pause = moments[-1] + 100
    moments += [pause + i * spacing for i in range(300)]
    write(path, [(BEGIN + moment, RSS, 5.0) for moment in moments])
    points = read(path, BEGIN, BEGIN + moments[-1], max_points)
    (gap,) = [point for point in points if point.mean is None]
    assert gap == Point(gap.wall_seconds, None, None, None)
    assert pause - 100 < gap.wall_seconds - BEGIN < pause


def test_longer_interval_is_not_all_gaps(path: Path) -> None:
    """What is usual is judged near by: from 1 s to 30 s and back is no gap."""
    moments = [float(i) for i in range(300)]
    moments += [moments[-1] + 30 * (i + 1) for i in range(40)]
    moments += [moments[-1] + 1 * (i + 1) for i in range(300)]
    write(path, [(BEGIN + moment, RSS, 5.0) for moment in moments])
    assert all(point.mean is not None for point in read(path, BEGIN, BEGIN + moments[-1]))


def test_gap_shows_in_minutes_and_hours(path: Path) -> None:
    """A night's sleep is a gap at every scale."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for tick in range(0, 70 * 86_400, 1200):
            if tick % 86_400 < 60_000:
                writer.add(BEGIN + tick, [(RSS, 5.0)])
            writer.maintain(float(tick))
    for days in (3, 70):
        points = read(path, BEGIN, BEGIN + days * 86_400 - 1)
        assert sum(point.mean is None for point in points) == days - 1


def test_events_by_time_kind_and_number(path: Path) -> None:
    """The newest of those asked for, in order of time."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for i in range(10):
            kind = "alert" if i % 2 else "cleanup"
            writer.add_event(
                Event(
                    wall_seconds=BEGIN + i,
                    kind=kind,
                    subject="web",
                    level="warning",
                    text=f"{i}",
                    data={"freed_bytes": i, "held": None, "how": "a\n\udcff"},
                )
            )
    with HistoryReader(path) as reader:
        assert [event.text for event in reader.events(BEGIN + 3, BEGIN + 5)] == ["3", "4", "5"]
        alerts = reader.events(0, 1e11, kinds=["alert", "'; --"], limit=2)
        assert [event.text for event in alerts] == ["7", "9"]
        assert reader.events(0, 1e11, kinds=[]) == []
        assert alerts[0] == Event(
            wall_seconds=BEGIN + 7,
            kind="alert",
            subject="web",
            level="warning",
            text="7",
            data={"freed_bytes": 7, "held": None, "how": "a\n\udcff"},
        )


def test_span_and_the_newest_value(path: Path) -> None:
    """The ends of what is stored; nothing stored has none."""
    HistoryWriter(path, KEEP_ALL).close()
    with HistoryReader(path) as reader:
        assert (reader.span(), latest(reader, RSS), reader.series()) == (None, None, [])
    write(path, [(BEGIN + i, RSS, float(i)) for i in range(100)])
    write(path, [(BEGIN - 60, AVAILABLE, 7.0)])
    with HistoryReader(path) as reader:
        assert reader.span() == (BEGIN - 60, BEGIN + 99)
        assert latest(reader, RSS) == 99.0
        assert latest(reader, AVAILABLE) == 7.0
        assert reader.series() == [AVAILABLE, RSS]


def test_path_is_quoted(tmp_path: Path) -> None:
    """A folder's name is not part of the address."""
    path = tmp_path / "100 % of ? # [it]\n" / "history.sqlite3"
    write(path, [(BEGIN, RSS, 1.0)])
    with HistoryReader(path) as reader:
        assert reader.series() == [RSS]


def test_reading_does_not_write(path: Path) -> None:
    """A reader cannot change the store, and leaves the file as it was."""
    write(path, [(BEGIN, RSS, 1.0)])
    before = path.read_bytes()
    assert len(read(path, BEGIN, BEGIN + 1)) == 1
    assert path.read_bytes() == before


def test_reading_a_copy_leaves_nothing_beside_it(path: Path, tmp_path: Path) -> None:
    """But a log that came with it is read, too."""
    write(path, [(BEGIN, RSS, 1.0)])
    copy = tmp_path / "copies" / "history.sqlite3"
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    with HistoryReader(copy, is_copy=True) as reader:
        assert latest(reader, RSS) == 1.0
    assert [file.name for file in copy.parent.iterdir()] == ["history.sqlite3"]
    writer = HistoryWriter(path, KEEP_ALL)
    writer.add(BEGIN + 1, [(RSS, 2.0)])
    assert writer.flush()
    log = path.with_name(path.name + "-wal")
    copy.with_name(log.name).write_bytes(log.read_bytes())
    copy.write_bytes(path.read_bytes())
    writer.close()
    with HistoryReader(copy, is_copy=True) as reader:
        assert latest(reader, RSS) == 2.0


@pytest.mark.usefixtures("obeyed_modes")
def test_copy_on_a_read_only_disk_can_be_read(path: Path) -> None:
    """A store of another machine, in a folder that takes no files."""
    write(path, [(BEGIN, RSS, 1.0)])
    path.parent.chmod(0o555)
    try:
        assert len(read(path, BEGIN, BEGIN + 1)) == 1
    finally:
        path.parent.chmod(0o755)


@pytest.mark.parametrize("content", [None, b"", b"text that is no database" * 100])
def test_what_is_no_history_is_told_in_one_line(path: Path, content: bytes | None) -> None:
    """No store, an empty file, another file."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HistoryError) as caught:
        HistoryReader(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content is None or path.read_bytes() == content


def test_reading_while_another_process_writes(path: Path) -> None:
    """Readers and the writer do not wait for each other, and nothing is seen half."""
    program = (
        "import sys; from pathlib import Path\n"
        "from trayapp.domain.records.series import Series\n"
        "from trayapp.history.writer import HistoryWriter, Retention\n"
        "writer = HistoryWriter(Path(sys.argv[1]), Retention())\n"
        "pair = [Series('target', name, 'rss_bytes') for name in ('a', 'b')]\n"
        "for second in range(10**9):\n"
        f"    writer.add({BEGIN} + second, [(series, float(second)) for series in pair])\n"
        "    writer.maintain(float(second))\n"
        "    if second == 100: print('ready', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            looks: set[float] = set()
            deadline = time.monotonic() + 20
            while len(looks) < 20 and time.monotonic() < deadline:
                with HistoryReader(path) as reader:
                    _, newest = reader.span() or (math.nan, math.nan)
                    a, b = (
                        reader.points(Series("target", name, "rss_bytes"), newest - 60, newest)
                        for name in "ab"
                    )
                    assert a == b
                    assert [point.mean for point in a] == [
                        point.wall_seconds - BEGIN for point in a
                    ]
                    looks.add(newest)
            assert process.poll() is None
        finally:
            process.kill()
    assert len(looks) == 20


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("data", "{broken"),
        ("data", "[1]"),
        ("data", "[" * 100_000),
        ("data", b"\xff\xfe"),
        ("kind", b"\xff"),
        ("subject", 5),
        ("t_ms", "soon"),
    ],
)
def test_an_event_that_cannot_be_read_is_left_out_and_counted(
    path: Path, column: str, value: object
) -> None:
    """One changed byte takes one event, not all of them."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for text in ("one", "two"):
            writer.add_event(Event(wall_seconds=BEGIN, kind="alert", text=text))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            f"UPDATE event SET {column} = ? WHERE text = 'one'",  # noqa: S608 - our own names
            (value,),
        )
    with HistoryReader(path) as reader:
        assert [event.text for event in reader.events(0, 1e12)] == ["two"]
        # A moment that is none is not within any stretch of time.
        assert reader.left_out == (column != "t_ms")


def test_text_that_is_none_in_the_schema_is_damage(path: Path) -> None:
    """One byte of a table's name: the reader says so, the writer begins anew."""
    write(path, [(BEGIN, RSS, 1.0)])
    content = path.read_bytes()
    path.write_bytes(content.replace(b"CREATE TABLE meta", b"CREATE TABLE m\xe4ta"))
    with contextlib.suppress(HistoryError), HistoryReader(path) as reader:
        reader.memo("runs")
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        writer.add(BEGIN + 60, [(RSS, 2.0)])
        assert writer.flush()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_fifo_is_refused_at_once(path: Path) -> None:
    """SQLite would wait for somebody who writes into it."""
    os.mkfifo(path)
    with pytest.raises(HistoryError, match="not a regular file"):
        HistoryReader(path)
