"""Counts of alerts sent, shown and held: of the same banners, so that they can be compared."""

from __future__ import annotations

from collections import Counter


class DeliveryCounts:
    """The counts of one run. Each method from one thread; the figures from any."""

    def __init__(self) -> None:
        self.sent = self.held = self.shown = 0
        self._unshown: Counter[str] = Counter()
        """How often an alert was sent that no desktop has shown yet, by the banner's key."""

    def count_sent(self, banner_key: str) -> None:
        self.sent += 1
        self._unshown[banner_key] += 1

    def count_held(self) -> None:
        self.held += 1

    def count_shown(self, banner_key: str) -> None:
        """Count a banner that is shown if it is an alert's first; others are no alerts."""
        if self._unshown[banner_key] > 0:
            self._unshown[banner_key] -= 1
            self.shown += 1

    def as_status(self) -> dict[str, int]:
        """Return the counts by their keys in `memtray status --json`."""
        return {"sent": self.sent, "held": self.held, "delivered": self.shown}
