"""What running programs cost, by the kernel's own account."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_CPUCLOCK_SCHED = 2
"""Linux, include/linux/posix-timers_types.h: the clock of a whole process by its scheduler."""


class Costs(NamedTuple):
    """Costs, up to one moment, of some processes and all that they started."""

    monotonic_seconds: float
    cpu_seconds: float
    """User and system time; children that have ended count from when they were waited for."""
    uss_bytes: int

    def cpu_percent_since(self, before: Costs) -> float:
        """Share of one core between two moments."""
        elapsed_seconds = self.monotonic_seconds - before.monotonic_seconds
        return 100 * (self.cpu_seconds - before.cpu_seconds) / elapsed_seconds


def read_busy_seconds() -> float:
    """Time that all processors have spent on anything since the machine started."""
    times = psutil.cpu_times()
    return float(sum(times[:8]) - times.idle - times.iowait)


def read_costs(pids: Iterable[int]) -> Costs:
    """Ask about these processes and their descendants.

    Raises: psutil.NoSuchProcess, or OSError if one of `pids` ended.
    """
    roots = list(pids)
    # The slow part first, so that the rest is of one moment.
    family = {child.pid for pid in roots for child in psutil.Process(pid).children(recursive=True)}
    moment = time.monotonic()
    cpu_seconds = sum(map(read_cpu_seconds, roots))
    uss_bytes = sum(map(read_uss_bytes, roots))
    for pid in family - set(roots):
        with suppress(OSError):
            cpu_seconds += read_cpu_seconds(pid)
            uss_bytes += read_uss_bytes(pid)
    return Costs(moment, cpu_seconds, uss_bytes)


def read_cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its children that have ended.

    By the process's own clock (clock_getcpuclockid(3): the scheduler's account, in nanoseconds):
    /proc/PID/stat may count by timer ticks, which see a fifth of what wakes for two milliseconds.
    """
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    ended_seconds = sum(map(int, fields[13:15])) / _TICKS_PER_SECOND
    return ended_seconds + time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)


def read_uss_bytes(pid: int) -> int:
    """Private memory: what would come back if the process ended."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))
