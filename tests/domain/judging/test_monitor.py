from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.domain.building import HASTY, MIB, TOTAL_BYTES, facts, frame, target
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import AlertPolicy, Quiet
from trayapp.domain.judging.growth_tracker import GrowthRule
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.own_budget import BudgetVerdict
from trayapp.domain.judging.sessions import SESSION
from trayapp.domain.judging.view import Controls, TargetView
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.frames import Everything, Frame, TargetSample
from trayapp.domain.records.levels import Level
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.oom_kills import OomKill, Victim
from trayapp.domain.records.samples import Footprint, MemoryReading, ProcessKey, ProcessUse
from trayapp.domain.records.series import Event, Series
from trayapp.domain.showing.lines import pace_line, target_line
from trayapp.domain.showing.status import status
from trayapp.domain.showing.table import row_from, status_text
from trayapp.domain.showing.table_status import table_status
from trayapp.domain.showing.tray_menu import menu

APP = TargetRule(name="app", match="app")
RSS = Series("target", "app", "rss_bytes")


def hasty(**rules: Any) -> MonitorRules:
    """Rules by which a leak is called by the shortest proof, and growth reported at once."""
    return MonitorRules(leaks=HASTY, tells_growth_early=True, **rules)


def run(
    frames: Iterable[Frame], *rules: TargetRule, growth: GrowthRule | None = None
) -> list[Outcome]:
    monitor = Monitor(hasty(targets=rules or (APP,), growth=growth or GrowthRule()))
    return [monitor.judge_frame(each, Quiet()) for each in frames]


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
    assert "(205 KiB/s)" in incident.body
    (view,) = outcomes[-1].view.targets
    assert view.verdict == "growing"
    assert view.level is Level.WARNING


def test_growth_is_silent_until_a_tenth_of_the_time_to_its_limit_is_gone() -> None:
    frames = [
        frame(second, target("app", 50 + 0.2 * second), interval_seconds=5.0)
        for second in range(0, 600, 5)
    ]
    monitor = Monitor(MonitorRules(targets=(APP,)))
    outcomes = [monitor.judge_frame(each, Quiet()) for each in frames]
    assert told(outcomes) == []
    assert outcomes[-1].view.targets[0].verdict == "growing"

    limited = replace(APP, limit_bytes=400 * MIB)
    monitor = Monitor(MonitorRules(targets=(limited,)))
    at = [(each.monotonic_seconds, told([monitor.judge_frame(each, Quiet())])) for each in frames]
    first = next(seconds for seconds, announced in at if announced)
    # 350 MiB at 0.2 MiB/s take 29 min.
    assert 170 <= first <= 200
    assert ("growth:app", "raised", Level.WARNING) in [one for _, some in at for one in some]


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
    assert incident.title == "app is probably leaking memory"
    assert incident.body.endswith("Restarting it frees the memory.")
    assert "resident set" in evidence_of(outcomes[-1].view.targets[0].leak)
    # Growth that goes on as a leak is never said to be over, it seems.
    keys = [{each.key for each in outcome.view.incidents} for outcome in outcomes]
    assert sum({"growth:app", "leak:app"} <= both for both in keys) <= 1
    (view,) = outcomes[-1].view.targets
    assert view.verdict == "leaking"
    assert view.leak.score >= 0.7
    assert view.leak.rate_bytes_per_second is not None
    assert abs(view.leak.rate_bytes_per_second - 0.2 * MIB) < 0.03 * MIB
    told_of = status(outcomes[-1].view, Controls())["targets"]
    assert isinstance(told_of, list)
    assert abs(told_of[0]["leak_since"] - outcomes[0].view.wall_seconds) < 120
    low, high = (told_of[0][f"leak_seconds_to_limit_{end}"] for end in ("low", "high"))
    assert low <= told_of[0]["leak_seconds_to_limit"] <= high


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
    assert "Limit reached in about 14 min." in outcomes[-1].view.incidents[0].body


