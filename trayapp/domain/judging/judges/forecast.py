"""Memory and swap that will be full soon at the rate at which they go."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.brief import brief, brief_name, fewer_and_fewer
from trayapp.domain.judging.judges.pressure import LEAST_USED_SHARE, MOST_NAMED
from trayapp.domain.judging.judges.protocol import MachineCase, MachineJudge
from trayapp.domain.records.identity import SYSTEM
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import SystemSample
from trayapp.language.catalogue import _
from trayapp.language.units import format_estimate, format_size

SOON_SECONDS = 600.0
VERY_SOON_SECONDS = 120.0
HELD_SECONDS = 30.0
"""How long it must look so: what is taken and given back at once fills nothing."""
TIME_CONSTANT_SECONDS = 30.0
_GROWING_SHARE = 0.1
"""Who takes so much of what goes is named."""


class FullSoon(MachineJudge):
    """By what has gone in the last half minute."""

    key = "forecast"
    yields_to_shortage = True

    def __init__(self) -> None:
        self._forecast = Forecast()

    def judge(self, case: MachineCase) -> Iterable[Condition]:
        left_seconds = self._forecast.add_sample(case.frame.monotonic_seconds, case.frame.system)
        if left_seconds is None:
            return
        rate = self._forecast.rate_bytes_per_second
        rates = [
            *((each.slope_bytes_per_second or 0.0, each.name) for each in case.applications),
            *((each, name) for name, each in case.target_rates().items()),
        ]
        growing = [
            name for each, name in sorted(rates, reverse=True) if each > _GROWING_SHARE * rate
        ]
        title, body = forecast_text(case.frame.system, left_seconds, rate, growing)
        yield Condition(
            key=self.key,
            subject=SYSTEM,
            level=Level.CRITICAL if left_seconds < VERY_SOON_SECONDS else Level.WARNING,
            title=title,
            body=body,
            has_lasted=True,
        )


class Forecast:
    """The time until nothing is available, from what is available at each tick. O(1)."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self._since: float | None = None
        self.rate_bytes_per_second = 0.0
        """How fast memory goes, averaged over half a minute."""

    def add_sample(self, now: float, system: SystemSample) -> float | None:
        """Return the seconds until memory and swap are full at this rate; None: not in sight.

        In sight means: within ten minutes, for half a minute without a break, and at least half of
        the memory is taken. `now`: monotonic seconds.
        """
        left_bytes = system.available_bytes + max(
            0, (system.swap_total_bytes or 0) - (system.swap_used_bytes or 0)
        )
        last, self._last = self._last, (now, left_bytes)
        elapsed = now - last[0] if last else 0.0
        if last is None or not 0 < elapsed <= HELD_SECONDS:
            self.rate_bytes_per_second, self._since = 0.0, None
            return None
        alpha = 1 - math.exp(-elapsed / TIME_CONSTANT_SECONDS)
        latest = (last[1] - left_bytes) / elapsed
        self.rate_bytes_per_second += alpha * (latest - self.rate_bytes_per_second)
        rate = self.rate_bytes_per_second
        is_soon = (
            rate > 0
            and left_bytes / rate < SOON_SECONDS
            and system.used_bytes >= LEAST_USED_SHARE * system.total_bytes
        )
        if not is_soon:
            self._since = None
            return None
        if self._since is None:
            self._since = now
        return left_bytes / rate if now - self._since >= HELD_SECONDS else None


def forecast_text(
    system: SystemSample, seconds_left: float, rate: float, growing: Sequence[str]
) -> tuple[str, str]:
    """Title and body about memory that will be full soon; `growing`: who takes most."""
    body = _("{size} left, shrinking by {rate}/s: full in about {time}.").format(
        size=format_size(system.available_bytes),
        rate=format_size(round(rate)),
        time=format_estimate(seconds_left),
    )
    names = [brief_name(name) for name in growing[:MOST_NAMED]]
    who = tuple(fewer_and_fewer(_("Growing most: {names}."), names))
    return _("Memory will be full soon"), brief(body, who)
