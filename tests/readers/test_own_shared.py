"""Whose shared memory is: real mappings, of one process, inherited, and of files."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from tests.readers.children import eventually, running_python, tell
from trayapp.domain.records.samples import ProcessKey
from trayapp.readers.footprint import ProcFootprints
from trayapp.readers.own_shared import OwnShared, SharedReading
from trayapp.readers.procfile import read_started

MIB = 1024**2
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes of Linux")

SEGMENTS = """
import mmap, sys
kept = []
print("ready", flush=True)
while sys.stdin.readline():
    block = mmap.mmap(-1, 10 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    block[:] = b"x" * len(block)
    kept.append(block)
    print("more", flush=True)
"""
BACKEND = """
import mmap, os, sys
buffers = mmap.mmap(-1, 100 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
if os.fork() == 0:
    for at in range(10):
        sys.stdin.readline()
        buffers[at * (10 << 20):(at + 1) * (10 << 20)] = b"x" * (10 << 20)
        print("more", flush=True)
    os._exit(0)
print("ready", flush=True)
os.wait()
"""
FILE = """
import mmap, sys
file = open(sys.argv[1], "rb")
block = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
print("ready", flush=True)
while sys.stdin.readline():
    assert block[:len(block):4096]
    print("more", flush=True)
"""


class Meter:
    """Asks about one process, every ten seconds of a clock of its own."""

    def __init__(self, pid: int) -> None:
        self.key = ProcessKey(pid, read_started("/proc", pid))
        self.own = OwnShared()
        self.now = 0.0
        self.reading = SharedReading(0.0, 0)

    def read(self) -> int:
        """What is its own now."""
        self.now += 10
        told = ProcFootprints().read(self.key.pid).shmem_pss_bytes
        assert told is not None
        self.reading = SharedReading(self.now, told)
        return self.own.read({self.key: self.reading}, self.now).get(self.key, 0)

    def later(self, seconds: float) -> int:
        """What it is told to be between two readings."""
        return self.own.read({self.key: self.reading}, self.now + seconds).get(self.key, 0)


def test_segments_that_nobody_else_maps_are_its_own_and_grow_without_steps() -> None:
    with running_python(SEGMENTS) as child:
        assert child.stdout is not None
        meter = Meter(child.pid)
        assert meter.read() < MIB
        tell(child)
        child.stdout.readline()
        # It was all read now, but has come over the ten seconds before.
        assert meter.read() < MIB
        steps = [meter.later(seconds) for seconds in range(11)]
    assert steps[-1] == pytest.approx(10 * MIB, rel=0.02)
    assert [after - before for before, after in pairwise(steps)] == [
        pytest.approx(MIB, rel=0.02)
    ] * 10


def test_what_was_there_at_first_sight_counts_at_once() -> None:
    with running_python(SEGMENTS) as child:
        assert child.stdout is not None
        tell(child)
        child.stdout.readline()
        assert Meter(child.pid).read() == pytest.approx(10 * MIB, rel=0.02)


def test_buffers_that_a_backend_was_forked_with_are_not_its_own() -> None:
    """However many of them it touches, one after the other, and nobody else has."""
    with running_python(BACKEND) as parent:
        assert parent.stdout is not None
        (backend,) = eventually(lambda: psutil.Process(parent.pid).children())
        meter = Meter(backend.pid)
        assert meter.read() == 0
        for _ in range(9):
            tell(parent)
            parent.stdout.readline()
            assert meter.read() == 0
        assert meter.later(60) == 0
        assert backend.memory_info().rss > 90 * MIB


def test_mapped_files_are_not_its_own() -> None:
    with running_python(FILE, str(Path(sys.executable).resolve())) as child:
        assert child.stdout is not None
        meter = Meter(child.pid)
        meter.read()
        tell(child)
        child.stdout.readline()
        meter.read()
        assert meter.later(60) < MIB


def test_the_dead_are_forgotten() -> None:
    own = OwnShared()
    key = ProcessKey(1, 1)
    assert own.read({key: SharedReading(0.0, MIB)}, 0.0) == {key: MIB}
    assert own.read({}, 1.0) == {}
    assert own.read({key: SharedReading(2.0, 5 * MIB)}, 2.0) == {key: 5 * MIB}
