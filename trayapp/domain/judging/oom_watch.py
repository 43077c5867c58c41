"""The kernel's last resort: processes that it killed for lack of memory, and whose they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from trayapp.dataclass import dataclass, replace
from trayapp.domain.records.groups import topmost
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
of its own. And no more than twice as much: then something else was killed."""
_STILL_SHARE = 0.1


@dataclass(slots=True, repr=False)
class _Pending:
    count: int
    since: float
    deadline: float
    counted_in: tuple[str, ...]
    cgroups: tuple[str, ...]
    victims: tuple[Victim, ...]
    least_available: int | None
    is_missed: bool = False
    is_asking: bool = False
    """The kernel's log is being asked."""


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
        if pending.is_asking and not victims and now < pending.deadline:
            return None
        if victims and len(victims) < pending.count and now < pending.deadline:
            return None  # the log names the others in a moment
        if not victims:
            victims = self._suspects(pending, now)
        if not victims and now < pending.deadline:
            return None
        self._pending = None
        self._ends.clear()
        return OomKill(
            count=max(pending.count, len(victims)),
            victims=victims,
            counted_in=pending.counted_in,
            cgroups=pending.cgroups,
            is_missed=pending.is_missed,
        )

    def _compare(self, now: float, count: OomCount) -> None:
        before = self._before
        self._before = now, count
        if self._pending is not None:
            self._pending.is_asking = count.is_asking
        if before is None:
            if count.missed > 0:
                self._expect(now, now, count.missed, set(), count)
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
        if count.total is not None and earlier_count.total is not None:
            kills = count.total - earlier_count.total
        else:
            kills = sum(kills_of[cgroup] for cgroup in topmost(kills_of))
        if kills > 0:
            self._expect(now, at, kills, set(rises), count)
        elif count.victims and self._pending is not None:
            # The log comes a moment after the counter.
            self._pending.victims += count.victims

    def _expect(
        self, now: float, at: float, kills: int, rises: set[tuple[str, str]], count: OomCount
    ) -> None:
        """Wait for who it was; `rises`: targets and cgroups that have counted it."""
        counted_in = tuple(sorted({name for name, _cgroup in rises}))
        cgroups = tuple(sorted({cgroup for _name, cgroup in rises}))
        looked_lately = now - at <= LONGEST_LOOK_SECONDS
        victims = count.victims
        if self._pending is not None:
            kills += self._pending.count
            counted_in = tuple(sorted({*counted_in, *self._pending.counted_in}))
            cgroups = tuple(sorted({*cgroups, *self._pending.cgroups}))
            victims = (*self._pending.victims, *victims)
        since = (at if looked_lately else now) - SLACK_SECONDS
        before = [size for moment, size in self._available if moment >= since - SLACK_SECONDS]
        self._pending = _Pending(
            count=kills,
            since=since,
            deadline=now + (0.0 if count.missed and not count.is_asking else PATIENCE_SECONDS),
            counted_in=counted_in,
            cgroups=cgroups,
            victims=victims,
            least_available=min(before, default=None),
            is_missed=count.missed > 0,
            is_asking=count.is_asking,
        )

    def _with_owner(self, victim: Victim, owners: Mapping[int, Owner]) -> Victim:
        name, target = owners.get(victim.pid, Owner("", None))
        for _at, ended in self._ends:
            if ended.pid == victim.pid:
                name, target = ended.name or name, ended.target or target
        return replace(victim, name=name or victim.name, target=target or victim.target)

    def _suspects(self, pending: _Pending, now: float) -> tuple[Victim, ...]:
        """Return who ended at that moment with the memory that came back, if anybody did.

        Of several kills all, where the sizes of so many fit, else the largest that fits. A target
        may lose a child of some size at the moment when something else is killed.
        """
        found = [each for at, each in self._ends if at >= pending.since]
        large = [each for each in found if (each.rss_bytes or 0) >= WORTH_BYTES]
        if not large or pending.is_missed:
            return ()
        came_back = self._came_back(pending)
        if came_back is None:
            fitting = []
        elif self._is_rising(came_back) and now < pending.deadline:
            return ()
        else:
            fitting = [each for each in large if _fits(each, came_back, pending.count)]
        if pending.counted_in and not fitting:
            # What a full cgroup gave back may be in use again by those beside it.
            fitting = [
                each
                for each in large
                if each.target in pending.counted_in
                and (came_back is None or came_back < _FREED_SHARE * (each.rss_bytes or 0))
            ]
        if not fitting:
            return ()
        together = _together(large, pending, came_back)
        worst = max(fitting, key=lambda each: each.rss_bytes or 0)
        return tuple(
            Victim(name=each.name, pid=each.pid, target=each.target, rss_bytes=each.rss_bytes)
            for each in together or [worst]
        )

    def _came_back(self, pending: _Pending) -> int | None:
        """Return how much of the machine's memory is available again; None: not known."""
        least = pending.least_available
        later = [available for at, available in self._available if at >= pending.since]
        return None if least is None or not later else max(later) - least

    def _is_rising(self, came_back: int) -> bool:
        """Return whether the kernel is still taking back what the process held."""
        last = [available for _at, available in self._available[-2:]]
        return len(last) == 2 and last[1] - last[0] > _STILL_SHARE * came_back


def _together(large: Iterable[Ended], pending: _Pending, came_back: int | None) -> Sequence[Ended]:
    """Return as many as were killed, where what came back is what they held together."""
    own = [each for each in large if not pending.counted_in or each.target in pending.counted_in]
    own.sort(key=lambda each: -(each.rss_bytes or 0))
    if pending.count < 2 or len(own) != pending.count or came_back is None:
        return ()
    size = sum(each.rss_bytes or 0 for each in own)
    return own if _FREED_SHARE * size <= came_back <= size / _FREED_SHARE else ()


def _fits(ended: Ended, came_back: int, count: int) -> bool:
    """Return whether what came back is what this process held, and not far more."""
    size = ended.rss_bytes or 0
    return _FREED_SHARE * size <= came_back <= size * count / _FREED_SHARE
