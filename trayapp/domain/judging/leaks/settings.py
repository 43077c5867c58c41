"""Every threshold of the leak detector, with the reason for its default.

None is fitted: each follows from what has to be told apart, and the evaluation
(`tests/benchmarks/leaks.py`) shows what it costs.
"""

from __future__ import annotations

from trayapp.dataclass import dataclass
from trayapp.language.units import MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakSettings:
    """Sizes in bytes, times in seconds, shares from 0 to 1."""

    growing_score: float = 0.5
    leaking_score: float = 0.7
    start_up_seconds: float = 30.0
    """Loading a program and its libraries is no growth."""
    watch_seconds: float = 300.0
    """A clean climb of this length is worth 0.5."""
    proof_seconds: float = 680.0
    """And of this length 0.7: most caches that fill in a straight line are full by then, and with
    start, a last block and confirmation a person still learns of a leak within a quarter of an
    hour, even of one that is not quite clean."""
    confirm_seconds: float = 60.0
    """How long it must look like a leak without a break."""
    clear_seconds: float = 120.0
    """How long it must not, before that is taken back."""
    minimum_bytes: float = 4 * MIB
    minimum_share: float = 0.08
    """Less than this, of its size when the climb began, is within what programs do."""
    novelty_factor: float = 1.5
    """A climb has to exceed any that was given back before by this factor."""
    runaway_bytes_per_second: float = 1e6
    runaway_bytes: float = 64 * MIB
    runaway_blocks: int = 10
    average_bytes_per_second: float = 10_000.0
    """Classic rule: moving average of the change."""
    average_samples: int = 3
    spike_share: float = 1.0
    """Classic rule: a jump of so much of its size…"""
    spike_bytes: float = 512 * 1024
    """…and of so many bytes is a spike."""
    sustained_share: float = 0.7
    """Classic rule: so many of the newest blocks rose…"""
    sustained_growth: float = 0.10
    """…by so much together."""
    stair_bytes: float = MIB
    """Classic rule: a smaller jump is no stair."""
    told_share: float = 0.1
    """A leak is told when this share of the time to the limit is gone…"""
    certain_seconds: float = 3600.0
    """…or after so long a climb, whichever is first: of the caches that were recorded, the slowest
    took 53 minutes to fill in a straight line."""
    least_proof_seconds: float = 180.0
    """Nothing but a runaway is called a leak after less."""
    steady_share: float = 0.6
    """Who held a level before has filled his caches: so much of that time counts as proof…"""
    certain_late_seconds: float = 1800.0
    """…up to here."""
    creep_share: float = 0.3
    """What grows at less than this share of its pace has stopped."""
