"""What of a program is not its heap, though nobody tells how much of that has been touched."""

from __future__ import annotations

from trayapp.domain.judging.leaks import LeakSettings, Verdict
from trayapp.domain.judging.outside_heap import OutsideHeap
from trayapp.domain.judging.outside_heap_leak import OutsideHeapLeak
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.language.units import MIB


def heap(committed: int, touched: int | None) -> RuntimeHeap:
    """In MiB; of 256 at the most."""
    return RuntimeHeap(
        runtime="java",
        collector="G1",
        live_bytes=MIB,
        kept_bytes=None,
        used_bytes=MIB,
        committed_bytes=committed * MIB,
        limit_bytes=256 * MIB,
        metaspace_bytes=10 * MIB,
        collections=1,
        full_collections=0,
        touched_bytes=None if touched is None else touched * MIB,
        outside_limit_bytes=128 * MIB,
    )


def sizes(*looks: tuple[int, RuntimeHeap]) -> list[float]:
    """Sizes outside the heap in MiB, given what the program took."""
    outside = OutsideHeap()
    return [(outside.measure(kept * MIB, (each,)) or 0) / MIB for kept, each in looks]


def test_a_reserved_heap_that_is_touched_bit_by_bit_is_no_growth() -> None:
    looks = [(40 + touched, heap(256, touched)) for touched in range(10, 257, 6)]
    assert set(sizes(*looks)) == {40}


def test_nor_is_one_whose_memory_was_given_back_and_is_touched_anew() -> None:
    """What has been in use once is no longer touched then, but nobody tells."""
    looks = [(140, heap(100, 100)), (90, heap(50, 50))]
    looks += [(90 + more, heap(100, 100)) for more in range(0, 51, 10)]
    assert max(sizes(*looks)) <= 40


def test_a_heap_that_is_made_larger_is_no_growth() -> None:
    looks = [(40 + size, heap(size, size - 5)) for size in range(32, 256, 8)]
    assert max(sizes(*looks)) <= 45


def test_what_grows_outside_is_seen_whatever_the_heap_is_like() -> None:
    for committed, touched in ((256, 40), (256, 256), (64, 30), (64, None)):
        within = touched or committed
        grown = sizes(*((within + size, heap(committed, touched)) for size in range(20, 60, 4)))
        assert grown == list(range(20, 60, 4))


def test_what_has_come_counts_against_the_limit_of_direct_buffers_but_classes_do_not() -> None:
    outside = OutsideHeap()
    outside.measure(100 * MIB, (heap(64, 64),))
    outside.measure(130 * MIB, (heap(64, 64)._replace(metaspace_bytes=15 * MIB),))
    assert outside.limit is not None
    assert (outside.limit.source, outside.limit.limit_bytes) == ("direct", 128 * MIB)
    assert outside.limit.used_bytes == 25 * MIB


def test_nothing_is_said_of_a_limit_that_nobody_knows() -> None:
    outside = OutsideHeap()
    outside.measure(100 * MIB, (heap(64, 64)._replace(outside_limit_bytes=None),))
    assert outside.limit is None
    outside.measure(100 * MIB, (heap(64, 64), heap(64, 64)))
    assert outside.limit is None
    assert outside.room_to_wait(5.0) == 5.0
    assert outside.measure(None, (heap(64, 64),)) is None
    assert outside.measure(5 * MIB, ()) is None


def last_of(rate_mib: float, seconds: int, most_mib: float = 1e9) -> Verdict:
    leak = OutsideHeapLeak()
    verdict: Verdict | None = None
    for second in range(0, seconds, 2):
        kept = 100 + min(most_mib, rate_mib * second)
        verdict = leak.add_look(second, round(kept * MIB), (heap(64, 64),), LeakSettings())
    assert verdict is not None
    return verdict


def test_buffers_that_are_never_given_back_are_a_leak_with_a_time() -> None:
    """0.2 MiB a second into 128: it dies after 640 s."""
    verdict = last_of(0.2, 320)
    assert verdict.level == "leaking"
    assert verdict.signal == "memory outside the heap"
    assert verdict.headroom is not None
    assert verdict.headroom.source == "direct"
    assert 280 < (verdict.seconds_to_limit or 0) < 360


def test_buffers_of_a_pool_that_is_full_after_two_minutes_are_none() -> None:
    for seconds in range(150, 900, 50):
        assert last_of(0.2, seconds, most_mib=24).level == "healthy"
