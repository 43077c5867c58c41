"""What a chart shows is what was recorded: gaps, spikes, restarts and honest rates."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.windows.stores import GIB, MIB, START, target, write_store
from trayapp.charts.curves import Floats, TrendData, make_curve, recent_rate
from trayapp.charts.events import task_growth
from trayapp.charts.selection import Selection
from trayapp.domain.judging.learned import learn
from trayapp.domain.records.series import Event, Point
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter
from trayapp.windows.trend_reading import TASK_COLUMNS, read_trends, usual_hours

LEAK_BYTES_PER_SECOND = 200_000.0


def read(path: Path, **chosen: Any) -> TrendData:
    with HistoryReader(path) as reader:
        return read_trends(reader, Selection(**chosen))


def test_values_are_those_recorded(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", {"leak": lambda t: 50 * MIB + LEAK_BYTES_PER_SECOND * t})
    data = read(store, targets=("leak",), span_seconds=600.0)
    (leak,) = data.targets
    assert leak.current == pytest.approx(50 * MIB + LEAK_BYTES_PER_SECOND * 600)
    assert leak.peak == leak.current
    assert leak.rate == pytest.approx(LEAK_BYTES_PER_SECOND)
    assert data.total_bytes == 16 * GIB
    used, swap = data.system
    assert used.current == 6 * GIB
    assert swap.current == 64 * MIB
    assert (data.since, data.until) == (START, START + 600)


def test_a_time_without_the_target_is_a_gap(tmp_path: Path) -> None:
    """The curve is not bridged where nothing ran, and has no current value once it has ended."""
    store = write_store(
        tmp_path / "h",
        {
            "paused": lambda t: None if 200 < t < 300 else 10.0 * MIB,
            "ended": lambda t: 10.0 * MIB if t < 300 else None,
        },
    )
    ended, paused = read(store, targets=("paused", "ended")).targets
    inside = (paused.times > START + 200) & (paused.times < START + 300)
    assert np.isnan(paused.mean[inside]).any()
    assert paused.value_at(START + 250) is None
    assert paused.value_at(START + 100) is not None
    assert paused.current is not None
    assert ended.current is None
    assert ended.rate is None
    assert ended.peak == 10 * MIB


def test_a_restart_between_two_samples_breaks_the_line(tmp_path: Path) -> None:
    restart = Event(wall_seconds=START + 301, kind="restart", subject="web", text="web restarted")
    store = write_store(tmp_path / "h", {"web": 90.0 * MIB}, events=[restart])
    (web,) = read(store, targets=("web",)).targets
    at = int(np.searchsorted(web.times, START + 301))
    assert np.isnan(web.mean[at])


def test_a_spike_of_one_sample_is_kept_in_a_long_stretch(tmp_path: Path) -> None:
    """However many samples share a point, none of the extremes is lost."""
    store = write_store(
        tmp_path / "h",
        {"spiky": lambda t: 900.0 * MIB if t == 12_000 else 100.0 * MIB},
        seconds=40_000,
        step=20,
    )
    (spiky,) = read(store, targets=("spiky",)).targets
    assert spiky.peak == 900 * MIB
    assert float(np.nanmin(spiky.low)) == 100 * MIB


def test_events_go_beside_what_they_are_about(tmp_path: Path) -> None:
    """Of the system above, of chosen targets below; of others, and resolved ones, nowhere."""

    def alert(subject: str, level: str, after: float = 100.0) -> Event:
        return Event(wall_seconds=START + after, kind="alert", subject=subject, level=level)

    events = [
        alert("system", "warning"),
        alert("web", "critical"),
        alert("web", "normal", 150),
        alert("hidden", "emergency"),
        Event(wall_seconds=START + 200, kind="cleanup", subject="web"),
    ]
    store = write_store(tmp_path / "h", {"web": 1.0, "hidden": 1.0}, events=events)
    data = read(store, targets=("web",))
    assert [event.subject for event in data.system_events] == ["system"]
    assert [(event.kind, event.level) for event in data.target_events] == [
        ("alert", "critical"),
        ("cleanup", ""),
    ]


def test_alerts_of_another_program_of_the_name_are_not_marked_on_the_target(
    tmp_path: Path,
) -> None:
    told = {"what": "raised", "about": "application:program:web"}
    events = [
        Event(wall_seconds=START + 10, kind="alert", subject="web", level="warning", data=about)
        for about in (told, {"what": "raised", "incident": "leak-of-application:web"})
    ]
    store = write_store(tmp_path / "h", {"web": 1.0}, events=events)
    data = read(store, targets=("web",))
    assert data.target_events == ()


def test_crowded_events_share_a_mark_with_the_worst(tmp_path: Path) -> None:
    events = [
        Event(
            wall_seconds=START + number / 100,
            kind="alert",
            subject="system",
            level="emergency" if number == 50 else "warning",
            text=str(number),
        )
        for number in range(100)
    ]
    store = write_store(tmp_path / "h", {}, events=events)
    (mark,) = read(store).system_events
    assert mark.level == "emergency"
    assert mark.text == "50 (and 99 more)"


def task(after: float, seconds: float, growth: int | None, subject: str = "web") -> Event:
    return Event(
        wall_seconds=START + after,
        kind="task",
        subject=subject,
        text=f"{growth}",
        data={"task": f"{growth}", "seconds": seconds, "growth_bytes": growth},
    )


def test_a_thousand_tasks_share_marks_with_who_grew_most_and_hide_no_alert(tmp_path: Path) -> None:
    alert = Event(wall_seconds=START + 1, kind="alert", subject="web", level="warning", text="a")
    tasks = [task(10 + number * 0.25, 0.1, number) for number in range(2000)]
    store = write_store(tmp_path / "h", {"web": 1.0, "other": 1.0}, events=[alert])
    with closing(HistoryWriter(store, Retention())) as writer:
        for number, one in enumerate([*tasks, task(300, 5, 10**9, subject="other")]):
            writer.add_event(one)
            if number % 100 == 0:
                writer.flush()
    data = read(store, targets=("web",))
    assert len(data.tasks) == 2000  # and of what is not shown, none
    marked = [event for event in data.target_events if event.kind == "task"]
    assert len(marked) <= TASK_COLUMNS + 1
    assert max(map(task_growth, marked)) == 1999
    assert [event.kind for event in data.target_events if event.kind != "task"] == ["alert"]


def test_a_task_that_began_before_the_chart_reaches_into_it(tmp_path: Path) -> None:
    events = [task(50, 200, 1), task(60, 20, 2), task(400, 20, None)]
    store = write_store(tmp_path / "h", {"web": 1.0}, events=events)
    data = read(store, targets=("web",), window=(START + 100, START + 300))
    assert [event.data["growth_bytes"] for event in data.tasks] == [1]


def test_an_unknown_target_and_an_empty_stretch_are_no_error(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", {"web": 1.0})
    assert read(store, targets=("nobody",)).targets == ()
    (web,) = read(store, targets=("web",), window=(START - 5000, START - 4000)).targets
    assert not web.is_known
    assert (web.current, web.peak, web.rate) == (None, None, None)


@given(
    slope=st.floats(-1e6, 1e6),
    spikes=st.sets(st.integers(0, 99), max_size=20),
    count=st.integers(3, 100),
)
def test_the_rate_does_not_see_spikes(slope: float, spikes: set[int], count: int) -> None:
    """Up to a fifth of wild samples does not move the rate."""
    times: Floats = START + np.arange(count, dtype=np.float64) * 2.0
    values: Floats = 1e9 + slope * (times - START)
    for spike in sorted(spikes)[: count // 5]:
        if spike < count:
            values[spike] = 5e10
    assert recent_rate(times, values) == pytest.approx(slope, rel=0.02, abs=5.0)


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e13)), max_size=60))
def test_any_curve_can_be_summed_up(values: list[float | None]) -> None:
    points = [Point(START + at, value, value, value) for at, value in enumerate(values)]
    curve = make_curve(points, series=target("x"), name="x", slot=0, breaks=[START + 3.5])
    known = [value for value in values if value is not None]
    assert curve.peak == (max(known) if known else None)
    assert curve.current is None or curve.current in known
    assert curve.rate is None or np.isfinite(curve.rate)


def test_what_is_usual_is_shaded_hour_by_hour_within_the_chart() -> None:
    """From Monday at midnight UTC, learned of one hour and known of those beside it."""
    monday = 4 * 86_400.0
    learned = learn([(monday + 3600.0 * 10, 5e6, 9e6)], time.localtime(monday).tm_gmtoff)
    hours = usual_hours(learned, monday, monday + 86_400.0)
    assert [at - monday for at, _low, _high in hours] == [32_400.0, 36_000.0, 39_600.0]
    assert all(low < high for _at, low, high in hours)
    assert usual_hours(learned, monday, monday + 30 * 86_400.0) == []
