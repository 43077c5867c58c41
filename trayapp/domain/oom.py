"""The kernel's last resort: processes that it killed for lack of memory, and whose they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trayapp.domain.incidents import Condition
from trayapp.domain.language import _, format_count, listed, ngettext
from trayapp.domain.levels import Level

SLACK_SECONDS = 2.0
"""A process is seen to have ended up to a tick or two from when its end was counted."""
PATIENCE_SECONDS = 5.0
"""A big process takes this long to end after it was killed."""
LONGEST_LOOK_SECONDS = 30.0
"""Counts further apart (a pause, suspend) tell no moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OomCount:
    """The kernel's counters at one moment; only differences mean anything."""

    total: int | None
    """Kills on the whole machine since it started; None: the kernel does not tell."""
    by_target: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For each target, the kills counted in each cgroup that its processes are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OomKill:
    """One or more kills that were noticed together."""

    count: int
    ended: tuple[str, ...] = ()
    """Targets of which a process ended at that moment."""
    counted_in: tuple[str, ...] = ()
    """Targets whose cgroup counted a kill; others may share that cgroup."""

    @property
    def subject(self) -> str:
        """The target it is about, or "system" where that is none, or not one alone."""
        proven = [name for name in self.ended if name in self.counted_in] or list(self.ended)
        return proven[0] if len(proven) == 1 else "system"

    @property
    def text(self) -> str:
        """One sentence that says no more than is known."""
        text = ngettext(
            "The kernel killed a process for lack of memory.",
            "The kernel killed {count} processes for lack of memory.",
            self.count,
        )
        if self.counted_in and self.ended:
            text = ngettext(
                "The kernel killed a process in the cgroup of {groups} for lack of memory; "
                "{ended} ended at that moment.",
                "The kernel killed {count} processes in the cgroup of {groups} for lack of "
                "memory; {ended} ended at that moment.",
                self.count,
            )
        elif self.counted_in:
            text = ngettext(
                "The kernel killed a process in the cgroup of {groups} for lack of memory.",
                "The kernel killed {count} processes in the cgroup of {groups} for lack of memory.",
                self.count,
            )
        elif self.ended:
            text = ngettext(
                "The kernel killed a process for lack of memory; {ended} ended at that moment.",
                "The kernel killed {count} processes for lack of memory; "
                "{ended} ended at that moment.",
                self.count,
            )
        return text.format(
            count=format_count(self.count),
            groups=_all_of(self.counted_in),
            ended=_all_of(self.ended),
        )

    def condition(self) -> Condition:
        """The kill as something that alerts are made of."""
        return Condition(
            key=f"oom:{self.subject}",
            subject=self.subject,
            level=Level.CRITICAL,
            title=_("Killed for lack of memory"),
            body=self.text,
            is_moment=True,
        )


@dataclass(slots=True, repr=False)
class _Pending:
    count: int
    since: float
    deadline: float
    counted_in: tuple[str, ...]


class OomWatch:
    """Notices kills by differences of the kernel's counters. Holds seconds of the past only."""

    def __init__(self) -> None:
        self._before: tuple[float, OomCount] | None = None
        self._ends: list[tuple[float, str]] = []
        self._pending: _Pending | None = None

    def fold(
        self, monotonic_seconds: float, count: OomCount | None, ended: Iterable[str]
    ) -> OomKill | None:
        """Take in one tick: the counters, if they were read, and the targets that lost a process.

        Returns: a kill, once, when it is known who ended, or a few seconds later.
        """
        now = monotonic_seconds
        self._ends = [end for end in self._ends if now - end[0] <= LONGEST_LOOK_SECONDS]
        self._ends += [(now, name) for name in ended]
        if count is not None:
            self._compare(now, count)
        pending = self._pending
        if pending is None:
            return None
        names = tuple(sorted({name for at, name in self._ends if at >= pending.since}))
        if not names and now < pending.deadline:
            return None
        self._pending = None
        self._ends.clear()
        return OomKill(count=pending.count, ended=names, counted_in=pending.counted_in)

    def _compare(self, now: float, count: OomCount) -> None:
        if self._before is None:
            self._before = now, count
            return
        (at, before), self._before = self._before, (now, count)
        rises = {
            (name, cgroup): kills - earlier[cgroup]
            for name, cgroups in count.by_target.items()
            if (earlier := before.by_target.get(name))
            for cgroup, kills in cgroups.items()
            if cgroup in earlier and kills > earlier[cgroup]
        }
        # Several targets may share a cgroup: its kills count once.
        kills_of = {cgroup: rise for (_, cgroup), rise in rises.items()}
        kills = sum(kills_of.values())
        if count.total is not None and before.total is not None:
            kills = max(kills, count.total - before.total)
        if kills <= 0:
            return
        looked_lately = now - at <= LONGEST_LOOK_SECONDS
        counted_in = tuple(sorted({name for name, _ in rises}))
        if self._pending is not None:
            kills += self._pending.count
            counted_in = tuple(sorted({*counted_in, *self._pending.counted_in}))
        self._pending = _Pending(
            count=kills,
            since=(at if looked_lately else now) - SLACK_SECONDS,
            deadline=now + PATIENCE_SECONDS,
            counted_in=counted_in,
        )


def ended_targets(
    members_before: Mapping[str, Iterable[object]], gone: Iterable[object]
) -> tuple[str, ...]:
    """The targets that lost one of the processes `gone`, by who belonged to them before."""
    ended = set(gone)
    if not ended:
        return ()
    return tuple(name for name, keys in members_before.items() if not ended.isdisjoint(keys))


def _all_of(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("{names} and {last}").format(names=listed(names[:-1]), last=names[-1])
