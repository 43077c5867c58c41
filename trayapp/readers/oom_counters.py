"""The kernel's counters of processes that it killed for lack of memory."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from trayapp.domain.records.oom_kills import OomCount, OomMark, Victim
from trayapp.domain.records.samples import ProcessKey
from trayapp.readers.boot import read_boot_id
from trayapp.readers.cgroups import Cgroup, Cgroups
from trayapp.readers.kernel_journal import KernelJournal
from trayapp.readers.kernel_log import KernelLog
from trayapp.readers.procfile import read_start, read_started
from trayapp.readers.slow_clock import SlowClock

TOTAL_SECONDS = 2.0
"""How often the machine's counter is read: 25 µs."""
_LOG_READS = 3
_LATE_SECONDS = 60.0
"""So far back the journal is asked: a kill is counted here at the next tick, or after a pause."""
PERIOD_SECONDS = 30.0
"""How often it is found out in which cgroup a process is."""


class OomReader:
    """Reads the counters. All calls from one thread.

    A cgroup's counter is read when it is first seen, and again when the machine's has changed: it
    counts every kill (since Linux 4.13). Where it is not told, cgroups are read every time.
    """

    def __init__(
        self,
        root: str = "",
        *,
        system: str = sys.platform,
        mark: OomMark | None = None,
        journal: KernelJournal | None = None,
    ) -> None:
        """`mark`: how far the last run has reported kills.

        journal: is asked where the kernel's log may not be read.
        """
        self._proc = f"{root}/proc"
        self._cgroups = Cgroups(root) if system == "linux" else None
        self._vmstat: int | None = None
        with suppress(OSError):
            self._vmstat = os.open(f"{self._proc}/vmstat", os.O_RDONLY)
        self._log = KernelLog(f"{root}/dev/kmsg") if system == "linux" else None
        self._journal = journal if self._log and not self._log.is_readable else None
        self._boot = read_boot_id(root)
        self._mark = mark
        self._log_reads = 0
        """So many times more the log is read: it is written a moment after the counter."""
        self._slow_clock = SlowClock[ProcessKey](PERIOD_SECONDS)
        self._homes: dict[ProcessKey, Cgroup] = {}
        self._targets: dict[str, set[Cgroup]] = {}
        self._kills: dict[Cgroup, int] = {}
        self._total: int | None = None
        self._due_at = float("-inf")

    def read(self, members: Mapping[str, Collection[ProcessKey]], now: float) -> OomCount | None:
        """Return the counters for the cgroups of each target's processes; None: not due yet.

        `now`: monotonic seconds.
        """
        if self._cgroups is None or now < self._due_at:
            return None
        self._due_at = now + TOTAL_SECONDS
        before, self._total = self._total, self._read_total()
        if self._total is None or self._total != before:
            self._kills = _count(self._kills)
            # At the start nothing has happened yet; without a total, nobody knows when it has.
            self._log_reads = 0 if before is None or self._total is None else _LOG_READS
        missed, victims = self._read_missed() if before is None else (0, self._read_log())
        self._find_homes({key for keys in members.values() for key in keys}, now, self._cgroups)
        last_targets = self._targets
        self._targets = {
            name: {self._homes[key] for key in keys if key in self._homes}
            for name, keys in members.items()
        }
        # Who was just killed is no member any more: the cgroups of the last time count, too.
        count = OomCount(
            total=self._total,
            by_target={
                name: {
                    cgroup.path: self._kills[cgroup]
                    for cgroup in cgroups | last_targets.get(name, set())
                    if cgroup in self._kills
                }
                for name, cgroups in self._targets.items()
            },
            victims=victims,
            is_asking=self._journal is not None and self._journal.is_asking,
            missed=missed,
        )
        living = set[Cgroup]().union(*self._targets.values())
        self._kills = {cgroup: kills for cgroup, kills in self._kills.items() if cgroup in living}
        return count

    def mark(self, wall_seconds: float, untold: int) -> OomMark | None:
        """Return how far kills are reported, for the next run; None: the machine does not count.

        untold: kills that were counted and not reported yet.
        """
        if self._total is None:
            return None
        return OomMark(self._boot, self._total - untold, wall_seconds)

    def _read_missed(self) -> tuple[int, tuple[Victim, ...]]:
        """Return the kills since the last run of Memtray, and whom the log names of them."""
        mark, self._mark = self._mark, None
        if mark is None or self._total is None or not self._boot or mark.boot != self._boot:
            return 0, ()
        missed = self._total - mark.total
        if missed <= 0:
            return 0, ()
        since = mark.wall_seconds - TOTAL_SECONDS
        if self._journal is not None:
            # What it finds comes with one of the next readings.
            return missed, self._journal.kills(since)
        known = self._log.kills(from_start=True) if self._log else ()
        late = [each for each in known if each.wall_seconds and each.wall_seconds >= since]
        return missed, tuple(late[-missed:])

    def _read_log(self) -> tuple[Victim, ...]:
        if self._journal is not None and (self._log_reads or self._journal.is_asking):
            self._log_reads = max(0, self._log_reads - 1)
            return self._journal.kills(time.time() - _LATE_SECONDS)
        if self._log is None or not self._log_reads:
            return ()
        self._log_reads -= 1
        return self._log.kills()

    def close(self) -> None:
        """Let go of the descriptors."""
        if self._log is not None:
            self._log.close()
        if self._journal is not None:
            self._journal.close()
        if self._vmstat is not None:
            os.close(self._vmstat)
            self._vmstat = None

    def _find_homes(self, keys: set[ProcessKey], now: float, cgroups: Cgroups) -> None:
        for key in self._slow_clock.due(keys, now):
            self._homes.pop(key, None)
            with suppress(OSError, ValueError):
                cgroup = cgroups.of(key.pid)
                if cgroup is not None and read_started(self._proc, key.pid) == key.started:
                    self._homes[key] = cgroup
                    if cgroup not in self._kills:
                        self._kills.update(_count([cgroup]))
        self._homes = {key: home for key, home in self._homes.items() if key in keys}

    def _read_total(self) -> int | None:
        if self._vmstat is None:
            return None
        try:
            vmstat = os.pread(self._vmstat, 32768, 0)
            return int(vmstat.partition(b"\noom_kill ")[2].split(b"\n", 1)[0])
        except (OSError, ValueError):
            return None


def _count(cgroups: Iterable[Cgroup]) -> dict[Cgroup, int]:
    """Return the kills of each cgroup that still exists and counts them."""
    counts = {}
    for cgroup in cgroups:
        # Version 2 counts those in groups below as well.
        name = "memory.events" if cgroup.version == 2 else "memory.oom_control"
        with suppress(OSError, ValueError):
            events = b"\n" + read_start(f"{cgroup.folder}/{name}", 4096)
            counts[cgroup] = int(events.partition(b"\noom_kill ")[2].split(b"\n", 1)[0])
    return counts
