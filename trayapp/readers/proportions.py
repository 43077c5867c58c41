"""The sizes of targets: slow readings of their processes, as far as they belong together.

When a process forks, ends or joins, the shares of all others change. So a new reading counts only
when all have been read since, and until then the one before does, with what has changed.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import Footprint, MemoryReading, ProcessKey
from trayapp.domain.records.sizes import Part, Proportion, Size, size_of
from trayapp.language.units import MIB
from trayapp.readers.footprint import BUDGET_SECONDS, FootprintReader, SlowReading
from trayapp.readers.own_shared import OwnShared, SharedReading

FIRST_BUDGET_SECONDS = 0.03
"""In one tick, while there are targets of which nothing has been read."""
AGAIN_AFTER_COSTS = 50.0
"""Who has changed is read again sooner, but not before so many times what the reading took."""
DRIFT_SHARE = 0.05
DRIFT_BYTES = MIB
"""How far the cheap figures must have moved since the slow ones were read, both."""
DRIFT_SECONDS = 5.0
"""So old a reading must be to be taken anew because of that."""

Readings = Mapping[ProcessKey, MemoryReading]
GroupT = TypeVar("GroupT", bound=Hashable)


class GroupSize(NamedTuple):
    """The size of one target, as far as it is known."""

    size: Size | None
    footprint: Footprint
    """Sums over its processes."""
    uss_reason: str = ""
    """Why that is unknown or old, for people."""


class ProportionReader(Generic[GroupT]):
    """Reads on a slow clock what processes share. All calls from one thread."""

    def __init__(
        self,
        footprints: FootprintReader | None = None,
        own_shared: OwnShared | None = None,
        first_budget_seconds: float = FIRST_BUDGET_SECONDS,
        *,
        spares_still: bool = False,
    ) -> None:
        """spares_still: go seldom through those of whom nothing has moved since the last time."""
        self._spares_still = spares_still
        self._first_budget_seconds = first_budget_seconds
        self._footprints = footprints or FootprintReader()
        self._own_shared = own_shared or OwnShared()
        self._groups: dict[GroupT, _Group] = {}
        self._sizes: dict[GroupT, GroupSize] = {}
        """What `read` has returned last."""
        self._slow: dict[ProcessKey, SlowReading] = {}
        self._slow_of: Mapping[ProcessKey, Footprint] | None = None
        """All that is known of the processes of the latest `read`, and when that was found out."""
        self._shared: dict[ProcessKey, SharedReading] = {}
        """Of those whose share of shared memory is known."""

    def set_period(self, period_seconds: float) -> None:
        self._footprints.set_period(period_seconds)

    def read(
        self, groups: Mapping[GroupT, Sequence[ProcessKey]], readings: Readings, now: float,
        *, swap_moves: bool = False,
    ) -> dict[GroupT, GroupSize]:  # fmt: skip
        """Return the sizes of these groups of processes; whoever is in none is forgotten.

        readings: the cheap figures of this moment; now: monotonic seconds; swap_moves: read what
        is in swap anew.
        """
        if list(self._groups) != list(groups):
            self._groups = {name: self._groups.get(name) or _Group() for name in groups}
        keys = [key for group in groups.values() for key in group]
        still: set[ProcessKey] = set()
        for name, group in self._groups.items():
            alive = {key: readings[key] for key in groups[name] if key in readings}
            hastened = group.update(alive, now)
            self._footprints.hasten(hastened)
            if self._spares_still:
                still.update(group.still().difference(hastened))
        is_new = any(not group.was_read and groups[name] for name, group in self._groups.items())
        budget_seconds = self._first_budget_seconds if is_new else BUDGET_SECONDS
        told_before = self._footprints.told
        footprints = self._footprints.read(
            keys, now, swap_moves=swap_moves, budget_seconds=budget_seconds, still=still
        )
        before = self._sizes if footprints is told_before else {}
        if footprints is not self._slow_of:
            self._slow_of = footprints
            self._slow = {key: each for key in keys if (each := self._footprints.slow_reading(key))}
            self._shared = {
                key: SharedReading(each.read_at, each.rollup.shmem_pss_bytes)
                for key, each in self._slow.items()
                if each.rollup.shmem_pss_bytes is not None
            }
        slow = self._slow
        new = {key: each for key, each in slow.items() if each.read_at == now}
        self._sizes = {
            name: before[name]
            if group.is_idle and name in before
            else GroupSize(
                group.add_readings(slow, new, now),
                Footprint.total(footprints.get(key) for key in groups[name]),
                next((slow[key].skip_reason for key in groups[name] if key in slow), ""),
            )
            for name, group in self._groups.items()
        }
        return self._sizes

    def with_own_shared(self, readings: Readings, now: float) -> dict[ProcessKey, MemoryReading]:
        """Return the readings with the shared memory that is each process's own; after `read`."""
        told = self._shared
        if not told.keys() <= readings.keys():
            told = {key: each for key, each in told.items() if key in readings}
        own = self._own_shared.read(told, now)
        if not own:
            return dict(readings)
        return {
            key: reading._replace(own_shared_bytes=own[key]) if key in own else reading
            for key, reading in readings.items()
        }


