"""How large a guarded command is, and how often it is asked exactly."""

from __future__ import annotations

from tests.readers.children import FakeClock
from trayapp.domain.records.samples import Footprint, MemoryReading, ProcessKey
from trayapp.guard.size_meter import FRESH_SECONDS, SizeMeter
from trayapp.readers.footprint import ProcFootprints, Rollup

MIB = 1024**2
KEY = ProcessKey(7, 7)


class Told(ProcFootprints):
    """A system that tells what the test says, after so much time."""

    def __init__(self, clock: FakeClock, pss_bytes: int | None) -> None:
        super().__init__()
        self.clock = clock
        self.pss_bytes = pss_bytes
        self.cost_seconds = 0.001
        self.count = 0

    def read(self, pid: int) -> Rollup:
        self.count += 1
        self.clock.seconds += self.cost_seconds
        if self.pss_bytes is None:
            raise PermissionError(pid)
        return Rollup(Footprint(pss_bytes=self.pss_bytes))


def meter(pss_mib: int | None) -> tuple[SizeMeter, Told, FakeClock]:
    clock = FakeClock()
    source = Told(clock, None if pss_mib is None else pss_mib * MIB)
    return SizeMeter(200 * MIB, source, clock), source, clock


def resident(mib: int) -> dict[ProcessKey, MemoryReading]:
    return {KEY: MemoryReading(mib * MIB)}


def test_below_every_bound_nobody_is_asked() -> None:
    made, source, _ = meter(50)
    assert made.measure(resident(200)) == 200 * MIB
    assert source.count == 0
    unbound = SizeMeter(None, source)
    assert unbound.measure(resident(900)) == 900 * MIB
    assert source.count == 0


def test_far_below_the_bound_it_is_asked_seldom_and_near_to_it_each_time() -> None:
    made, source, clock = meter(100)
    for _ in range(9):
        assert made.measure(resident(300)) == 100 * MIB
        clock.seconds += 0.5
    assert source.count == 1
    clock.seconds += FRESH_SECONDS
    made.measure(resident(300))
    assert source.count == 2
    source.pss_bytes = 195 * MIB
    clock.seconds += FRESH_SECONDS
    for _ in range(4):
        assert made.measure(resident(600)) == 195 * MIB
        clock.seconds += 0.5
    assert source.count == 6


def test_one_that_takes_long_to_read_is_read_no_oftener_than_it_can_bear() -> None:
    made, source, clock = meter(300)
    source.cost_seconds = 0.1
    for _ in range(20):
        made.measure(resident(600))
        clock.seconds += 0.5
    assert source.count <= 6


def test_who_may_not_be_asked_counts_in_full() -> None:
    made, _, _ = meter(None)
    assert made.measure(resident(300)) == 300 * MIB
