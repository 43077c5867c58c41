"""Virtual size, committed memory, the kernel's own peak and CPU of processes, on a slow clock."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import Particulars, ProcessKey
from trayapp.readers.process_changes import UNKNOWN_START
from trayapp.readers.procfile import field_bytes, read_cpu_ticks, read_start, read_started
from trayapp.readers.slow_clock import SlowClock

PERIOD_SECONDS = 10.0
"""How often each process is read, and the time over which its CPU is averaged."""
BUDGET_SECONDS = 0.005
"""After so long in one tick the others wait for the next."""


class ParticularsSource(Protocol):
    """One system's way of reading a process's particulars. Raises: OSError, ValueError."""

    def read(self, key: ProcessKey) -> tuple[Particulars, float | None]:
        """Return the sizes, and the processor time used so far in seconds."""


class _Finding(NamedTuple):
    particulars: Particulars
    cpu_seconds: float | None
    read_at: float


class ParticularsReader:
    """Reads them, each every 10 s. All calls from one thread. Keeps nothing of the dead."""

    def __init__(
        self,
        source: ParticularsSource | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._source = source or (
            ProcParticulars() if sys.platform == "linux" else PsutilParticulars()
        )
        self._slow_clock = SlowClock[ProcessKey](PERIOD_SECONDS, BUDGET_SECONDS, clock)
        self._found: dict[ProcessKey, _Finding] = {}
        self._told: dict[ProcessKey, Particulars] = {}

    def read(self, keys: Collection[ProcessKey], now: float) -> dict[ProcessKey, Particulars]:
        """Return what is known of these processes, at most 10 s old; all others are forgotten.

        Not to be changed: while nobody was read, the answer is the same.

        `now`: monotonic seconds. CPU is unknown until the second reading.
        """
        before = self._found
        self._found = self._slow_clock.refresh(
            before, keys, now, lambda key, before: self._read_one(key, before, now)
        )
        if self._found is not before:
            self._told = {key: finding.particulars for key, finding in self._found.items()}
        return self._told

    def _read_one(self, key: ProcessKey, before: _Finding | None, now: float) -> _Finding | None:
        """Return what a process has now; None: it has ended, or may not be asked."""
        if key.started == UNKNOWN_START:
            return None
        try:
            particulars, cpu_seconds = self._source.read(key)
        except (OSError, ValueError):
            return None
        if cpu_seconds is not None and before is not None and before.cpu_seconds is not None:
            passed = now - before.read_at
            if passed > 0:
                used = max(0.0, cpu_seconds - before.cpu_seconds)
                particulars = particulars._replace(cpu_percent=100 * used / passed)
        return _Finding(particulars, cpu_seconds, now)


class ProcParticulars:
    """Linux: /proc/PID/status and /proc/PID/stat, which everybody may read; about 30 µs."""

    def __init__(self, root: str = "/proc") -> None:
        self._root = root
        self._ticks_per_second = os.sysconf("SC_CLK_TCK")

    def read(self, key: ProcessKey) -> tuple[Particulars, float | None]:
        status = read_start(f"{self._root}/{key.pid}/status", 8192)
        cpu_seconds = read_cpu_ticks(self._root, key.pid) / self._ticks_per_second
        if read_started(self._root, key.pid) != key.started:
            raise ProcessLookupError(key.pid)
        particulars = Particulars(
            virtual_bytes=field_bytes(status, b"VmSize:"),
            committed_bytes=field_bytes(status, b"VmData:"),
            kernel_peak_bytes=field_bytes(status, b"VmHWM:"),
        )
        return particulars, cpu_seconds


class PsutilParticulars:
    """macOS and Windows: what psutil tells of them; macOS tells neither committed nor peak."""

    def __init__(self) -> None:
        import psutil

        self._psutil = psutil

    def read(self, key: ProcessKey) -> tuple[Particulars, float | None]:
        try:
            process = self._psutil.Process(key.pid)
            with process.oneshot():
                memory: Any = process.memory_info()
                times = process.cpu_times()
                started = int(process.create_time() * 1_000_000)
        except self._psutil.AccessDenied as error:
            raise PermissionError from error
        except self._psutil.Error as error:
            raise ProcessLookupError from error
        if started != key.started:
            raise ProcessLookupError(key.pid)
        particulars = Particulars(
            virtual_bytes=memory.vms,
            committed_bytes=getattr(memory, "private", None),
            kernel_peak_bytes=getattr(memory, "peak_wset", None),
        )
        return particulars, times.user + times.system
