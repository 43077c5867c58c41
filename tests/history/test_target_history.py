"""What the details tell of the past, read from a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.windows.stores import MIB, START, Curve, write_store
from trayapp.domain.records.series import Event
from trayapp.history.reader import HistoryReader
from trayapp.history.run_performance import read_performance
from trayapp.history.target_history import read_past, read_runs

BEGIN = 800.0
"""What is there from the beginning of the history may have begun at any time."""
RESTART = BEGIN + 1200.0
SECONDS = BEGIN + 2400.0


def climbing(after: float) -> float | None:
    """Grows by a MiB in 10 s, and was started again once, after a minute's pause."""
    if after < BEGIN or RESTART <= after < RESTART + 60:
        return None
    return (50 + (after - BEGIN) % (RESTART + 60 - BEGIN) / 10) * MIB


@pytest.fixture
def store(tmp_path: Path) -> Path:
    events = [
        Event(wall_seconds=START + RESTART + 60, kind="restart", subject="web", text="again"),
        Event(
            wall_seconds=START + BEGIN + 900, kind="alert", subject="web", level="critical",
            data={"what": "raised"},
        ),
        Event(wall_seconds=START + 900, kind="alert", subject="other", level="emergency"),
        # A program that nobody tracks goes by the same name; as kept now, and as it was once.
        Event(
            wall_seconds=START + RESTART + 300, kind="alert", subject="web", level="emergency",
            data={"what": "raised", "about": "application:program:web"},
        ),
        Event(
            wall_seconds=START + RESTART + 310, kind="alert", subject="web", level="emergency",
            data={"what": "raised", "incident": "leak-of-application:web"},
        ),
        *(
            Event(
                wall_seconds=START + number, kind="task", subject="web",
                data={"growth_bytes": number * MIB},
            )
            for number in range(3)
        ),
    ]  # fmt: skip
    sizes: dict[str, Curve] = {"web": climbing, "flat": 80.0 * MIB}
    return write_store(tmp_path / "h", sizes, seconds=SECONDS, step=4.0, start=START, events=events)


def test_runs_are_told_apart_and_judged(store: Path) -> None:
    with HistoryReader(store) as reader:
        latest, first = read_runs(reader, "web", None)
    assert (first.start, first.end) == pytest.approx((START + BEGIN, START + RESTART), abs=10)
    assert latest.start == pytest.approx(START + RESTART + 60, abs=10)
    assert (first.alert_count, latest.alert_count) == (1, 0)
    assert first.peak_bytes == pytest.approx(170 * MIB, rel=0.02)
    assert first.change_bytes == pytest.approx(120 * MIB, rel=0.02)
    assert first.health is not None
    assert latest.health is not None
    # The alert costs 18 points; both grow as much.
    assert latest.health.score - first.health.score == pytest.approx(18, abs=4)
    assert latest.health.word == "poor"


def test_a_flat_run_is_good_and_a_limit_counts(store: Path) -> None:
    with HistoryReader(store) as reader:
        (run,) = read_runs(reader, "flat", None)
        (limited,) = read_runs(reader, "flat", 80.0 * MIB)
    assert run.health is not None
    assert run.health.score == 100
    assert limited.health is not None
    assert limited.health.score == 75


def test_each_run_has_its_phases(store: Path) -> None:
    with HistoryReader(store) as reader:
        latest, first = read_runs(reader, "web", None)
        (flat,) = read_runs(reader, "flat", None)
    for run in (latest, first):
        (growth,) = run.phases
        assert growth.kind == "growth"
        assert (growth.start, growth.end) == (run.start, run.end)
        assert growth.rate_bytes_per_second == pytest.approx(0.1 * MIB, rel=0.03)
    assert [phase.kind for phase in flat.phases] == ["steady"]


def test_a_run_does_not_end_with_the_size_of_the_next(tmp_path: Path) -> None:
    """Started again without a pause: its end is the moment of the next one's first sample."""

    def web(after: float) -> float | None:
        return None if after < 600 else (20.0 if after >= 200_040 else 300.0) * MIB

    again = Event(wall_seconds=START + 200_040, kind="restart", subject="web")
    file = write_store(tmp_path / "h", {"web": web}, seconds=250_000.0, step=60.0, events=[again])
    with HistoryReader(file) as reader:
        _latest, first = read_runs(reader, "web", None)
    (steady,) = first.phases
    assert (steady.kind, steady.end) == ("steady", first.end)
    assert steady.to_bytes == pytest.approx(300 * MIB, rel=0.01)


def test_a_start_is_told_only_of_what_was_seen_to_begin(tmp_path: Path) -> None:
    def late(after: float) -> float | None:
        return None if after < 300 else min(100.0, 10 + (after - 300) * 5) * MIB

    def known(after: float) -> float:
        return min(100.0, 10 + after * 5) * MIB

    tracked = Event(wall_seconds=START + 300, kind="tracked", subject="named")
    curves: dict[str, Curve] = {"late": late, "known": known, "named": late}
    file = write_store(tmp_path / "h", curves, seconds=1500.0, step=2.0, events=[tracked])
    with HistoryReader(file) as reader:
        kinds = {
            name: [phase.kind for phase in read_runs(reader, name, None)[0].phases]
            for name in curves
        }
    assert kinds["late"] == ["start", "steady"]
    assert kinds["known"] == kinds["named"] == ["growth", "steady"]


def test_the_past_holds_the_last_hour_and_every_task(store: Path) -> None:
    with HistoryReader(store) as reader:
        past = read_past(reader, "web", START + SECONDS)
    assert past.hour[-1].wall_seconds == pytest.approx(START + SECONDS, abs=10)
    assert [event.kind for event in past.events] == ["alert", "restart"]
    assert list(past.tasks) == [0.0, MIB, 2 * MIB]
    # Neither the gap nor the restart is a change: 120 and 114 MiB in two runs.
    assert past.hourly[-1] == pytest.approx(234 * MIB, rel=0.03)
    assert set(past.hourly[:-1]) == {None}


def test_of_memtray_itself_and_of_nobody(store: Path) -> None:
    with HistoryReader(store) as reader:
        assert read_past(reader, "memtray", START + SECONDS).hour[0].mean == 30.0 * MIB
        assert read_past(reader, "nobody", START + SECONDS).hour == ()
        assert read_runs(reader, "nobody", None) == []


def test_memory_is_compared_with_stalls_tasks_and_processor_time(tmp_path: Path) -> None:
    def web(after: float) -> float:
        return (100 + 40 * (after % 300) / 300) * MIB

    tasks = [
        Event(
            wall_seconds=START + at, kind="task", subject="web", text="import",
            data={"task": "import", "seconds": 2 + (at % 300) / 100},
        )
        for at in range(0, 3600, 37)
    ]  # fmt: skip
    file = write_store(tmp_path / "h", {"web": web}, seconds=3600.0, step=4.0, events=tasks)
    with HistoryReader(file) as reader:
        found = {one.measure: one for one in read_performance(reader, "web", START, START + 3600.0)}
        fewer = read_performance(reader, "web", START, START + 3600.0, 200)
    assert found["tasks"].finding == "together"
    assert found["tasks"].with_much is not None
    assert found["tasks"].with_little is not None
    assert found["tasks"].with_much > 1.5 * found["tasks"].with_little
    assert {found["stalls"].finding, found["cpu"].finding} == {"too little"}
    assert {one.finding for one in fewer} == {"too little"}
