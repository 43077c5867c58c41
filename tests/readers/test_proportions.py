"""How large programs are whose memory is shared: real forks, one memory mapped thrice, a leak."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.readers.children import eventually, running_python, tell
from tests.readers.test_footprint import key_of
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.samples import MemoryReading
from trayapp.readers.footprint import FootprintReader, ProcFootprints, Rollup
from trayapp.readers.frames import MachineReader
from trayapp.readers.proportions import ProportionReader

MIB = 1024**2
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes of Linux")

FORKED = """
import os, sys
block = bytearray(b"x") * (100 << 20)
pids = []
for number in range(4):
    pid = os.fork()
    if pid == 0:
        sys.stdin.buffer.raw.read(1)
        os._exit(0)
    pids.append(pid)
print("ready", flush=True)
sys.stdin.readline()
"""
MAPPED_THRICE = """
import mmap, os, sys
descriptor = os.memfd_create("heap")
os.ftruncate(descriptor, 100 << 20)
views = [mmap.mmap(descriptor, 100 << 20) for _ in range(3)]
for view in views:
    for at in range(0, 100 << 20, 4096):
        view[at] = 1
print("ready", flush=True)
sys.stdin.readline()
"""
LEAKING_SHARED = """
import sys, time
from multiprocessing import shared_memory
kept = []
print("ready", flush=True)
begun = time.monotonic()
try:
    while time.monotonic() - begun < 60:
        while len(kept) * (256 << 10) < (time.monotonic() - begun) * 3e6:
            segment = shared_memory.SharedMemory(create=True, size=256 << 10)
            segment.buf[:] = bytes(256 << 10)
            segment.unlink()
            kept.append(segment)
        time.sleep(0.02)
finally:
    import os
    os._exit(0)
"""


class Watch:
    """One target, watched as the applet does, by a clock that may run faster than time."""

    def __init__(self, name: str, match: str, limit: int | None = None) -> None:
        rule = TargetRule(name=name, match=match, limit_bytes=limit)
        self.reader = MachineReader([rule], app_pid=0)  # whose children are targets, too
        self.monitor = Monitor(MonitorRules(targets=(rule,)))
        self.now = 1000.0
        self.outcome: Outcome | None = None

    def tick(self, seconds: float = 1.0) -> TargetView:
        """Look once, so much later."""
        self.now += seconds
        frame = self.reader.read_frame(self.now, 1.0, with_groups=False)
        self.outcome = self.monitor.judge_frame(frame, Quiet())
        return self.outcome.view.targets[0]

    @property
    def incidents(self) -> list[str]:
        """Keys of what is open."""
        assert self.outcome is not None
        return [incident.key for incident in self.outcome.view.incidents]


@contextmanager
def watching(mark: str, limit: int | None = None) -> Iterator[Watch]:
    """Watch what has `mark` in its command line."""
    watch = Watch("app", mark, limit)
    try:
        yield watch
    finally:
        watch.reader.close()


def test_a_forked_server_is_as_large_as_its_memory_not_five_times() -> None:
    """From the first look on, whatever had been read by then."""
    mark = f"forked-{os.getpid()}"
    with running_python(FORKED, mark), watching(mark, 300 * MIB) as watch:
        for _ in range(8):
            target = watch.tick()
            assert len(target.pids) == 5
            assert target.rss_bytes is not None
            assert target.rss_bytes > 500 * MIB
            assert target.size_bytes == pytest.approx(110 * MIB, rel=0.15)
            assert target.size_kind in ("proportional", "estimated")
            assert target.limit_share == pytest.approx(110 / 300, rel=0.15)
            assert "limit:app" not in watch.incidents
    assert target.size_kind == "proportional"


def test_workers_that_are_forked_later_make_it_no_larger() -> None:
    """A reading from before a fork counts the memory of both in full: it is not added up."""
    mark = f"later-{os.getpid()}"
    late = FORKED.replace(
        "pids = []", "print('alone', flush=True); sys.stdin.readline(); pids = []"
    )
    with running_python(late, mark) as server, watching(mark, 300 * MIB) as watch:
        sizes = [watch.tick().size_bytes]
        tell(server)
        eventually(lambda: len(psutil.Process(server.pid).children()) == 4)
        sizes += [watch.tick(0.2).size_bytes for _ in range(6)]
        assert "limit:app" not in watch.incidents
        children = psutil.Process(server.pid).children()
        for child in children:
            child.kill()
        psutil.wait_procs(children, 10)
        sizes += [watch.tick(0.2).size_bytes for _ in range(6)]
    assert sizes == [pytest.approx(110 * MIB, rel=0.15)] * 13


def test_memory_that_one_process_maps_three_times_counts_once() -> None:
    """As the heap of Java under ZGC."""
    mark = f"thrice-{os.getpid()}"
    with running_python(MAPPED_THRICE, mark), watching(mark, 200 * MIB) as watch:
        target = watch.tick()
    assert target.rss_bytes is not None
    assert target.rss_bytes > 300 * MIB
    assert target.size_bytes == pytest.approx(110 * MIB, rel=0.15)
    assert watch.incidents == []


def test_a_leak_of_shared_memory_is_seen_at_its_true_rate() -> None:
    """Three megabytes a second, in segments that nobody else maps."""
    mark = f"segments-{os.getpid()}"
    with running_python(LEAKING_SHARED, mark), watching(mark) as watch:
        begun = time.monotonic()
        while time.monotonic() - begun < 40:
            watch.now = time.monotonic()
            target = watch.tick(0.0)
            time.sleep(0.5)
    assert target.slope_bytes_per_second == pytest.approx(3e6, rel=0.15)
    assert target.growing_since_wall_seconds is not None


class Blind(ProcFootprints):
    """A system that does not permit the slow reading."""

    def read(self, pid: int) -> Rollup:
        raise PermissionError(pid)


def test_where_shares_are_not_told_what_is_shared_counts_once() -> None:
    """Five processes that map one file: not five times that file."""
    code = """
