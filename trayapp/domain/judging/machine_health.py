"""How well the machine does with its memory, as one number whose deductions are named.

It begins with 100 points and loses

- up to 20 for memory: nothing while a fifth of it is available, all 20 at 2 %.
- up to 25 for stalls: a point for each percent of the last ten minutes in which some program waited
  for memory (Linux PSI), from the second percent on.
- up to 15 for swap: how much the memory in swap changed in these ten minutes, up or down, from 1 %
  of all memory on; all 15 at 20 %.
- 10, 18 or 25 for the worst open incident: warning, critical, emergency.
- up to 15 for the trend: available memory fell during the last hour so that none is left within a
  day; all 15 if within an hour. Three quarters of all pairs of five minutes must agree on that.

What cannot be read costs nothing and is named as unknown. A sample takes a few microseconds.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import combinations

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.frames import Frame
from trayapp.domain.records.levels import Level
from trayapp.domain.records.median import median
from trayapp.domain.records.samples import SystemSample
from trayapp.language.catalogue import N_, _, listed

LEAST_SECONDS = 60.0
"""Before that nothing is known."""
LONGEST_STEP_SECONDS = 60.0
"""A longer pause between two samples is a gap."""
_MEMORY_POINTS, _STALL_POINTS, _SWAP_POINTS, _TREND_POINTS = 20.0, 25.0, 15.0, 15.0
_INCIDENT_POINTS = {Level.NORMAL: 0, Level.WARNING: 10, Level.CRITICAL: 18, Level.EMERGENCY: 25}
_ENOUGH_SHARE, _NONE_SHARE = 0.2, 0.02
_LEAST_STALL_PERCENT = 1.0
_LEAST_SWAP_SHARE, _MOST_SWAP_SHARE = 0.01, 0.2
_MEMORY_SECONDS = 600.0
_BIN_SECONDS, _BINS, _LEAST_BINS = 300.0, 12, 6
_AGREEING = 0.75
_HOUR_SECONDS = 3600.0
_DAY_SECONDS = 86_400.0
_GOOD, _FAIR = 85, 60
_NAMES = {
    "memory": N_("little memory available"),
    "stalls": N_("programs waiting for memory"),
    "swap": N_("swapping"),
    "incidents": N_("open alerts"),
    "trend": N_("available memory falling"),
}


class Deduction(NamedTuple):
    """Why points are missing."""

    what: str
    """"memory", "stalls", "swap", "incidents" or "trend"."""
    points: int

    @property
    def text(self) -> str:
        """For people: "swapping −5"."""
        # Translators: why points are missing from a health score of 100, such as "swapping −5".
        return _("{reason} −{points}").format(reason=_(_NAMES[self.what]), points=self.points)


class MachineHealth(NamedTuple):
    """What the machine lost points for; see this module for how many."""

    deductions: tuple[Deduction, ...] = ()
    """The largest first."""
    unknown: tuple[str, ...] = ()
    """Of what might be deducted, what this machine does not tell."""

    @property
    def score(self) -> int:
        """0 to 100; more is better."""
        return 100 - sum(each.points for each in self.deductions)

    @property
    def word(self) -> str:
        """The score in a word, for who does not read numbers."""
        if self.is_good:
            return _("good")
        return _("fair") if self.score >= _FAIR else _("poor")

    @property
    def is_good(self) -> bool:
        return self.score >= _GOOD

    @property
    def text_without_reasons(self) -> str:
        """For people: "82 of 100, fair"."""
        return _("{score} of 100, {word}").format(score=self.score, word=self.word)

    @property
    def text(self) -> str:
        """For people: "82 of 100, fair (swapping −10, open alerts −8)"."""
        text = self.text_without_reasons
        if not self.deductions:
            return text
        reasons = listed(each.text for each in self.deductions)
        return _("{text} ({details})").format(text=text, details=reasons)


class MachineHealthTracker:
    """Folds samples, oldest first. Not thread-safe."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._at: float | None = None
        self._stall: float | None = None
        self._swap_bytes: int | None = None
        self._swapped: float | None = None
        """Bytes a second into swap or out of it, lately."""
        self._bins: deque[tuple[float, float]] = deque(maxlen=_BINS)
        """Middle and mean of stretches of available memory."""
        self._bin = 0.0, 0.0, 0
        """Of the latest stretch its beginning, sum and count."""
        self._left_seconds: float | None = None
        """Until no memory is available; None: that does not fall."""

    def _forget(self) -> None:
        self._seconds, self._stall, self._swap_bytes, self._swapped = 0.0, None, None, None
        self._bins.clear()
        self._bin = 0.0, 0.0, 0
        self._left_seconds = None

    def add_frame(self, frame: Frame, worst: Level) -> MachineHealth | None:
        """Take the next frame and judge the machine; see `health`."""
        self.fold(frame.monotonic_seconds, frame.system)
        return self.health(frame.system, worst)

    def fold(self, monotonic_seconds: float, system: SystemSample) -> None:
        """Take the next sample of the machine."""
        now = monotonic_seconds
        step = 0.0 if self._at is None else now - self._at
        if not 0 <= step <= LONGEST_STEP_SECONDS:
            # What was before a pause says nothing of what is now.
            self._forget()
            step = 0.0
        self._at = now
        self._seconds += step
        self._stall = _mean(self._stall, system.stall_some_percent, step)
        if system.swap_used_bytes is None or self._swap_bytes is None:
            self._swapped = None if system.swap_used_bytes is None else 0.0
        elif step:
            moved = abs(system.swap_used_bytes - self._swap_bytes) / step
            self._swapped = _mean(self._swapped, moved, step)
        self._swap_bytes = system.swap_used_bytes
        self._fold_available(now, system.available_bytes)

    def health(self, system: SystemSample, worst: Level) -> MachineHealth | None:
        """Judge the machine; None: too little is known. worst: of the open incidents."""
        if self._seconds < LEAST_SECONDS or system.total_bytes <= 0:
            return None
        share = system.available_bytes / system.total_bytes
        swapped = (self._swapped or 0.0) * _MEMORY_SECONDS / system.total_bytes
        left = self._left_seconds
        lost = {
            "memory": _MEMORY_POINTS * _part(share, _ENOUGH_SHARE, _NONE_SHARE),
            "stalls": min(_STALL_POINTS, max(0.0, (self._stall or 0.0) - _LEAST_STALL_PERCENT)),
            "swap": _SWAP_POINTS * _part(swapped, _LEAST_SWAP_SHARE, _MOST_SWAP_SHARE),
            "incidents": float(_INCIDENT_POINTS[worst]),
            "trend": 0.0
            if left is None
            else _TREND_POINTS
            * _part(math.log(max(1.0, left)), math.log(_DAY_SECONDS), math.log(_HOUR_SECONDS)),
        }
        found = [Deduction(what, round(points)) for what, points in lost.items() if points >= 0.5]
        known = {
            "stalls": self._stall is not None,
            "swap": self._swapped is not None,
            "trend": len(self._bins) >= _LEAST_BINS,
        }
        return MachineHealth(
            tuple(sorted(found, key=lambda each: -each.points)),
            tuple(what for what, is_known in known.items() if not is_known),
        )

    def _fold_available(self, now: float, available_bytes: int) -> None:
        begun, total, count = self._bin
        if count and now - begun >= _BIN_SECONDS:
            self._bins.append(((begun + now) / 2, total / count))
            begun, total, count = now, 0.0, 0
            self._left_seconds = _seconds_left(list(self._bins))
        self._bin = (begun if count else now), total + available_bytes, count + 1


def _mean(before: float | None, value: float | None, step: float) -> float | None:
    """Return a mean that forgets what is older than ten minutes."""
    if value is None:
        return None
    if before is None:
        return value
    return before + (value - before) * -math.expm1(-step / _MEMORY_SECONDS)


def _part(value: float, nothing: float, everything: float) -> float:
    """Return how far a value is from where nothing is lost to where everything is, 0 to 1."""
    return min(1.0, max(0.0, (value - nothing) / (everything - nothing)))


def _seconds_left(bins: list[tuple[float, float]]) -> float | None:
    """Return when none is available at the rate of these stretches; None: it does not fall."""
    if len(bins) < _LEAST_BINS:
        return None
    slopes = [
        (after - before) / (later - earlier)
        for (earlier, before), (later, after) in combinations(bins, 2)
    ]
    slope = median(slopes)
    if slope >= 0 or sum(each < 0 for each in slopes) < _AGREEING * len(slopes):
        return None
    return bins[-1][1] / -slope