def test_every_figure_of_the_time_left_is_about_the_limit_that_is_reached_first() -> None:
    """200 MiB in the settings, 144 MiB used, +118 KiB/s: 8 minutes, wherever it is told."""
    limited = TargetRule(name="app", match="app", limit_bytes=200 * MIB)
    rate_mib = 118 / 1024
    above = Limit(limit_bytes=9000 * MIB, source="cgroup", used_bytes=1000 * MIB)
    # Growth, then the proof of a leak; both end with 144 MiB.
    for seconds in (120, 1140):
        first_mib = 144 - rate_mib * seconds
        outcomes = run(
            (
                frame(
                    s,
                    replace(target("app", first_mib + rate_mib * s), limits=(above,)),
                    interval_seconds=5.0,
                )
                for s in range(0, seconds + 1, 5)
            ),
            limited,
            growth=GrowthRule(threshold_bytes_per_second=10_000),
        )
        view = outcomes[-1].view
        (app,) = view.targets
        assert app.seconds_to_limit is not None
        assert abs(app.seconds_to_limit - 56 * 1024 / 118) < 15
        (incident,) = view.incidents
        assert incident.key == ("growth:app" if seconds == 120 else "leak:app")
        assert "Limit reached in about 8 min." in incident.body
        assert " d " not in incident.body
        assert incident.level is Level.CRITICAL
        assert "limit in 8 min" in target_line(app)
        told_of = status(view, Controls())["targets"]
        assert isinstance(told_of, list)
        assert told_of[0]["seconds_to_limit"] == app.seconds_to_limit
        assert told_of[0]["nearest_limit_source"] == "settings"
        assert told_of[0]["nearest_limit_bytes"] == 200 * MIB
        if seconds == 1140:
            assert told_of[0]["leak_seconds_to_limit"] == app.seconds_to_limit
        rows = table_status(view, Controls())["rows"]
        assert isinstance(rows, list)
        assert "limit in 8 min" in status_text(row_from(rows[1]))


def test_a_limit_of_the_settings_does_not_hide_a_nearer_one_of_the_system() -> None:
    limited = TargetRule(name="app", match="app", limit_bytes=1000 * MIB)
    near = Limit(limit_bytes=300 * MIB, source="cgroup", used_bytes=270 * MIB)
    (outcome,) = run([frame(0, replace(target("app", 250), limits=(near,)))], limited)
    (view,) = outcome.view.targets
    assert (view.limit_source, view.limit_share) == ("cgroup", 0.9)
    assert view.headroom is not None
    assert (view.headroom.source, view.headroom.room_bytes) == ("cgroup", 30 * MIB)


def test_a_limit_of_the_address_space_is_no_line_in_a_chart_of_sizes() -> None:
    """A program may reserve far more than it fills: Java, Go and Chromium do."""
    space = Limit(limit_bytes=900 * MIB, source="rlimit", used_bytes=860 * MIB, path="RLIMIT_AS")
    group = Limit(limit_bytes=500 * MIB, source="cgroup", used_bytes=100 * MIB)

    def view_with(*limits: Limit) -> TargetView:
        (outcome,) = run([frame(0, replace(target("app", 50), limits=limits))])
        (view,) = outcome.view.targets
        told_of = status(outcome.view, Controls())["targets"]
        assert isinstance(told_of, list)
        assert told_of[0]["size_limit_bytes"] == view.size_limit_bytes
        return view

    view = view_with(space)
    assert (view.limit_source, view.limit_bytes, view.size_limit_bytes) == (
        "rlimit",
        900 * MIB,
        None,
    )
    view = view_with(space, group)
    assert (view.limit_source, view.size_limit_bytes) == ("rlimit", 500 * MIB)
    assert view_with().size_limit_bytes is None, "the machine's memory is none either"


def test_a_target_near_its_limit_rises_through_the_levels() -> None:
    limited = TargetRule(name="app", match="app", limit_bytes=100 * MIB, watch_growth=False)
    sizes = [50] * 10 + [76] * 80 + [86] * 80 + [96] * 10 + [50] * 40
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
        return replace(target("app", 100), limits=(limit,))

    outcomes = run(frame(s, sample(500 if s < 10 else 960)) for s in range(20))
    assert told(outcomes) == [("limit:app", "raised", Level.EMERGENCY)]
    body = outcomes[-1].view.incidents[0].body
    assert body == "Using 960 MiB; limit 1000 MiB (96%), of its cgroup."
    (view,) = outcomes[-1].view.targets
    assert (view.limit_source, view.limit_share) == ("cgroup", 0.96)


