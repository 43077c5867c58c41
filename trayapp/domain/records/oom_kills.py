"""Processes that the kernel killed for lack of memory, and what is counted of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trayapp.dataclass import NamedTuple, dataclass, field
from trayapp.domain.records.identity import OOM, SYSTEM, target_key
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _, format_count, listed, ngettext, paragraph
from trayapp.language.units import format_size

_MOST_NAMED = 3
_NOTIFICATION_CHARACTERS = 120
"""So long a sentence may be; more is cut off by desktops."""
_SHORT_NAME = 24


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
    cgroup: str = ""
    """The one whose limit was reached, as the kernel names it: its own or one above; "": not
    known. Strangers choose it."""
    home: str = ""
    """The cgroup that it was in itself; "": not known."""
    cgroup_limit_bytes: int | None = None
    """What that limit was."""
    wall_seconds: float | None = None

    @property
    def label(self) -> str:
        return _("{name} ({pid})").format(name=shown_name(self.target or self.name), pid=self.pid)

    @property
    def short_label(self) -> str:
        """The same among others."""
        name = shown_name(self.target or self.name, _SHORT_NAME)
        return _("{name} ({pid})").format(name=name, pid=self.pid)


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
    is_asking: bool = False
    """The kernel's log is being asked: who was killed is known soon."""
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
    cgroups: tuple[str, ...] = ()
    """Those that counted it, as the kernel names them."""
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
        if not self.victims:
            return _("Out of memory")
        if not self.victims[0].is_certain:
            text = ngettext(
                "Out of memory: a process was killed",
                "Out of memory: {count} processes were killed",
                self.count,
            )
            return text.format(count=format_count(self.count))
        if self.count == 1:
            return _("Out of memory: {name} was killed").format(name=self.victims[0].label)
        named = self.victims[:_MOST_NAMED]
        labels = [victim.short_label for victim in named]
        unnamed_count = self.count - len(named)
        if not unnamed_count:
            return _("Out of memory: {names} were killed").format(names=_all_of(labels))
        text = ngettext(
            "Out of memory: {name} and {count} other killed",
            "Out of memory: {name} and {count} others killed",
            unnamed_count,
        )
        return text.format(name=listed(labels), count=format_count(unnamed_count))

    @property
    def text(self) -> str:
        """A sentence or two that say no more than is known."""
        return paragraph(*self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences of `text`, what matters most first."""
        missed = (_("Memtray was not running at the time."),) if self.is_missed else ()
        if not self.victims:
            said = [self._unnamed()]
        elif self.count > 1 and not self.victims[0].is_certain:
            said = [self._probably()]
        elif len(self.victims) > 1 and len({self._limit_said(each) for each in self.victims}) == 1:
            said = [self._together()]
        else:
            said = [self._named(victim) for victim in self.victims[:_MOST_NAMED]]
        is_unsure = not any(victim.is_certain for victim in self.victims)
        return (*said, *(self._counted() if is_unsure else ()), *missed)

    def _named(self, victim: Victim) -> str:
        facts = {"name": victim.label, "size": format_size(victim.rss_bytes)}
        if not victim.is_certain:
            return _("The kernel killed a process, probably {name} ({size}).").format(**facts)
        text = ""
        short = victim.short_label
        for name, length in ((victim.label, 40), (short, 40), (short, 16)):
            limit = self._limit_said(victim, length)
            # Translators: {limit} is such as "the machine was out of memory".
            text = _("{name} used {size}; {limit}.").format(
                name=name, size=facts["size"], limit=limit
            )
            if len(text) <= _NOTIFICATION_CHARACTERS:
                break
        return text

    def _together(self) -> str:
        """Return the sentence about several that were killed for the same lack of memory."""
        sizes = [victim.rss_bytes for victim in self.victims]
        known = None if None in sizes else sum(size or 0 for size in sizes)
        return _("Together they used {size}; {limit}.").format(
            size=format_size(known), limit=self._limit_said(self.victims[0])
        )

    def _probably(self) -> str:
        text = ""
        for most in range(min(_MOST_NAMED, len(self.victims)), 0, -1):
            labels = [victim.short_label for victim in self.victims[:most]]
            text = _("The kernel killed {count} processes, among them probably {names}.")
            if len(labels) == self.count:
                text = _("The kernel killed {count} processes, probably {names}.")
            text = text.format(count=format_count(self.count), names=_all_of(labels))
            if len(text) <= _NOTIFICATION_CHARACTERS:
                break
        return text

    def _counted(self) -> tuple[str, ...]:
        """Return whose counter has told of it, where that says more than the name of a target."""
        paths = [path for path in self.cgroups if path != "/"]
        if len(paths) != 1:
            return ()
        return (_("It was counted in cgroup {cgroup}.").format(cgroup=shown_name(paths[0])),)

    @staticmethod
    def _limit_said(victim: Victim, length: int = 40) -> str:
        """Return what there was no memory left in, as the rest of a sentence.

        length: so many characters of the cgroup's name, at most.
        """
        if not victim.by_cgroup:
            return _("the machine was out of memory")
        if not victim.cgroup:
            return _("its cgroup was out of memory")
        cgroup = shown_name(victim.cgroup, length)
        if victim.cgroup_limit_bytes is None:
            return _("cgroup {cgroup} was at its limit").format(cgroup=cgroup)
        text = _("cgroup {cgroup} was at its limit of {size}")
        return text.format(cgroup=cgroup, size=format_size(victim.cgroup_limit_bytes))

    def _unnamed(self) -> str:
        text = ngettext(
            "The kernel killed a process to free memory.",
            "The kernel killed {count} processes to free memory.",
            self.count,
        )
        if self.counted_in:
            text = ngettext(
                "The kernel killed a process in the cgroup of {groups}.",
                "The kernel killed {count} processes in the cgroup of {groups}.",
                self.count,
            )
        groups = [shown_name(name, _SHORT_NAME) for name in self.counted_in]
        return text.format(count=format_count(self.count), groups=_all_of(groups))

    @property
    def incident_key(self) -> str:
        """The key of the incident about this kill; the pid comes last: another kill is another."""
        who = self.subject
        if who == SYSTEM and self.victims:
            who = f"program:{self.victims[0].name}"
        return f"{OOM}:{who}:{self.victims[0].pid if self.victims else ''}"

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
                "incident": self.incident_key,
                "about": target_key(target or SYSTEM),
                "what": "killed",
                "name": victim.name if victim else None,
                "pid": victim.pid if victim else None,
                "rss_bytes": victim.rss_bytes if victim else None,
                "is_certain": victim.is_certain if victim else False,
                "cgroup": (victim.cgroup or None) if victim else None,
                "count": self.count,
            },
        )


def _all_of(names: Sequence[str]) -> str:
    short = names[:_MOST_NAMED]
    if len(names) > _MOST_NAMED:
        return f"{listed(short)}…"
    if len(short) < 2:
        return "".join(short)
    return _("{names} and {last}").format(names=listed(short[:-1]), last=short[-1])