class _Group:
    """One set of processes from tick to tick. Keeps nothing of the dead but one sum."""

    def __init__(self) -> None:
        self._alive: dict[ProcessKey, MemoryReading] = {}
        self._adopted: dict[ProcessKey, Proportion] = {}
        """By what the size is told: of all who were there when all had been read."""
        self._fresh: dict[ProcessKey, tuple[float, Proportion]] = {}
        """The latest of each, and when it was read."""
        self._joined: dict[ProcessKey, MemoryReading] = {}
        self._orphaned_bytes = 0
        self._changed_at: float | None = None
        """When processes came or went last, until all have been read since."""
        self._cost_seconds = 0.0
        self._drifting: list[ProcessKey] = []
        """Whose cheap figures have moved far; to be read again when that may be."""
        self._size: Size | None = None
        self.is_idle = False
        """Whether nothing has moved since the last tick, as with most targets at most times."""

    @property
    def was_read(self) -> bool:
        return bool(self._adopted)

    def update(self, alive: dict[ProcessKey, MemoryReading], now: float) -> list[ProcessKey]:
        """Note who is there now; return whom to read at once."""
        came = alive.keys() - self._alive.keys()
        went = self._alive.keys() - alive.keys()
        self.is_idle = alive == self._alive and self._changed_at is None
        if self.is_idle:
            return [key for key in self._drifting if self._is_rested(key, now)]
        self._alive = alive
        for key in went:
            self._fresh.pop(key, None)
            self._joined.pop(key, None)
            ended = self._adopted.pop(key, None)
            if ended is not None and ended.uss_bytes is not None:
                self._orphaned_bytes += max(0, ended.pss_bytes - ended.uss_bytes)
        if not self._adopted:
            # Nobody is left who could share anything with those who came.
            self._joined, self._orphaned_bytes, self._changed_at = {}, 0, None
        elif came or went:
            self._joined.update((key, alive[key]) for key in came)
            self._changed_at = now
        if self._changed_at is None:
            self._drifting = [key for key in alive if self._has_drifted(key)]
            return [key for key in self._drifting if self._is_rested(key, now)]
        self._drifting = []
        return [key for key in alive if self._is_to_be_read_anew(key, now, self._changed_at)]

    def still(self) -> set[ProcessKey]:
        """Return those with the cheap figures of when they were read, while nobody comes or goes.

        After that the shares of all have changed.
        """
        if self._changed_at is not None:
            return set()
        fresh = self._fresh.items()
        return {key for key, (_, told) in fresh if self._alive.get(key) == told.reading}

    def add_readings(
        self,
        slow: Mapping[ProcessKey, SlowReading],
        new: Mapping[ProcessKey, SlowReading],
        now: float,
    ) -> Size | None:
        """Note what was read; return what the processes take together, None if nothing runs.

        new: those of `slow` that were read at this tick.
        """
        if self.is_idle and not new.keys() & self._alive.keys():
            return self._size
        for key, reading in self._alive.items():
            told = new.get(key)
            if told is None:
                continue
            pss_bytes, uss_bytes = told.rollup.footprint.pss_bytes, told.rollup.footprint.uss_bytes
            if pss_bytes is not None:
                shared_bytes = told.rollup.shared_pss_bytes
                self._fresh[key] = now, Proportion(pss_bytes, reading, uss_bytes, shared_bytes)
        self._cost_seconds = sum(slow[key].cost_seconds for key in self._alive if key in slow)
        since = self._changed_at
        if since is None or all(self._is_done(key, slow.get(key), since) for key in self._alive):
            self._adopted = {key: proportion for key, (_, proportion) in self._fresh.items()}
            self._joined, self._orphaned_bytes, self._changed_at = {}, 0, None
        self._drifting = [key for key in self._drifting if key not in new]
        self._size = size_of(
            (self._part(key, reading, slow.get(key)) for key, reading in self._alive.items()),
            self._orphaned_bytes,
        )
        return self._size

    def _is_to_be_read_anew(self, key: ProcessKey, now: float, changed_at: float) -> bool:
        """Return whether its share is from before somebody came or went."""
        fresh = self._fresh.get(key)
        if fresh is None:
            return False  # has its turn anyway
        rest_seconds = AGAIN_AFTER_COSTS * self._cost_seconds
        return fresh[0] < changed_at and now - fresh[0] >= rest_seconds

    def _has_drifted(self, key: ProcessKey) -> bool:
        """Return whether the cheap figures are far from what they were when it was read."""
        fresh = self._fresh.get(key)
        if fresh is None:
            return False
        proportion = fresh[1]
        least_bytes = max(DRIFT_BYTES, DRIFT_SHARE * proportion.pss_bytes)
        return _distance(self._alive[key], proportion.reading) >= least_bytes

    def _is_rested(self, key: ProcessKey, now: float) -> bool:
        fresh = self._fresh.get(key)
        rest_seconds = max(DRIFT_SECONDS, AGAIN_AFTER_COSTS * self._cost_seconds)
        return fresh is not None and now - fresh[0] >= rest_seconds

    def _is_done(self, key: ProcessKey, slow: SlowReading | None, since: float) -> bool:
        """Return whether it has been read since, or cannot be."""
        fresh = self._fresh.get(key)
        if fresh is not None:
            return fresh[0] >= since or (slow is not None and bool(slow.skip_reason))
        return slow is not None and slow.rollup.footprint.pss_bytes is None

    def _part(self, key: ProcessKey, reading: MemoryReading, slow: SlowReading | None) -> Part:
        return Part(
            reading,
            self._adopted.get(key),
            self._joined.get(key),
            slow.rollup.footprint.uss_bytes if slow else None,
        )


def _distance(now: MemoryReading, then: MemoryReading) -> int:
    """Return how far two cheap figures lie apart, of own memory and of shared memory."""
    anon_now, anon_then = now.anon_bytes or 0, then.anon_bytes or 0
    shared_change = (now.rss_bytes - anon_now) - (then.rss_bytes - anon_then)
    return max(abs(anon_now - anon_then), abs(shared_change))
