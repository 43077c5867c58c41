"""Staleness from the request to the sentence, through the monitor, for targets and others."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.domain.building import MIB, facts, frame
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.judges.leak import leak_text
from trayapp.domain.judging.leaks import Verdict
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.leaks.suspects import Growing, SuspectFinder
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import Controls
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.frames import Everything, Frame, TargetSample
from trayapp.domain.records.referenced import ReferencedRequest, ReferencedSample
from trayapp.domain.records.samples import MemoryReading, ProcessKey, ProcessUse
from trayapp.domain.showing.status import status

KEY = ProcessKey(9, 9)
RULES = MonitorRules(targets=(TargetRule(name="app", match="app"),))


def reading(mib: float) -> MemoryReading:
    return MemoryReading(round((mib + 20) * MIB), round(mib * MIB))


def as_target(second: int, mib: float) -> Frame:
    return frame(second, TargetSample(name="app", readings=((KEY, reading(mib)),)))


def as_application(second: int, mib: float) -> Frame:
    size = reading(mib)
    use = ApplicationUse(
        key=ApplicationKey("program", "app"),
        name="app",
        processes=(KEY,),
        rss_bytes=size.rss_bytes,
        largest=ProcessUse(facts=facts(9, "app"), rss_bytes=size.rss_bytes),
    )
    return frame(second, everything=Everything(applications=(use,), readings={KEY: size}))


def watch(
    rules: MonitorRules,
    made: Callable[[int, float], Frame],
    idle_share: float,
    *,
    seconds: int = 1500,
    rate_mib: float = 0.08,
) -> tuple[Monitor, list[tuple[int, Verdict]], list[ReferencedRequest]]:
    """A program that grows by 80 KiB/s, of which so much lies idle whenever it is asked."""
    monitor, asked, verdicts = Monitor(rules), [], []
    request: ReferencedRequest | None = None
    cleared_mib = 0.0
    for second in range(0, seconds, 5):
        mib = 30 + rate_mib * second
        told = made(second, mib)
        if request is not None:
            asked.append(request)
            cleared_mib = mib if request.clears else cleared_mib
            idle = 0 if request.clears else round(idle_share * cleared_mib * MIB)
            sample = ReferencedSample(
                request.key, request.clears, round(mib * MIB), idle, idle, 0, 0.002
            )
            told = replace(told, referenced=sample)
        outcome = monitor.judge_frame(told, Quiet())
        request = outcome.referenced
        view = outcome.view
        leaks = [application.leak for application in view.applications] or [
            target.leak for target in view.targets
        ]
        verdicts.append((second, leaks[0] if leaks else Verdict()))
    return monitor, verdicts, asked


def first_leaking(verdicts: list[tuple[int, Verdict]]) -> float:
    return next((second for second, each in verdicts if each.level == "leaking"), float("inf"))


@pytest.mark.parametrize("made", [as_target, as_application])
def test_memory_that_lies_idle_is_called_a_leak_sooner_and_says_so(
    made: Callable[[int, float], Frame],
) -> None:
    _, by_curve, _ = watch(replace(RULES, checks_staleness=False), made, 0.97)
    _, verdicts, asked = watch(RULES, made, 0.97)
    assert asked
    assert all(request.key == KEY for request in asked)
    assert first_leaking(verdicts) < first_leaking(by_curve)
    last = verdicts[-1][1]
    assert last.staleness is not None
    assert last.staleness.is_untouched
    assert "was not used in 15 min" in evidence_of(last)
    assert "could still be a cache" not in evidence_of(last)
    # A notification says what it means, and leaves the proof to the details.
    _, body = leak_text("app", last)
    assert re.fullmatch(r"\+.* MiB in .*\)\. Memory full in about .*\. Restarting it .*", body)


@pytest.mark.parametrize("made", [as_target, as_application])
def test_memory_that_is_used_again_is_no_leak_yet(made: Callable[[int, float], Frame]) -> None:
    _, verdicts, _ = watch(RULES, made, 0.1)
    assert first_leaking(verdicts) == float("inf")
    assert "was used again within" in evidence_of(verdicts[-1][1])


def test_a_program_that_keeps_shared_memory_is_asked_too() -> None:
    monitor, request = Monitor(RULES), None
    for second in range(0, 900, 5):
        shared = round(0.08 * second * MIB)
        size = MemoryReading(10 * MIB + shared, 2 * MIB, own_shared_bytes=shared)
        sample = TargetSample(name="app", readings=((KEY, size),))
        request = request or monitor.judge_frame(frame(second, sample), Quiet()).referenced
    assert request == ReferencedRequest(KEY, clears=True)


def of_two(shares: tuple[float, float]) -> list[tuple[ProcessKey, float]]:
    """Who of a target of two processes is asked, and by how much it is said to have grown."""
    finder, keys = SuspectFinder(), (KEY, ProcessKey(10, 10))
    found = []
    for second in range(0, 900, 5):
        grown = 0.08 * second
        readings = [
            (key, reading(200 + share * grown)) for key, share in zip(keys, shares, strict=True)
        ]
        verdict = Verdict(level="growing", growth_bytes=30 * MIB + grown * MIB)
        found += finder.find([Growing("app", readings, verdict)])
    return [(each.key, each.grown_bytes) for each in found]


def test_of_several_processes_only_the_one_that_grows_is_asked() -> None:
    found = of_two((0.1, 0.9))
    assert {key.pid for key, _ in found} == {10}
    # Not by what the whole has grown by: its old memory may be as idle as it likes.
    assert found[-1][1] == pytest.approx(0.9 * 0.08 * 895 * MIB, rel=0.01)


def test_a_process_does_not_speak_for_others_that_grow_as_well() -> None:
    finder = SuspectFinder()
    keys = [ProcessKey(pid, pid) for pid in (1, 2, 3)]
    verdict = Verdict(level="growing", growth_bytes=30 * MIB)
    for mib in (100, 120):
        readings = [(key, reading(mib)) for key in keys]
        assert finder.find([Growing("app", readings, verdict)]) == []


@pytest.mark.parametrize("made", [as_target, as_application])
def test_the_end_of_an_alarm_says_that_it_stopped_by_itself(
    made: Callable[[int, float], Frame],
) -> None:
    monitor, texts = Monitor(replace(RULES, checks_staleness=False)), []
    for second in range(0, 6300, 15):
        told = made(second, 30 + 0.1 * min(second, 4800))
        for each in monitor.judge_frame(told, Quiet()).announcements:
            texts += [each.reason]
    assert "It stopped growing at 510 MiB (probably a cache that filled up)" in texts


def test_nobody_is_asked_who_does_not_grow_or_where_it_is_switched_off() -> None:
    assert not watch(RULES, as_target, 1.0, rate_mib=0.0)[2]
    assert not watch(replace(RULES, checks_staleness=False), as_target, 1.0)[2]


def test_status_tells_the_shares() -> None:
    monitor, _, _ = watch(RULES, as_target, 0.97)
    outcome = monitor.judge_frame(as_target(1505, 150), Quiet())
    told = status(outcome.view, Controls())["targets"]
    assert isinstance(told, list)
    staleness = told[0]["staleness"]
    assert staleness["says"] == "untouched"
    assert 0.9 < staleness["untouched_share_low"] <= staleness["untouched_share_high"] <= 1
    assert staleness["waited_seconds"] >= 300
