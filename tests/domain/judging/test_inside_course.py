"""What reports from inside come to over time: shares, growth explained, and what is kept."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.building import MIB, frame, target
from tests.domain.judging.test_inside_verdict import LIVE_TUPLES, SPREAD_TUPLES
from trayapp.applet.rules import monitor_rules
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.inside_course import MOST_KEPT, InsideCourse, InsideView
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.inside import Inside
from trayapp.settings.records import Settings


def seen(view: InsideView | None) -> InsideView:
    assert view is not None
    return view


def grown(times: int) -> Inside:
    """A program that keeps 10 MiB more of small objects each time."""
    more = times * 10 * MIB
    return LIVE_TUPLES._replace(
        rss_bytes=181 * MIB + more,
        anon_bytes=175 * MIB + more,
        arena_bytes=157 * MIB + more,
        arena_used_bytes=155 * MIB + more,
    )


def test_growth_is_explained_since_it_began() -> None:
    course = InsideCourse()
    for look in range(10):
        course.add(30.0 * look, (SPREAD_TUPLES,), None)
    for look in range(10, 20):
        view = seen(course.add(30.0 * look, (grown(look - 10),), 300.0))

    assert view.verdict is not None
    assert view.verdict.is_growth
    assert view.verdict.kind == "live"


def test_what_it_consists_of_is_said_while_it_does_not_grow() -> None:
    course = InsideCourse()
    course.add(0.0, (LIVE_TUPLES,), None)
    view = seen(course.add(30.0, (SPREAD_TUPLES,), None))

    assert view.verdict is not None
    assert (view.verdict.kind, view.verdict.is_growth) == ("pinned", False)
    assert "pinned" in view.sentence


def test_shares_are_those_of_the_time_between_reports() -> None:
    course = InsideCourse()
    first = LIVE_TUPLES._replace(
        collecting_seconds=50.0, watched_seconds=100.0, freed_count=900, examined_count=1000
    )
    second = first._replace(
        collecting_seconds=53.0, watched_seconds=130.0, freed_count=910, examined_count=2000
    )
    course.add(0.0, (first,), None)
    view = seen(course.add(30.0, (second,), None))

    assert view.collecting_share == 0.1
    assert view.efficiency == 0.01


def test_another_program_in_the_same_process_begins_anew() -> None:
    course = InsideCourse()
    course.add(0.0, (LIVE_TUPLES._replace(collecting_seconds=50.0, watched_seconds=100.0),), None)
    fresh = LIVE_TUPLES._replace(collecting_seconds=1.0, watched_seconds=10.0)

    assert seen(course.add(30.0, (fresh,), None)).collecting_share == 0.1


def test_a_program_without_a_probe_has_no_view_and_what_is_remembered_is_bounded() -> None:
    course = InsideCourse()
    assert course.add(0.0, (), None) is None
    for look in range(10 * MOST_KEPT):
        course.add(30.0 * look, (grown(look),), None)
    assert len(course._past) <= MOST_KEPT + 1
    assert course.add(1e6, (), None) is None


def site(size_mib: float, *insides: Inside) -> TargetSample:
    return replace(target("site", size_mib), insides=insides)


def outcome_of(*insides: Inside) -> Outcome:
    """What one frame of a target with these reports leads to."""
    monitor = Monitor(monitor_rules(Settings()))
    monitor.set_targets((TargetRule(name="site", match="site"),))
    return monitor.judge_frame(frame(0.0, site(200, *insides)), Quiet())


def test_figures_from_inside_are_kept_in_the_history() -> None:
    told = SPREAD_TUPLES._replace(live_bytes=4 * MIB, running_count=2)
    kept = {series.metric: value for series, value in outcome_of(told).values if series.name}

    assert kept["heap_used_bytes"] == 5 * MIB
    assert kept["heap_live_bytes"] == 4 * MIB
    assert kept["arena_free_bytes"] > 150 * MIB
    assert 90 < kept["fragmentation_percent"] <= 100
    assert kept["running_task_count"] == 2
    assert "components_bytes" not in kept
    assert not any(metric.startswith("heap_") for metric in metrics_without_a_probe())


def metrics_without_a_probe() -> set[str]:
    return {series.metric for series, _value in outcome_of().values}


def test_leaks_of_objects_are_judged_by_what_full_collections_leave() -> None:
    """Though the resident set stands still, since freed memory is filled again."""
    monitor = Monitor(monitor_rules(Settings()))
    monitor.set_targets((TargetRule(name="site", match="site"),))
    for look in range(240):
        live = (20 + look // 2) * MIB
        told = SPREAD_TUPLES._replace(
            arena_used_bytes=live, live_bytes=live, full_collections=1 + look
        )
        sample = site(400, told)
        outcome = monitor.judge_frame(frame(15.0 * look, sample), Quiet())

    (view,) = outcome.view.targets
    assert view.verdict == "leaking"
    assert view.leak.signal == "heap after collection"
    assert view.inside is not None
    assert view.inside.verdict is not None
    assert (view.inside.verdict.kind, view.inside.verdict.is_growth) == ("live", True)
