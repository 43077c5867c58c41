"""The largest applications are sized up like targets, though nobody has named them."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import psutil
import pytest

from tests.readers.children import running_python, tell
from tests.readers.test_footprint import key_of
from tests.readers.test_own_shared import SEGMENTS
from tests.readers.test_proportions import FORKED
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey, ProcessUse
from trayapp.domain.records.sizes import Part, size_of
from trayapp.readers.frames import GROUPS_SECONDS
from trayapp.readers.shared_uses import SharedUses

MIB = 1024**2
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes of Linux")


class Looks:
    """One application of these processes, looked at every ten seconds of a clock of its own."""

    def __init__(self, *pids: int) -> None:
        self.keys = [key_of(pid) for pid in pids]
        self.uses = SharedUses()
        self.now = 0.0

    def look(self) -> tuple[ApplicationUse, Mapping[ProcessKey, MemoryReading]]:
        self.now += GROUPS_SECONDS
        readings = {}
        for key in self.keys:
            memory = psutil.Process(key.pid).memory_info()
            readings[key] = MemoryReading(memory.rss, memory.rss - memory.shared)
        facts = ProcessFacts(key=self.keys[0], parent_pid=1, name="app")
        rss_bytes = sum(reading.rss_bytes for reading in readings.values())
        use = ApplicationUse(
            key=ApplicationKey("program", "app"),
            name="app",
            processes=tuple(self.keys),
            rss_bytes=rss_bytes,
            largest=ProcessUse(facts=facts, rss_bytes=readings[self.keys[0]].rss_bytes),
            size=size_of(Part(reading) for reading in readings.values()),
        )
        (better,), told = self.uses.read([use], readings, self.now)
        assert self.uses.with_known([use]) == [better]
        return better, told


def test_a_forked_server_that_nobody_tracks_is_as_large_as_its_memory() -> None:
    with running_python(FORKED) as server:
        children = [child.pid for child in psutil.Process(server.pid).children()]
        looks = Looks(server.pid, *children)
        for _ in range(6):
            use, _ = looks.look()
    assert use.rss_bytes > 500 * MIB
    assert use.size_bytes == pytest.approx(110 * MIB, rel=0.15)
    assert use.size_kind == "proportional"


def test_shared_memory_of_its_own_counts_as_growth_from_when_it_was_read() -> None:
    """What was found by then had not been counted before, and is no growth."""
    with running_python(SEGMENTS) as child:
        assert child.stdout is not None

        def grow(times: int) -> None:
            for _ in range(times):
                tell(child)
                child.stdout.readline()  # type: ignore[union-attr]

        grow(6)
        looks = Looks(child.pid)
        _, told = looks.look()
        assert told[looks.keys[0]].own_shared_bytes == 0
        grow(2)
        for _ in range(4):
            _, told = looks.look()
    assert told[looks.keys[0]].own_shared_bytes == pytest.approx(20 * MIB, rel=0.02)
