"""What is made of heaps: growth that full collections leave, and what only looks like it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trayapp.domain.judging.judges.leak import ALMOST_SCORE
from trayapp.domain.judging.leaks import LeakSettings, Verdict
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.live_set_leak import LiveSetLeak, worse_of
from trayapp.domain.records.frames import Frame, TargetSample
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.domain.records.samples import AppSample, SystemSample
from trayapp.language.units import MIB

HEAP_BYTES = 256 * MIB
EMPTY = RuntimeHeap(
    runtime="java",
    collector="G1",
    live_bytes=0,
    kept_bytes=None,
    used_bytes=0,
    committed_bytes=HEAP_BYTES,
    limit_bytes=HEAP_BYTES,
    metaspace_bytes=None,
    collections=0,
    full_collections=0,
)


class Program:
    """A program whose collector runs every ten seconds, and is looked at each second."""

    def __init__(self) -> None:
        self.leak = LiveSetLeak()
        self.heap = EMPTY
        self.now = 1000.0
        self.verdict = Verdict()

    def run(self, seconds: int, rate: float, full_every: int = 0) -> None:
        """Keep so many bytes a second; `full_every`: seconds between full collections."""
        for _ in range(seconds):
            self.now += 1.0
            elapsed = round(self.now - 1000)
            if elapsed % 10 == 0:
                live = (self.heap.live_bytes or 0) + round(10 * rate)
                self.heap = self.heap._replace(
                    live_bytes=live, collections=self.heap.collections + 1
                )
            if full_every and elapsed % full_every == 0:
                self.heap = self.heap._replace(
                    kept_bytes=self.heap.live_bytes,
                    collections=self.heap.collections + 1,
                    full_collections=self.heap.full_collections + 1,
                )
            self.look()

    def look(self) -> None:
        frame = Frame(
            monotonic_seconds=self.now,
            wall_seconds=self.now,
            interval_seconds=1.0,
            system=SystemSample(total_bytes=2**34, available_bytes=2**33),
            app=AppSample(pid=1),
        )
        sample = TargetSample(name="shop", heaps=(self.heap,))
        verdict = self.leak.add_sample(frame, sample, LeakSettings(), restarted=False)
        assert verdict is not None
        self.verdict = verdict


def test_a_heap_that_fills_is_a_leak_with_half_its_life_left() -> None:
    """400 KB/s into 256 MiB: it dies after 640 s."""
    program = Program()
    program.run(310, rate=400e3, full_every=10)
    assert program.verdict.level == "leaking"
    assert program.verdict.signal == "heap after collection"
    assert program.verdict.rate_bytes_per_second == pytest.approx(400e3, rel=0.05)
    assert program.verdict.seconds_to_limit == pytest.approx(361, rel=0.05)
    assert program.verdict.headroom is not None
    assert program.verdict.headroom.source == "runtime"


def test_near_its_end_every_collection_is_a_full_one() -> None:
    program = Program()
    program.run(330, rate=400e3, full_every=30)
    for _ in range(20):
        program.run(10, rate=400e3, full_every=10)
        assert program.verdict.level == "leaking"


def test_what_no_full_collection_has_met_may_be_garbage() -> None:
    program = Program()
    for _ in range(480):
        program.run(1, rate=400e3)
        assert program.verdict.score < LeakSettings().leaking_score - ALMOST_SCORE
    assert program.verdict.level == "growing"
    assert program.verdict.is_unproven
    assert "it may be garbage: only a full collection can tell" in evidence_of(program.verdict)
    assert program.verdict.rate_bytes_per_second == pytest.approx(400e3, rel=0.05)


def test_what_full_collections_take_away_is_no_leak() -> None:
    program = Program()
    for _ in range(6):
        program.run(200, rate=400e3)
        assert program.verdict.level != "leaking"
        program.heap = program.heap._replace(
            live_bytes=2 * MIB,
            kept_bytes=2 * MIB,
            collections=program.heap.collections + 1,
            full_collections=program.heap.full_collections + 1,
        )
        program.look()


@pytest.mark.parametrize("collector", ["Serial", "Parallel", "G1"])
def test_what_has_come_since_the_last_full_collection_may_be_garbage(collector: str) -> None:
    """Sessions that end after three minutes: at first they are all in use, then half is garbage."""
    program = Program()
    program.heap = program.heap._replace(collector=collector)
    program.run(180, rate=300e3, full_every=40)
    lasting = program.heap.live_bytes
    for _ in range(6):
        for _ in range(13):
            program.run(10, rate=300e3)
            assert program.verdict.level != "leaking"
        program.heap = program.heap._replace(
            live_bytes=lasting,
            kept_bytes=lasting,
            collections=program.heap.collections + 1,
            full_collections=program.heap.full_collections + 1,
        )
        program.look()


def test_what_g1_frees_by_and_by_was_garbage() -> None:
    """Its concurrent cycle frees next to nothing; the collections after it do."""
    program = Program()
    for _ in range(5):
        program.run(90, rate=400e3)
        program.run(10, rate=0.0, full_every=10)
        program.run(60, rate=-600e3)
        assert program.verdict.level != "leaking"


def test_where_g1_frees_nothing_later_that_is_proof() -> None:
    program = Program()
    program.run(320, rate=400e3, full_every=160)
    levels = [program.verdict.level]
    program.run(20, rate=400e3)
    assert [*levels, program.verdict.level] == ["growing", "leaking"]


def test_what_is_left_when_the_program_stood_still_is_proof_at_once() -> None:
    program = Program()
    program.run(320, rate=400e3)
    assert program.verdict.is_unproven
    program.heap = program.heap._replace(
        collections=program.heap.collections + 1, full_collections=1, stopping_collections=1
    )
    program.look()
    assert program.verdict.level == "leaking"


def test_a_heap_that_holds_its_level_is_healthy() -> None:
    program = Program()
    program.run(900, rate=0.0, full_every=100)
    assert program.verdict.level == "healthy"


def test_collections_far_apart_are_no_pauses_in_the_growth() -> None:
    program = Program()
    program.run(400, rate=100e3, full_every=100)
    levels = set()
    for _ in range(40):
        program.run(10, rate=100e3, full_every=100)
        levels.add(program.verdict.level)
    assert "healthy" not in levels


def test_no_heap_is_no_verdict() -> None:
    frame = Frame(
        monotonic_seconds=1.0,
        wall_seconds=1.0,
        interval_seconds=1.0,
        system=SystemSample(total_bytes=2**34, available_bytes=2**33),
        app=AppSample(pid=1),
    )
    leak = LiveSetLeak()
    for heaps in ((), (EMPTY._replace(live_bytes=None),)):
        sample = TargetSample(name="shop", heaps=heaps)
        assert leak.add_sample(frame, sample, LeakSettings(), restarted=False) is None


def test_the_worse_of_two_is_told() -> None:
    limit = Limit(limit_bytes=100, source="runtime", used_bytes=50)
    healthy, growing = Verdict(), Verdict(level="growing", rate_bytes_per_second=1.0)
    soon = replace(growing, level="leaking").toward([limit])
    later = replace(soon, seconds_to_limit=5000.0)
    assert worse_of(healthy, None) is healthy
    assert worse_of(growing, healthy) is growing
    assert worse_of(growing, soon) is soon
    assert worse_of(soon, later) is soon
    assert worse_of(later, soon) is soon