def test_without_any_limit_the_machine_is_the_limit_and_the_pressure_is_told_instead() -> None:
    outcomes = run(frame(s, target("app", 15_900), used_share=0.5) for s in range(20))
    assert told(outcomes) == []
    (view,) = outcomes[-1].view.targets
    assert (view.limit_bytes, view.limit_source) == (TOTAL_BYTES, "machine")
    assert view.seconds_to_limit is None
    assert view.headroom is not None
    assert view.headroom.source == "machine"


def test_what_the_kernel_kills_is_told_at_once() -> None:
    victim = Victim(name="x", pid=100, target="app", is_certain=True)
    kill = OomKill(count=1, victims=(victim,))
    outcomes = run([frame(0, target("app", 100)), replace(frame(1), oom_kill=kill)])
    assert told(outcomes) == [("oom:app:100", "raised", Level.CRITICAL)]
    assert outcomes[-1].view.incidents[0].title == "Out of memory: app (100) was killed"
    assert [(each.kind, each.data.get("pid")) for each in outcomes[-1].events] == [
        ("oom", 100),
        ("alert", None),
    ]


def test_memtray_over_its_own_budget_is_told_without_a_banner() -> None:
    monitor = Monitor(hasty())
    verdict = BudgetVerdict(
        over=("CPU",), step=1, stretch=1.5, reason="over its own budget", announcement="It is over."
    )
    outcomes = [monitor.judge_frame(frame(0, interval_seconds=1.5), Quiet(), verdict)]
    outcomes += [
        monitor.judge_frame(
            frame(s, interval_seconds=1.5), Quiet(), replace(verdict, announcement=None)
        )
        for s in range(1, 90)
    ]
    assert told(outcomes) == []
    assert [(e.kind, e.text) for each in outcomes for e in each.events] == [
        ("budget", "It is over.")
    ]
    view = outcomes[-1].view
    assert view.incidents == ()
    assert pace_line(view) == "over its own budget; sampling every 1.5 s for now"
    labels = [entry.label for entry in menu(view, Controls())]
    assert labels.count(pace_line(view)) == 1
    assert pace_line(replace(view, budget=BudgetVerdict())) == ""


def test_memtray_never_alerts_about_itself_however_much_it_costs() -> None:
    monitor = Monitor(hasty())
    worst = BudgetVerdict(over=("CPU",), step=8, reason="over", emergency="It is far over.")
    outcomes = [monitor.judge_frame(frame(s), Quiet(), worst) for s in range(10)]
    assert told(outcomes) == []
    view = outcomes[-1].view
    assert view.incidents == ()
    # Menu and status have it.
    assert pace_line(view).startswith("over; sampling every ")
    assert status(view, Controls())["app"]["budget"]["emergency"] == "It is far over."  # type: ignore[index]


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
    assert incident.title == "Memory is low"
    assert "program5 3.91 GiB, program6 2.93 GiB, program7 1.95 GiB" in incident.body
    assert "program8" not in incident.body
    assert outcomes[-1].view.system_level is Level.CRITICAL


def test_a_shortage_names_whole_applications_and_targets_as_the_largest() -> None:
    """A browser of many small processes uses more than any single one."""
    sizes = {("browser", pid): 400 for pid in range(10, 16)} | {("db", 50): 1500, ("vm", 60): 300}
    readings = {ProcessKey(pid, pid): MemoryReading(mib * MIB) for (_, pid), mib in sizes.items()}
    uses = [
        ApplicationUse(
            key=ApplicationKey("program", name),
            name=name,
            processes=tuple(ProcessKey(pid, pid) for each, pid in sizes if each == name),
            rss_bytes=sum(mib * MIB for (each, _), mib in sizes.items() if each == name),
            largest=ProcessUse(facts=facts(50, name), rss_bytes=MIB),
        )
        for name in ("browser", "db", "vm")
    ]
    everything = Everything(
        applications=tuple(uses),
        largest=(ProcessUse(facts=facts(50, "db"), rss_bytes=1500 * MIB),),
        readings=readings,
    )
    outcomes = run(
        frame(s, target("app", 900, 900), used_share=0.9, everything=everything) for s in range(10)
    )
    (incident,) = outcomes[-1].view.incidents
    assert "Largest: browser 2.34 GiB, app 1.76 GiB, db 1.46 GiB." in incident.body


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
    monitor = Monitor(hasty(policy=AlertPolicy(sustain_seconds=0)))
    outcome = monitor.judge_frame(frame(0, used_share=0.8), Quiet(off=True))
    (event,) = outcome.events
    assert (event.kind, event.level) == ("alert", "warning")
    assert event.data["what"] == "held"
    assert event.data["reason"] == "alerts are off"


