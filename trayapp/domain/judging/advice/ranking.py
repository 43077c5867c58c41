"""How pressing a piece of advice is: by what it gives back, and by what it did before."""

from __future__ import annotations

from trayapp.dataclass import replace
from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.records import PRIORITIES, Advice, Saving, Urgency
from trayapp.language.units import MIB

LARGE_SHARE, NOTABLE_SHARE = 0.05, 0.01
"""Of the machine's memory."""
NOTABLE_BYTES = 128 * MIB
HOUR_SECONDS = 3600.0
SURE = 0.98


def ranked(
    advice: Advice,
    case: Case | None,
    machine: Machine,
    saving: Saving | None,
    record: tuple[int, int],
) -> Advice:
    """Return it with its saving, priority, urgency and confidence.

    record: how often following it has held for this program, and how often that is known.
    """
    successes, count = record
    seconds = case.target.seconds_to_limit if case and case.target else None
    urgency = _urgency(seconds, machine)
    confidence = min(SURE, advice.confidence * 2 * (successes + 1) / (count + 2))
    gain = saving.high_bytes if saving else advice.offered_bytes
    level = _level(gain, machine, urgency)
    if count and successes >= count / 2:
        level += 1
    elif count:
        level -= 1
    level = min(len(PRIORITIES) - 1, max(0, level))
    return replace(
        advice,
        saving=saving,
        urgency=urgency,
        confidence=confidence,
        priority=PRIORITIES[level],
    )


def order(advice: Advice) -> tuple[float, float]:
    """Return a key to sort by: the most pressing first."""
    gain = advice.saving.high_bytes if advice.saving else advice.offered_bytes
    return -PRIORITIES.index(advice.priority), -advice.confidence * gain


def _urgency(seconds_to_limit: float | None, machine: Machine) -> Urgency:
    if machine.is_short or (seconds_to_limit is not None and seconds_to_limit < HOUR_SECONDS):
        return "now"
    if seconds_to_limit is not None and seconds_to_limit < 24 * HOUR_SECONDS:
        return "soon"
    return "whenever"


def _level(gain: int, machine: Machine, urgency: Urgency) -> int:
    total = machine.system.total_bytes
    level = 0
    if gain >= min(NOTABLE_BYTES, NOTABLE_SHARE * total) and gain > 0:
        level = 1
    if gain >= LARGE_SHARE * total:
        level = 2
    if urgency == "now" and (level or not gain):
        level += 1
    return level
