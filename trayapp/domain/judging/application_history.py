"""Of which applications a history is kept, and the minutes that it consists of.

Kept are the largest above a floor, and all that grow. Who was chosen stays for a while, so that an
application at the edge is not a curve of shreds. Memory is bounded by `MOST_KEPT`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from trayapp.dataclass import dataclass, field
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.identity import target_key
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import (
    APPLICATION,
    TRACKED,
    ApplicationMinute,
    Event,
    Inheritance,
    Series,
)
from trayapp.language.catalogue import _
from trayapp.language.units import MIB

LARGEST_COUNT = 50
"""So many of the largest are chosen."""
STAY_COUNT = 75
"""Who is among so many stays."""
STAY_SHARE = 0.75
"""Of the floor: who has as much stays."""
LINGER_SECONDS = 600.0
"""Who is neither among the largest nor grows is kept for so long."""
MOST_KEPT = 100
"""The growing before the others, then the larger."""
_MINUTE = 60
_ENOUGH_LOOKS = 3
"""Of who has ended, the last minute is kept if it was seen so often in it."""


@dataclass(frozen=True, slots=True)
class HistoryRule:
    """Of what a history is kept."""

    enabled: bool = True
    floor_bytes: int = 10 * MIB
    """What is smaller has none, unless it grows."""


@dataclass(slots=True, eq=False)
class _Kept:
    """One application that was chosen."""

    name: str
    rss: Series
    size: Series
    processes: tuple[ProcessKey, ...] = ()
    """At the last look."""
    last_wanted: float = 0.0
    """Monotonic seconds: when it was among the largest or grew, at last."""
    looks: int = 0
    """In the running minute, as the figures that follow."""
    rss_sum: int = 0
    rss_most: int = 0
    size_sum: int = 0
    size_most: int = 0

    def add(self, use: ApplicationUse) -> None:
        self.processes = use.processes
        self.looks += 1
        self.rss_sum += use.rss_bytes
        self.rss_most = max(self.rss_most, use.rss_bytes)
        self.size_sum += use.size_bytes
        self.size_most = max(self.size_most, use.size_bytes)

    def take(self, minute: int) -> Iterable[ApplicationMinute]:
        """Yield what the minute came to, and begin another."""
        if self.looks:
            mean = self.rss_sum / self.looks
            yield ApplicationMinute(minute, self.rss, mean, self.rss_most)
            if (self.size_sum, self.size_most) != (self.rss_sum, self.rss_most):
                mean = self.size_sum / self.looks
                yield ApplicationMinute(minute, self.size, mean, self.size_most)
        self.looks = self.rss_sum = self.rss_most = self.size_sum = self.size_most = 0


def choose(
    kept: Collection[ApplicationKey],
    sizes: Mapping[ApplicationKey, int],
    growing: AbstractSet[ApplicationKey],
    floor_bytes: int,
) -> set[ApplicationKey]:
    """Return which applications are wanted: for those that are kept already, less is asked.

    sizes: bytes of all that run, largest first.
    """
    wanted = growing & sizes.keys()
    for rank, (key, size) in enumerate(sizes.items()):
        if rank >= STAY_COUNT:
            break
        is_large = size >= floor_bytes and rank < LARGEST_COUNT
        if is_large or (key in kept and size >= STAY_SHARE * floor_bytes):
            wanted.add(key)
    return wanted


@dataclass(slots=True)
class ApplicationHistory:
    """Chooses whose history is kept, and gathers it. Not thread-safe."""

    rule: HistoryRule = field(default_factory=HistoryRule)
    _kept: dict[ApplicationKey, _Kept] = field(default_factory=dict)
    _minute: int | None = None
    """The one that is running, as the second at which it begins."""

    @property
    def keys(self) -> AbstractSet[ApplicationKey]:
        """Those that are kept now; at most `MOST_KEPT`."""
        return self._kept.keys()

    def add_look(
        self,
        monotonic_seconds: float,
        wall_seconds: float,
        uses: Sequence[ApplicationUse],
        growing: AbstractSet[ApplicationKey] = frozenset(),
    ) -> list[ApplicationMinute]:
        """Take in all applications, largest first; return what minutes that are over came to.

        growing: those of which the leak detector says so.
        """
        minutes = self._end_minute(int(wall_seconds // _MINUTE) * _MINUTE)
        if not self.rule.enabled:
            self._kept.clear()
            return minutes
        found = {use.key: use for use in uses}
        sizes = {key: use.size_bytes for key, use in found.items()}
        wanted = choose(self._kept.keys(), sizes, growing, self.rule.floor_bytes)
        for key in wanted:
            if key not in self._kept:
                self._kept[key] = self._begin(found[key].name)
            self._kept[key].last_wanted = monotonic_seconds
        self._leave(monotonic_seconds, sizes, growing)
        for key, kept in self._kept.items():
            use = found.get(key)
            if use is None:
                kept.processes = ()
            else:
                kept.add(use)
        return minutes

    def inherit(
        self, targets: Mapping[str, Collection[ProcessKey]]
    ) -> tuple[list[Inheritance], list[ApplicationMinute]]:
        """Return which application each of these new targets was, and its unfinished minute.

        A target was an application if it has all processes that this one had at the last look, and
        none that another one had.
        """
        found: list[Inheritance] = []
        minutes: list[ApplicationMinute] = []
        for target, keys in targets.items():
            members = frozenset(keys)
            sharing = [key for key, kept in self._kept.items() if members & {*kept.processes}]
            if len(sharing) != 1:
                continue
            kept = self._kept[sharing[0]]
            if members.issuperset(kept.processes):
                if self._minute is not None:
                    minutes += kept.take(self._minute)
                found.append(Inheritance(target, kept.name))
                del self._kept[sharing[0]]
        return found, minutes

    def _begin(self, name: str) -> _Kept:
        return _Kept(
            name, Series(APPLICATION, name, "rss_bytes"), Series(APPLICATION, name, "size_bytes")
        )

    def _end_minute(self, minute: int) -> list[ApplicationMinute]:
        before, self._minute = self._minute, minute
        if before is None or before == minute:
            return []
        minutes: dict[Series, ApplicationMinute] = {}
        for key, kept in [*self._kept.items()]:
            is_there = bool(kept.processes)
            for one in kept.take(before) if is_there or kept.looks >= _ENOUGH_LOOKS else ():
                # Of two that go by one name, the one that was chosen first.
                minutes.setdefault(one.series, one)
            if not is_there:
                del self._kept[key]
        return [*minutes.values()]

    def _leave(
        self,
        now: float,
        sizes: Mapping[ApplicationKey, int],
        growing: AbstractSet[ApplicationKey],
    ) -> None:
        for key, kept in [*self._kept.items()]:
            if key in sizes and now - kept.last_wanted > LINGER_SECONDS:
                del self._kept[key]
        if len(self._kept) > MOST_KEPT:
            ranked = sorted(
                self._kept, key=lambda key: (key in growing, sizes.get(key, 0)), reverse=True
            )
            for key in ranked[MOST_KEPT:]:
                del self._kept[key]


def tracked_event(target: str, wall_seconds: float, since_wall_seconds: float) -> Event:
    """Return the event that a target was an application until then, known since a moment."""
    text = _("{name} is tracked from here on; before that, one mean and maximum a minute")
    return Event(
        wall_seconds=wall_seconds,
        kind=TRACKED,
        subject=target,
        text=text.format(name=target),
        data={"about": target_key(target), "since_wall_seconds": since_wall_seconds},
    )
