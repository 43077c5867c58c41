"""What a judge is, and what it is given: the machine, or one target, at one tick."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import ClassVar, Protocol

from trayapp.dataclass import dataclass, field
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.growth_tracker import Growth, Spike
from trayapp.domain.judging.leaks import Finding
from trayapp.domain.judging.learned import Usual
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.outside_follower import OutsideFinding
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.application_use import ApplicationUse
from trayapp.domain.records.frames import Frame
from trayapp.domain.records.identity import target_key
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import ProcessUse


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineCase:
    """The machine, its applications and Memtray itself, as far as frames alone do not tell."""

    frame: Frame
    rules: MonitorRules
    judged_level: Callable[[str], Level]
    """The level of an incident at the last tick, by its key; NORMAL: it is not open."""
    applications: tuple[ApplicationView, ...] = ()
    """The largest; up to ten seconds old."""
    largest: tuple[ProcessUse, ...] = ()
    """The largest processes that no target holds."""
    target_rates: Callable[[], Mapping[str, float]] = dict
    """How fast each target grows, in bytes per second."""
    findings: Sequence[tuple[ApplicationUse, Finding]] | None = None
    """What the leak detector says of applications; None: as at the tick before."""
    given: Collection[str] = ()
    """Keys of applications that are targets from this tick on."""
    outside: Sequence[OutsideFinding] | None = None
    """What seems to leak outside of programs; None: as at the tick before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetCase:
    """One target, as far as frames alone do not tell."""

    frame: Frame
    rules: MonitorRules
    judged_level: Callable[[str], Level]
    """The level of an incident at the last tick, by its key; NORMAL: it is not open."""
    rule: TargetRule
    view: TargetView
    growth: Growth | None
    """The growth that goes on; None: there is none."""
    spike: Spike | None
    """The jump between the last sample and this one."""
    usual: Usual | None = None
    """What it has at this hour of the week; None: unknown, or not to be gone by."""
    found: set[str] = field(default_factory=set)
    """Keys of the judges before this one that have found something at this tick."""

    @property
    def is_usual(self) -> bool:
        """Whether its size is what it has at this hour of the week."""
        size = self.view.size_bytes
        return self.usual is not None and size is not None and size <= self.usual.high_bytes

    def is_told(self, key: str) -> bool:
        """Return whether that judge's incident is open: what mattered once matters until it ends.

        Else it would flicker.
        """
        return self.judged_level(f"{key}:{self.view.name}") > Level.NORMAL

    def condition(
        self, key: str, level: Level, text: tuple[str, str], value: float | None = None
    ) -> Condition:
        """Return a condition about this target; `key` is the judge's, `text` title and body."""
        title, body = text
        return Condition(
            key=f"{key}:{self.view.name}",
            subject=self.view.name,
            about=target_key(self.view.name),
            processes=self.view.keys,
            level=level,
            title=title,
            body=body,
            value=value,
        )


class Judge(Protocol):
    """One detector. Every monitor makes its own, and one for each target: it may remember."""

    key: ClassVar[str]
    """How the keys of its incidents begin."""
    news: ClassVar[str] = ""
    """The kind of news that its incidents are, told once a day of one subject; "": each is new."""
    patience_seconds: ClassVar[float | None] = None
    """How long, after a gap, it may take until it can judge again; None: no longer than usual."""
    yields_to_shortage: ClassVar[bool] = False
    """Whether the machine's shortage of memory is told in place of it."""


class MachineJudge(Judge, Protocol):
    """A detector that looks at the machine, at applications, or at Memtray itself."""

    def judge(self, case: MachineCase) -> Iterable[Condition]:
        """Return what is wrong now. Called at every tick."""


class TargetJudge(Judge, Protocol):
    """A detector that looks at one target; its incidents have the key "KEY:TARGET"."""

    yields_to_shortage: ClassVar[bool] = True

    def judge(self, case: TargetCase) -> Condition | None:
        """Return what is wrong with the target now; None: nothing. Called at every tick."""
