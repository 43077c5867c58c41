"""How well one run of a target behaved, as one number that a person can check.

A run begins with 100 points and loses

- up to 50 for growth that stayed: one for each 2 % by which it was larger in its last seventh than
  after its first quarter, which is its warm-up and is forgiven. Medians are compared, so that a
  spike or a collector's saw-tooth costs nothing; below 16 MiB a program counts as one of 16 MiB.
- up to 25 for its peak: nothing up to half of its own limit, all 25 at the limit.
- 10, 18 or 25 for the worst alert about it: warning, critical, emergency.
"""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.dataclass import dataclass
from trayapp.domain.records.levels import Level
from trayapp.domain.records.median import median
from trayapp.language.catalogue import _
from trayapp.language.units import MIB

SHORTEST_SECONDS = 60.0
"""Shorter runs, or those with fewer than a dozen sizes, tell nothing."""
_LEAST_SIZES = 12
_GROWTH_POINTS, _LIMIT_POINTS = 50.0, 25.0
_ALERT_POINTS = {Level.NORMAL: 0, Level.WARNING: 10, Level.CRITICAL: 18, Level.EMERGENCY: 25}
_SMALLEST_BYTES = 16.0 * MIB
_GOOD, _FAIR = 85, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a run lost points for; see this module for how many."""

    growth_share: float
    """Growth that stayed, as a share of its size after the warm-up."""
    limit_share: float | None
    """Its peak as a share of its own limit; None: it has none."""
    worst: Level
    """The worst alert about it."""

    @property
    def score(self) -> int:
        """0 to 100; more is better."""
        share = self.limit_share or 0.0
        lost = _GROWTH_POINTS * min(1.0, max(0.0, self.growth_share))
        lost += _LIMIT_POINTS * min(1.0, max(0.0, 2 * share - 1))
        return round(100 - lost - _ALERT_POINTS[self.worst])

    @property
    def word(self) -> str:
        """The score in a word, for who does not read numbers."""
        if self.score >= _GOOD:
            return _("good")
        return _("fair") if self.score >= _FAIR else _("poor")


def run_health(
    sizes_bytes: Sequence[float],
    seconds: float,
    *,
    peak_bytes: float | None = None,
    limit_bytes: float | None = None,
    worst: Level = Level.NORMAL,
) -> Health | None:
    """Judge one run; None: too short to tell.

    sizes_bytes: (n,), evenly spaced over the run's `seconds`; peak_bytes: the largest ever read,
    where the sizes are means; limit_bytes: its own limit, None: it has none.
    """
    count = len(sizes_bytes)
    if seconds < SHORTEST_SECONDS or count < _LEAST_SIZES:
        return None
    part = max(2, count // 7)
    warm = median(list(sizes_bytes[count // 4 : count // 4 + part]))
    end = median(list(sizes_bytes[-part:]))
    peak = max(sizes_bytes) if peak_bytes is None else peak_bytes
    return Health(
        growth_share=max(0.0, end - warm) / max(warm, _SMALLEST_BYTES),
        limit_share=peak / limit_bytes if limit_bytes else None,
        worst=worst,
    )
