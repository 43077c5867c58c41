"""When to try again: the arithmetic, without a clock."""

from __future__ import annotations

from trayapp.dataclass import dataclass

BACK_OFF_SECONDS = (30.0, 60.0, 120.0, 300.0, 600.0)
"""After the first failure, the second …; the last for all that follow."""


@dataclass(frozen=True, slots=True)
class Retries:
    """The failures of a channel in a row; times are of one monotonic clock."""

    failures: int = 0
    """In a row."""
    not_before_seconds: float = float("-inf")

    def is_due(self, now_seconds: float) -> bool:
        return now_seconds >= self.not_before_seconds

    def after_failure(self, now_seconds: float) -> Retries:
        """Wait longer after each failure."""
        wait = BACK_OFF_SECONDS[min(self.failures, len(BACK_OFF_SECONDS) - 1)]
        return Retries(self.failures + 1, now_seconds + wait)

    def after_refusal(self, now_seconds: float) -> Retries:
        """Wait for long: it cannot work as configured, which may be corrected meanwhile."""
        return Retries(self.failures + 1, now_seconds + BACK_OFF_SECONDS[-1])
