"""How short of memory the machine is, and whether it is about to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from trayapp.domain.judging.absolute_levels import (
    MOST_OF_MACHINE_SHARE,
    level_below,
    level_of_share,
)
from trayapp.domain.judging.alerting import PRESSURE_KEY, Condition
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.brief import brief, brief_name, fewer_and_fewer
from trayapp.domain.judging.judges.protocol import MachineCase, MachineJudge
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.identity import SYSTEM
from trayapp.domain.records.levels import NO_AMOUNTS, Amounts, Level
from trayapp.domain.records.names import process_label
from trayapp.domain.records.samples import ProcessUse, SystemSample
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_percent, format_size

MOST_NAMED = 3
_PRESSURE_TITLES = {
    Level.NORMAL: N_("Memory is back to normal"),
    Level.WARNING: N_("Memory is getting low"),
    Level.CRITICAL: N_("Memory is low"),
    Level.EMERGENCY: N_("Memory is almost full"),
}
SWAP_LEFT_SHARE = 0.25
"""With more swap than this left, even the last of the memory is no emergency yet."""
STALL_FACTORS = {Level.WARNING: 1.0, Level.CRITICAL: 2.0, Level.EMERGENCY: 4.0}
"""Of the share of time in which everything waits for memory that is a warning."""
LEAST_USED_SHARE = 0.5


class Shortage(MachineJudge):
    """The machine as a whole."""

    key = PRESSURE_KEY

    def judge(self, case: MachineCase) -> Iterable[Condition]:
        rules = case.rules
        level = pressure_level(
            case.frame.system,
            rules.thresholds,
            rules.rearm_share,
            rules.stall_percent,
            case.judged_level(PRESSURE_KEY),
            rules.available,
        )
        if level is not Level.NORMAL:
            title, body = self.text(case, level)
            yield Condition(key=PRESSURE_KEY, subject=SYSTEM, level=level, title=title, body=body)

    @staticmethod
    def text(case: MachineCase, level: Level) -> tuple[str, str]:
        """Return title and body as of now, as if the machine's shortage were of that level."""
        largest = largest_users(case.applications, case.frame.targets, case.largest)
        return pressure_text(case.frame.system, largest, level, case.rules.available)


def pressure_level(
    system: SystemSample,
    thresholds: Mapping[Level, float],
    rearm_share: float,
    stall_percent: float,
    current: Level,
    available: Amounts = NO_AMOUNTS,
) -> Level:
    """The level of the machine's shortage.

    By what is not available, where caches count as available; an emergency only when swap runs
    short as well. And by the time in which every program waits for memory (Linux PSI, full avg10):
    that is a shortage however much seems to be left, unless more than half is.

    Args:
        system: The machine.
        thresholds: Shares of its memory, 0 to 1.
        rearm_share: How far below a threshold its level is left.
        stall_percent: PSI that is a warning; twice that is critical, four times an emergency.
        current: The level before.
        available: Bytes that are left, below which there is a level as well.
    """
    used_share = system.used_bytes / system.total_bytes
    level = level_of_share(used_share, thresholds, rearm_share, current)
    most = MOST_OF_MACHINE_SHARE * system.total_bytes
    level = max(level, level_below(system.available_bytes, available, current, most))
    if level is Level.EMERGENCY and _has_swap_left(system):
        level = Level.CRITICAL
    stall = system.stall_full_percent
    if stall is not None and used_share >= LEAST_USED_SHARE:
        limits = {each: factor * stall_percent for each, factor in STALL_FACTORS.items()}
        level = max(level, level_of_share(stall, limits, 0.5 * stall_percent, current))
    return level


def largest_users(
    applications: Iterable[ApplicationView],
    targets: Iterable[TargetSample],
    processes: Iterable[ProcessUse],
) -> list[tuple[str, int]]:
    """Return who uses most, with bytes, largest first: whole applications and targets.

    processes: what is named in their place while applications are not followed.
    """
    users = [(each.name, each.size_bytes) for each in applications]
    if not users:
        users = [
            (process_label(use.facts.arguments, use.facts.name), use.rss_bytes) for use in processes
        ]
    users += [
        (each.name, taken_bytes)
        for each in targets
        if (taken_bytes := each.taken_bytes) is not None
    ]
    return sorted(users, key=lambda user: -user[1])


def stall_or_used_share(system: SystemSample) -> float:
    """Share of the time in which all wait for memory; where that is not told, of memory in use."""
    stall = system.stall_full_percent
    return system.used_bytes / system.total_bytes if stall is None else stall / 100


def pressure_share(system: SystemSample, stall_percent: float) -> float:
    """Return `stall_or_used_share` with the stall that is an emergency as the whole."""
    stall = system.stall_full_percent
    return stall_or_used_share(system) if stall is None else stall_share(stall, stall_percent)


def stall_share(full_percent: float, stall_percent: float) -> float:
    """A stall, in percent of time, as a share (0 to 1) of the one that is an emergency."""
    return min(1.0, full_percent / (STALL_FACTORS[Level.EMERGENCY] * stall_percent))


def _has_swap_left(system: SystemSample) -> bool:
    total, used = system.swap_total_bytes, system.swap_used_bytes
    return bool(total and used is not None and (total - used) / total > SWAP_LEFT_SHARE)


def pressure_text(
    system: SystemSample,
    largest: Sequence[tuple[str, int]],
    level: Level,
    amounts: Amounts = NO_AMOUNTS,
) -> tuple[str, str]:
    """Title and body about the machine: what is left, and the three who use most.

    largest: names with sizes in bytes, largest first. amounts: of bytes that are left, those that
    are levels.
    """
    available = format_size(system.available_bytes)
    left = _("{available} of {total} available ({share} used).").format(
        available=available,
        total=format_size(system.total_bytes),
        share=format_percent(system.used_bytes / system.total_bytes),
    )
    names = [
        f"{brief_name(name)} {format_size(size_bytes)}" for name, size_bytes in largest[:MOST_NAMED]
    ]
    who = tuple(fewer_and_fewer(_("Largest: {names}."), names))
    crossed = [amount for each, amount in amounts if system.available_bytes < amount]
    below = _("Less than {amount} available.").format(amount=format_size(min(crossed, default=0)))
    stall = system.stall_full_percent or 0.0
    stalled = _("Programs were stalled on memory for {share} of the last 10 s.")
    body = brief(
        left,
        # Where programs wait, that is what is felt.
        stalled.format(share=format_percent(stall / 100)) if stall >= 1 else "",
        who,
        below if crossed else "",
    )
    return _(_PRESSURE_TITLES[level]), body
