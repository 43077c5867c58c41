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

    Raises: psutil.NoSuchProcess, FileNotFoundError or ProcessLookupError if one of `pids` ended.
    """
    roots = list(pids)
    # The slow part first, so that the rest is of one moment.
    family = {child.pid for pid in roots for child in psutil.Process(pid).children(recursive=True)}
    moment = time.monotonic()
    cpu_seconds = sum(map(_read_cpu_seconds, roots))
    uss_bytes = sum(map(_read_uss_bytes, roots))
    for pid in family - set(roots):
        with suppress(FileNotFoundError, ProcessLookupError):
            cpu_seconds += _read_cpu_seconds(pid)
            uss_bytes += _read_uss_bytes(pid)
    return Costs(moment, cpu_seconds, uss_bytes)


def _read_cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS_PER_SECOND


def _read_uss_bytes(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))
