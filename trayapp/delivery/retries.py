"""When to try again: the arithmetic, without a clock."""

from __future__ import annotations

from dataclasses import dataclass

BACK_OFF_SECONDS = (30.0, 60.0, 120.0, 300.0, 600.0)
"""After the first failure, the second …; the last for all that follow."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How one channel has fared so far; times are of one monotonic clock."""

    failures: int = 0
    """In a row."""
    not_before_seconds: float = float("-inf")

    def is_due(self, now_seconds: float) -> bool:
        """Whether to try now what there is."""
        return now_seconds >= self.not_before_seconds

    def after_failure(self, now_seconds: float) -> Retries:
        """It did not take it this time."""
        wait = BACK_OFF_SECONDS[min(self.failures, len(BACK_OFF_SECONDS) - 1)]
        return Retries(self.failures + 1, now_seconds + wait)

    def after_refusal(self, now_seconds: float) -> Retries:
        """It cannot work as it is set up; that may be put right without our being told."""
        return Retries(self.failures + 1, now_seconds + BACK_OFF_SECONDS[-1])
