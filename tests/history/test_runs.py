"""Runs of a target begin where it was started again or was gone, and are laid over each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.windows.stores import MIB, START, write_store
from trayapp.charts.selection import Selection
from trayapp.domain.records.series import Event
from trayapp.history.reader import HistoryReader
from trayapp.history.runs import find_runs
from trayapp.windows.trend_reading import read_trends


def runs(path: Path) -> list[tuple[float, float]]:
    """Seconds since the start of the history, newest first."""
    with HistoryReader(path) as reader:
        return [
            (round(start - START), round(end - START)) for start, end in find_runs(reader, "web")
        ]


def restart(after: float) -> Event:
    return Event(wall_seconds=START + after, kind="restart", subject="web")


def test_a_restart_without_a_gap_begins_a_run_at_its_moment(tmp_path: Path) -> None:
    store = write_store(
        tmp_path / "h", {"web": 1.0 * MIB}, seconds=3600, step=10, events=[restart(1505)]
    )
    assert runs(store) == [(1505, 3600)]


def test_a_time_without_the_target_ends_a_run(tmp_path: Path) -> None:
    store = write_store(
        tmp_path / "h",
        {"web": lambda at: None if at < 900 or 1800 < at < 2400 else 1.0 * MIB},
        seconds=3600,
        step=10,
    )
    assert runs(store) == [(2400, 3600), (900, 1800)]


def test_the_ends_are_exact_in_a_long_history_too(tmp_path: Path) -> None:
    """A run of two minutes is shorter than what one point of a week stands for."""
    late = 7 * 86_400.0

    def course(at: float) -> float | None:
        return 1.0 * MIB if 1000 <= at <= 3000 or late - 120 <= at else None

    path = tmp_path / "h"
    write_store(path, {"web": course}, seconds=4000, step=10)
    store = write_store(
        path, {"web": lambda at: course(at + late - 600)},
        seconds=600, step=2, start=START + late - 600,
    )  # fmt: skip
    (latest, first) = runs(store)
    assert latest == (late - 120, late)
    assert first == (1000, 3000)


def test_a_time_without_memtray_ends_a_run_only_if_it_came_back_smaller(tmp_path: Path) -> None:
    def back_with(share: float, name: str) -> list[tuple[float, float]]:
        path = tmp_path / name
        late = {"web": lambda at: None if at < 700 else 100.0 * MIB}
        write_store(path, late, seconds=1800, step=10)
        return runs(
            write_store(path, {"web": share * 100 * MIB}, seconds=600, step=10, start=START + 5400)
        )

    assert back_with(0.95, "same") == [(700, 6000)]
    assert back_with(0.3, "smaller") == [(5400, 6000), (700, 1800)]


def test_the_first_run_of_the_history_may_have_begun_before_it(tmp_path: Path) -> None:
    """It is left out beside others, whose beginnings are known."""
    store = write_store(
        tmp_path / "h",
        {"web": lambda at: None if 1000 < at < 1200 else 1.0 * MIB},
        seconds=3600,
        step=10,
    )
    assert runs(store) == [(1200, 3600)]
    alone = write_store(tmp_path / "alone", {"web": 1.0 * MIB}, seconds=3600, step=10)
    assert runs(alone) == [(0, 3600)]


def test_a_first_run_that_was_seen_to_begin_counts(tmp_path: Path) -> None:
    """However soon after the history it began: Memtray had looked before."""
    for begin in (10.0, 300.0):

        def course(at: float, begin: float = begin) -> float | None:
            return None if at < begin or 1000 < at < 1200 else 1.0 * MIB

        store = write_store(tmp_path / f"h{begin:.0f}", {"web": course}, seconds=3600, step=10)
        assert runs(store) == [(1200, 3600), (begin, 1000)]


def test_they_are_laid_over_each_other_from_their_starts(tmp_path: Path) -> None:
    """The second run grew as the first had; each keeps its spikes."""

    def grow(at: float) -> float | None:
        ran = (at - 700) % 1500
        return None if at < 700 or ran > 1300 else 100 * MIB + ran * 10_000 + (ran == 500) * MIB

    store = write_store(tmp_path / "h", {"web": grow}, seconds=3600, step=10)
    with HistoryReader(store) as reader:
        data = read_trends(reader, Selection(targets=("web",), runs_of="web"))
    assert data.runs is not None
    latest, before = data.runs
    assert data.since == 0.0
    assert data.until == pytest.approx(1300, abs=20)
    for run in (latest, before):
        value = run.curve.value_at(300.0)
        assert value is not None
        assert value[1] == pytest.approx(100 * MIB + 3_000_000, rel=0.01)
        assert run.curve.peak is not None
    assert before.curve.peak == pytest.approx(100 * MIB + 13_000_000, rel=0.01)


def test_a_target_without_a_history_has_no_runs(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", {"other": 1.0}, seconds=60)
    assert runs(store) == []
    with HistoryReader(store) as reader:
        assert read_trends(reader, Selection(runs_of="web")).runs == ()
