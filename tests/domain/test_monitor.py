from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tests.domain.building import MIB, TOTAL_BYTES, facts, frame, target
from trayapp.domain.budget import BudgetVerdict
from trayapp.domain.growth import GrowthRule
from trayapp.domain.incidents import AlertPolicy, Quiet
from trayapp.domain.levels import Level
from trayapp.domain.limits import Limit
from trayapp.domain.monitor import Monitor, MonitorRules, Outcome
from trayapp.domain.oom import OomKill
from trayapp.domain.records import Series
from trayapp.domain.samples import Footprint, Frame, ProcessUse, TargetSample
from trayapp.domain.targets import TargetRule

APP = TargetRule(name="app", match="app")
RSS = Series("target", "app", "rss_bytes")


def run(
    frames: Iterable[Frame], *rules: TargetRule, growth: GrowthRule | None = None
) -> list[Outcome]:
    monitor = Monitor(MonitorRules(targets=rules or (APP,), growth=growth or GrowthRule()))
    return [monitor.fold(each, Quiet()) for each in frames]


def told(outcomes: Iterable[Outcome]) -> list[tuple[str, str, Level]]:
    return [
        (announcement.incident.key, announcement.what, announcement.incident.level)
        for outcome in outcomes
        for announcement in outcome.announcements
    ]


def test_a_leak_of_200_kb_per_second_is_told_within_a_minute_with_its_figures() -> None:
    outcomes = run(frame(second, target("app", 50 + 0.2 * second)) for second in range(60))
    assert told(outcomes) == [("growth:app", "raised", Level.WARNING)]
    (incident,) = outcomes[-1].view.incidents
    assert incident.title == "app keeps growing"
    assert "+205 KiB/s" in incident.body
    (view,) = outcomes[-1].view.targets
    assert view.verdict == "growing"
    assert view.level is Level.WARNING


def test_a_leak_is_told_with_its_evidence_in_place_of_mere_growth() -> None:
    outcomes = run(
        frame(second, target("app", 50 + 0.2 * second), interval_seconds=5.0)
        for second in range(0, 1800, 5)
    )
    assert [event for event in told(outcomes) if event[1] != "held"] == [
        ("growth:app", "raised", Level.WARNING),
        ("leak:app", "raised", Level.WARNING),
        ("growth:app", "resolved", Level.WARNING),
    ]
    (incident,) = outcomes[-1].view.incidents
    assert incident.title == "app seems to leak memory"
    assert "resident set" in incident.body
    (view,) = outcomes[-1].view.targets
    assert view.verdict == "leaking"
    assert view.leak.score >= 0.7
    assert view.leak.rate_bytes_per_second is not None
    assert abs(view.leak.rate_bytes_per_second - 0.2 * MIB) < 0.03 * MIB


def test_a_program_that_stays_as_it_is_is_no_leak_and_no_growth() -> None:
    outcomes = run(
        frame(second, target("app", 50 + second % 7), interval_seconds=5.0)
        for second in range(0, 3600, 5)
    )
    assert told(outcomes) == []
    assert outcomes[-1].view.targets[0].verdict == "healthy"


def test_a_target_that_grows_towards_its_limit_is_told_how_long_is_left() -> None:
    limited = TargetRule(name="app", match="app", limit_bytes=1000 * MIB)
    outcomes = run((frame(s, target("app", 100 + s)) for s in range(60)), limited)
    assert "it reaches its limit of 1000 MiB in about 14 min" in outcomes[-1].view.incidents[0].body


def test_a_target_near_its_limit_rises_through_the_levels() -> None:
    limited = TargetRule(name="app", match="app", limit_bytes=100 * MIB, watch_growth=False)
    sizes = [50] * 10 + [76] * 80 + [86] * 80 + [96] * 10 + [50] * 10
    outcomes = run((frame(s, target("app", size)) for s, size in enumerate(sizes)), limited)
    assert told(outcomes) == [
        ("limit:app", "raised", Level.WARNING),
        ("limit:app", "escalated", Level.CRITICAL),
        ("limit:app", "escalated", Level.EMERGENCY),
        ("limit:app", "resolved", Level.EMERGENCY),
    ]


def test_a_limit_as_a_share_is_a_share_of_the_machine() -> None:
    limited = TargetRule(name="app", match="app", limit_share=0.25)
    (outcome,) = run([frame(0, target("app", 10))], limited)
    assert outcome.view.targets[0].limit_bytes == TOTAL_BYTES // 4


def test_the_limit_that_the_system_sets_is_told_where_the_settings_have_none() -> None:
    """Of a cgroup its own use counts: other processes share it, and cache can be dropped."""

    def sample(used_mib: int) -> TargetSample:
        limit = Limit(
            limit_bytes=1000 * MIB,
            source="cgroup",
            used_bytes=(used_mib + 50) * MIB,
            reclaimable_bytes=50 * MIB,
        )
        return replace(target("app", 100), limit=limit)

    outcomes = run(frame(s, sample(500 if s < 10 else 960)) for s in range(20))
    assert told(outcomes) == [("limit:app", "raised", Level.EMERGENCY)]
    assert "960 MiB of the 1000 MiB that its cgroup sets (96 %)" in (
        outcomes[-1].view.incidents[0].body
    )
    (view,) = outcomes[-1].view.targets
    assert (view.limit_source, view.limit_share) == ("cgroup", 0.96)


def test_without_any_limit_the_machine_is_the_limit_and_the_pressure_is_told_instead() -> None:
    outcomes = run(frame(s, target("app", 15_900), used_share=0.5) for s in range(20))
    assert told(outcomes) == []
    (view,) = outcomes[-1].view.targets
    assert (view.limit_bytes, view.limit_source) == (TOTAL_BYTES, "machine")
    assert view.seconds_to_limit is None


