"""How often to look: seldom where nothing happens, often where memory is about to run out."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import dataclass
from trayapp.domain.records.samples import SystemSample
from trayapp.language.catalogue import _, listed
from trayapp.language.units import MIB, format_duration, format_size

STEPS = (4.0, 2.0, 1.0, 0.5, 0.2, 0.1)
"""Intervals in use, as multiples of the person's: few and round, so that ticks of many programs
fall together."""
IDLE_SECONDS = (60.0, 180.0)
"""Nothing has moved for so long: half as often; a quarter as often."""
LOOKS_LEFT = 10
"""There should be so many looks before memory runs out at the present rate."""
SHORT_SHARE = 0.1
"""With this share of memory left, no slower than the person's interval; with half of it, twice as
fast; with four times of it, as slow as can be: however still it is, a burst may come."""
RELAX_SECONDS = 10.0
"""So long a slower pace must have been enough before it is taken."""
RELAX_MARGIN = 1.25
FADE_SECONDS = 10.0
"""A fill rate that is over is forgotten by half in this time."""
SHORTEST_STEP_SECONDS = 0.1
LONGEST_STEP_SECONDS = 120.0
"""Looks closer together, or further apart (a pause, suspend), tell no rate."""
MOVED_BYTES = MIB
MOVED_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceRule:
    """The person's interval, and how far it may be left."""

    interval_seconds: float
    fastest_seconds: float = 0.2
    slowest_seconds: float = 30.0
    adaptive: bool = True

    @property
    def shortest_seconds(self) -> float:
        """Under pressure: a tenth of the interval, but no less than `fastest_seconds`."""
        return min(self.interval_seconds, max(self.fastest_seconds, self.interval_seconds * 0.1))

    @property
    def longest_seconds(self) -> float:
        """At rest: four times the interval, but no more than `slowest_seconds`."""
        return max(self.interval_seconds, min(self.slowest_seconds, self.interval_seconds * 4))


