"""Whose history is kept: the largest and the growing, without flapping, within bounds."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.building import MIB, facts, frame, target
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.application_history import (
    LARGEST_COUNT,
    LINGER_SECONDS,
    MOST_KEPT,
    STAY_COUNT,
    ApplicationHistory,
    HistoryRule,
)
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.frames import Everything
from trayapp.domain.records.samples import MemoryReading, ProcessKey, ProcessUse
from trayapp.domain.records.series import ApplicationMinute, Inheritance
from trayapp.domain.records.sizes import Size

BEGIN = 1_700_002_800.0
"""A whole minute."""
names = st.integers(0, 160).map(lambda number: f"app {number}")
looks = st.lists(
    st.tuples(
        st.dictionaries(names, st.integers(0, 400), max_size=160),
        st.frozensets(names, max_size=130),
        st.sampled_from([10.0, 30.0, 400.0, 4000.0]),
    ),
    max_size=12,
)


def key(name: str) -> ApplicationKey:
    return ApplicationKey("program", name)


def use(name: str, mib: float, *pids: int, size_mib: float | None = None) -> ApplicationUse:
    processes = tuple(ProcessKey(pid, pid) for pid in pids or (1,))
    return ApplicationUse(
        key=key(name),
        name=name,
        processes=processes,
        rss_bytes=round(mib * MIB),
        largest=ProcessUse(facts=facts(processes[0].pid, name), rss_bytes=1),
        size=None if size_mib is None else Size(round(size_mib * MIB), "proportional"),
    )


def look(
    history: ApplicationHistory,
    second: float,
    sizes: Mapping[str, float],
    growing: frozenset[str] = frozenset(),
) -> list[ApplicationMinute]:
    uses = [use(name, mib) for name, mib in sizes.items()]
    uses.sort(key=lambda each: -each.size_bytes)
    return history.add_look(second, BEGIN + second, uses, {*map(key, growing)})


def kept(history: ApplicationHistory) -> set[str]:
    return {each.identity for each in history.keys}


@given(looks)
def test_memory_is_bounded_and_the_growing_come_first(
    given_looks: list[tuple[dict[str, int], frozenset[str], float]],
) -> None:
    history, now = ApplicationHistory(), 0.0
    for sizes, growing, step in given_looks:
        now += step
        look(history, now, sizes, growing)
        assert len(history.keys) <= MOST_KEPT
        running = growing & sizes.keys()
        if len(running) <= MOST_KEPT:
            assert running <= kept(history)


@given(looks)
def test_the_largest_above_the_floor_are_kept(
    given_looks: list[tuple[dict[str, int], frozenset[str], float]],
) -> None:
    history, now = ApplicationHistory(HistoryRule(floor_bytes=50 * MIB)), 0.0
    for sizes, _growing, step in given_looks:
        now += step
        look(history, now, sizes)
        ranked = sorted(sizes, key=lambda name: (-sizes[name], name))[:LARGEST_COUNT]
        edge = min((sizes[name] for name in ranked), default=0)
        for name in ranked:
            if sizes[name] >= 50 and sizes[name] > edge:
                assert name in kept(history)


@given(st.lists(st.sampled_from([49, 51]), min_size=2, max_size=60))
def test_who_swings_around_the_last_place_is_not_taken_in_and_out(places: list[int]) -> None:
    """Once in, it stays: who is 51st for some looks has no gaps."""
    history = ApplicationHistory()
    others = {f"other {number}": 1000.0 - number for number in range(60)}
    was_in = False
    for number, place in enumerate(places):
        swings = {"edge": 1000.5 - place}
        look(history, 10.0 * number, others | swings)
        is_in = "edge" in kept(history)
        assert is_in or not was_in
        was_in = is_in


def test_who_is_neither_large_nor_grows_any_more_is_let_go_after_ten_minutes() -> None:
    history = ApplicationHistory()
    others = {f"other {number}": 1000.0 - number for number in range(STAY_COUNT + 5)}
    look(history, 0.0, others | {"small": 1.0}, frozenset({"small"}))
    look(history, LINGER_SECONDS, others | {"small": 1.0})
    assert "small" in kept(history)
    look(history, LINGER_SECONDS + 10.0, others | {"small": 1.0})
    assert "small" not in kept(history)


def test_below_the_floor_only_what_grows_is_kept() -> None:
    history = ApplicationHistory(HistoryRule(floor_bytes=10 * MIB))
    look(history, 0.0, {"large": 10.0, "small": 9.9, "grower": 0.5}, frozenset({"grower"}))
    assert kept(history) == {"large", "grower"}


def test_a_minute_has_mean_and_maximum_and_of_sizes_those_that_differ() -> None:
    history = ApplicationHistory()
    for number, mib in enumerate([100, 200, 600]):
        uses = [use("shared", mib, 1, 2, size_mib=mib / 2), use("alone", mib / 4)]
        assert history.add_look(10.0 * number, BEGIN + 10 * number, uses) == []
    minutes = history.add_look(60.0, BEGIN + 60, uses)
    assert {(one.series.name, one.series.metric): one[2:] for one in minutes} == {
        ("shared", "rss_bytes"): (300 * MIB, 600 * MIB),
        ("shared", "size_bytes"): (150 * MIB, 300 * MIB),
        ("alone", "rss_bytes"): (75 * MIB, 150 * MIB),
    }
    assert {one.wall_seconds for one in minutes} == {int(BEGIN)}


def test_what_lived_for_a_moment_leaves_no_curve_and_what_has_ended_goes() -> None:
    history = ApplicationHistory()
    look(history, 0.0, {"stays": 50.0, "compiler": 500.0})
    look(history, 10.0, {"stays": 50.0})
    minutes = look(history, 60.0, {"stays": 50.0})
    assert [one.series.name for one in minutes] == ["stays"]
    assert kept(history) == {"stays"}


def test_switched_off_it_keeps_nothing() -> None:
    history = ApplicationHistory()
    look(history, 0.0, {"a": 50.0})
    history.rule = HistoryRule(enabled=False)
    look(history, 10.0, {"a": 50.0})
    assert kept(history) == set()
    assert look(history, 70.0, {"a": 50.0}) == []


def test_a_target_inherits_from_the_one_application_that_it_was() -> None:
    history = ApplicationHistory()
    uses = [use("whole", 80, 1, 2), use("part", 70, 3, 4), use("other", 60, 5)]
    history.add_look(0.0, BEGIN, uses)
    found, minutes = history.inherit(
        {
            "now whole": [ProcessKey(1, 1), ProcessKey(2, 2), ProcessKey(9, 9)],
            "one of two": [ProcessKey(3, 3)],
            "two": [ProcessKey(3, 3), ProcessKey(4, 4), ProcessKey(5, 5)],
            "unknown": [ProcessKey(7, 7)],
            "same pid, later": [ProcessKey(5, 99)],
        }
    )
    assert found == [Inheritance("now whole", "whole")]
    assert [(one.series.name, one.mean_bytes) for one in minutes] == [("whole", 80 * MIB)]


def test_the_monitor_hands_over_once_when_a_rule_takes_the_processes() -> None:
    """Neither at the start, when every target is new, nor again after a restart of the program."""
    monitor = Monitor(MonitorRules())
    leaky = use("leaky.py", 300, 7)
    readings = {each: MemoryReading(rss_bytes=300 * MIB) for each in leaky.processes}
    everything = Everything(applications=(leaky,), readings=readings)
    for second in (0, 10):
        outcome = monitor.judge_frame(frame(second, everything=everything), Quiet())
        assert outcome.inherited == ()
    monitor.set_targets((TargetRule(name="mine", match="leaky"),))
    outcome = monitor.judge_frame(
        frame(20, target("mine", 300, first_pid=7), everything=Everything()), Quiet()
    )
    assert outcome.inherited == (Inheritance("mine", "leaky.py"),)
    assert [one.series.name for one in outcome.minutes] == ["leaky.py"]
    for second in (30, 40):
        outcome = monitor.judge_frame(
            frame(second, target("mine", 300, first_pid=7), everything=Everything()), Quiet()
        )
        assert (outcome.inherited, outcome.minutes) == ((), ())
