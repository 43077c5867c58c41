"""The kernel's last resort: processes that it killed for lack of memory, and whose they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from trayapp.domain.records.oom_kills import Ended, OomCount, OomKill, Owner, Victim
from trayapp.language.units import MIB

SLACK_SECONDS = 2.0
"""A process is seen to have ended up to a tick or two from when its end was counted."""
PATIENCE_SECONDS = 5.0
"""A big process takes this long to end after it was killed."""
LONGEST_LOOK_SECONDS = 30.0
"""Counts further apart (a pause, suspend) tell no moment."""
WORTH_BYTES = 16 * MIB
"""A process that held less was hardly killed for its memory."""
_FREED_SHARE = 0.5
"""So much of what it held must have come back: a child that shares its parent's pages holds none
of its own."""


@dataclass(slots=True, repr=False)
class _Pending:
    count: int
    since: float
    deadline: float
    counted_in: tuple[str, ...]
    victims: tuple[Victim, ...]
    least_available: int | None
    is_missed: bool = False


class OomWatch:
    """Notices kills by differences of the kernel's counters. Holds seconds of the past only."""

    def __init__(self) -> None:
        self._before: tuple[float, OomCount] | None = None
        self._ends: list[tuple[float, Ended]] = []
        self._available: list[tuple[float, int]] = []
        self._pending: _Pending | None = None

    @property
    def untold(self) -> int:
        """Kills that were counted and not told yet."""
        return self._pending.count if self._pending else 0

    def add_sample(
        self,
        monotonic_seconds: float,
        count: OomCount | None,
        ended: Iterable[Ended],
        available_bytes: int | None = None,
        owners: Mapping[int, Owner] | None = None,
    ) -> OomKill | None:
        """Take in one tick: the counters, if they were read, and the processes that ended.

        available_bytes: of the machine; owners: what is known of the pids that the kernel names.

        Returns: a kill, once: at once where the kernel says who it was, else when it is known who
            ended, or a few seconds later.
        """
        now = monotonic_seconds
        self._ends = [end for end in self._ends if now - end[0] <= LONGEST_LOOK_SECONDS]
        self._ends += [(now, each) for each in ended]
        if available_bytes is not None:
            self._available = [each for each in self._available if now - each[0] <= 10.0]
            self._available.append((now, available_bytes))
        if count is not None:
            self._compare(now, count)
        pending = self._pending
        if pending is None:
            return None
        victims = tuple(self._with_owner(each, owners or {}) for each in pending.victims)
        if len(victims) < pending.count and not victims:
            suspect = self._suspect(pending)
            victims = () if suspect is None else (suspect,)
        if not victims and now < pending.deadline:
            return None
        self._pending = None
        self._ends.clear()
        return OomKill(
            count=max(pending.count, len(victims)),
            victims=victims,
            counted_in=pending.counted_in,
            is_missed=pending.is_missed,
        )

    def _compare(self, now: float, count: OomCount) -> None:
        before = self._before
        self._before = now, count
        if before is None:
            if count.missed > 0:
                self._expect(now, now, count.missed, (), count)
            return
        at, earlier_count = before
        rises = {
            (name, cgroup): kills - earlier[cgroup]
            for name, cgroups in count.by_target.items()
            if (earlier := earlier_count.by_target.get(name))
            for cgroup, kills in cgroups.items()
            if cgroup in earlier and kills > earlier[cgroup]
        }
        # Several targets may share a cgroup: its kills count once.
        kills_of = {cgroup: rise for (_, cgroup), rise in rises.items()}
        kills = sum(kills_of.values())
        if count.total is not None and earlier_count.total is not None:
            kills = max(kills, count.total - earlier_count.total)
        if kills > 0:
            self._expect(now, at, kills, tuple(sorted({name for name, _ in rises})), count)
        elif count.victims and self._pending is not None:
            # The log comes a moment after the counter.
            self._pending.victims += count.victims

    def _expect(
        self, now: float, at: float, kills: int, counted_in: tuple[str, ...], count: OomCount
    ) -> None:
        looked_lately = now - at <= LONGEST_LOOK_SECONDS
        victims = count.victims
        if self._pending is not None:
            kills += self._pending.count
            counted_in = tuple(sorted({*counted_in, *self._pending.counted_in}))
            victims = (*self._pending.victims, *victims)
        since = (at if looked_lately else now) - SLACK_SECONDS
        before = [size for moment, size in self._available if moment >= since - SLACK_SECONDS]
        self._pending = _Pending(
            count=kills,
            since=since,
            deadline=now if count.missed else now + PATIENCE_SECONDS,
            counted_in=counted_in,
            victims=victims,
            least_available=min(before, default=None),
            is_missed=count.missed > 0,
        )

    def _with_owner(self, victim: Victim, owners: Mapping[int, Owner]) -> Victim:
        name, target = owners.get(victim.pid, Owner("", None))
        for _at, ended in self._ends:
            if ended.pid == victim.pid:
                name, target = ended.name or name, ended.target or target
        return replace(victim, name=name or victim.name, target=target or victim.target)

    def _suspect(self, pending: _Pending) -> Victim | None:
        """Return who ended at that moment and gave back as much as a process dies for."""
        found = [each for at, each in self._ends if at >= pending.since]
        large = [each for each in found if (each.rss_bytes or 0) >= WORTH_BYTES]
        if not large or pending.is_missed:
            return None
        worst = max(large, key=lambda each: each.rss_bytes or 0)
        size = worst.rss_bytes or 0
        if pending.counted_in:
            # A cgroup that is full says nothing of the machine's memory.
            if worst.target not in pending.counted_in:
                return None
        elif not self._came_back(pending, size):
            return None
        return Victim(name=worst.name, pid=worst.pid, target=worst.target, rss_bytes=size)

    def _came_back(self, pending: _Pending, size: int) -> bool:
        least = pending.least_available
        later = [available for at, available in self._available if at >= pending.since]
        return least is not None and max(later, default=0) - least >= _FREED_SHARE * size
