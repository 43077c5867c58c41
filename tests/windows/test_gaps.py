"""A gap stays a gap, however few points a curve is put together to."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.history.stores import BEGIN, KEEP_ALL, RSS
from trayapp.charts.curves import Curve, make_curve
from trayapp.charts.stacking import stack
from trayapp.domain.records.gaps import Reach, find_gaps
from trayapp.domain.records.series import Point, Series
from trayapp.export.recorded import RecordedFiles
from trayapp.export.report.collecting import Collector
from trayapp.export.source import Source
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter
from trayapp.windows.recordings import RecordingSource

HOUR, DAY = 3600.0, 86_400.0
STOPPED_SECONDS = 48 * HOUR

bursts = st.lists(st.tuples(st.integers(20, 900), st.integers(60, 200_000)), min_size=2, max_size=6)
"""How many samples, 2 s apart, and how long nothing came after them."""


def moments_of(found: Sequence[tuple[int, float]]) -> tuple[list[float], list[tuple[float, float]]]:
    """The samples' times, and the gaps between them."""
    at, times, gaps = 0.0, list[float](), list[tuple[float, float]]()
    for count, away in found:
        times += [at + 2.0 * number for number in range(count)]
        gaps.append((times[-1], times[-1] + away))
        at = times[-1] + away
    return times, gaps[:-1]


def assert_gaps_stay(
    points: Sequence[tuple[float, float | None]], gaps: Sequence[tuple[float, float]]
) -> None:
    """Nothing is drawn between the ends of a gap: no point in it, and no line across it."""
    for start, end in gaps:
        inside = [at for at, value in points if value is not None and start < at < end]
        assert inside == []
        for (before, low), (after, high) in pairwise(points):
            crosses = before <= start and after >= end
            assert not (crosses and low is not None and high is not None)


def plain(points: Sequence[Point]) -> list[tuple[float, float | None]]:
    return [(point.wall_seconds, point.mean) for point in points]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gaps")


def write_rows(path: Path, times: Sequence[float], size: float = 100.0) -> Path:
    rows = [f"{BEGIN + at:.0f},{size + number % 7}" for number, at in enumerate(times)]
    path.write_text("\n".join(["timestamp,rss_mb", *rows]) + "\n")
    return path


@settings(max_examples=40, deadline=None)
@given(bursts, st.integers(10, 1500))
def test_in_trends_of_a_recording(folder: Path, found: list[tuple[int, float]], most: int) -> None:
    times, gaps = moments_of(found)
    source = RecordingSource([write_rows(folder / "rows.csv", times)])
    (series,) = source.series()
    since, until = source.span()
    points = source.points(series, since, until, most)
    wide = [(BEGIN + a, BEGIN + b) for a, b in gaps if b - a > (until - since) / most]
    assert_gaps_stay(plain(points), wide)
    assert len(points) <= most + 2 * len(gaps) + 2


@pytest.mark.parametrize(
    "found",
    [
        [(600, 1800.0), (600, 7200.0), (900, 400.0), (30, 0.0)],
        [(20, STOPPED_SECONDS), (900, 600.0), (900, 0.0)],
    ],
)
def test_in_trends_of_the_history(folder: Path, found: list[tuple[int, float]]) -> None:
    times, gaps = moments_of(found)
    path = folder / f"history{len(found)}.sqlite3"
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for at in times:
            writer.add(BEGIN + at, [(RSS, 100.0)])
        for step in range(40):
            writer.maintain(times[-1] + 100.0 * step)
    with HistoryReader(path) as reader:
        since, until = BEGIN, BEGIN + times[-1]
        for most in (50, 300, 1200):
            points = reader.points(RSS, since, until, most)
            width = (until - since) / (most - 3)
            # A minute or an hour with samples at its beginning only is drawn as a whole one.
            tier = 3600.0 if width >= 3600.0 else 60.0
            wide = [
                (BEGIN + a + tier, BEGIN + b - tier) for a, b in gaps if b - a > 2 * (width + tier)
            ]
            assert_gaps_stay(plain(points), wide)


def test_a_minute_and_an_hour_that_are_missing_are_gaps() -> None:
    for step in (60.0, 3600.0):
        whole = [Reach(number * step, number * step, step, 1) for number in range(20)]
        assert find_gaps(whole) == {}
        assert list(find_gaps([*whole[:9], *whole[10:]])) == [8]


@pytest.fixture(scope="module")
def stopped(folder: Path) -> Path:
    """A logger that stood still for two days: 4,003 rows, then 3,001."""
    times = [2.0 * number for number in range(4003)]
    times += [times[-1] + STOPPED_SECONDS + 2.0 * number for number in range(3001)]
    rows = [f"{BEGIN + at:.0f},{103 if at < DAY else 303}" for at in times]
    path = folder / "stopped.csv.gz"
    path.write_bytes(gzip.compress("\n".join(["timestamp,rss_mb", *rows, ""]).encode()))
    return path


def test_two_days_without_rows_stay_empty(stopped: Path) -> None:
    source = RecordingSource([stopped])
    (series,) = source.series()
    since, until = source.span()
    end = BEGIN + 4002 * 2.0
    for most in (60, 200, 600, 1200, 2000):
        points = source.points(series, since, until, most)
        assert_gaps_stay(plain(points), [(end, end + STOPPED_SECONDS)])
        values = {point.mean for point in points if point.mean is not None}
        assert {round(value / 1e6) for value in values} <= {103, 108, 303, 318}


def test_a_report_draws_nothing_across_it(stopped: Path) -> None:
    recorded = RecordedFiles([stopped])
    since, until = recorded.span()
    series = tuple(recorded.series())
    collector = Collector(
        Source(
            reader=recorded,
            since_wall_seconds=since,
            until_wall_seconds=until,
            series=series,
            targets=(series[0].name,),
            is_everything=True,
            on_progress=lambda _share: None,
        )
    )
    collector.read()
    (target,) = collector.targets.values()
    end = BEGIN + 4002 * 2.0
    found = target.curve.points
    assert found.count(None) == 1
    known = [point for point in found if point is not None]
    assert not [
        point for point in known if end + 60 < point.wall_seconds < end + STOPPED_SECONDS - 60
    ]


def curve_of(points: Sequence[Point]) -> Curve:
    return make_curve(points, series=Series("target", "a", "rss_bytes"), name="a", slot=0)


def test_a_stack_is_not_drawn_where_nothing_is_known(stopped: Path) -> None:
    source = RecordingSource([stopped])
    (series,) = source.series()
    since, until = source.span()
    curve = curve_of(source.points(series, since, until, 1200))
    layers = stack([curve], since, until)
    first, second = layers.stretches()
    column = (until - since) / len(layers.times)
    end = BEGIN + 4002 * 2.0
    assert abs(layers.times[first][-1] - end) <= 2 * column
    assert abs(layers.times[second][0] - end - STOPPED_SECONDS) <= 2 * column


def test_no_value_is_read_off_a_gap(stopped: Path) -> None:
    source = RecordingSource([stopped])
    (series,) = source.series()
    curve = curve_of(source.points(series, *source.span(), 1200))
    end = BEGIN + 4002 * 2.0
    assert curve.value_at(end - 30) is not None
    for share in np.linspace(0.01, 0.99, 25):
        assert curve.value_at(end + share * STOPPED_SECONDS) is None
