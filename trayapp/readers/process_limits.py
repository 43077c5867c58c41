"""The memory limits of a process: its cgroups', its own, or the machine's memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

from trayapp.dataclass import NamedTuple, replace
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.samples import ProcessKey
from trayapp.readers.cgroups import Cgroup, Cgroups
from trayapp.readers.group_limits import Levels, read_levels
from trayapp.readers.procfile import field_bytes, read_start, read_started
from trayapp.readers.slow_clock import SlowClock

PERIOD_SECONDS = 30.0
"""How often the cgroup of a process, and the figures of a cgroup, are read."""
BUDGET_SECONDS = 0.005
"""After so long in one tick the others wait for the next."""

# What an rlimit is compared with by the kernel, as `status` tells it. RLIMIT_RSS has no effect
# since Linux 2.4.30.
_RLIMITS = (
    (b"\nMax address space ", "RLIMIT_AS", b"VmSize:"),
    (b"\nMax data size ", "RLIMIT_DATA", b"VmData:"),
)


class _Home(NamedTuple):
    """The cgroup of a process, and the limits of its own."""

    cgroup: Cgroup | None
    rlimits: tuple[Limit, ...]


class LimitReader:
    """Reads limits, each every 30 s. All calls from one thread. Keeps nothing of the dead.

    Of a process: the limit of its own cgroup and of each above it that can be seen from here, with
    what that one has in use, since a parent may be full while its child is not. And a limit on the
    process's own address space (`ulimit -v`, `ulimit -d`), with the address space in use: it
    cannot be compared with a resident set, only with that. Without any of them, all the memory
    there is.
    """

    def __init__(
        self,
        root: str = "",
        *,
        system: str = sys.platform,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._proc = f"{root}/proc"
        self._cgroups = Cgroups(root) if system == "linux" else None
        self._slow_clock = SlowClock[ProcessKey](PERIOD_SECONDS, BUDGET_SECONDS, clock)
        self._cgroup_clock = SlowClock[Cgroup](PERIOD_SECONDS, BUDGET_SECONDS, clock)
        self._homes: dict[ProcessKey, _Home] = {}
        self._levels: dict[Cgroup, Levels] = {}
        self._told: dict[ProcessKey, tuple[Limit, ...]] = {}
        self._machine: Limit | None = None
        """What `read` has returned last, and what for."""

    def read(
        self, keys: Collection[ProcessKey], now: float, total_bytes: int
    ) -> dict[ProcessKey, tuple[Limit, ...]]:
        """Return all limits of each of these processes, at most 30 s old; others are forgotten.

        Not to be changed: while nothing was read anew, the answer is the same.

        `now`: monotonic seconds; `total_bytes`: the machine's memory. Missing in the answer: who
        has not had a turn, or has ended.
        """
        machine = self._machine
        if machine is None or machine.limit_bytes != total_bytes:
            machine = Limit(limit_bytes=total_bytes, source="machine")
        if self._cgroups is None:
            return dict.fromkeys(keys, (machine,))
        cgroups = self._cgroups
        homes_before, levels_before = self._homes, self._levels
        self._homes = homes = self._slow_clock.refresh(
            self._homes, keys, now, lambda key, _: self._find_home(key, cgroups)
        )
        self._levels = self._cgroup_clock.refresh(
            self._levels,
            {home.cgroup for home in homes.values() if home.cgroup},
            now,
            lambda cgroup, _: read_levels(cgroup),
        )
        is_same = homes is homes_before and self._levels is levels_before
        if not is_same or machine is not self._machine:
            self._machine = machine
            self._told = {
                key: self._limits(home, machine)
                for key, home in homes.items()
                if home.cgroup is None or home.cgroup in self._levels
            }
        return self._told

    def _limits(self, home: _Home, machine: Limit) -> tuple[Limit, ...]:
        levels = self._levels[home.cgroup] if home.cgroup else Levels((), None)
        # What lies above all the memory there is limits nothing; version 1 says "none" that way.
        held = levels.limits
        if any(limit.limit_bytes >= machine.limit_bytes for limit in held):
            held = tuple(limit for limit in held if limit.limit_bytes < machine.limit_bytes)
        if home.rlimits:
            return (*held, *home.rlimits)
        if held:
            return held
        if levels.high_bytes is None or home.cgroup is None:
            return (machine,)
        return (replace(machine, high_bytes=levels.high_bytes, path=home.cgroup.path),)

    def _find_home(self, key: ProcessKey, cgroups: Cgroups) -> _Home | None:
        """Return None if it has ended, or nothing tells that the pid is still its own."""
        cgroup: Cgroup | None = None
        rlimits: tuple[Limit, ...] = ()
        try:
            with suppress(PermissionError, ValueError):
                cgroup = cgroups.of(key.pid)
            with suppress(PermissionError, ValueError):
                rlimits = self._read_rlimits(key.pid)
            return (
                _Home(cgroup, rlimits) if read_started(self._proc, key.pid) == key.started else None
            )
        except (OSError, ValueError):
            return None

    def _read_rlimits(self, pid: int) -> tuple[Limit, ...]:
        table = b"\n" + read_start(f"{self._proc}/{pid}/limits", 8192)
        found = []
        status = b""
        for label, name, used in _RLIMITS:
            _, _, row = table.partition(label)
            soft = row.split(None, 1)[:1]
            if soft and soft[0].isdigit():
                status = status or read_start(f"{self._proc}/{pid}/status", 8192)
                used_bytes = field_bytes(status, used)
                limit_bytes = int(soft[0])
                found.append(
                    Limit(
                        limit_bytes=limit_bytes, source="rlimit", used_bytes=used_bytes, path=name
                    )
                )
        return tuple(found)


def joined_limits(groups: Iterable[tuple[Limit, ...]]) -> tuple[Limit, ...]:
    """Return all limits of several processes but the machine's, that of a common cgroup once."""
    # By identity: the processes of one cgroup share its records, and there may be thousands.
    found = {id(limit): limit for group in groups for limit in group if limit.source != "machine"}
    return tuple(found.values())
