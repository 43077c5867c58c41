"""Each kind of advice: given where its cause is known, and to no healthy program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.domain.building import MIB
from tests.domain.judging.advice.building import (
    CALM,
    GIB,
    SHORT,
    SYSTEM,
    WALL,
    case,
    inside,
    leaking,
    target,
)
from trayapp.domain.judging.advice.asking import advise
from trayapp.domain.judging.advice.case import Cache, Case, Crowd, Machine, Mount, Past, TaskPast
from trayapp.domain.judging.advice.case import Twins as FoundTwins
from trayapp.domain.judging.advice.kinds import KINDS
from trayapp.domain.judging.advice.records import Advice
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.leaks import Verdict
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.domain.records.runtimes import RuntimeHeap


def kinds(one: Case, machine: Machine = CALM) -> list[str]:
    return [found.kind for found, _ in advise([one], machine)]


def only(one: Case, machine: Machine = CALM) -> Advice:
    ((found, _),) = advise([one], machine)
    return found


def java(live_mib: float, committed_mib: float, limit_mib: float, **changes: Any) -> RuntimeHeap:
    return RuntimeHeap(
        runtime="java",
        collector="G1",
        live_bytes=round(live_mib * MIB),
        kept_bytes=None,
        used_bytes=round(1.5 * live_mib * MIB),
        committed_bytes=round(committed_mib * MIB),
        limit_bytes=round(limit_mib * MIB),
        metaspace_bytes=None,
        collections=50,
        full_collections=1,
        collecting_share=0.01,
    )._replace(**changes)


def test_every_kind_has_a_key_of_its_own() -> None:
    keys = [kind.key for kind in KINDS]
    assert len(set(keys)) == len(keys)


def test_what_the_c_library_retains_is_to_be_trimmed() -> None:
    found = only(case(inside=inside(retained_mib=190)))
    assert (found.kind, found.automatic and found.automatic.does) == ("trim", "free")
    assert found.offered_bytes == 190 * MIB
    assert "190 MiB of its 400 MiB" in found.evidence


def test_what_was_freed_a_moment_ago_is_about_to_be_used_again() -> None:
    assert kinds(case(inside=inside(retained_mib=190, looks=2))) == []
    assert kinds(case(inside=inside(retained_mib=190, least_retained_bytes=8 * MIB))) == []


def test_what_is_pinned_in_arenas_is_not_to_be_trimmed_but_restarted() -> None:
    found = only(case(inside=inside(pinned_mib=250)))
    assert found.kind == "restart"
    assert found.automatic is None
    guarded = only(case(inside=inside(pinned_mib=250), facts=ProgramFacts(is_guarded=True)))
    assert guarded.automatic and guarded.automatic.does == "restart"


def test_what_a_guarded_run_would_leave_as_it_is_is_to_be_restarted_by_hand() -> None:
    small = ProgramFacts(is_guarded=True, left_pids=(7, 8), is_mostly_left=True)
    by_hand = only(case(target(leak=leaking()), facts=small))
    assert by_hand.automatic is None
    assert "process 7," in by_hand.acts[0].what
    large = replace(small, is_mostly_left=False)
    assert only(case(target(leak=leaking()), facts=large)).automatic
    for grown, is_automatic in ((7, False), (9, True)):
        view = ApplicationView(
            name="web", pids=(7, 8, 9), rss_bytes=400 * MIB, leak=leaking(), leak_pid=grown
        )
        for facts in (small, large):
            found = only(Case("application:program:web", view, facts))
            assert (found.automatic is not None) == is_automatic


def test_a_proven_leak_is_to_be_restarted_and_its_task_is_named() -> None:
    past = Past(days=1.0, task=TaskPast("import_orders", 2, 20 * MIB, 0.9))
    found = only(case(target(leak=leaking()), past=past))
    assert found.kind == "restart"
    assert "import_orders" in found.evidence
    assert kinds(case(target(leak=Verdict(level="growing", score=0.6, growth_bytes=2e8)))) == []


def test_garbage_is_collected_where_nobody_else_does() -> None:
    growing = target(leak=Verdict(level="growing", score=0.6, growth_bytes=100 * MIB))
    assert kinds(case(growing, inside=inside(is_collecting=False))) == ["collect"]
    assert kinds(case(growing, inside=inside(is_collecting=True))) == []
    assert kinds(case(inside=inside(is_collecting=False))) == []


def test_caches_are_emptied_only_where_memory_is_short() -> None:
    cache = Cache("pages", 150 * MIB, 140 * MIB, 150 * MIB, 3600.0, shrank=True)
    full = case(inside=inside(caches=(cache,)))
    assert kinds(full) == []
    assert kinds(full, SHORT) == ["empty_cache"]
    near = target(limit_bytes=450 * MIB, limit_source="cgroup", limit_share=0.9)
    assert kinds(case(near, inside=inside(caches=(cache,)))) == ["empty_cache"]


def test_a_cache_that_only_grows_wants_a_bound() -> None:
    cache = Cache("pages", 20 * MIB, 20 * MIB, 150 * MIB, 3600.0, shrank=False)
    assert kinds(case(inside=inside(caches=(cache,)))) == ["bound_cache"]
    for bounded in (
        cache._replace(shrank=True),
        cache._replace(since_seconds=60.0),
        cache._replace(first_bytes=140 * MIB),
    ):
        assert kinds(case(inside=inside(caches=(bounded,)))) == []


def test_many_threads_with_empty_arenas_want_fewer() -> None:
    crowd = inside(retained_mib=190, thread_count=64, arena_count=17)
    assert kinds(case(inside=crowd)) == ["trim", "malloc_arenas"]
    assert kinds(case(inside=crowd._replace(arena_count=3))) == ["trim"]


@pytest.mark.parametrize(
    ("heap", "days", "expected"),
    [
        (java(100, 1500, 4096), 5.0, ["heap_limit"]),  # far too large
        (java(100, 1500, 4096), 0.01, []),  # too early to tell
        (java(800, 1500, 2048), 5.0, []),  # fits
        (java(100, 200, 4096), 5.0, []),  # may grow, but has not
        (java(900, 1024, 1024, collecting_share=0.3), 0.0, ["heap_limit"]),  # too small
        (java(900, 1024, 1024, collecting_share=0.02), 5.0, []),
    ],
)
def test_a_java_heap_is_to_fit_what_it_keeps(
    heap: RuntimeHeap, days: float, expected: list[str]
) -> None:
    past = Past(days=days, live_bytes=heap.live_bytes)
    assert kinds(case(target(size_mib=1800, heap=heap), past=past)) == expected


def test_each_runtime_is_given_its_own_option() -> None:
    past = Past(days=5.0, live_bytes=100 * MIB)
    options = {
        runtime: only(
            case(target(size_mib=1800, heap=java(100, 1500, 4096, runtime=runtime)), past=past)
        )
        .acts[0]
        .what
        for runtime in ("java", "node")
    }
    assert options == {
        "java": "Start it with -Xmx256m",
        "node": "Start it with --max-old-space-size=256",
    }


@pytest.mark.parametrize(
    ("p99_mib", "days", "source", "expected", "size"),
    [
        (480, 14.0, "settings", ["limit"], 624),  # tight: raised by 30 %
        (100, 14.0, "settings", ["limit"], 144),  # wide
        (100, 3.0, "settings", [], None),  # seen too little for that
        (300, 14.0, "settings", [], None),  # fits
        (480, 14.0, "cgroup", ["limit"], None),  # not Memtray's to change
        (480, 14.0, "rlimit", [], None),  # of the address space
    ],
)
def test_a_limit_is_to_fit_what_is_used(
    p99_mib: float, days: float, source: str, expected: list[str], size: float | None
) -> None:
    limited = target(limit_bytes=500 * MIB, limit_source=source, limit_share=0.8)
    one = case(limited, past=Past(days=days, p99_bytes=round(p99_mib * MIB)))
    assert kinds(one) == expected
    if expected:
        automatic = only(one).automatic
        assert (automatic.bytes if automatic else None) == (size and size * MIB)


def test_a_leak_does_not_raise_its_own_limit() -> None:
    limited = target(limit_bytes=500 * MIB, limit_source="settings", leak=leaking())
    assert kinds(case(limited, past=Past(days=14.0, p99_bytes=480 * MIB))) == ["restart"]


def test_processes_that_never_exit_an_idle_program_and_copies_are_named() -> None:
    assert kinds(case(crowd=Crowd(12, 900.0, 60 * MIB))) == ["children"]
    idle = Past(days=5.0, idle_seconds=3 * 86_400.0)
    assert kinds(case(target(size_mib=600), past=idle)) == ["idle"]
    assert kinds(case(target(size_mib=100), past=idle)) == []
    assert kinds(case(target(size_mib=600), past=Past(days=5.0, idle_seconds=7200.0))) == []
    assert kinds(case(twins=FoundTwins((100, 200), 90 * MIB))) == ["twins"]


def test_a_task_that_keeps_memory_each_time_is_looked_into() -> None:
    task = TaskPast("reindex", 12, 300 * MIB, 0.8)
    assert kinds(case(past=Past(days=1.0, task=task))) == ["task"]
    for harmless in (task._replace(runs=2), task._replace(share=0.2), task._replace(kept_bytes=9)):
        assert kinds(case(past=Past(days=1.0, task=harmless))) == []


def test_files_in_memory_and_thrashing_are_about_the_machine() -> None:
    full = replace(CALM, mounts=(Mount("/mem", 4 * GIB, 5 * GIB), Mount("/run", 9, 10)))
    ((found, nobody),) = advise([], full)
    assert (found.kind, found.about, nobody) == ("tmpfs", "system", None)
    assert "/mem" in found.title
    assert advise([], replace(CALM, mounts=(Mount("/mem", 100 * MIB, 110 * MIB),))) == []
    big = case(target("big", 5000))
    system = replace(SYSTEM, swap_used_bytes=3 * GIB, stall_full_percent=22.0)
    thrashing = Machine(system, WALL, programs=(case(), big))
    ((found, _),) = advise([], thrashing)
    assert (found.kind, found.name) == ("swap", "big")


HEALTHY = [
    case(inside=inside()),
    case(inside=inside(retained_mib=24)),
    case(inside=inside(rss_mib=4000, retained_mib=60, pinned_mib=90)),
    case(inside=inside(retained_mib=None, pinned_mib=None)),
    case(target(leak=Verdict(level="growing", score=0.55, growth_bytes=50 * MIB))),
    case(past=Past(days=14.0, p99_bytes=300 * MIB)),
    case(target(limit_bytes=1024 * MIB, limit_source="cgroup", limit_share=0.4),
         past=Past(days=14.0, p99_bytes=500 * MIB)),
    case(target(size_mib=2000, heap=java(600, 1800, 2048)),
         past=Past(days=14.0, live_bytes=700 * MIB)),
    case(),
]  # fmt: skip


@pytest.mark.parametrize("one", HEALTHY)
def test_a_healthy_program_is_left_alone(one: Case) -> None:
    assert kinds(one) == []


@pytest.mark.parametrize(
    "one", [case(inside=inside(retained_mib=190)), case(target(leak=leaking()))]
)
def test_all_advice_says_when_not_to_follow_it(one: Case) -> None:
    found = only(one)
    assert found.unless and found.evidence and found.acts
