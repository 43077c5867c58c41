"""Growth that a verdict stands for, and how a chart words it."""

from __future__ import annotations

from trayapp.dataclass import dataclass
from trayapp.language.catalogue import _
from trayapp.language.units import format_estimate, format_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A rise of memory that continues."""

    level: str
    """"growing" or "leaking"."""
    since: float
    """Wall seconds."""
    bytes_per_second: float
    until: float | None = None
    """Wall time at which the first limit would be reached; None: not known."""
    limit_source: str = "machine"
    """Who sets that limit: "settings", "cgroup", "rlimit", "runtime", "direct" or
    "machine"."""
    is_over_limit: bool = False
    """All of its first limit is taken, or more; there is no time left to name."""
    is_of_heap: bool = False
    """It is the heap that grows, not what the system shows of its process."""


def growth_text(growth: Growth, now: float) -> str:
    """Return how fast memory grows, and how long until the limit."""
    rate = format_rate(growth.bytes_per_second)
    is_leak = growth.level == "leaking"
    if growth.is_over_limit and growth.limit_source != "machine":
        text = (
            _("leaking, {rate}, over its limit")
            if is_leak
            else _("growing, {rate}, over its limit")
        )
        return text.format(rate=rate)
    if growth.until is None or growth.until <= now:
        # Of a time that is over, nobody knows whether it came as expected.
        text = _("leaking, {rate}") if is_leak else _("growing, {rate}")
        return text.format(rate=rate)
    text = _("leaking, {rate}, full in {time}") if is_leak else _("growing, {rate}, full in {time}")
    if growth.limit_source != "machine":
        text = (
            _("leaking, {rate}, its limit in {time}")
            if is_leak
            else _("growing, {rate}, its limit in {time}")
        )
    return text.format(rate=rate, time=format_estimate(growth.until - now))