import mmap, os, sys
file = os.memfd_create("data")
os.ftruncate(file, 64 << 20)
block = mmap.mmap(file, 64 << 20)
block[:] = b"x" * len(block)
for number in range(4):
    if os.fork() == 0:
        assert block[0:len(block):4096]
        os.write(1, b"read\\n")
        sys.stdin.buffer.raw.read(1)
        os._exit(0)
print("ready", flush=True)
sys.stdin.readline()
"""
    mark = f"blind-{os.getpid()}"
    with running_python(code, mark) as server, watching(mark) as watch:
        eventually(lambda: len(psutil.Process(server.pid).children()) == 4)
        eventually(
            lambda: all(
                child.memory_info().rss > 64 * MIB
                for child in psutil.Process(server.pid).children()
            )
        )
        watch.reader._proportions = ProportionReader(FootprintReader(Blind()))
        target = watch.tick()
    assert target.rss_bytes is not None
    assert target.size_bytes is not None
    assert target.size_kind == "anonymous"
    assert target.rss_bytes > 320 * MIB
    assert 64 * MIB < target.size_bytes < 150 * MIB
    assert target.uss_reason == "the system does not allow it"


class CountingFootprints(ProcFootprints):
    """Reads real processes, and counts how often."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def read(self, pid: int) -> Rollup:
        self.count += 1
        return super().read(pid)


def test_who_stands_still_is_gone_through_seldom_where_that_is_wanted() -> None:
    """Every two minutes in place of 30 s; at its next turn again once a page has moved."""
    key = key_of(os.getpid())
    still, moved = MemoryReading(20 * MIB, 10 * MIB), MemoryReading(20 * MIB + 4096, 10 * MIB)

    def looks(reading: MemoryReading, seconds: range) -> list[int]:
        """Return how often it has been gone through after each look."""
        counts = []
        for second in seconds:
            reader.read({"app": [key]}, {key: reading}, float(second))
            counts.append(source.count)
        return counts

    source = CountingFootprints()
    reader = ProportionReader[str](
        FootprintReader(source, clock=float, cpu_clock=float), spares_still=True
    )
    assert looks(still, range(0, 120, 10)) == [1] * 12
    assert looks(still, range(120, 150, 10)) == [2] * 3
    assert looks(moved, range(150, 180, 10)) == [3] * 3
    source = CountingFootprints()
    reader = ProportionReader[str](FootprintReader(source, clock=float, cpu_clock=float))
    assert looks(still, range(0, 120, 10))[-1] == 4
