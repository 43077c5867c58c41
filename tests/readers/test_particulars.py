"""Virtual size, committed memory, peak and CPU of real processes, against psutil."""

from __future__ import annotations

import os
import sys

import psutil
import pytest

from tests.readers.children import eventually, running_python, tell
from trayapp.domain.records.samples import Particulars, ProcessKey
from trayapp.readers.particulars import PERIOD_SECONDS, ParticularsReader, PsutilParticulars
from trayapp.readers.process_changes import UNKNOWN_START
from trayapp.readers.procfile import read_started

MIB = 1024**2
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes of Linux")

PEAKED = """
import mmap
block = mmap.mmap(-1, 60 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
block[:] = b"x" * len(block)
block.close()
reserved = mmap.mmap(-1, 200 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
print(flush=True); input()
for _ in range(4_000_000): pass
print(flush=True); input()
"""


def key_of(pid: int) -> ProcessKey:
    return ProcessKey(pid, read_started("/proc", pid))


def test_what_is_reserved_promised_and_was_held_once() -> None:
    with running_python(PEAKED) as child:
        key = key_of(child.pid)
        found = ParticularsReader().read([key], 0.0)[key]
        expected = psutil.Process(child.pid).memory_info()
    assert found.virtual_bytes == expected.vms
    assert found.committed_bytes is not None
    # Promised, though not a page of it was touched.
    assert found.committed_bytes > 200 * MIB > expected.rss
    assert found.kernel_peak_bytes is not None
    assert found.kernel_peak_bytes > expected.rss + 50 * MIB
    assert found.cpu_percent is None


def test_cpu_is_that_of_the_time_between_two_readings() -> None:
    with running_python(PEAKED) as child:
        assert child.stdout is not None
        key = key_of(child.pid)
        reader = ParticularsReader()
        reader.read([key], 0.0)
        before = sum(psutil.Process(child.pid).cpu_times()[:2])
        tell(child)
        child.stdout.readline()
        assert reader.read([key], PERIOD_SECONDS - 1)[key].cpu_percent is None
        found = reader.read([key], PERIOD_SECONDS)[key]
        used = sum(psutil.Process(child.pid).cpu_times()[:2]) - before
    assert found.cpu_percent == pytest.approx(100 * used / PERIOD_SECONDS, abs=0.5)
    assert found.cpu_percent


def test_the_dead_and_the_next_owner_of_a_pid_are_not_told() -> None:
    reader = ParticularsReader()
    with running_python("print(flush=True); input()") as child:
        now = key_of(child.pid)
        former = ProcessKey(child.pid, now.started - 1)
        unknown = ProcessKey(os.getpid(), UNKNOWN_START)
        assert reader.read([former, now, unknown], 0.0).keys() == {now}
    assert reader.read([now], PERIOD_SECONDS) == {}


def test_psutil_tells_the_same_as_far_as_it_can() -> None:
    with running_python("print(flush=True); input()") as child:
        started = int(psutil.Process(child.pid).create_time() * 1_000_000)
        portable = ParticularsReader(PsutilParticulars())
        key = ProcessKey(child.pid, started)
        found = eventually(lambda: portable.read([key], 0.0))[key]
        own = key_of(child.pid)
        ours = ParticularsReader().read([own], 0.0)[own]
        assert portable.read([ProcessKey(child.pid, started + 1)], 0.0) == {}
    assert found == Particulars(virtual_bytes=ours.virtual_bytes)