def test_other_rules_keep_what_is_known_of_a_target_that_stays() -> None:
    monitor = Monitor(hasty(targets=(APP,)))
    for second in range(10):
        monitor.judge_frame(frame(second, target("app", 100 + second)), Quiet())
    monitor.set_rules(hasty(targets=(TargetRule(name="new", match="n"), APP)))
    views = monitor.judge_frame(frame(10, target("app", 110)), Quiet()).view.targets
    assert [view.name for view in views] == ["new", "app"]
    assert views[1].peak_bytes == 110 * MIB
    assert views[1].slope_bytes_per_second is not None


def anonymous(name: str, mib: float, footprint: Footprint | None = None) -> TargetSample:
    """A target whose anonymous memory is known."""
    reading = MemoryReading(round((mib + 20) * MIB), round(mib * MIB))
    return TargetSample(name=name, readings=((ProcessKey(9, 9), reading),), footprint=footprint)


def machine_with(name: str, mib: float) -> Everything:
    """A machine on which one application of one process runs."""
    key, reading = ProcessKey(50, 50), MemoryReading(round((mib + 20) * MIB), round(mib * MIB))
    largest = ProcessUse(facts=facts(50, name), rss_bytes=reading.rss_bytes)
    use = ApplicationUse(
        key=ApplicationKey("program", name),
        name=name,
        processes=(key,),
        rss_bytes=reading.rss_bytes,
        largest=largest,
    )
    return Everything(applications=(use,), largest=(largest,), readings={key: reading})


def watch_others(rules: MonitorRules, growth_mib_per_second: float, seconds: int) -> list[Outcome]:
    monitor = Monitor(rules)
    return [
        monitor.judge_frame(
            frame(
                second,
                everything=None
                if second % 10
                else machine_with("browser", 300 + growth_mib_per_second * second),
            ),
            Quiet(),
        )
        for second in range(0, seconds, 5)
    ]


def test_an_application_that_nobody_named_is_told_when_it_leaks_and_that_matters() -> None:
    outcomes = watch_others(hasty(), 0.5, 1500)
    assert told(outcomes) == [("leak-of-application:browser", "raised", Level.WARNING)]
    (incident,) = outcomes[-1].view.incidents
    assert incident.subject == "browser"
    assert incident.title == "browser is probably leaking memory"
    assert incident.body.startswith("Process 50: +")
    (application,) = outcomes[-1].view.applications
    assert (application.leak.level, application.leak_pid) == ("leaking", 50)
    assert application.level is Level.WARNING


def test_the_limit_of_a_container_counts_for_an_application_that_is_no_target() -> None:
    monitor = Monitor(hasty())
    for second in range(0, 1800, 10):
        everything = machine_with("browser", 300 + 0.5 * second)
        if monitor.suspects:
            assert monitor.suspects == [ProcessKey(50, 50)]
            used_bytes = everything.applications[0].rss_bytes
            limit = Limit(limit_bytes=2000 * MIB, source="cgroup", used_bytes=used_bytes)
            everything = replace(everything, limits={ProcessKey(50, 50): (limit,)})
        outcome = monitor.judge_frame(frame(second, everything=everything), Quiet())
    (application,) = outcome.view.applications
    assert application.leak.seconds_to_limit is not None
    assert abs(application.leak.seconds_to_limit - (2000 - 320 - 0.5 * 1790) / 0.5) < 60
    (incident,) = outcome.view.incidents
    assert "Limit reached in about 26 min." in incident.body
    assert incident.level is Level.CRITICAL


