"""Runs that were killed: what the next start says, once, and who ends a run to free memory."""

from __future__ import annotations

import time

from trayapp.domain.judging.view import View
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration
from trayapp.platforms.locking import LeftBehind

KILLED_CODE = 143
"""The exit code of a run that was ended to free memory: as by a signal, so that it comes back."""
_SHORT_SHARE = 0.15
"""earlyoom ends processes when a tenth of the memory is left, by SIGTERM first."""
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


def is_ended_for_memory(view: View | None) -> bool:
    """Return whether a SIGTERM now is likely to come from a daemon that frees memory.

    A person, or a session that ends, seldom does it in just such a moment.
    """
    if view is None:
        return False
    system = view.system
    return system.available_bytes < _SHORT_SHARE * system.total_bytes and (
        system.swap_total_bytes or 0
    ) - (system.swap_used_bytes or 0) <= _SHORT_SHARE * (system.swap_total_bytes or 0)


def _seconds_since_boot() -> float:
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
