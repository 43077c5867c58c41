"""Heaps of programs that no target holds: what fills is named, whoever it belongs to."""

from __future__ import annotations

from trayapp.domain.judging.application_heaps import ApplicationHeaps
from trayapp.domain.judging.leaks import Finding, LeakSettings, Verdict
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.domain.records.samples import ProcessFacts, ProcessKey, ProcessUse
from trayapp.language.units import MIB

SHOP, OTHER = ProcessKey(10, 1), ProcessKey(11, 1)


def use(*keys: ProcessKey) -> ApplicationUse:
    return ApplicationUse(
        key=ApplicationKey("program", "java"),
        name="java",
        rss_bytes=300 * MIB,
        processes=keys,
        largest=ProcessUse(
            facts=ProcessFacts(key=keys[0], parent_pid=1, name="java"), rss_bytes=300 * MIB
        ),
    )


def heap(live_mib: float, count: int) -> RuntimeHeap:
    """As a G1 tells of it that looks through all of its heap again and again."""
    live = round(live_mib * MIB)
    return RuntimeHeap(
        runtime="java",
        collector="G1",
        live_bytes=live,
        kept_bytes=live,
        used_bytes=live,
        committed_bytes=256 * MIB,
        limit_bytes=256 * MIB,
        metaspace_bytes=None,
        collections=count,
        full_collections=count // 4,
    )


def fill(heaps: ApplicationHeaps, application: ApplicationUse, until: int = 360) -> Finding | None:
    """Look every ten seconds at a heap that keeps 0.4 MiB a second."""
    found: dict[ApplicationKey, Finding] = {}
    for second in range(0, until, 10):
        known = {SHOP: (heap(second * 0.4, second // 10),)}
        found = heaps.fold(float(second), [application], known, {}, {}, LeakSettings())
    return found.get(application.key)


def test_a_heap_that_fills_is_found_though_its_process_stands_still() -> None:
    finding = fill(ApplicationHeaps(), use(SHOP))
    assert finding is not None
    assert finding.verdict.level == "leaking"
    assert finding.verdict.is_hidden
    assert finding.pid is None
    assert 250 < (finding.verdict.seconds_to_limit or 0) < 350


def test_of_several_processes_the_one_is_named() -> None:
    finding = fill(ApplicationHeaps(), use(SHOP, OTHER))
    assert finding is not None
    assert finding.pid == SHOP.pid


def test_what_its_memory_says_stays_where_that_is_worse() -> None:
    memory = Finding(Verdict(level="leaking", seconds_to_limit=5.0), 11)
    told = ApplicationHeaps().fold(
        0.0, [use(SHOP)], {SHOP: (heap(9, 1),)}, {}, {use(SHOP).key: memory}, LeakSettings()
    )
    assert told == {use(SHOP).key: memory}


def test_what_was_judged_goes_to_the_target_that_it_becomes() -> None:
    heaps = ApplicationHeaps()
    fill(heaps, use(SHOP))
    taken = heaps.take([SHOP, OTHER])
    assert taken is not None
    verdict = taken.heap.add_heaps(360.0, [heap(144, 37)], LeakSettings())
    assert verdict is not None
    assert verdict.level == "leaking"
    assert heaps.take([SHOP]) is None


def test_nothing_is_kept_of_the_dead() -> None:
    heaps = ApplicationHeaps()
    fill(heaps, use(SHOP))
    heaps.fold(400.0, [use(OTHER)], {}, {}, {}, LeakSettings())
    assert heaps.take([SHOP]) is None
