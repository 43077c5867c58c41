"""Calling something a leak, and taking that back: neither at once, so that nothing flickers."""

from __future__ import annotations

from trayapp.domain.judging.leaks.settings import LeakSettings

_MOST_DOUBTS = 5
_KEPT_SHARE = 0.5
"""What lost more was not filled up: it freed the memory, or the process that grew has exited."""


class Alarm:
    """Whether it is called leaking now, and what became of that before."""

    __slots__ = (
        "_against_since", "_for_since", "_most_bytes", "doubts", "has_rung", "is_on",
        "stopped_bytes",
    )  # fmt: skip

    def __init__(self) -> None:
        self.is_on = False
        self.has_rung = False
        """Whether it was ever called leaking."""
        self.doubts = 0
        """How often it was called leaking and then stopped."""
        self.stopped_bytes: float | None = None
        """The size at which it stopped after it was called leaking; None: it did not, or fell."""
        self._most_bytes = 0.0
        """While it is called leaking."""
        self._for_since: float | None = None
        self._against_since = 0.0

    def settle(
        self,
        score: float,
        elapsed: float,
        size_bytes: float,
        settings: LeakSettings,
        *,
        is_runaway: bool,
        is_idle: bool,
    ) -> None:
        """Become leaking when that is sure or has held for a minute, and healthy as slowly.

        is_idle: What it grew by is known to lie untouched.
        """
        if self.is_on:
            self._most_bytes = max(self._most_bytes, size_bytes)
        if score >= (settings.growing_score if self.is_on else settings.leaking_score):
            self._against_since = elapsed
            if self._for_since is None:
                self._for_since = elapsed
            # Who stopped before is believed later: at the edges of a climb no window is sure.
            asked = 0.0 if is_idle and not self.doubts else settings.confirm_seconds
            if is_runaway or elapsed - self._for_since >= asked * (1 << self.doubts):
                self.is_on = self.has_rung = True
                self.stopped_bytes = None
            return
        self._for_since = None
        if self.is_on and elapsed - self._against_since >= settings.clear_seconds:
            self.is_on = False
            self.stopped_bytes = None
            if size_bytes >= _KEPT_SHARE * self._most_bytes:
                self.stopped_bytes = size_bytes
            self._most_bytes = 0.0
            self.doubts = min(_MOST_DOUBTS, self.doubts + 1)