def test_a_leak_beyond_doubt_that_leaves_hours_is_critical() -> None:
    outcomes = watch_others(hasty(), 0.5, 2400)
    assert [(what, level) for _, what, level in told(outcomes)] == [
        ("raised", Level.WARNING),
        ("escalated", Level.CRITICAL),
    ]


def test_a_small_leak_of_an_application_is_shown_but_not_told() -> None:
    outcomes = watch_others(hasty(), 0.02, 2400)
    assert told(outcomes) == []
    (application,) = outcomes[-1].view.applications
    assert application.leak.level == "leaking"
    assert application.level is Level.NORMAL


def test_a_small_leak_of_a_target_is_told() -> None:
    outcomes = run(
        (
            frame(second, anonymous("app", 40 + 0.02 * second), interval_seconds=5.0)
            for second in range(0, 1200, 5)
        ),
        growth=GrowthRule(threshold_bytes_per_second=200_000),
    )
    assert told(outcomes) == [("leak:app", "raised", Level.WARNING)]
    raised = next(outcome for outcome in outcomes if outcome.announcements)
    assert raised.view.wall_seconds - outcomes[0].view.wall_seconds < 900


def test_others_are_not_judged_where_the_settings_say_so() -> None:
    outcomes = watch_others(hasty(judges_others=False), 0.5, 1800)
    assert told(outcomes) == []
    assert outcomes[-1].view.applications[0].leak.level == "healthy"


def test_what_is_not_looked_at_any_more_is_not_said_to_leak() -> None:
    monitor = Monitor(hasty())
    for second in range(0, 1800, 10):
        outcome = monitor.judge_frame(
            frame(second, everything=machine_with("browser", 300 + 0.5 * second)), Quiet()
        )
    assert outcome.view.incidents
    for second in range(1800, 1860, 10):
        outcome = monitor.judge_frame(frame(second), Quiet(), BudgetVerdict(drops_groups=True))
    assert not outcome.view.incidents


def test_what_is_swapped_out_counts_as_kept() -> None:
    """From 100 MiB on all that comes is swapped out: the anonymous memory stands still."""

    def sample(second: int) -> TargetSample:
        size = 60 + 0.1 * second
        swapped = max(0.0, size - 100)
        footprint = Footprint(swap_bytes=round(swapped * MIB))
        return anonymous("app", size - swapped, footprint)

    outcomes = run(
        frame(s, sample(s), interval_seconds=5.0, swap_used_bytes=MIB) for s in range(0, 2400, 5)
    )
    verdict = outcomes[-1].view.targets[0].leak
    assert verdict.level == "leaking"
    assert verdict.rate_bytes_per_second is not None
    assert abs(verdict.rate_bytes_per_second - 0.1 * MIB) < 0.01 * MIB


def test_a_leak_that_will_be_over_within_half_an_hour_is_critical() -> None:
    limit = Limit(limit_bytes=2000 * MIB, source="cgroup", used_bytes=1000 * MIB)
    outcomes = run(
        frame(
            second,
            replace(target("app", 500 + second), limits=(limit,)),
            interval_seconds=5.0,
        )
        for second in range(0, 1200, 5)
    )
    levels = [level for key, what, level in told(outcomes) if key == "leak:app"]
    assert Level.CRITICAL in levels


def test_a_run_is_remembered_when_it_ends_and_expected_the_next_time() -> None:
    """A warm-up that ended at 300 MB twice before is expected the third time."""

    def warm_up(second: float) -> float:
        return 100 + min(second, 1200) * 0.15

    def frames(first_pid: int) -> Iterable[Frame]:
        return (
            frame(second, target("app", warm_up(second), first_pid=first_pid), interval_seconds=5.0)
            for second in range(0, 1800, 5)
        )

    first = Monitor(hasty(targets=(APP,)))
    levels = [first.judge_frame(each, Quiet()).view.targets[0].leak.level for each in frames(1)]
    assert "leaking" in levels
    (session,) = first.judge_frame(frame(1800, interval_seconds=5.0), Quiet()).events
    assert (session.kind, session.subject) == (SESSION, "app")
    peak = session.data["peak_floor_bytes"]
    assert isinstance(peak, float)
    assert abs(peak - 280 * MIB) < 10 * MIB
    later = Monitor(hasty(targets=(APP,)))
    later.preload_sessions([session, session])
    assert {later.judge_frame(each, Quiet()).view.targets[0].leak.level for each in frames(2)} == {
        "healthy"
    }