class PaceKeeper:
    """Chooses the interval, tick by tick.

    The person's interval holds while something moves. At rest it is doubled after one minute and
    again after three, on battery doubled, at most to four times. Under pressure it is shortened:
    with the memory that is left, and so that ten looks are left before it runs out at the rate at
    which it fills. Faster is taken at once; slower only when it has been enough for ten seconds.
    """

    def __init__(self, rule: PaceRule) -> None:
        self._rule = rule
        self._interval_seconds = rule.interval_seconds
        self._last: tuple[float, int] | None = None
        """When, and how much was available."""
        self._fill_bytes_per_second = 0.0
        self._still_since: float | None = None
        self._slower_since: float | None = None
        self.reason = _("as set")
        """Why this pace, in a few words."""

    @property
    def rule(self) -> PaceRule:
        return self._rule

    @property
    def interval_seconds(self) -> float:
        return self._interval_seconds

    def set_rule(self, rule: PaceRule) -> None:
        """Put another rule in force, at once."""
        self._rule = rule
        self._interval_seconds = rule.interval_seconds
        self._slower_since = None
        self.reason = _("as set")

    def update(
        self, monotonic_seconds: float, system: SystemSample, moved: bool, on_battery: bool | None
    ) -> float:
        """Take in one tick; return the interval from here on, in seconds.

        `moved`: whether memory of anything followed has changed noticeably since the last tick.
        """
        now = monotonic_seconds
        self._follow_fill(now, system.available_bytes)
        if moved or self._still_since is None:
            self._still_since = now
        if not self._rule.adaptive:
            return self._interval_seconds
        rest_seconds, rest_reason = self._rest(now - self._still_since, on_battery)
        need_seconds, need_reason = self._need(system)
        fitting_seconds = self._step(min(rest_seconds, need_seconds))
        relaxed_seconds = self._step(min(rest_seconds, need_seconds / RELAX_MARGIN))
        if relaxed_seconds <= self._interval_seconds:
            self._slower_since = None
        elif self._slower_since is None:
            self._slower_since = now
        if fitting_seconds < self._interval_seconds:
            self._interval_seconds = fitting_seconds
        elif self._slower_since is not None and now - self._slower_since >= RELAX_SECONDS:
            self._interval_seconds = relaxed_seconds
            self._slower_since = None
        if self._interval_seconds == fitting_seconds:
            self.reason = need_reason if fitting_seconds < self._step(rest_seconds) else rest_reason
        return self._interval_seconds

    def _follow_fill(self, now: float, available_bytes: int) -> None:
        last = self._last
        elapsed_seconds = now - last[0] if last else 0.0
        if last is not None and 0 <= elapsed_seconds < SHORTEST_STEP_SECONDS:
            return
        self._last = now, available_bytes
        if last is None or not 0 < elapsed_seconds <= LONGEST_STEP_SECONDS:
            self._fill_bytes_per_second = 0.0
            return
        rate = max(0.0, (last[1] - available_bytes) / elapsed_seconds)
        faded = self._fill_bytes_per_second * 0.5 ** (elapsed_seconds / FADE_SECONDS)
        self._fill_bytes_per_second = max(rate, faded)

    def _rest(self, still_seconds: float, on_battery: bool | None) -> tuple[float, str]:
        """The interval that would do if memory were plenty, and why."""
        factor = 2.0 if on_battery else 1.0
        reasons = [_("on battery")] if on_battery else []
        for patience_seconds in IDLE_SECONDS:
            if still_seconds >= patience_seconds:
                factor *= 2.0
        if still_seconds >= IDLE_SECONDS[0]:
            minutes = format_duration(still_seconds // 60 * 60)
            reasons.append(_("nothing has changed for {time}").format(time=minutes))
        rule = self._rule
        seconds = min(rule.longest_seconds, rule.interval_seconds * factor)
        return seconds, listed(reasons) or _("as set")

    def _need(self, system: SystemSample) -> tuple[float, str]:
        """The longest interval that is safe with the memory left, and why."""
        left_bytes = max(0, system.available_bytes)
        left_share = left_bytes / max(1, system.total_bytes)
        short_seconds = self._rule.interval_seconds * left_share / SHORT_SHARE
        rate = self._fill_bytes_per_second
        fill_seconds = left_bytes / rate / LOOKS_LEFT if rate > 0 else float("inf")
        text = _("only {size} left")
        if fill_seconds < short_seconds:
            text = _("only {size} left, shrinking by {rate}/s")
        reason = text.format(size=format_size(left_bytes), rate=format_size(rate))
        return min(short_seconds, fill_seconds), reason

    def _step(self, wanted_seconds: float) -> float:
        """The longest interval in use that is not longer than wanted, within the bounds."""
        rule = self._rule
        steps = (rule.interval_seconds * factor for factor in STEPS)
        bounded = [min(rule.longest_seconds, max(rule.shortest_seconds, step)) for step in steps]
        return max(
            (step for step in bounded if step <= wanted_seconds), default=rule.shortest_seconds
        )


class MovementGauge:
    """Tells whether any of some figures has moved noticeably. Keeps one number for each."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def update(self, sizes_bytes: Mapping[str, int | None]) -> bool:
        """Compare with where each figure was when it last moved, so that a slow drift counts.

        A name that is new, gone, or become known or unknown is a movement, too.
        """
        known = {name: size for name, size in sizes_bytes.items() if size is not None}
        moved = {name for name, size in known.items() if self._has_moved(name, size)}
        is_movement = bool(moved) or known.keys() != self._known.keys()
        self._known = {
            name: size if name in moved else self._known[name] for name, size in known.items()
        }
        return is_movement

    def _has_moved(self, name: str, size_bytes: int) -> bool:
        before = self._known.get(name)
        if before is None:
            return True
        return abs(size_bytes - before) >= max(MOVED_BYTES, before * MOVED_SHARE)
