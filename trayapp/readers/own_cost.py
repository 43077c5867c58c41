"""The costs of Memtray itself, which is its first target."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import AppSample
from trayapp.readers.own_children import ChildCosts, ended_cpu_seconds, read_children

SLOW_SECONDS = 30.0
"""How often the figures are read that cost more than microseconds."""


class SlowCosts(NamedTuple):
    """The figures of the slow clock; None where the system does not tell."""

    uss_bytes: int | None = None
    descriptor_count: int | None = None
    written_bytes: int | None = None


class Costs(Protocol):
    """One system's way of reading what this process costs."""

    def read_rss_bytes(self) -> int | None:
        """Return the resident set; cheap."""

    def read_slow(self) -> SlowCosts:
        """Return everything that takes about a millisecond to read."""

    def close(self) -> None:
        """Let go of all descriptors."""


class RequestedWork:
    """Adds up the processor time of what a person asked for: a menu, a window, fresh figures.

    It is part of what Memtray costs, but no reason to sample less often. Any thread.
    """

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        """`clock` tells the processor time of the thread that asks it, in seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._inside = threading.local()
        self.children: set[int] = set()
        """The pids of windows that were asked for."""
        self._child_seconds = self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """All that was counted so far."""
        return self._seconds

    @property
    def child_seconds(self) -> float:
        """What windows that have ended have cost."""
        return self._child_seconds

    def note_ended(self, pid: int, cpu_seconds: float) -> None:
        """Note that a window has ended, and what it has cost."""
        self.children.discard(pid)
        with self._lock:
            self._child_seconds += cpu_seconds

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count what this thread does meanwhile; what is within another such is counted once."""
        if getattr(self._inside, "is_counting", False):
            yield
            return
        self._inside.is_counting = True
        began = self._clock()
        try:
            yield
        finally:
            self._inside.is_counting = False
            with self._lock:
                self._seconds += max(0.0, self._clock() - began)


class AppReader:
    """Reads what this process costs. All calls from one thread."""

    def __init__(
        self,
        costs: Costs | None = None,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.process_time,
        requested: RequestedWork | None = None,
    ) -> None:
        """By default asks the system it runs on; requested: counts what persons ask for."""
        self._requested = requested or RequestedWork()
        self._costs = costs or (ProcCosts() if sys.platform == "linux" else PsutilCosts())
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._last_tick: tuple[float, float, float] | None = None
        self._slow = SlowCosts()
        self._slow_due_seconds = float("-inf")
        self._children: ChildCosts | None = None
        self._last_children: tuple[float, float, float] | None = None
        self._child_percents: tuple[float | None, float | None] = None, None

    def read(self) -> AppSample:
        """Read once; CPU is None the first time, slow figures are up to 30 s old."""
        now = self._clock()
        cpu_percent, requested_percent = self._cpu_percents(now)
        if now >= self._slow_due_seconds:
            self._slow = self._costs.read_slow()
            if sys.platform == "linux":
                self._children = read_children(self._requested.children)
                self._child_percents = self._read_child_percents(now, self._children)
            self._slow_due_seconds = now + SLOW_SECONDS
        return AppSample(
            pid=os.getpid(),
            rss_bytes=self._costs.read_rss_bytes(),
            uss_bytes=self._slow.uss_bytes,
            cpu_percent=cpu_percent,
            requested_cpu_percent=requested_percent,
            thread_count=threading.active_count(),
            descriptor_count=self._slow.descriptor_count,
            written_bytes=self._slow.written_bytes,
            child_count=self._children and self._children.process_count,
            child_bytes=self._children and self._children.size_bytes,
            requested_child_bytes=self._children and self._children.requested_bytes,
            child_cpu_percent=self._child_percents[0],
            requested_child_cpu_percent=self._child_percents[1],
        )

    def read_again_soon(self) -> None:
        """Make the next reading read everything: after a cleanup nobody wants old figures."""
        self._slow_due_seconds = float("-inf")

    def close(self) -> None:
        self._costs.close()

    def _read_child_percents(
        self, now: float, living: ChildCosts | None
    ) -> tuple[float | None, float | None]:
        """Return the shares since the last slow reading of all children, and of windows."""
        if living is None:
            return None, None
        seconds = living.cpu_seconds + ended_cpu_seconds()
        requested_seconds = living.requested_cpu_seconds + self._requested.child_seconds
        last, self._last_children = self._last_children, (now, seconds, requested_seconds)
        if last is None or now <= last[0]:
            return self._child_percents
        share = 100.0 / (now - last[0])
        # Who has ended counts a little less: ticks are rounded for each process.
        return (
            share * max(0.0, seconds - last[1]),
            share * max(0.0, requested_seconds - last[2]),
        )

    def _cpu_percents(self, now: float) -> tuple[float | None, float | None]:
        """Return the shares since the last tick of all, and of what persons asked for."""
        cpu_seconds, requested_seconds = self._cpu_clock(), self._requested.seconds
        last, self._last_tick = self._last_tick, (now, cpu_seconds, requested_seconds)
        if last is None or now <= last[0]:
            return None, None
        share = 100.0 / (now - last[0])
        return share * (cpu_seconds - last[1]), share * (requested_seconds - last[2])