def test_what_the_kernel_kills_is_told_at_once() -> None:
    kill = OomKill(count=1, ended=("app",))
    outcomes = run([frame(0, target("app", 100)), replace(frame(1), oom_kill=kill)])
    assert told(outcomes) == [("oom:app", "raised", Level.CRITICAL)]
    assert "app ended at that moment" in outcomes[-1].view.incidents[0].body


def test_memtray_over_its_own_budget_says_so_once() -> None:
    monitor = Monitor(MonitorRules())
    verdict = BudgetVerdict(over=("CPU",), step=1, stretch=1.5, announcement="CPU is over.")
    outcomes = [monitor.fold(frame(0), Quiet(), verdict)]
    outcomes += [
        monitor.fold(frame(s), Quiet(), replace(verdict, announcement=None)) for s in range(1, 90)
    ]
    assert told(outcomes) == [
        ("budget:memtray", "raised", Level.WARNING),
        ("budget:memtray", "resolved", Level.WARNING),
    ]
    assert outcomes[-1].view.budget.step == 1


def test_private_and_swapped_memory_are_shown_and_kept_where_known() -> None:
    sample = replace(target("app", 100), footprint=Footprint(80 * MIB, None, 5 * MIB))
    (outcome,) = run([frame(0, sample)])
    (view,) = outcome.view.targets
    assert (view.uss_bytes, view.pss_bytes, view.swap_bytes) == (80 * MIB, None, 5 * MIB)
    kept = dict(outcome.values)
    assert kept[Series("target", "app", "uss_bytes")] == 80 * MIB
    assert Series("target", "app", "pss_bytes") not in kept


def test_pressure_on_the_machine_names_the_largest() -> None:
    largest = tuple(
        ProcessUse(facts=facts(pid, f"program{pid}"), rss_bytes=size * MIB)
        for pid, size in ((5, 4000), (6, 3000), (7, 2000), (8, 1000))
    )
    outcomes = run(frame(s, used_share=0.9, largest=largest) for s in range(10))
    assert told(outcomes) == [("pressure", "raised", Level.CRITICAL)]
    (incident,) = outcomes[-1].view.incidents
    assert incident.title == "Memory is short"
    assert "program5 3.91 GiB, program6 2.93 GiB, program7 1.95 GiB" in incident.body
    assert "program8" not in incident.body
    assert outcomes[-1].view.system_level is Level.CRITICAL


def test_a_spike_is_told_once() -> None:
    sizes = [100] * 10 + [250] * 5
    outcomes = run(frame(s, target("app", size)) for s, size in enumerate(sizes))
    assert told(outcomes) == [("spike:app", "raised", Level.WARNING)]
    assert outcomes[-1].view.incidents[0].title == "app jumped by 150 MiB"


def test_a_target_can_be_spared_from_growth_and_spike_alerts() -> None:
    calm = TargetRule(name="app", match="app", watch_growth=False, watch_spikes=False)
    sizes = [100 + s for s in range(60)] + [500] * 5
    outcomes = run((frame(s, target("app", size)) for s, size in enumerate(sizes)), calm)
    assert told(outcomes) == []


def test_a_restart_is_noted_and_never_growth() -> None:
    frames = [
        *(frame(s, target("app", 100)) for s in range(5)),
        frame(5, TargetSample(name="app")),
        *(frame(s, target("app", 300, first_pid=200)) for s in range(6, 70)),
    ]
    outcomes = run(frames)
    assert told(outcomes) == []
    assert [e.kind for outcome in outcomes for e in outcome.events] == ["restart"]
    assert outcomes[5].view.targets[0].verdict == "gone"
    assert outcomes[5].view.targets[0].rss_bytes is None
    assert outcomes[-1].view.targets[0].restart_count == 1


def test_the_first_start_of_a_target_is_no_restart() -> None:
    outcomes = run([frame(0, TargetSample(name="app")), frame(1, target("app", 100))])
    assert outcomes[-1].view.targets[0].restart_count == 0


def test_what_is_unknown_is_not_kept() -> None:
    first, second = run([frame(0, TargetSample(name="app")), frame(1, target("app", 100))])
    assert RSS not in dict(first.values)
    assert dict(second.values)[RSS] == 100 * MIB
    assert Series("system", "", "swap_used_bytes") not in dict(second.values)


def test_several_processes_are_summed() -> None:
    (outcome,) = run([frame(0, target("app", 100, 50, 25))])
    (view,) = outcome.view.targets
    assert view.rss_bytes == 175 * MIB
    assert view.pids == (100, 101, 102)


def test_what_is_held_is_journalled_with_its_reason() -> None:
    monitor = Monitor(MonitorRules(policy=AlertPolicy(sustain_seconds=0)))
    outcome = monitor.fold(frame(0, used_share=0.8), Quiet(off=True))
    (event,) = outcome.events
    assert (event.kind, event.level) == ("alert", "warning")
    assert event.data["what"] == "held"
    assert event.data["reason"] == "alerts are off"


def test_other_rules_keep_what_is_known_of_a_target_that_stays() -> None:
    monitor = Monitor(MonitorRules(targets=(APP,)))
    for second in range(10):
        monitor.fold(frame(second, target("app", 100 + second)), Quiet())
    monitor.set_rules(MonitorRules(targets=(TargetRule(name="new", match="n"), APP)))
    views = monitor.fold(frame(10, target("app", 110)), Quiet()).view.targets
    assert [view.name for view in views] == ["new", "app"]
    assert views[1].peak_bytes == 110 * MIB
    assert views[1].slope_bytes_per_second is not None
