"""What the next start says of a run that was killed: once, and for how long nobody watched."""

from __future__ import annotations

import time

from trayapp.language.catalogue import _
from trayapp.language.units import format_duration
from trayapp.platforms.locking import LeftBehind

_MOST_SECONDS = 7 * 86_400.0
"""Longer ago, it is no news."""


def interruption_text(left: LeftBehind | None, now_wall_seconds: float) -> str:
    """Return the sentence; empty where the last run ended well, or with the machine."""
    if left is None:
        return ""
    passed_seconds = now_wall_seconds - left.alive_wall_seconds
    if not 0 <= passed_seconds < min(_MOST_SECONDS, _seconds_since_boot()):
        return ""
    text = _("Memtray quit unexpectedly: no samples for {duration}, starting {time}.")
    return text.format(
        duration=format_duration(passed_seconds),
        time=time.strftime("%H:%M", time.localtime(left.alive_wall_seconds)),
    )


def _seconds_since_boot() -> float:
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
