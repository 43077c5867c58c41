"""What is really a process's own, against psutil, with real processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from tests.readers.children import FakeClock, eventually, running, running_python, tell
from trayapp.domain.records.samples import Footprint, ProcessKey
from trayapp.readers.footprint import (
    COSTLY_CPU_SECONDS,
    HUGE_BYTES,
    PERIOD_SECONDS,
    RETRY_SECONDS,
    FootprintReader,
    ProcFootprints,
    PsutilFootprints,
    Rollup,
)
from trayapp.readers.process_changes import UNKNOWN_START
from trayapp.readers.procfile import read_started

MIB = 1024**2
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes of Linux")

SHARER = """
import mmap, os, sys
block = mmap.mmap(-1, 16 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
block[:] = b"x" * len(block)
if os.fork() == 0:
    assert block[0:len(block):4096]
    print("both", flush=True)
    sys.stdin.readline()
    os._exit(0)
own = bytearray(b"x") * (8 << 20)
os.wait()
"""


def skip_reason(reader: FootprintReader, key: ProcessKey) -> str | None:
    slow = reader.slow_reading(key)
    return (slow.skip_reason or None) if slow else None


def key_of(pid: int) -> ProcessKey:
    return ProcessKey(pid, read_started("/proc", pid))


def test_figures_agree_with_psutil() -> None:
    with running_python("x = b'x' * 30_000_000; print(flush=True); input()") as child:
        key = key_of(child.pid)
        found = FootprintReader().read([key], 0.0)[key]
        expected = psutil.Process(child.pid).memory_full_info()
    assert found.uss_bytes == pytest.approx(expected.uss, rel=0.02)
    assert found.pss_bytes == pytest.approx(expected.pss, rel=0.02)
    assert found.swap_bytes is not None
    assert found.swap_bytes <= expected.swap


def test_shared_memory_is_nobodys_own_and_counts_by_its_share() -> None:
    with running_python(SHARER) as parent:
        key = key_of(parent.pid)
        found = eventually(lambda: _grown(key, 8 * MIB))
        assert found is not None
        rss_bytes = psutil.Process(parent.pid).memory_info().rss
        tell(parent)
        parent.wait()
    assert found.uss_bytes is not None
    assert found.pss_bytes is not None
    assert found.uss_bytes < found.pss_bytes < rss_bytes
    assert rss_bytes - found.uss_bytes > 15 * MIB


def _grown(key: ProcessKey, at_least: int) -> Footprint | None:
    found = FootprintReader().read([key], 0.0).get(key)
    return found if found and (found.uss_bytes or 0) > at_least else None


def test_the_portable_way_tells_the_same() -> None:
    with running_python("print(flush=True); input()") as child:
        started = int(psutil.Process(child.pid).create_time() * 1_000_000)
        portable = FootprintReader(PsutilFootprints())
        key = ProcessKey(child.pid, started)
        (theirs,) = portable.read([key], 0.0).values()
        own = key_of(child.pid)
        (ours,) = FootprintReader().read([own], 0.0).values()
        assert portable.read([ProcessKey(child.pid, started + 1)], 0.0) == {}
    assert theirs.uss_bytes == pytest.approx(ours.uss_bytes, rel=0.02)
    assert theirs.pss_bytes == pytest.approx(ours.pss_bytes, rel=0.05)
    assert portable.read([key], PERIOD_SECONDS) == {}


def test_a_figure_is_up_to_half_a_minute_old_and_then_read_again() -> None:
    code = """
import mmap
print(flush=True); input()
block = mmap.mmap(-1, 20 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
block[:] = b"x" * len(block)
print(flush=True); input()
"""
    with running_python(code) as child:
        assert child.stdout is not None
        key = key_of(child.pid)
        reader = FootprintReader()
        before = reader.read([key], 0.0)[key]
        tell(child)
        child.stdout.readline()
        assert reader.read([key], PERIOD_SECONDS - 1)[key] == before
        after = reader.read([key], PERIOD_SECONDS)[key]
    assert before.uss_bytes is not None
    assert after.uss_bytes is not None
    assert after.uss_bytes - before.uss_bytes >= 20 * MIB


def test_the_next_owner_of_a_pid_is_never_read_into_the_figures_of_the_one_before() -> None:
    with running_python("print(flush=True); input()") as child:
        now = key_of(child.pid)
        former = ProcessKey(child.pid, now.started - 1)
        found = FootprintReader().read([former, now], 0.0)
    assert found.keys() == {now}


def test_the_dead_leave_no_figures() -> None:
    reader = FootprintReader()
    with running_python("print(flush=True); input()") as child:
        key = key_of(child.pid)
        assert key in reader.read([key], 0.0)
    assert key not in reader.read([key], PERIOD_SECONDS)
    assert reader.read([], PERIOD_SECONDS + 1) == {}
    assert skip_reason(reader, key) is None


def test_a_zombie_has_no_memory_and_is_not_counted_as_0() -> None:
    with running("true") as child:
        eventually(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
        key = key_of(child.pid)
        reader = FootprintReader()
        assert reader.read([key], 0.0) == {key: Footprint()}
        assert skip_reason(reader, key) == "it uses no memory"


def test_without_permission_it_is_unknown_and_says_so() -> None:
    """The system denies it: another user's process, asked by an ordinary user."""
    if os.getuid() != 0:
        pytest.skip("needs a process of another user")
    with running_python("print(flush=True); input()") as child:
        key = key_of(child.pid)
        reader = FootprintReader()
        os.setresuid(65534, 65534, 0)
        try:
            found = reader.read([key], 0.0)[key]
        finally:
            os.setresuid(0, 0, 0)
        assert (found.uss_bytes, found.pss_bytes) == (None, None)
        # What everybody may see is still told.
        assert found.swap_bytes == 0 or psutil.swap_memory().used
        assert skip_reason(reader, key) == "the system does not allow it"


def test_who_may_not_be_identified_is_not_read() -> None:
    key = ProcessKey(os.getpid(), UNKNOWN_START)
    reader = FootprintReader()
    assert reader.read([key], 0.0) == {key: Footprint()}
    assert skip_reason(reader, key)


class Slow(ProcFootprints):
    """This machine, but a reading takes as much CPU and time as the test says."""

    def __init__(self, cpu_clock: FakeClock, clock: FakeClock) -> None:
        super().__init__()
        self.cpu_clock = cpu_clock
        self.clock = clock
        self.cpu_seconds = 0.0
        self.waited_seconds = 0.0
        self.count = 0

    def read(self, pid: int) -> Rollup:
        self.count += 1
        self.cpu_clock.seconds += self.cpu_seconds
        self.clock.seconds += self.waited_seconds
        return super().read(pid)


def slow_reader() -> tuple[FootprintReader, Slow]:
    cpu_clock, clock = FakeClock(), FakeClock()
    source = Slow(cpu_clock, clock)
    return FootprintReader(source, clock=clock, cpu_clock=cpu_clock), source


@pytest.mark.parametrize("kind", ["cpu", "wait"])
def test_a_process_that_takes_too_long_to_read_is_left_alone_for_a_while(kind: str) -> None:
    reader, source = slow_reader()
    key = key_of(os.getpid())
    if kind == "cpu":
        source.cpu_seconds = COSTLY_CPU_SECONDS * 2
    else:
        source.waited_seconds = 1.0
    # What the costly reading told is true, and holds for its half minute.
    assert reader.read([key], 0.0)[key].uss_bytes
    assert reader.read([key], 29.0)[key].uss_bytes
    assert source.count == 1
    assert skip_reason(reader, key) is None
    # And until the next try, which is soon, it is known, and how old it is.
    found = reader.read([key], RETRY_SECONDS - 30)[key]
    assert found.uss_bytes
    assert found.pss_bytes
    assert found.swap_bytes is not None
    assert source.count == 1
    reason = str(skip_reason(reader, key))
    assert reason.startswith("read 30 s ago: reading takes ")
    assert reason.endswith(" ms; next try in 30 s")
    assert RETRY_SECONDS <= 60
    # Still slow: the next try is twice as far away.
    reader.read([key], RETRY_SECONDS)
    reader.read([key], RETRY_SECONDS * 2)
    assert source.count == 2
    source.cpu_seconds = source.waited_seconds = 0.0
    assert reader.read([key], RETRY_SECONDS * 3)[key].uss_bytes
    assert source.count == 3
    assert skip_reason(reader, key) is None
    reader.read([key], RETRY_SECONDS * 3 + 30)
    assert source.count == 4


def test_waiting_for_a_busy_machine_is_no_fault_of_the_process() -> None:
    reader, source = slow_reader()
    source.waited_seconds = 0.05
    key = key_of(os.getpid())
    reader.read([key], 0.0)
    assert reader.read([key], 30.0)[key].uss_bytes
    assert source.count == 2


def test_one_tick_does_not_pay_for_all() -> None:
    reader, source = slow_reader()
    source.waited_seconds = 0.002
    keys = [key_of(pid) for pid in {os.getpid(), os.getppid(), 1}]
    counts = []
    for second in range(3):
        reader.read(keys, float(second))
        counts.append(source.count)
    assert counts == [3, 3, 3]
    source.waited_seconds = 0.006
    assert len(reader.read(keys, 30.0)) == 3
    assert source.count == 4


class Huge(ProcFootprints):
    """A machine on which every process is huge."""

    def read_rss_bytes(self, pid: int) -> int:
        return super().read_rss_bytes(pid) + HUGE_BYTES

    def read(self, pid: int) -> Rollup:
        raise AssertionError(f"went through all pages of {pid}")


def test_the_huge_are_not_gone_through() -> None:
    reader = FootprintReader(Huge())
    key = key_of(os.getpid())
    found = reader.read([key], 0.0)[key]
    assert (found.uss_bytes, found.pss_bytes) == (None, None)
    assert found.swap_bytes is not None
    assert str(skip_reason(reader, key)).endswith("would take too long to read")


ROLLUP = """\
559a41159000-7fff367df000 ---p 00000000 00:00 0                          [rollup]
Rss:                1752 kB
Pss:                 203 kB
Pss_Dirty:           112 kB
Private_Clean:        40 kB
Private_Dirty:       112 kB
Private_Hugetlb:    2048 kB
Swap:                100 kB
SwapPss:              50 kB
"""


def recorded(root: Path, rollup: str | None) -> FootprintReader:
    folder = root / "7"
    folder.mkdir()
    (folder / "stat").write_text("7 (a) S) S 1 " + " ".join(["0"] * 17) + " 42 0\n")
    (folder / "statm").write_text("900 438 400 1 0 100 0\n")
    (folder / "status").write_text("Name:\ta\nVmSwap:\t      12 kB\n")
    if rollup is not None:
        (folder / "smaps_rollup").write_text(rollup)
    return FootprintReader(ProcFootprints(str(root)))


@pytest.mark.parametrize(
    ("rollup", "expected"),
    [
        (ROLLUP, Footprint(2200 * 1024, 203 * 1024, 50 * 1024)),
        # Some tell only the full figure of swap, and nothing of huge pages.
        ("x\nPss: 2 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 1 kB\nSwap: 3 kB\n",
         Footprint(1024, 2048, 3072)),
        # All of it is in swap: 0 is what is true.
        ("x\nRss: 0 kB\nPss: 0 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 0 kB\nSwap: 3 kB\n",
         Footprint(0, 0, 3072)),
        (ROLLUP.replace("112 kB", "many"), Footprint(None, 203 * 1024, 50 * 1024)),
        # An older kernel has no such file; a broken one says nothing that means anything.
        (None, Footprint(swap_bytes=12 * 1024)),
        ("", Footprint(swap_bytes=12 * 1024)),
        ("Pss: -5 kB\n", Footprint(swap_bytes=12 * 1024)),
        ("Rss: 0 kB\nPss: 0 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 0 kB\nSwap: 0 kB\n",
         Footprint(swap_bytes=12 * 1024)),
    ],
)  # fmt: skip
def test_kernels_tell_more_or_less(tmp_path: Path, rollup: str | None, expected: Footprint) -> None:
    key = ProcessKey(7, 42)
    assert recorded(tmp_path, rollup).read([key], 0.0) == {key: expected}


def test_a_total_knows_only_what_is_known_of_all() -> None:
    assert Footprint.total([Footprint(1, 2, 3), Footprint(10, None, 0)]) == Footprint(11, None, 3)
    assert Footprint.total([Footprint(1, 2, 3), None]) == Footprint()
    assert Footprint.total([]) == Footprint()