def test_a_restart_ends_a_session_and_begins_another() -> None:
    monitor = Monitor(hasty(targets=(APP,)))
    for second in range(0, 600, 5):
        monitor.judge_frame(frame(second, target("app", 100), interval_seconds=5.0), Quiet())
    outcome = monitor.judge_frame(
        frame(600, target("app", 30, first_pid=900), interval_seconds=5.0), Quiet()
    )
    assert [event.kind for event in outcome.events] == ["restart", SESSION]


def test_sessions_that_make_no_sense_are_passed_over() -> None:
    monitor = Monitor(hasty(targets=(APP,)))
    monitor.preload_sessions(
        [
            Event(wall_seconds=0, kind=SESSION, subject="app", data={"peak_floor_bytes": "much"}),
            Event(wall_seconds=0, kind=SESSION, subject="gone", data={}),
        ]
    )
    assert monitor.judge_frame(frame(0, target("app", 100)), Quiet()).view.targets[0].pids == (100,)


def test_private_memory_is_judged_where_that_is_what_the_system_tells() -> None:
    """Windows tells private bytes at each look; macOS each process's own memory now and then."""
    windows = run(
        replace(
            frame(s, anonymous("app", 50 + 0.1 * s), interval_seconds=5.0), anon_is_private=True
        )
        for s in range(0, 1200, 5)
    )
    macos = run(
        frame(
            s,
            replace(
                target("app", 200),
                footprint=Footprint(uss_bytes=round((50 + 0.1 * (s // 30 * 30)) * MIB)),
            ),
            interval_seconds=5.0,
        )
        for s in range(0, 1500, 5)
    )
    for outcomes in (windows, macos):
        verdict = outcomes[-1].view.targets[0].leak
        assert verdict.level == "leaking"
        assert "private memory" in evidence_of(verdict)


def test_quick_growth_is_as_bad_as_it_is_soon_over() -> None:
    """12 MiB a second fill 14 GB in 20 min, 5 GB in 7."""

    def worst(used_share: float) -> Level:
        outcomes = run(
            frame(second, target("app", 50 + 12 * second), used_share=used_share)
            for second in range(60)
        )
        return max(level for key, _, level in told(outcomes) if key == "growth:app")

    assert worst(0.1) is Level.CRITICAL
    assert worst(0.7) is Level.EMERGENCY


def test_an_application_that_goes_by_the_name_of_a_target_is_told_apart() -> None:
    """The target does not run: that ends nothing of the application, nor marks the target."""
    rules = hasty(targets=(TargetRule(name="browser", match="something else"),))
    outcomes = watch_others(rules, 0.5, 1500)
    assert told(outcomes) == [("leak-of-application:browser", "raised", Level.WARNING)]
    view = outcomes[-1].view
    assert view.applications[0].level is Level.WARNING
    assert view.targets[0].level is Level.NORMAL


def test_a_target_is_told_of_a_little_before_proof_and_the_sentence_says_so() -> None:
    outcomes = run(
        (
            frame(second, anonymous("app", 40 + 0.02 * second), interval_seconds=5.0)
            for second in range(0, 1200, 5)
        ),
        growth=GrowthRule(threshold_bytes_per_second=200_000),
    )
    raised = next(outcome for outcome in outcomes if outcome.announcements)
    (incident,) = raised.view.incidents
    assert raised.view.targets[0].leak.level == "growing"
    assert incident.title == "app may be leaking memory"
    assert "could still be a cache" in evidence_of(raised.view.targets[0].leak)
    assert outcomes[-1].view.targets[0].leak.level == "leaking"
    assert [what for _, what, _ in told(outcomes)] == ["raised"]


def limited(second: float, mib: float, *, pid: int = 100) -> Frame:
    return frame(second, target("app", mib, first_pid=pid))


LIMITED = TargetRule(name="app", match="app", limit_bytes=200 * MIB)


def test_levels_are_reached_whatever_banners_do() -> None:
    """A guarded program at 329 % of its limit was never restarted: its banner was held."""
    for quiet in (
        Quiet(),
        Quiet(off=True),
        Quiet(in_quiet_hours=True),
        Quiet(all_until_wall_seconds=2e9),
        Quiet(subject_until_wall_seconds={"target:app": 2e9}),
    ):
        monitor = Monitor(hasty(targets=(LIMITED,)))
        outcomes = [
            monitor.judge_frame(limited(second, 100 + 3 * second), quiet) for second in range(60)
        ]
        reached = [
            (second, each.levels)
            for second, outcome in enumerate(outcomes)
            for each in outcome.reached
            if each.incident.key == "limit:app"
        ]
        # 85 % are 170 MiB: second 24 is the first at it.
        assert reached == [
            (21, (Level.WARNING,)), (25, (Level.CRITICAL,)), (30, (Level.EMERGENCY,))
        ]  # fmt: skip


@pytest.mark.parametrize("interval", [0.2, 0.5, 1.0, 2.0, 5.0])
def test_a_program_that_outgrows_its_limit_is_critical_within_two_samples(interval: float) -> None:
    monitor = Monitor(MonitorRules(targets=(LIMITED,)))
    first = reached = None
    for number in range(round(60 / interval)):
        second = number * interval
        look = replace(limited(second, 20 + 3 * second), interval_seconds=interval)
        outcome = monitor.judge_frame(look, Quiet())
        if first is None and 20 + 3 * second >= 170:
            first = number
        limits = [each.levels for each in outcome.reached if each.incident.key == "limit:app"]
        if any(Level.CRITICAL in levels for levels in limits):
            reached = number
            break
    assert first is not None
    assert reached is not None
    assert reached - first <= 2


def test_a_level_that_is_jumped_over_is_reached_too() -> None:
    monitor = Monitor(hasty(targets=(LIMITED,)))
    for second in range(10):
        assert monitor.judge_frame(limited(second, 100), Quiet()).reached == ()
    outcome = monitor.judge_frame(limited(10, 658), Quiet())
    levels = [each.levels for each in outcome.reached if each.incident.key == "limit:app"]
    assert levels == [(Level.WARNING, Level.CRITICAL, Level.EMERGENCY)]


def test_the_next_run_of_a_target_reaches_its_levels_anew() -> None:
    monitor = Monitor(hasty(targets=(LIMITED,)))
    for second in range(10):
        monitor.judge_frame(limited(second, 180), Quiet())
    outcome = monitor.judge_frame(limited(10, 180, pid=200), Quiet())
    over = {each.incident.key: each.reason for each in outcome.announcements}
    assert over["limit:app"] == "app is no longer running"
    reached = [
        each.incident.key
        for second in range(11, 20)
        for each in monitor.judge_frame(limited(second, 180, pid=200), Quiet()).reached
    ]
    assert reached == ["limit:app"]


def open_keys(outcome: Outcome) -> list[str]:
    return [incident.key for incident in outcome.view.incidents]


def leaking_app(seconds: int) -> tuple[Monitor, Outcome]:
    monitor = Monitor(hasty(targets=(LIMITED,)))
    for second in range(seconds):
        outcome = monitor.judge_frame(frame(second, anonymous("app", 20 + 0.2 * second)), Quiet())
    assert {"leak:app", "limit:app"} <= {*open_keys(outcome)}
    return monitor, outcome


def test_all_that_is_wrong_with_a_target_ends_with_its_last_process() -> None:
    """A leak warning stayed for ever after all its processes had gone."""
    monitor, _ = leaking_app(900)
    outcome = monitor.judge_frame(frame(900), Quiet())
    assert open_keys(outcome) == []
    reasons = {each.incident.key: each.reason for each in outcome.announcements}
    assert reasons["leak:app"] == reasons["limit:app"] == "app is no longer running"
    assert all(
        monitor.judge_frame(frame(s), Quiet()).view.incidents == () for s in range(901, 3000, 7)
    )


def test_a_leak_whose_process_has_exited_is_not_called_a_cache() -> None:
    """Another process of the same target goes on, small and steady."""
    monitor = Monitor(hasty(targets=(TargetRule(name="app", match="app"),)))
    small = (ProcessKey(10, 10), MemoryReading(40 * MIB, 20 * MIB))
    for second in range(0, 1200, 2):
        size = round((20 + 0.3 * second) * MIB)
        large = (ProcessKey(9, 9), MemoryReading(size + 20 * MIB, size))
        sample = TargetSample(name="app", readings=(large, small))
        outcome = monitor.judge_frame(frame(second, sample), Quiet())
    assert "leak:app" in open_keys(outcome)
    alone = TargetSample(name="app", readings=(small,))
    later = [monitor.judge_frame(frame(s, alone), Quiet()) for s in range(1200, 2400, 2)]
    (over,) = (
        each
        for outcome in later
        for each in outcome.announcements
        if each.incident.key == "leak:app" and each.what == "resolved"
    )
    assert "cache" not in over.reason


def test_what_was_restored_ends_where_its_processes_have_gone_or_it_is_not_tracked() -> None:
    monitor, _ = leaking_app(900)
    kept = monitor.open_incidents
    for rules, samples, reason in (
        (hasty(targets=(LIMITED,)), (), "app is no longer running"),
        (
            hasty(targets=(LIMITED,)),
            (target("app", 10, first_pid=777),),
            "app is no longer running",
        ),
        (hasty(), (), "app is no longer tracked"),
        (
            hasty(targets=(replace(LIMITED, name="renamed"),)),
            (target("renamed", 10),),
            "app is no longer tracked",
        ),
    ):
        after = Monitor(rules)
        after.restore(kept)
        outcome = after.judge_frame(frame(5000, *samples), Quiet())
        assert open_keys(outcome) == []
        assert {each.reason for each in outcome.announcements} == {reason}


def test_a_target_that_is_taken_off_the_settings_has_no_incidents_left() -> None:
    monitor, _ = leaking_app(900)
    monitor.set_rules(hasty())
    assert open_keys(monitor.judge_frame(frame(900), Quiet())) == []


def leaking_browser() -> tuple[Monitor, Outcome]:
    monitor = Monitor(hasty())
    for second in range(0, 1500, 10):
        everything = machine_with("browser", 200 + 0.5 * second)
        outcome = monitor.judge_frame(frame(second, everything=everything), Quiet())
    assert open_keys(outcome) == ["leak-of-application:browser"]
    return monitor, outcome


def test_a_leak_of_an_application_ends_with_its_process_also_after_a_restart() -> None:
    before, outcome = leaking_browser()
    (incident,) = outcome.view.incidents
    assert incident.about == "application:program:browser"
    assert len(incident.processes) == 1
    after = Monitor(hasty())
    after.restore(before.open_incidents)
    editor, uses = ProcessKey(9, 9), machine_with("editor", 100)
    use = replace(uses.applications[0], processes=(editor,))
    others = replace(uses, applications=(use,), readings={editor: MemoryReading(MIB, MIB)})
    for monitor in (before, after):
        (over,) = monitor.judge_frame(frame(1500, everything=others), Quiet()).announcements
        assert (over.what, over.reason) == ("resolved", "browser is no longer running")


def test_a_leak_of_one_process_ends_with_it_though_the_application_goes_on() -> None:
    monitor, outcome = leaking_browser()
    (incident,) = outcome.view.incidents
    another = ProcessKey(4321, 99)
    uses = machine_with("browser", 100)
    use = replace(uses.applications[0], processes=(another,))
    others = replace(
        uses, applications=(use,), readings={another: MemoryReading(100 * MIB, 100 * MIB)}
    )
    (over,) = monitor.judge_frame(frame(1500, everything=others), Quiet()).announcements
    assert (over.what, over.incident.key) == ("resolved", incident.key)
    (gone,) = incident.processes
    assert over.reason == f"process {gone.pid} of browser is no longer running"
