"""The kernel's last resort: processes that it killed for lack of memory, and whose they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from trayapp.domain.grouping.identity import OOM, SYSTEM, target_key
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _, format_count, listed, ngettext, paragraph
from trayapp.language.units import MIB, format_size

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
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A process that was killed."""

    name: str
    """Strangers choose it."""
    pid: int
    target: str | None = None
    """The target that it belonged to."""
    rss_bytes: int | None = None
    """What it held at the end, or when it was last seen."""
    is_certain: bool = False
    """The kernel names it; else it ended at that moment and its memory came back."""
    by_cgroup: bool = False
    """Its cgroup was full, not the machine."""
    wall_seconds: float | None = None

    @property
    def label(self) -> str:
        """As a person knows it, with the pid."""
        return _("{name} ({pid})").format(name=shown_name(self.target or self.name), pid=self.pid)


class Ended(NamedTuple):
    """A process that ended, however it did."""

    name: str
    pid: int
    target: str | None
    rss_bytes: int | None
    """When it was last seen; None: never."""


class Owner(NamedTuple):
    """Whose process a pid is or was."""

    name: str
    """The program as a person knows it; the kernel has its first 15 bytes only."""
    target: str | None


class OomMark(NamedTuple):
    """How far kills were told, for the next run."""

    boot: str
    """Which start of the machine: counters begin anew with each."""
    total: int
    wall_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OomCount:
    """The kernel's counters at one moment; only differences mean anything."""

    total: int | None
    """Kills on the whole machine since it started; None: the kernel does not tell."""
    by_target: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For each target, the kills counted in each cgroup that its processes are in."""
    victims: tuple[Victim, ...] = ()
    """Those that the kernel's log names since the last time."""
    missed: int = 0
    """Kills since the last run of Memtray ended its watch: told by the first look only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OomKill:
    """One or more kills that were noticed together."""

    count: int
    victims: tuple[Victim, ...] = ()
    """Those that are known; there may be more."""
    counted_in: tuple[str, ...] = ()
    """Targets whose cgroup counted a kill; others may share that cgroup."""
    is_missed: bool = False
    """It happened while Memtray did not run."""

    @property
    def subject(self) -> str:
        """The target it is about, or "system" where that is none, or not one alone."""
        targets = {victim.target for victim in self.victims}
        one = next(iter(targets)) if len(targets) == 1 else None
        return one or SYSTEM

    @property
    def title(self) -> str:
        """What happened, in a few words."""
        if not self.victims:
            return _("Killed for lack of memory")
        if not self.victims[0].is_certain:
            return _("Out of memory: a process was killed")
        if self.count > 1:
            text = ngettext(
                "Out of memory: {name} and {count} other killed",
                "Out of memory: {name} and {count} others killed",
                self.count - 1,
            )
            return text.format(name=self.victims[0].label, count=format_count(self.count - 1))
        return _("Out of memory: {name} was killed").format(name=self.victims[0].label)

    @property
    def text(self) -> str:
        """A sentence or two that say no more than is known."""
        named = [self._named(victim) for victim in self.victims[:_MOST_NAMED]]
        parts = [*named] if named else [self._unnamed()]
        if self.is_missed:
            parts.append(_("It happened while Memtray was not running."))
        return paragraph(*parts)

    def _named(self, victim: Victim) -> str:
        facts = {"name": victim.label, "size": format_size(victim.rss_bytes)}
        if not victim.is_certain:
            text = _("The kernel killed a process for lack of memory, it seems {name}: {size}.")
        elif victim.by_cgroup:
            text = _("The kernel killed {name} ({size}): the memory of its cgroup was full.")
        else:
            text = _("The kernel killed {name} ({size}): the machine's memory was full.")
        return text.format(**facts)

    def _unnamed(self) -> str:
        text = ngettext(
            "The kernel killed a process for lack of memory.",
            "The kernel killed {count} processes for lack of memory.",
            self.count,
        )
        if self.counted_in:
            text = ngettext(
                "The kernel killed a process in the cgroup of {groups} for lack of memory.",
                "The kernel killed {count} processes in the cgroup of {groups} for lack of memory.",
                self.count,
            )
        return text.format(count=format_count(self.count), groups=_all_of(self.counted_in))

    def condition(self) -> Condition:
        """The kill as something that alerts are made of: an incident of its own."""
        subject = self.subject
        who = subject
        if subject == SYSTEM and self.victims:
            who = f"program:{self.victims[0].name}"
        return Condition(
            # The pid last: another kill is another incident.
            key=f"{OOM}:{who}:{self.victims[0].pid if self.victims else ''}",
            subject=subject,
            about=target_key(subject),
            level=Level.CRITICAL,
            title=self.title,
            body=self.text,
            is_moment=True,
            is_pressing=True,
        )

    def events(self, wall_seconds: float) -> tuple[Event, ...]:
        """For the history: one for each victim, or one for all where none is known."""
        known = tuple(self._event(victim, wall_seconds) for victim in self.victims)
        return known or (self._event(None, wall_seconds),)

    def _event(self, victim: Victim | None, wall_seconds: float) -> Event:
        target = victim.target if victim else None
        at = victim.wall_seconds if victim and victim.wall_seconds else wall_seconds
        return Event(
            wall_seconds=at,
            kind=OOM,
            subject=target or SYSTEM,
            level=Level.CRITICAL.label,
            text=self._named(victim) if victim else self._unnamed(),
            data={
                "incident": self.condition().key,
                "about": target_key(target or SYSTEM),
                "what": "killed",
                "name": victim.name if victim else None,
                "pid": victim.pid if victim else None,
                "rss_bytes": victim.rss_bytes if victim else None,
                "is_certain": victim.is_certain if victim else False,
                "count": self.count,
            },
        )


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

    def fold(
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
        """Who ended at that moment and gave back as much memory as a process dies for."""
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


def _all_of(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("{names} and {last}").format(names=listed(names[:-1]), last=names[-1])
