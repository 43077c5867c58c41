from __future__ import annotations

import pytest

from tests.domain.building import MIB, facts
from trayapp.domain.judging.application_trends import (
    FOLLOWED_COUNT,
    ApplicationTrends,
    ApplicationView,
)
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.samples import MemoryReading, ProcessKey, ProcessUse

Sizes = dict[str, dict[int, float]]
"""MiB by pid, by application."""


def fold(trends: ApplicationTrends, second: float, sizes: Sizes) -> dict[str, ApplicationView]:
    readings = {
        ProcessKey(pid, pid): MemoryReading(rss_bytes=round(mib * MIB))
        for processes in sizes.values()
        for pid, mib in processes.items()
    }
    uses = [
        ApplicationUse(
            key=ApplicationKey("program", name),
            name=name,
            processes=tuple(ProcessKey(pid, pid) for pid in processes),
            rss_bytes=round(sum(processes.values()) * MIB),
            largest=ProcessUse(facts=facts(5, name), rss_bytes=1),
        )
        for name, processes in sizes.items()
    ]
    return {view.name: view for view in trends.add_sample(second, uses, readings, {})}


def rate_mib(view: ApplicationView) -> float:
    assert view.slope_bytes_per_second is not None
    return view.slope_bytes_per_second / MIB


def test_the_application_that_grows_is_told_by_its_rate() -> None:
    trends = ApplicationTrends(span_seconds=300)
    for look in range(12):
        views = fold(trends, 10.0 * look, {"grower": {1: 100 + 20 * look}, "other": {2: 50}})
    assert rate_mib(views["grower"]) == pytest.approx(2)
    assert views["other"].slope_bytes_per_second == 0
    assert views["grower"].bars[-1] == 320 * MIB


def test_nothing_is_concluded_from_one_look_or_across_a_gap() -> None:
    trends = ApplicationTrends(span_seconds=300)
    first = fold(trends, 0.0, {"a": {1: 100}})
    later = fold(trends, 3600.0, {"a": {1: 900}})
    assert first["a"].slope_bytes_per_second is None
    assert later["a"].slope_bytes_per_second is None


def test_only_the_largest_are_remembered_however_many_come() -> None:
    trends = ApplicationTrends(span_seconds=300)
    for look in range(50):
        sizes: Sizes = {f"{look}-{n}": {1000 * look + n: 1000 - n} for n in range(200)}
        assert len(fold(trends, 10.0 * look, sizes)) == FOLLOWED_COUNT
    assert len(trends._trends) == len(trends._sizes) == FOLLOWED_COUNT


def test_a_process_that_starts_and_fills_its_memory_is_no_growth() -> None:
    """A browser opens tabs: each is small when it is met first, and large ten seconds later."""
    trends = ApplicationTrends(span_seconds=300)
    tabs: dict[int, float] = {1: 300}
    for look in range(12):
        if look % 2:
            tabs |= {10 + look: 5}
        else:
            tabs = {pid: 200 if mib == 5 else mib for pid, mib in tabs.items()}
        views = fold(trends, 10.0 * look, {"browser": tabs})
        assert look == 0 or views["browser"].slope_bytes_per_second == 0


def test_a_process_that_ends_is_no_relief_and_the_others_growth_is_told() -> None:
    trends = ApplicationTrends(span_seconds=300)
    for look in range(6):
        processes = {1: 100 + 10.0 * look} | ({} if look >= 3 else {2: 800.0})
        views = fold(trends, 10.0 * look, {"app": processes})
    assert rate_mib(views["app"]) == pytest.approx(1)


def test_what_leaves_for_a_target_or_comes_back_from_one_does_not_move_the_rate() -> None:
    trends = ApplicationTrends(span_seconds=300)
    for look in range(12):
        worker = {} if 4 <= look < 8 else {2: 500.0}
        views = fold(trends, 10.0 * look, {"app": {1: 100 + look} | worker})
        if look:
            assert rate_mib(views["app"]) == pytest.approx(0.1)


def test_an_application_started_again_begins_anew() -> None:
    trends = ApplicationTrends(span_seconds=300)
    for look in range(5):
        fold(trends, 10.0 * look, {"app": {1: 100 + 50 * look}})
    views = fold(trends, 50.0, {"app": {7: 20}})
    assert views["app"].slope_bytes_per_second is None


def test_the_first_interval_weighs_no_more_than_its_time() -> None:
    trends = ApplicationTrends(span_seconds=300)
    for look in range(7):
        views = fold(trends, 10.0 * look, {"app": {1: 100 + (60 if look else 0)}})
    assert rate_mib(views["app"]) < 0.65


def test_fresh_figures_in_between_are_no_interval_of_a_rate() -> None:
    trends = ApplicationTrends(span_seconds=300)
    fold(trends, 0.0, {"app": {1: 100}})
    fold(trends, 10.0, {"app": {1: 110}})
    views = fold(trends, 11.0, {"app": {1: 150}})
    assert rate_mib(views["app"]) == pytest.approx(1)
    assert views["app"].rss_bytes == 150 * MIB
