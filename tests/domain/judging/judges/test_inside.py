"""Memory that is free inside a program: when that is worth an alert, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.building import MIB, frame, target
from tests.domain.judging.test_inside_verdict import LIVE_TUPLES, SPREAD_STRINGS, SPREAD_TUPLES
from trayapp.applet.rules import monitor_rules
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Incident, Quiet
from trayapp.domain.judging.judges.inside import HeapLevels
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.records.inside import Inside
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.program_rows import inside_lines
from trayapp.settings.records import HeapSettings, Settings


def judged(*insides: Inside, heap: HeapSettings | None = None) -> Outcome:
    """What twenty looks at a target with these reports lead to."""
    settings = Settings(heap=heap or HeapSettings(fragmentation_minimum_percent=0.0))
    monitor = Monitor(monitor_rules(settings))
    monitor.set_targets((TargetRule(name="site", match="site"),))
    for second in range(20):
        sample = replace(target("site", 200), insides=insides)
        outcome = monitor.judge_frame(frame(second, sample), Quiet())
    return outcome


def incident_of(outcome: Outcome) -> Incident:
    (incident,) = outcome.view.incidents
    return incident


@pytest.mark.parametrize(
    ("used_mib", "level"),
    [(140, None), (100, Level.WARNING), (70, Level.CRITICAL), (40, Level.EMERGENCY)],
)
def test_a_level_begins_where_it_is_set(used_mib: int, level: Level | None) -> None:
    told = SPREAD_TUPLES._replace(arena_used_bytes=used_mib * MIB)
    incidents = judged(told).view.incidents
    assert [each.level for each in incidents] == ([] if level is None else [level])


def test_what_helps_is_said() -> None:
    pinned, retained = incident_of(judged(SPREAD_TUPLES)), incident_of(judged(SPREAD_STRINGS))
    assert pinned.title == "site: much of its memory is free inside"
    assert pinned.body.endswith("Only a restart frees it.")
    assert "Freeing memory gives back about 18" in retained.body


def test_what_is_little_for_the_machine_is_no_alert() -> None:
    assert judged(SPREAD_TUPLES, heap=HeapSettings()).view.incidents == ()


def test_it_can_be_switched_off() -> None:
    off = HeapSettings(fragmentation=False, fragmentation_minimum_percent=0.0)
    assert judged(SPREAD_TUPLES, heap=off).view.incidents == ()


def test_the_menu_says_it_in_a_line() -> None:
    (view,) = judged(SPREAD_TUPLES).view.targets
    (line,) = inside_lines(view)
    assert line == "Python heap: 97% fragmentation, pinned in Python's arenas"
    (view,) = judged().view.targets
    assert inside_lines(view) == []


def test_a_collector_that_works_in_vain_is_evidence_of_a_leak() -> None:
    monitor = Monitor(monitor_rules(Settings()))
    monitor.set_targets((TargetRule(name="site", match="site"),))
    for look in range(240):
        told = LIVE_TUPLES._replace(
            collecting_seconds=3.0 * look,
            watched_seconds=15.0 * look + 1,
            freed_count=look,
            examined_count=1000 * look,
        )
        sample = replace(target("site", 100 + look), insides=(told,))
        outcome = monitor.judge_frame(frame(15.0 * look, sample), Quiet())

    (view,) = outcome.view.targets
    assert view.leak.level != "healthy"
    assert "collector inefficiency" in evidence_of(view.leak)


def test_a_collector_that_frees_or_takes_no_time_is_not() -> None:
    levels = HeapLevels()
    assert levels.is_inefficient(0.2, 0.01)
    assert not levels.is_inefficient(0.2, 0.5)
    assert not levels.is_inefficient(0.01, 0.01)
    assert not levels.is_inefficient(None, 0.01)