class ProcCosts:
    """Reads the own process from /proc/self (Linux)."""

    def __init__(self, root: str = "/proc/self") -> None:
        self._root = root
        # What the shell wrote that became this process by exec, it did not write itself.
        self._written_before = self._read_written() or 0
        self._statm: int | None
        try:
            self._statm = os.open(f"{root}/statm", os.O_RDONLY)
        except OSError:
            self._statm = None

    def read_rss_bytes(self) -> int | None:
        if self._statm is None:
            return None
        try:
            pages = int(os.pread(self._statm, 128, 0).split(b" ", 2)[1])
        except (OSError, ValueError, IndexError):
            return None
        return pages * os.sysconf("SC_PAGE_SIZE") or None

    def read_slow(self) -> SlowCosts:
        written = self._read_written()
        return SlowCosts(
            uss_bytes=_sum_of_fields(f"{self._root}/smaps_rollup", b"Private_", 1024),
            descriptor_count=self._count_descriptors(),
            written_bytes=None if written is None else max(0, written - self._written_before),
        )

    def _read_written(self) -> int | None:
        return _sum_of_fields(f"{self._root}/io", b"write_bytes:", 1)

    def close(self) -> None:
        if self._statm is not None:
            os.close(self._statm)
            self._statm = None

    def _count_descriptors(self) -> int | None:
        folder = f"{self._root}/fd"
        try:
            # Since Linux 6.2 the folder's size is the answer, however many there are.
            return Path(folder).stat().st_size or len(list(Path(folder).iterdir())) - 1
        except OSError:
            return None


class PsutilCosts:
    """Reads the own process through psutil, which does not know there what went to disk."""

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self._errors = (psutil.Error, OSError)

    def read_rss_bytes(self) -> int | None:
        try:
            return self._process.memory_info().rss or None
        except self._errors:
            return None

    def read_slow(self) -> SlowCosts:
        try:
            uss_bytes = self._process.memory_full_info().uss or None
            count = getattr(self._process, "num_handles" if os.name == "nt" else "num_fds")()
            return SlowCosts(uss_bytes=uss_bytes, descriptor_count=count)
        except self._errors:
            return SlowCosts()

    def close(self) -> None:
        """Nothing is held."""


def _sum_of_fields(path: str, prefix: bytes, unit_bytes: int) -> int | None:
    """Return the sum of the figures in all lines that start with `prefix`; None: there are none."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            lines = file.readall().splitlines()
        figures = [int(line.split()[1]) for line in lines if line.startswith(prefix)]
    except (OSError, ValueError, IndexError):
        return None
    return sum(figures) * unit_bytes if figures else None
