"""Memtray's own budget: kept step by step, said once, left again when it is better."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.judging.own_budget import (
    LONGEST_RECOVERY_SECONDS,
    QUIET_SECONDS,
    RECOVERY_SECONDS,
    SUSTAIN_SECONDS,
    WINDOW_SECONDS,
    Budget,
    BudgetKeeper,
    BudgetVerdict,
)
from trayapp.domain.records.samples import AppSample

MIB = 1024**2
FINE = AppSample(
    pid=1, uss_bytes=18 * MIB, cpu_percent=0.2, thread_count=6, descriptor_count=600,
    written_bytes=0,
)  # fmt: skip


class Applet:
    """Ticks of one second, of which all that was told is kept."""

    def __init__(self, interval_seconds: float = 2.0) -> None:
        self.keeper = BudgetKeeper(Budget(), interval_seconds)
        self.now = 0.0
        self.told: list[str] = []
        self.verdict = BudgetVerdict()

    def run(self, seconds: float, app: AppSample = FINE) -> BudgetVerdict:
        for _ in range(round(seconds)):
            self.now += 1.0
            self.verdict = self.keeper.judge(self.now, app)
            if self.verdict.announcement:
                self.told.append(self.verdict.announcement)
        return self.verdict


@pytest.fixture
def applet() -> Applet:
    applet = Applet()
    applet.run(2 * WINDOW_SECONDS)
    return applet


FAT = replace(FINE, uss_bytes=40 * MIB)
BUSY = replace(FINE, cpu_percent=1.8)


def test_within_the_budget_nothing_happens(applet: Applet) -> None:
    verdict = applet.run(3600)
    assert (verdict.over, verdict.step, verdict.stretch) == ((), 0, 1.0)
    assert not applet.told
    assert verdict.cpu_percent == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        (FAT, "40.0 MiB of private memory (limit 32.0 MiB)"),
        (BUSY, "1.80% CPU (limit 1%)"),
        (replace(FINE, descriptor_count=20_000), "20000 open files (limit 16384)"),
        (replace(FINE, thread_count=17), "17 threads (limit 16)"),
    ],
)
def test_over_the_budget_for_a_while_it_looks_less_often_and_says_so_once(
    applet: Applet, sample: AppSample, told: str
) -> None:
    applet.run(SUSTAIN_SECONDS - 1, sample)
    assert applet.verdict.step == 0
    verdict = applet.run(WINDOW_SECONDS + SUSTAIN_SECONDS - 30, sample)
    assert verdict.over == (told,)
    assert verdict.step >= 1
    applet.run(600, sample)
    assert applet.told == [f"Memtray used {told}; sampling every 3 s for now"]


def test_what_goes_to_disk_is_counted_by_the_minute(applet: Applet) -> None:
    for second in range(200):
        applet.run(1, replace(FINE, written_bytes=second * 50_000))
    assert applet.verdict.written_bytes_per_minute == pytest.approx(3_000_000)
    assert applet.verdict.over == ("2.86 MiB written per minute (limit 2.00 MiB)",)


def test_a_short_burst_is_no_matter() -> None:
    """Starting up takes more than the budget for a few seconds."""
    applet = Applet()
    applet.run(5, replace(FINE, cpu_percent=10.0, uss_bytes=50 * MIB))
    applet.run(600)
    assert applet.verdict.step == 0
    assert not applet.told


def test_each_minute_one_step_up_to_the_slowest_and_the_groups_last(applet: Applet) -> None:
    stretches: list[float] = []
    while not applet.verdict.drops_groups:
        applet.run(1, FAT)
        if not stretches or stretches[-1] != applet.verdict.stretch:
            assert not applet.verdict.drops_groups
            stretches.append(applet.verdict.stretch)
    assert stretches == pytest.approx([1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 11.390625, 15.0])
    assert applet.verdict.step == 8
    assert applet.run(3600, FAT).step == 8
    assert len(applet.told) == 1


def test_where_the_interval_is_the_slowest_already_only_the_groups_can_go() -> None:
    applet = Applet(interval_seconds=30.0)
    applet.run(300, FAT)
    assert (applet.verdict.step, applet.verdict.stretch) == (1, 1.0)
    assert applet.verdict.drops_groups
    assert applet.told[0].endswith("sampling only tracked programs for now")


def test_below_for_a_minute_one_step_back_at_a_time(applet: Applet) -> None:
    applet.run(SUSTAIN_SECONDS * 2 + 5, FAT)
    assert applet.verdict.step == 2
    assert applet.verdict.reason.startswith("Memtray used 40.0 MiB of private")
    applet.run(RECOVERY_SECONDS - 5)
    assert applet.verdict.step == 2
    assert applet.verdict.reason.startswith("Memtray used 40.0 MiB of private")
    applet.run(10)
    assert applet.verdict.step == 1
    applet.run(RECOVERY_SECONDS)
    assert (applet.verdict.step, applet.verdict.stretch) == (0, 1.0)


def test_just_below_is_not_well_below(applet: Applet) -> None:
    applet.run(SUSTAIN_SECONDS + 5, FAT)
    applet.run(3600, replace(FINE, uss_bytes=31 * MIB))
    assert applet.verdict.step == 1


class Machine:
    """A Memtray whose every sample costs some processor time, at the interval that it chooses."""

    def __init__(self) -> None:
        self.keeper = BudgetKeeper(Budget(), 1.0)
        self.now = 0.0
        self.verdict = BudgetVerdict()
        self.reasons: set[str] = set()

    def run(self, seconds: float, cpu_seconds: float, requested: float = 0.0) -> BudgetVerdict:
        """Sample for so long, each time for so much; `requested` goes to what persons ask for."""
        until = self.now + seconds
        while self.now < until:
            elapsed = 1.0 * self.verdict.stretch
            self.now += elapsed
            app = replace(
                FINE,
                cpu_percent=100 * (cpu_seconds + requested) / elapsed,
                requested_cpu_percent=100 * requested / elapsed,
            )
            self.verdict = self.keeper.judge(self.now, app)
            assert bool(self.verdict.reason) is (self.verdict.step > 0)
            self.reasons.add(self.verdict.reason)
        return self.verdict


def test_a_simulated_cost_stretches_the_interval_as_far_as_needed_and_no_longer() -> None:
    machine = Machine()
    machine.run(600, 0.005)
    assert machine.verdict.stretch == 1.0
    verdict = machine.run(1800, 0.03)
    assert 3 <= verdict.stretch < 4
    assert "% CPU (limit" in verdict.reason
    # The cost falls to what it was: back at its own pace within minutes, a step a minute.
    verdict = machine.run(600, 0.005)
    assert (verdict.stretch, verdict.reason, verdict.step) == (1.0, "", 0)
    assert not any("–" in reason for reason in machine.reasons)


def test_a_cost_that_only_the_longer_interval_makes_small_does_not_swing() -> None:
    machine = Machine()
    machine.run(1800, 0.012)
    changes = 0
    for _ in range(3600):
        before = machine.verdict.step
        changes += machine.run(1, 0.012).step != before
    assert machine.verdict.stretch == 1.5
    assert changes == 0


def test_what_a_person_asks_for_is_not_held_against_it() -> None:
    """A window that is open all day asks for figures every second."""
    machine = Machine()
    verdict = machine.run(7200, 0.005, requested=0.2)
    assert (verdict.step, verdict.over) == (0, ())
    assert verdict.cpu_percent == pytest.approx(0.5)


def test_only_a_manifold_cost_is_an_emergency() -> None:
    machine = Machine()
    machine.run(1200, 0.02)
    assert machine.verdict.emergency == ""
    applet = Applet()
    applet.run(600, replace(FINE, uss_bytes=100 * MIB))
    assert applet.verdict.emergency == ""
    # As long as looking less often, and at less, may help, it is none either.
    while not applet.verdict.drops_groups:
        assert applet.run(1, replace(FINE, uss_bytes=200 * MIB)).emergency == ""
    applet.run(SUSTAIN_SECONDS - 2, replace(FINE, uss_bytes=200 * MIB))
    assert applet.verdict.emergency == ""
    applet.run(4, replace(FINE, uss_bytes=200 * MIB))
    assert applet.verdict.emergency == (
        "Memtray used 200 MiB of private memory (limit 32.0 MiB), although it samples less often."
    )
    applet.run(2)
    assert applet.verdict.emergency == ""


def test_a_step_back_that_was_too_early_waits_longer_the_next_time(applet: Applet) -> None:
    """Slower, it keeps to the budget; at its own pace it does not: it must not swing for ever."""
    steps_up = 0
    before = 0
    for _ in range(24 * 3600):
        verdict = applet.run(1, FINE if applet.verdict.step else BUSY)
        steps_up += verdict.step > before
        before = verdict.step
    assert steps_up <= 24 * 3600 / LONGEST_RECOVERY_SECONDS + 5
    assert len(applet.told) == 1


def test_new_trouble_after_a_quiet_hour_is_news(applet: Applet) -> None:
    applet.run(SUSTAIN_SECONDS + 5, FAT)
    applet.run(RECOVERY_SECONDS + 10)
    assert applet.verdict.step == 0
    applet.run(QUIET_SECONDS - 120)
    applet.run(SUSTAIN_SECONDS + 5, FAT)
    assert applet.verdict.step == 1
    assert len(applet.told) == 1
    applet.run(2 * RECOVERY_SECONDS + 10)
    assert applet.verdict.step == 0
    applet.run(QUIET_SECONDS)
    applet.run(SUSTAIN_SECONDS + 5, FAT)
    assert len(applet.told) == 2


def test_nothing_is_sustained_over_a_suspend(applet: Applet) -> None:
    applet.run(SUSTAIN_SECONDS / 2, FAT)
    applet.now += 8 * 3600
    verdict = applet.run(SUSTAIN_SECONDS / 2, FAT)
    assert (verdict.step, verdict.cpu_percent) == (0, None)


def test_what_the_system_does_not_tell_is_neither_over_nor_below() -> None:
    applet = Applet()
    applet.run(600, AppSample(pid=1))
    assert applet.verdict.over == ()
    assert applet.verdict.written_bytes_per_minute is None


def test_a_larger_budget_is_in_force_at_once(applet: Applet) -> None:
    applet.run(SUSTAIN_SECONDS + 5, FAT)
    applet.keeper.set_budget(Budget(uss_bytes=64 * MIB), 30.0)
    verdict = applet.run(1, FAT)
    assert verdict.over == ()
    assert verdict.stretch == 1.0


@given(
    interval=st.floats(0.2, 30),
    ticks=st.lists(
        st.tuples(
            st.floats(0, 300), st.none() | st.integers(0, 100 * MIB),
            st.none() | st.floats(0, 100), st.none() | st.integers(0, 10**9),
        ),
        max_size=80,
    ),
)  # fmt: skip
def test_steps_are_single_and_never_beyond_the_slowest(
    interval: float, ticks: list[tuple[float, int | None, float | None, int | None]]
) -> None:
    keeper = BudgetKeeper(Budget(), interval)
    now, before, changed_at = 0.0, 0, 0.0
    for elapsed, uss, cpu, written in ticks:
        now += elapsed
        app = AppSample(pid=1, uss_bytes=uss, cpu_percent=cpu, written_bytes=written)
        verdict = keeper.judge(now, app)
        assert abs(verdict.step - before) <= 1
        if verdict.step != before:
            assert now - changed_at >= SUSTAIN_SECONDS
            changed_at = now
        assert verdict.stretch >= 1.0
        assert interval * verdict.stretch <= 30.0 * (1 + 1e-9)
        assert not verdict.drops_groups or interval * verdict.stretch == pytest.approx(30.0)
        assert verdict.announcement is None or verdict.step == 1
        before = verdict.step


def test_children_that_nobody_asked_for_are_part_of_the_budget() -> None:
    keeper = BudgetKeeper(Budget(), 2.0)
    costs = {"child_count": 2, "child_bytes": 900 * MIB}
    window = replace(FINE, **costs, requested_child_bytes=600 * MIB)
    assert keeper.judge(0.0, window).over == ()
    (over,) = keeper.judge(2.0, replace(FINE, **costs, requested_child_bytes=0)).over
    assert over == "900 MiB in child processes (limit 512 MiB)"


def test_the_processor_time_of_children_counts_but_not_that_of_windows() -> None:
    keeper = BudgetKeeper(Budget(), 1.0)
    window = replace(FINE, child_cpu_percent=60.0, requested_child_cpu_percent=55.0)
    assert keeper.judge(1.0, window).over == ()
    (over,) = keeper.judge(2.0, replace(window, requested_child_cpu_percent=10.0)).over
    assert over.startswith("50")
