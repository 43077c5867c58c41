"""A target whose freed memory stays in the program, so far that it matters to the machine."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import dataclass
from trayapp.domain.judging.absolute_levels import level_of_share
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.brief import brief
from trayapp.domain.judging.inside_course import InsideView
from trayapp.domain.judging.judges.protocol import TargetCase, TargetJudge
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent, format_size

_REARM_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class HeapLevels:
    """From which shares on a heap is judged to be too full, too fragmented, or collected in vain.

    All in percent.
    """

    warning_percent: float = 80.0
    critical_percent: float = 90.0
    emergency_percent: float = 95.0
    """Of a heap's maximum, after a full collection."""
    fragmentation: bool = True
    """Whether fragmentation raises an alert."""
    fragmentation_warning_percent: float = 30.0
    fragmentation_critical_percent: float = 50.0
    fragmentation_emergency_percent: float = 70.0
    """Of what the allocators hold, free inside."""
    fragmentation_minimum_percent: float = 5.0
    """Of the machine's memory: what is less is no alert, however fragmented."""
    inefficient_percent: float = 10.0
    """Collections that free no more of what they look at are in vain."""
    inefficient_time_percent: float = 5.0
    """If they take this share of the time, at least."""

    @property
    def fullness(self) -> Mapping[Level, float]:
        """The shares, 0 to 1, of a heap's maximum."""
        return _shares(self.warning_percent, self.critical_percent, self.emergency_percent)

    @property
    def fragmentations(self) -> Mapping[Level, float]:
        """The shares, 0 to 1, that are free inside."""
        return _shares(
            self.fragmentation_warning_percent,
            self.fragmentation_critical_percent,
            self.fragmentation_emergency_percent,
        )

    def is_inefficient(self, collecting_share: float | None, efficiency: float | None) -> bool:
        """Return whether collections take time and free next to nothing."""
        if collecting_share is None or efficiency is None:
            return False
        return (
            100 * collecting_share >= self.inefficient_time_percent
            and 100 * efficiency <= self.inefficient_percent
        )


def _shares(warning: float, critical: float, emergency: float) -> Mapping[Level, float]:
    return {
        Level.WARNING: warning / 100,
        Level.CRITICAL: critical / 100,
        Level.EMERGENCY: emergency / 100,
    }


class Fragmented(TargetJudge):
    """By the share of what its allocators hold that is free inside, where that is much."""

    key = "fragmentation"

    def judge(self, case: TargetCase) -> Condition | None:
        inside = case.view.inside
        if inside is None:
            return None
        levels = case.rules.own(HeapLevels)
        level = fragmentation_level(
            inside,
            levels,
            case.frame.system.total_bytes,
            case.judged_level(f"{self.key}:{case.view.name}"),
        )
        if level is Level.NORMAL:
            return None
        value = inside.heap_fragmentation
        return case.condition(self.key, level, fragmentation_text(case.view), value)


def fragmentation_level(
    inside: InsideView | None, levels: HeapLevels, machine_bytes: int, current: Level
) -> Level:
    """Return how bad it is; NORMAL: not known, not fragmented, or too little to matter."""
    share = inside.heap_fragmentation if inside else None
    if inside is None or inside.composition is None or share is None or not levels.fragmentation:
        return Level.NORMAL
    least_bytes = levels.fragmentation_minimum_percent / 100 * machine_bytes
    if inside.composition.free_bytes < least_bytes:
        return Level.NORMAL
    return level_of_share(share, levels.fragmentations, _REARM_SHARE, current)


def fragmentation_text(view: TargetView) -> tuple[str, str]:
    """Title and body about a target with much that is free inside."""
    composition = view.inside.composition if view.inside else None
    if composition is None:
        return "", ""
    title = _("{name}: much of its memory is free inside").format(name=shown_name(view.name))
    body = _("{free} of {size} is free inside ({share} fragmentation).").format(
        free=format_size(composition.free_bytes),
        size=format_size(composition.rss_bytes),
        share=format_percent(composition.heap_fragmentation),
    )
    if composition.retained_bytes >= composition.pinned_bytes:
        what = _("Freeing memory gives back about {frees}.")
        return title, brief(body, what.format(frees=format_size(composition.retained_bytes)))
    return title, brief(body, _("Only a restart frees it."))
