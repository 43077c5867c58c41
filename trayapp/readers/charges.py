"""What control groups are charged, and their limits: the large figure always, the rest seldom."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from trayapp.dataclass import NamedTuple, replace
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.charges import Charge
from trayapp.domain.records.groups import topmost
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.domain.records.sizes import Size
from trayapp.readers.cgroups import Cgroup, Cgroups
from trayapp.readers.group_limits import read_levels
from trayapp.readers.procfile import read_start
from trayapp.readers.slow_clock import SlowClock

PERIOD_SECONDS = 5.0
"""How often what a charge is made of is read: the kernel adds it up for all below."""
BUDGET_SECONDS = 0.005
_KERNEL_PARTS = ("slab", "kernel_stack", "pagetables", "percpu", "vmalloc")
"""What `kernel` is the sum of; it stands in `memory.stat` since Linux 5.18."""


class Charged(NamedTuple):
    """What one target is charged, and what limits that."""

    charge: Charge
    limits: tuple[Limit, ...]
    """Of its groups and of those above them, the nearest first."""


class _Details(NamedTuple):
    charge: Charge
    limits: tuple[Limit, ...]
    own_limit_bytes: int | None


class ChargeReader:
    """Reads them. All calls from one thread. Keeps nothing of groups that are not asked for."""

    def __init__(
        self,
        root: str = "",
        *,
        system: str = sys.platform,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._cgroups = Cgroups(root) if system == "linux" else None
        self._slow_clock = SlowClock[Cgroup](PERIOD_SECONDS, BUDGET_SECONDS, clock)
        self._details: dict[Cgroup, _Details] = {}

    def read(
        self, groups: Mapping[str, Collection[str]], now: float, total_bytes: int
    ) -> dict[str, Charged]:
        """Return what each target is charged.

        groups: the kernel's names of the groups of each, of which those inside others count with
        them; now: monotonic seconds; total_bytes: the machine's memory, above which a limit is
        none. Missing in the answer: whose groups cannot be seen, or are not charged.
        """
        if self._cgroups is None:
            return {}
        found = {
            name: [each for path in topmost(paths) if (each := self._cgroups.at(path))]
            for name, paths in groups.items()
        }
        self._details = self._slow_clock.refresh(
            self._details,
            {cgroup for cgroups in found.values() for cgroup in cgroups},
            now,
            lambda cgroup, _: _read_details(cgroup),
        )
        charged = {}
        for name, cgroups in found.items():
            if not all(cgroup in self._details for cgroup in cgroups):
                continue  # has not had a turn: half of it would be another size
            parts = [part for cgroup in cgroups if (part := self._read_one(cgroup)) is not None]
            total = Charge.total(part.charge for part in parts)
            if total is not None:
                limits = dict.fromkeys(limit for part in parts for limit in part.limits)
                held = tuple(limit for limit in limits if limit.limit_bytes < total_bytes)
                charged[name] = Charged(total, held)
        return charged

    def _read_one(self, cgroup: Cgroup) -> Charged | None:
        current_bytes = cgroup.read_used_bytes()
        if current_bytes is None:
            return None
        details = self._details[cgroup]
        charge = details.charge._replace(current_bytes=current_bytes)
        limits = details.limits
        if limits and details.own_limit_bytes == limits[0].limit_bytes:
            own = replace(limits[0], used_bytes=current_bytes)
            limits = (own, *limits[1:])
        return Charged(charge, limits)


def _read_details(cgroup: Cgroup) -> _Details:
    """Return what it is made of, as far as it tells, and its limits."""
    stat = cgroup.read_stat()
    charge = _charge_v1(cgroup, stat) if cgroup.version == 1 else _charge_v2(cgroup, stat)
    charge = charge._replace(groups=(cgroup.path,), clean_cache_bytes=cgroup.clean_cache_in(stat))
    return _Details(charge, read_levels(cgroup).limits, cgroup.read_limit_bytes())


def _charge_v1(cgroup: Cgroup, stat: Mapping[str, int]) -> Charge:
    cache, shared = stat.get("total_cache"), stat.get("total_shmem")
    return Charge(
        anon_bytes=stat.get("total_rss"),
        file_bytes=None if cache is None else max(0, cache - (shared or 0)),
        shared_bytes=shared,
        kernel_bytes=cgroup.read_number("memory.kmem.usage_in_bytes"),
        # Not part of what is charged there.
        socket_bytes=None,
        swap_bytes=stat.get("total_swap"),
        peak_bytes=cgroup.read_number("memory.max_usage_in_bytes"),
        full_count=cgroup.read_number("memory.failcnt"),
        oom_kill_count=_fields(cgroup, "memory.oom_control").get("oom_kill"),
    )


def _charge_v2(cgroup: Cgroup, stat: Mapping[str, int]) -> Charge:
    cache, shared = stat.get("file"), stat.get("shmem")
    kernel = stat.get("kernel")
    if kernel is None and "slab" in stat:
        kernel = sum(stat.get(part, 0) for part in _KERNEL_PARTS)
    dropped = stat.get("slab_reclaimable")
    events = _fields(cgroup, "memory.events")
    stalls = _stalls(cgroup)
    return Charge(
        anon_bytes=stat.get("anon"),
        file_bytes=None if cache is None else max(0, cache - (shared or 0)),
        shared_bytes=shared,
        kernel_bytes=kernel,
        kept_kernel_bytes=None if kernel is None or dropped is None else max(0, kernel - dropped),
        socket_bytes=stat.get("sock"),
        swap_bytes=cgroup.read_number("memory.swap.current"),
        peak_bytes=cgroup.read_number("memory.peak"),
        slowed_count=events.get("high"),
        full_count=events.get("max"),
        oom_kill_count=events.get("oom_kill"),
        stall_some_percent=stalls.get("some"),
        stall_full_percent=stalls.get("full"),
    )


def _fields(cgroup: Cgroup, name: str) -> dict[str, int]:
    """Return the numbers of a file by their names; empty: there is none."""
    with suppress(OSError):
        lines = read_start(f"{cgroup.folder}/{name}", 4096).decode("ascii", "replace").split("\n")
        fields = (line.split() for line in lines)
        return {each[0]: int(each[1]) for each in fields if len(each) == 2 and each[1].isdecimal()}
    return {}


def _stalls(cgroup: Cgroup) -> dict[str, float]:
    """Return the shares of the last 10 s of `memory.pressure`; empty: the kernel has none."""
    found = {}
    with suppress(OSError, ValueError):
        text = read_start(f"{cgroup.folder}/memory.pressure", 1024).decode("ascii", "replace")
        for line in text.splitlines():
            kind, average, *_rest = line.split()
            found[kind] = float(average.removeprefix("avg10="))
    return found


class TargetCharges:
    """What the kernel charges those targets whose rules name control groups. One thread."""

    def __init__(self, reader: ChargeReader | None = None) -> None:
        self._reader = reader or ChargeReader()
        self._groups: dict[str, tuple[Sequence[ProcessKey], TargetRule, frozenset[str]]] = {}
        """By target, found out anew when its rule or its processes are others."""

    def read(
        self,
        rules: Iterable[TargetRule],
        members: Mapping[str, Sequence[ProcessKey]],
        facts_of: Callable[[ProcessKey], ProcessFacts | None],
        now: float,
        total_bytes: int,
    ) -> dict[str, Charged]:
        """Return what each is charged; missing: whose memory is charged to no group of its own.

        members: the same lists while nothing changes; now: monotonic seconds.
        """
        before, self._groups = self._groups, {}
        for rule in rules:
            keys = members.get(rule.name, ())
            if not rule.is_by_group or not keys:
                continue
            known = before.get(rule.name)
            if known is None or known[0] is not keys or known[1] is not rule:
                known = keys, rule, _groups_of(rule, keys, facts_of)
            self._groups[rule.name] = known
        groups = {name: paths for name, (_keys, _rule, paths) in self._groups.items() if paths}
        return self._reader.read(groups, now, total_bytes)

    @property
    def groups(self) -> dict[str, frozenset[str]]:
        """The groups of each target of the latest reading."""
        return {name: paths for name, (_keys, _rule, paths) in self._groups.items()}


def charged_size(charged: Charged | None) -> Size | None:
    """Return what is charged as a size; None: nothing is known."""
    return None if charged is None else Size(charged.charge.current_bytes, "charged")


def limits_with_charge(
    charged: Charged | None, of_processes: tuple[Limit, ...]
) -> tuple[Limit, ...]:
    """Return the limits of a target; of a group those of the groups inside it do not count."""
    if charged is None:
        return of_processes
    return (*charged.limits, *(limit for limit in of_processes if limit.source != "cgroup"))


def _groups_of(
    rule: TargetRule,
    keys: Iterable[ProcessKey],
    facts_of: Callable[[ProcessKey], ProcessFacts | None],
) -> frozenset[str]:
    known = (facts for key in keys if (facts := facts_of(key)) is not None)
    found = (rule.charged_group_of(facts) for facts in known)
    return frozenset(path for path in found if path is not None)
