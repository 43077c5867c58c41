"""Knowing a leak when it sees one: pure arithmetic over one process, target or application.

Why it is built as it is, in five sentences. Every size goes into a ladder of blocks, each twice as
long as those of the rung below (`ladder`); a block keeps its lowest and its mean size, so that the
teeth of a collector and short bursts fall away on the rungs that are longer than they are. On each
rung the newest blocks are asked whether they climb as a leak does (`window`): more than a random
walk would, in every quarter, without slowing down, by an amount that counts, and further than
anything this process has ever given back. Confidence has to be earned with time (`confidence`,
`proof`): a cache that fills looks like a leak until it is full, so that as much time is taken as
does no harm. Whether a leak matters is another question, and is asked apart (`impact`).
"""

from __future__ import annotations

from trayapp.domain.judging.leaks.blocks import Load
from trayapp.domain.judging.leaks.detector import MOST_PRIORS, LeakDetector
from trayapp.domain.judging.leaks.impact import does_matter
from trayapp.domain.judging.leaks.proof import assumed_room_bytes, room_of
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.domain.judging.leaks.verdict import (
    NOTHING_TO_JUDGE,
    SessionPrior,
    Shape,
    Signal,
    Verdict,
)
from trayapp.domain.judging.leaks.watch import Finding, Handover, LeakWatch

__all__ = [
    "MOST_PRIORS",
    "NOTHING_TO_JUDGE",
    "Finding",
    "Handover",
    "LeakDetector",
    "LeakSettings",
    "LeakWatch",
    "Load",
    "SessionPrior",
    "Shape",
    "Signal",
    "Verdict",
    "assumed_room_bytes",
    "does_matter",
    "room_of",
]
