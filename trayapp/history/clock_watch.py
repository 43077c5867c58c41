"""Jumps of the wall clock, after which nothing is deleted for its age."""

from __future__ import annotations

import math

_STEP_SECONDS = 60.0
_HOLD_SECONDS = 3600.0
"""How long nothing is deleted for its age after the wall clock jumped ahead: it may jump back."""
_FAR_STEP_SECONDS, _FAR_HOLD_SECONDS = 7 * 86_400.0, 86_400.0
"""Such a jump is no journey: it would take nearly all there is."""


class ClockWatch:
    """Compares the wall clock with the monotonic one."""

    def __init__(self) -> None:
        self._wall_seconds: float | None = None
        self._offset_seconds: float | None = None
        self._held_until = -math.inf

    def is_doubtful(self, monotonic_seconds: float, wall_seconds: float | None) -> bool:
        """Return whether the clock has jumped ahead lately; `wall_seconds`: of the last sample."""
        if wall_seconds is not None and wall_seconds != self._wall_seconds:
            self._wall_seconds = wall_seconds
            offset, before = wall_seconds - monotonic_seconds, self._offset_seconds
            self._offset_seconds = offset
            step = 0.0 if before is None else offset - before
            if step > _STEP_SECONDS and monotonic_seconds >= self._held_until:
                hold = _HOLD_SECONDS if step < _FAR_STEP_SECONDS else _FAR_HOLD_SECONDS
                self._held_until = monotonic_seconds + hold
        return monotonic_seconds < self._held_until
