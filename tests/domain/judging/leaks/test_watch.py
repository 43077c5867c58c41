"""Every process and application is judged, and the idle cost next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.building import HASTY, MIB, facts
from trayapp.domain.judging.leaks import Finding, LeakWatch
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.leaks.watch import MOST_DETECTORS
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.samples import MemoryReading, ProcessKey, ProcessUse

ROOM_BYTES = 8192.0 * MIB
LOOK_SECONDS = 10

Sizes = Mapping[str, Mapping[int, float]]
"""MiB of anonymous memory by application and pid."""


def look(watch: LeakWatch, second: float, sizes: Sizes) -> dict[str, Finding]:
    """Let the watch see one look; the findings by the application's name."""
    readings = {
        ProcessKey(pid, 1): MemoryReading(round((mib + 20) * MIB), round(mib * MIB))
        for processes in sizes.values()
        for pid, mib in processes.items()
    }
    uses = [
        ApplicationUse(
            key=ApplicationKey("program", name),
            name=name,
            processes=tuple(ProcessKey(pid, 1) for pid in processes),
            rss_bytes=1,
            largest=ProcessUse(facts=facts(1, name), rss_bytes=1),
        )
        for name, processes in sizes.items()
    ]
    found = watch.fold(second, uses, readings, ROOM_BYTES)
    return {key.identity: finding for key, finding in found.items()}


def watch_for(
    seconds: int, sizes_at: Callable[[int], Sizes], watch: LeakWatch | None = None
) -> dict[str, Finding]:
    """The findings after so long."""
    watch = watch or LeakWatch(HASTY)
    found: dict[str, Finding] = {}
    for second in range(0, seconds, LOOK_SECONDS):
        found = look(watch, second, sizes_at(second))
    return found


def test_the_one_process_that_leaks_is_named() -> None:
    found = watch_for(
        1200,
        lambda second: {
            "browser": {11: 300, 12: 80 + 0.1 * second, 13: 150},
            "editor": {21: 200},
        },
    )
    assert found["browser"].pid == 12
    verdict = found["browser"].verdict
    assert verdict.level == "leaking"
    assert verdict.rate_bytes_per_second is not None
    assert abs(verdict.rate_bytes_per_second - 0.1 * MIB) < 0.01 * MIB
    assert "anonymous memory" in evidence_of(verdict)
    assert "editor" not in found


def test_an_application_leaks_as_a_whole_though_none_of_its_processes_grows_for_long() -> None:
    """Each worker is replaced every five minutes by one that takes over what the last one held."""

    def sizes(second: int) -> Sizes:
        generation = second // 300
        return {"service": {100 + generation: 50 + 0.1 * second, 7: 20}}

    found = watch_for(1800, sizes)
    assert found["service"].verdict.level == "leaking"
    assert found["service"].pid is None


def test_workers_that_come_and_go_are_no_leak() -> None:
    def sizes(second: int) -> Sizes:
        workers = (second // 120) % 6
        return {"pool": {7: 20} | {100 + number: 40.0 for number in range(workers)}}

    assert watch_for(7200, sizes)["pool"].verdict.level == "healthy"


def test_what_never_grew_is_not_even_judged() -> None:
    assert watch_for(3600, lambda second: {"idle": {5: 30 + 0.1 * (second % 3)}}) == {}


def test_nothing_is_kept_of_the_dead() -> None:
    watch = LeakWatch(HASTY)
    for generation in range(20):
        look(watch, 10.0 * generation, {"a": {1000 * generation + n: 5.0 for n in range(50)}})
    look(watch, 300.0, {"b": {1: 5.0}})
    assert len(watch._known) == 1


def test_detectors_of_the_healthy_are_bounded() -> None:
    watch = LeakWatch(HASTY)
    for second in range(0, 600, LOOK_SECONDS):
        wave = 10.0 if second % 20 else 0.0
        look(watch, second, {f"a{n}": {n: 20 + wave} for n in range(3 * MOST_DETECTORS)})
    detectors = [known for known in watch._known.values() if not isinstance(known, int)]
    assert len(detectors) <= MOST_DETECTORS


def test_where_only_the_resident_set_is_known_the_evidence_says_so() -> None:
    watch = LeakWatch(HASTY)
    use = ApplicationUse(
        key=ApplicationKey("program", "a"),
        name="a",
        processes=(ProcessKey(1, 1),),
        rss_bytes=1,
        largest=ProcessUse(facts=facts(1, "a"), rss_bytes=1),
    )
    found: dict[ApplicationKey, Finding] = {}
    for second in range(0, 1200, LOOK_SECONDS):
        reading = MemoryReading(round((50 + 0.1 * second) * MIB))
        found = watch.fold(second, [replace(use)], {ProcessKey(1, 1): reading}, ROOM_BYTES)
    assert "resident set" in evidence_of(found[use.key].verdict)


def test_thresholds_can_be_changed_while_it_watches() -> None:
    watch = LeakWatch(replace(HASTY, minimum_bytes=4096.0 * MIB))

    def sizes(second: int) -> Sizes:
        return {"a": {1: 50 + 0.1 * second}}

    assert watch_for(1200, sizes, watch)["a"].verdict.level == "healthy"
    watch.set_settings(HASTY)
    for second in range(1200, 1500, LOOK_SECONDS):
        found = look(watch, second, sizes(second))
    assert found["a"].verdict.level == "leaking"


@given(st.lists(st.dictionaries(st.integers(1, 6), st.integers(0, 3), min_size=1), max_size=40))
def test_a_record_that_stays_the_same_is_judged_as_one_that_was_made_anew(
    steps: list[dict[int, int]],
) -> None:
    """Applications a to c of the processes that are there; most do not change at most looks."""
    watch, other = LeakWatch(HASTY), LeakWatch(HASTY)
    known: dict[str, ApplicationUse] = {}
    for number, step in enumerate(steps):
        readings = {
            ProcessKey(pid, 1): MemoryReading((20 + 10 * size) * MIB, 10 * size * MIB)
            for pid, size in step.items()
        }
        uses = []
        for name in "abc":
            own = tuple(key for key in sorted(readings) if "abc"[key.pid % 3] == name)
            if own:
                rss_bytes = sum(readings[key].rss_bytes for key in own)
                use = ApplicationUse(
                    key=ApplicationKey("program", name),
                    name=name + str([readings[key] for key in own]),
                    processes=own,
                    rss_bytes=rss_bytes,
                    largest=ProcessUse(facts=facts(own[0].pid, name), rss_bytes=rss_bytes),
                )
                known[name] = use = use if known.get(name) != use else known[name]
                uses.append(use)
        now = 30.0 * number
        found = watch.fold(now, uses, readings, ROOM_BYTES)
        anew = other.fold(now, [replace(use) for use in uses], readings, ROOM_BYTES)
        assert found == anew
        assert sorted(map(str, watch._known)) == sorted(map(str, other._known))
