"""What is known of a target after Memtray was restarted: through a real store, by a turned clock.

Each restart is as hard as `kill -9`: what the writer had not written yet is lost.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.domain.building import HASTY, MIB, frame
from trayapp.applet.rebuilding import RUNS, Rebuilding
from trayapp.domain.grouping.target_run import marks_as_text
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Incident, Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.sessions import SESSION
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.domain.records.series import Event
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter

BEGIN = 1_700_002_800.0
RULES = MonitorRules(targets=(TargetRule(name="app", match="app"),), leaks=HASTY)
HOUR = 3600.0

Sizes = Callable[[float], TargetSample]


def one_process(
    size_bytes: Callable[[float], float], *, pid: int = 100, started: int = 100
) -> Sizes:
    """A target of one process, whose size is a function of the second."""

    def sample(second: float) -> TargetSample:
        size = round(size_bytes(second))
        reading = MemoryReading(rss_bytes=size + 20 * MIB, anon_bytes=size)
        return TargetSample(name="app", readings=((ProcessKey(pid, started), reading),))

    return sample


def leak(bytes_per_second: float) -> Sizes:
    return one_process(lambda second: 80 * MIB + bytes_per_second * second)


@dataclass
class Machine:
    """What outlives Memtray: the store, and what happens on the machine meanwhile."""

    store: Path
    sizes: Sizes
    interval: float = 5.0
    boot: str = "first"
    rules: MonitorRules = RULES
    views: list[tuple[float, TargetView]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    incidents: tuple[Incident, ...] = ()

    def run(self, since: float, until: float, *, ends_well: bool = False) -> None:
        """Let one Memtray run from second to second; its own monotonic clock begins anew."""
        monitor = Monitor(self.rules)
        monitor.restore(self.incidents)
        # Killed, it does not close its store; here nothing more is written to it.
        writer = HistoryWriter(self.store, Retention())
        offset = 1000.0 - since
        rebuilding: Rebuilding | None = Rebuilding(self.store, monitor, self.boot, BEGIN + since)
        with HistoryReader(self.store) as reader:
            monitor.preload_sessions(reader.events(0, 1e11, (SESSION,)))
        second = since
        while second < until:
            taken = replace(
                frame(second, self.sizes(second), interval_seconds=self.interval),
                monotonic_seconds=second + offset,
                wall_seconds=BEGIN + second,
            )
            outcome = monitor.judge_frame(taken, Quiet())
            writer.add(BEGIN + second, outcome.values)
            if outcome.runs_changed:
                writer.remember(RUNS, marks_as_text(self.boot, monitor.run_marks))
            self._keep(writer, outcome.events)
            self.views.append((second, outcome.view.targets[0]))
            writer.maintain(second + offset)
            while rebuilding is not None:
                ended = rebuilding.replay_next(offset - BEGIN)
                if ended is None:
                    rebuilding = None
                else:
                    self._keep(writer, ended)
            second += self.interval
        self.incidents = monitor.open_incidents
        if ends_well:
            writer.close()
        elif writer._connection is not None:
            writer._connection.close()

    def run_in_pieces(self, until: float, every: float, away: float = 7.0) -> None:
        """Restart Memtray every so often; it is away for some seconds each time."""
        second = 0.0
        while second < until:
            self.run(second, min(until, second + every))
            second += every + away

    def found_at(self) -> float | None:
        """When the target was first said to leak."""
        return next((at for at, view in self.views if view.leak.level == "leaking"), None)

    def _keep(self, writer: HistoryWriter, events: Iterable[Event]) -> None:
        for event in events:
            writer.add_event(event)
            self.events.append(event)


Make = Callable[[Sizes], Machine]


@pytest.fixture
def machine(tmp_path: Path) -> Make:
    made: list[Machine] = []

    def make(sizes: Sizes) -> Machine:
        made.append(Machine(tmp_path / f"history{len(made)}.sqlite3", sizes))
        return made[-1]

    return make


def test_a_slow_leak_is_found_over_a_restart_every_twenty_minutes(machine: Make) -> None:
    """2 KB/s for eight hours."""
    found = machine(leak(2000.0))
    found.run_in_pieces(8 * HOUR, every=1200.0)
    straight = machine(leak(2000.0))
    straight.run(0.0, 8 * HOUR)
    assert straight.found_at() is not None
    assert found.found_at() == pytest.approx(straight.found_at(), abs=150)


def test_a_leak_is_found_over_a_restart_every_ten_minutes(machine: Make) -> None:
    found = machine(leak(100_000.0))
    found.run_in_pieces(HOUR, every=600.0)
    assert (found.found_at() or HOUR) < 1200


@pytest.mark.parametrize("rate", [30_000.0, 100_000.0, 400_000.0])
def test_six_restarts_do_not_put_off_when_a_leak_is_told(machine: Make, rate: float) -> None:
    straight, restarted = machine(leak(rate)), machine(leak(rate))
    for each in (straight, restarted):
        each.interval = 1.0
    straight.run(0.0, 2000.0)
    restarted.run_in_pieces(2000.0, every=300.0, away=4.0)
    assert straight.found_at() is not None
    assert restarted.found_at() == pytest.approx(straight.found_at(), abs=59)


def test_what_leaks_leaks_right_after_a_restart_with_the_same_figures(machine: Make) -> None:
    found = machine(leak(20_000.0))
    found.run(0.0, 3 * HOUR)
    before = found.views[-1][1]
    found.views.clear()
    found.run(3 * HOUR + 6, 3 * HOUR + 30)
    assert found.views[0][1].leak.level == "healthy"  # the first look waits for nothing
    after = found.views[1][1]
    assert after.leak.level == "leaking"
    assert after.leak.rate_bytes_per_second == pytest.approx(20_000, rel=0.05)
    assert after.leak_since_wall_seconds == pytest.approx(before.leak_since_wall_seconds, abs=1200)
    assert after.slope_bytes_per_second == pytest.approx(20_000, rel=0.1)
    assert after.growing_since_wall_seconds is not None
    assert after.growing_since_wall_seconds < BEGIN + HOUR
    assert [event.kind for event in found.events if event.kind != "alert"] == []


def test_a_leak_that_was_told_is_told_once_over_restarts(machine: Make) -> None:
    found = machine(leak(100_000.0))
    found.run_in_pieces(2 * HOUR, every=600.0)
    told = [
        event.data["what"]
        for event in found.events
        if event.kind == "alert" and str(event.data["incident"]).startswith("leak:")
    ]
    assert told == ["raised"]


def test_what_came_while_memtray_was_away_is_no_growth(machine: Make) -> None:
    """It holds 200 MiB more after two hours; before and after it holds still."""
    found = machine(one_process(lambda second: (80 if second < 2 * HOUR else 280) * MIB))
    found.run(0.0, HOUR)
    found.run(3 * HOUR, 4 * HOUR)
    assert {view.leak.level for _, view in found.views} == {"healthy"}
    assert {view.growing_since_wall_seconds for _, view in found.views} == {None}


def test_quitting_says_nothing_of_a_target_that_goes_on(machine: Make) -> None:
    found = machine(leak(2000.0))
    for hour in range(5):
        found.run(hour * HOUR, hour * HOUR + 3000.0, ends_well=True)
    assert [event.kind for event in found.events if event.kind in (SESSION, "restart")] == []


def test_a_target_that_was_restarted_meanwhile_begins_anew(machine: Make) -> None:
    """And what the run before was like is kept, as of where it was seen last."""
    found = machine(leak(100_000.0))
    found.run(0.0, HOUR)
    found.views.clear()
    found.sizes = one_process(lambda _: 500 * MIB, pid=200, started=5)
    found.run(HOUR + 10, HOUR + 600)
    assert {view.leak.level for _, view in found.views} == {"healthy"}
    told = [event for event in found.events if event.kind in (SESSION, "restart")]
    assert [event.kind for event in told] == ["restart", SESSION]
    assert told[1].data["leaked"] is True
    assert told[1].data["peak_floor_bytes"] == pytest.approx(80 * MIB + 100_000 * HOUR, rel=0.02)
    assert found.views[-1][1].restart_count == 0


def test_a_target_that_has_ended_meanwhile_leaves_its_session(machine: Make) -> None:
    found = machine(one_process(lambda _: 80 * MIB))
    found.run(0.0, HOUR)
    found.sizes = lambda _: TargetSample(name="app")
    found.run(HOUR + 10, HOUR + 60)
    (session,) = [event for event in found.events if event.kind == SESSION]
    assert session.data["leaked"] is False
    # It is said once, also over another restart.
    found.run(HOUR + 70, HOUR + 90)
    assert len([event for event in found.events if event.kind == SESSION]) == 1


def test_after_another_start_of_the_machine_nothing_goes_on(machine: Make) -> None:
    """A pid may have the same start time then: Linux counts that from the machine's start."""
    found = machine(leak(100_000.0))
    found.run(0.0, HOUR)
    found.views.clear()
    found.boot = "second"
    found.run(HOUR + 60, HOUR + 360)
    assert {view.leak.level for _, view in found.views} == {"healthy"}
    assert [event.kind for event in found.events if event.kind == SESSION] == [SESSION]


