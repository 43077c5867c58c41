from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.building import HASTY, MIB, facts, frame
from tests.domain.judging.test_outside_heap import heap
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.frames import Everything, TargetSample
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import MemoryReading, ProcessKey, ProcessUse

RULES = MonitorRules(leaks=HASTY)
BEGINS = 1500
Readings = tuple[tuple[ProcessKey, MemoryReading], ...]


def readings_at(second: float, count: int) -> Readings:
    """Processes of which the first grows by 0.3 MiB per second."""
    sizes = [200 + 0.3 * second, *[30.0] * (count - 1)]
    return tuple(
        (ProcessKey(50 + at, 50 + at), MemoryReading(round((mib + 20) * MIB), round(mib * MIB)))
        for at, mib in enumerate(sizes)
    )


def machine_with(readings: Readings) -> Everything:
    rss_bytes = sum(reading.rss_bytes for _, reading in readings)
    largest = ProcessUse(facts=facts(50, "browser"), rss_bytes=readings[0][1].rss_bytes)
    use = ApplicationUse(
        key=ApplicationKey("program", "browser"),
        name="browser",
        processes=tuple(key for key, _ in readings),
        rss_bytes=rss_bytes,
        largest=largest,
    )
    return Everything(applications=(use,), largest=(largest,), readings=dict(readings))


def leaking_browser(count: int) -> tuple[Monitor, Outcome]:
    monitor = Monitor(RULES)
    for second in range(0, BEGINS, 10):
        everything = machine_with(readings_at(second, count))
        outcome = monitor.judge_frame(frame(second, everything=everything), Quiet())
    (incident,) = outcome.view.incidents
    assert incident.key == "leak-of-application:browser"
    assert incident.notified_level is Level.WARNING
    return monitor, outcome


def track(monitor: Monitor, second: float, readings: Readings, *, looked: bool = False) -> Outcome:
    """Judge a frame in which the program is a target and no application any more."""
    monitor.set_targets((TargetRule(name="my browser", match="browser"),))
    sample = TargetSample(name="my browser", readings=readings)
    others = Everything(readings=dict(readings)) if looked else None
    return monitor.judge_frame(frame(second, sample, everything=others), Quiet())


@pytest.mark.parametrize("count", [1, 3])
def test_a_leaking_application_that_is_tracked_goes_on_leaking_and_its_alert_goes_on(
    count: int,
) -> None:
    """Its alarm was erased by the click that tracked it, and never came back."""
    monitor, before = leaking_browser(count)
    (application,), (known,) = before.view.applications, before.view.incidents
    outcome = track(monitor, BEGINS, readings_at(BEGINS, count))
    (target,) = outcome.view.targets
    assert target.verdict == "leaking"
    assert target.leak.onset_monotonic_seconds == application.leak.onset_monotonic_seconds
    assert target.leak.signal == application.leak.signal
    for second in range(BEGINS + 1, BEGINS + 300):
        (incident,) = outcome.view.incidents
        assert (incident.key, incident.subject) == ("leak:my browser", "my browser")
        assert (incident.level, incident.phase) == (known.level, "active")
        assert incident.since_wall_seconds == known.since_wall_seconds
        assert incident.title == "my browser is probably leaking memory"
        assert not (outcome.announcements or outcome.messages or outcome.reached)
        assert outcome.view.targets[0].verdict == "leaking"
        looked = second % 10 == 0
        outcome = track(monitor, second, readings_at(second, count), looked=looked)


def test_an_incident_that_was_marked_as_resolved_is_not_raised_by_tracking() -> None:
    monitor, _ = leaking_browser(1)
    assert monitor.resolve("leak-of-application:browser")
    outcome = track(monitor, BEGINS, readings_at(BEGINS, 1))
    (over,) = outcome.announcements
    assert (over.what, over.reason) == ("resolved", "marked as resolved")
    for second in range(BEGINS + 1, BEGINS + 100):
        outcome = track(monitor, second, readings_at(second, 1))
        assert outcome.announcements == () == outcome.view.incidents


def test_a_target_that_is_only_a_part_of_an_application_begins_anew() -> None:
    monitor, _ = leaking_browser(3)
    outcome = track(monitor, BEGINS, readings_at(BEGINS, 3)[1:])
    assert outcome.view.targets[0].leak.signal is None
    assert [each.key for each in outcome.view.incidents] == ["leak-of-application:browser"]


def test_buffers_that_leak_outside_a_heap_go_on_leaking() -> None:
    monitor, key, heaps = Monitor(MonitorRules()), ProcessKey(50, 50), (heap(64, 64),)

    def readings(second: int) -> Readings:
        kept_bytes = round((100 + 0.2 * second) * MIB)
        return ((key, MemoryReading(kept_bytes + MIB, kept_bytes)),)

    for second in range(0, 320, 10):
        everything = replace(machine_with(readings(second)), heaps={key: heaps})
        outcome = monitor.judge_frame(frame(second, everything=everything), Quiet())
    (application,) = outcome.view.applications
    assert application.leak.signal == "memory outside the heap"
    assert application.leak.level == "leaking"
    monitor.set_targets((TargetRule(name="my shop", match="browser"),))
    for second in range(320, 360, 2):
        sample = TargetSample(name="my shop", readings=readings(second), heaps=heaps)
        outcome = monitor.judge_frame(frame(second, sample), Quiet())
        (target,) = outcome.view.targets
        assert target.leak.signal == "memory outside the heap"
        assert target.leak.level == "leaking"
        assert target.headroom is not None
        assert target.headroom.source == "direct"
        assert [each.key for each in outcome.view.incidents] == ["leak:my shop"]
