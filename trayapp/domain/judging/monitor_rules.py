"""Everything settable about how frames are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from trayapp.dataclass import dataclass, field
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.absolute_levels import RATE_AMOUNTS
from trayapp.domain.judging.alerting import AlertPolicy
from trayapp.domain.judging.application_history import HistoryRule
from trayapp.domain.judging.growth_tracker import GrowthRule, SpikeRule
from trayapp.domain.judging.leaks import LeakSettings
from trayapp.domain.judging.learned import Learned, Usual, hour_of_week
from trayapp.domain.records.levels import NO_AMOUNTS, Amounts, Level

SLOW_VALUES_SECONDS = 30.0
"""How often figures are kept that are read, or change, no more often than that."""
_Thresholds = TypeVar("_Thresholds")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRules:
    """Everything settable about the judgement."""

    targets: tuple[TargetRule, ...] = ()
    thresholds: Mapping[Level, float] = field(
        default_factory=lambda: {
            Level.WARNING: 0.75,
            Level.CRITICAL: 0.85,
            Level.EMERGENCY: 0.95,
        }
    )
    """Shares of the machine's memory not available, and of a target's limit in use."""
    available: Amounts = NO_AMOUNTS
    """Bytes of the machine's memory that are left, below which there is a level as well."""
    target_sizes: Amounts = NO_AMOUNTS
    """Bytes in use from which a target without amounts of its own has a level."""
    rearm_share: float = 0.05
    stall_percent: float = 10.0
    """Time in which every program waits for memory that is a warning."""
    growth: GrowthRule = field(default_factory=GrowthRule)
    rates: Amounts = RATE_AMOUNTS
    """Bytes per second from which growth is quick, very quick and furious."""
    rates_alone: bool = False
    """Whether these decide however much is left."""
    leak_scores: Amounts = NO_AMOUNTS
    """Scores, 0 to 1, from which a leak has a level; where there are none, urgency decides."""
    tells_growth: bool = True
    """Whether sustained growth raises an alert; it is shown all the same."""
    tells_growth_early: bool = False
    """Whether it does before anything depends on it: a cache that fills grows likewise."""
    spike: SpikeRule = field(default_factory=SpikeRule)
    tells_spikes: bool = True
    leaks: LeakSettings = field(default_factory=LeakSettings)
    checks_staleness: bool = True
    """Whether growing processes are asked if their memory is touched again."""
    judges_others: bool = True
    """Whether what no target holds is judged, too."""
    history: HistoryRule = field(default_factory=HistoryRule)
    """Of which of these a history is kept."""
    policy: AlertPolicy = field(default_factory=AlertPolicy)
    learned: Mapping[str, Learned] = field(default_factory=dict)
    """What is usual for targets, by name; empty: nothing is to be gone by."""
    utc_offset_seconds: float = 0.0
    """Of the local clock, with `learned`."""
    bar_span_seconds: float = 300.0
    slow_values_seconds: float = SLOW_VALUES_SECONDS
    """How often private and proportional memory is kept."""
    sections: tuple[object, ...] = ()
    """Sections of the settings that are a judge's own thresholds."""

    def usual(self, target: str, wall_seconds: float) -> Usual | None:
        """Return what a target has at this hour of the week; None: not known."""
        learned = self.learned.get(target)
        if learned is None:
            return None
        return learned.usual(hour_of_week(wall_seconds, self.utc_offset_seconds))

    def own(self, thresholds: type[_Thresholds]) -> _Thresholds:
        """Return a judge's own thresholds: the section of their type, else their defaults."""
        known = _OWN.get(thresholds)
        if known is None or known[0] is not self.sections:
            found = (each for each in self.sections if isinstance(each, thresholds))
            # Asked for each target at every tick, while the sections stay the same tuple.
            known = _OWN[thresholds] = self.sections, next(found, None) or thresholds()
        return cast("_Thresholds", known[1])


_OWN: dict[type, tuple[tuple[object, ...], object]] = {}
"""By their type: thresholds, and the sections that they were found in last."""
