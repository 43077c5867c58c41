"""What is said of one process, target or application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from trayapp.dataclass import dataclass, replace
from trayapp.domain.judging.leaks.staleness import Staleness
from trayapp.domain.records.limits import Headroom, Limit, headroom_of

Shape = Literal[
    "flat", "warm-up", "climb", "staircase", "saw-tooth returning", "saw-tooth rising",
    "plateau", "step", "spike", "day-and-night",
]  # fmt: skip
LeakLevel = Literal["healthy", "growing", "leaking"]
Signal = Literal[
    "anonymous memory", "private memory", "resident set", "memory",
    "heap after collection", "memory outside the heap", "memory outside programs",
]  # fmt: skip
"""What the sizes were; "memory" where a stranger's table does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPrior:
    """What an earlier run of the same program did; worth keeping for 30 days."""

    peak_floor_bytes: float
    """The highest level that it held for a while."""
    warm_up_seconds: float
    """From its start until it had nearly reached that."""
    leaked: bool = False
    """It leaked, or still grew when it was seen last: that says nothing of what is healthy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicSignals:
    """The four classic rules. Evidence only: none of them may call anything a leak."""

    rate_bytes_per_second: float | None = None
    """Moving average of the change, None before the second block."""
    is_rate_high: bool = False
    is_spike: bool = False
    """The newest block more than doubled the one before."""
    rising_share: float | None = None
    """Share of the newest blocks that rose."""
    is_sustained: bool = False
    is_collecting_in_vain: bool = False
    """Its garbage collector takes time and frees next to nothing: what grows is in use."""
    jumps: int = 0
    """Jumps that were kept, in the window that was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How sure it is that this will not stop growing; how much that matters is `does_matter`."""

    level: LeakLevel = "healthy"
    shape: Shape = "flat"
    score: float = 0.0
    """0 to 1: from 0.5 growing, from 0.7 leaking, from 0.9 beyond reasonable doubt."""
    rate_bytes_per_second: float | None = None
    rate_low_bytes_per_second: float | None = None
    rate_high_bytes_per_second: float | None = None
    """The middle half of all slopes between two blocks."""
    onset_monotonic_seconds: float | None = None
    growth_bytes: float | None = None
    """Kept since the onset, as of the newest block that tells."""
    start_bytes: float | None = None
    """Its size at the onset."""
    seconds_to_limit: float | None = None
    seconds_to_limit_low: float | None = None
    seconds_to_limit_high: float | None = None
    headroom: Headroom | None = None
    """The limit that `seconds_to_limit` is about; None: not known, or it does not grow."""
    stopped_bytes: float | None = None
    """Its size where it stopped of its own accord, after it was called leaking."""
    is_runaway: bool = False
    """Told on two and a half minutes of data, since waiting would cost too much."""
    signal: Signal | None = None
    """What was measured; None: there is not enough to judge by yet."""
    grown_seconds: float = 0.0
    """The time in which it grew by `growth_bytes`; ends before now, as that does."""
    classic: ClassicSignals = ClassicSignals()
    staleness: Staleness | None = None
    """Whether what it grew by is touched again; None: nobody has looked."""
    is_hidden: bool = False
    """Of a heap: its process stands still, since all of the heap is reserved already."""
    is_unproven: bool = False
    """Its heap would be a leak, were it certain that what grows there is not garbage."""
    is_heap_steady: bool = False
    """Of memory outside a heap: what collections leave of the heap itself does not grow."""

    def toward(self, limits: Iterable[Limit]) -> Verdict:
        """The same with the time until the first of these limits is reached, as of now."""
        if self.rate_bytes_per_second is None:
            return self
        headroom = headroom_of(limits, self.rate_bytes_per_second)
        if headroom is None:
            return self
        return replace(
            self,
            headroom=headroom,
            seconds_to_limit=headroom.seconds_to_limit,
            seconds_to_limit_low=headroom.seconds_at(self.rate_high_bytes_per_second),
            seconds_to_limit_high=headroom.seconds_at(self.rate_low_bytes_per_second),
        )

    def since(self, monotonic_seconds: float, wall_seconds: float) -> float | None:
        """The onset by the wall clock, given one moment on both clocks; None: there is none."""
        onset = self.onset_monotonic_seconds
        return None if onset is None else wall_seconds - (monotonic_seconds - onset)


NOTHING_TO_JUDGE = Verdict()