def test_a_store_without_marks_begins_with_nothing_known(machine: Make) -> None:
    found = machine(leak(100_000.0))
    found.run(0.0, HOUR)
    with closing(HistoryWriter(found.store, Retention())) as writer:
        writer.remember(RUNS, "no such thing")
    found.views.clear()
    found.run(HOUR + 10, HOUR + 60)
    assert {view.leak.level for _, view in found.views} == {"healthy"}


def test_workers_that_come_and_go_do_not_end_the_run(machine: Make) -> None:
    """The parent is enough to know it by, and more workers are no growth."""

    def sizes(second: float) -> TargetSample:
        count = 1 + int(second // 300) % 3
        readings = tuple(
            (
                ProcessKey(100 + (index and index + int(second // 300)), 7),
                MemoryReading(rss_bytes=60 * MIB, anon_bytes=50 * MIB),
            )
            for index in range(count)
        )
        return TargetSample(name="app", readings=readings)

    found = machine(sizes)
    found.run_in_pieces(3 * HOUR, every=1000.0)
    assert {view.leak.level for _, view in found.views} == {"healthy"}
    assert [event.kind for event in found.events] == []


def test_forgetting_a_target_forgets_its_evidence(machine: Make) -> None:
    found = machine(leak(100_000.0))
    found.run(0.0, HOUR)
    with closing(HistoryWriter(found.store, Retention())) as writer:
        assert writer.forget("app")
    found.views.clear()
    found.run(HOUR + 10, HOUR + 60)
    assert {view.leak.level for _, view in found.views} == {"healthy"}


def test_a_name_no_text_can_hold_is_known_again(machine: Make) -> None:
    name = os.fsdecode(b"\xff app")
    found = machine(leak(100_000.0))
    found.rules = MonitorRules(targets=(TargetRule(name=name, match="app"),), leaks=HASTY)
    plain = found.sizes
    found.sizes = lambda second: replace(plain(second), name=name)
    found.run(0.0, HOUR)
    found.views.clear()
    found.run(HOUR + 5, HOUR + 20)
    assert found.views[-1][1].leak.level == "leaking"
