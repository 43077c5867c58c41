"""How many alerts were sent, shown and held: of the same banners, so that they can be compared."""

from __future__ import annotations

from collections import Counter


class DeliveryCounts:
    """Counts of one run. Each method from one thread; the figures from any."""

    def __init__(self) -> None:
        self.sent = self.held = self.shown = 0
        self._unshown: Counter[str] = Counter()
        """How often an alert was sent that no desktop has shown yet, by the banner's key."""

    def count_sent(self, banner_key: str) -> None:
        """Note that an alert was handed to the notifier."""
        self.sent += 1
        self._unshown[banner_key] += 1

    def count_held(self) -> None:
        """Note that an alert was not sent."""
        self.held += 1

    def count_shown(self, banner_key: str) -> None:
        """Note that a banner is shown: an alert's, its second word, or one that is no alert."""
        if self._unshown[banner_key] > 0:
            self._unshown[banner_key] -= 1
            self.shown += 1

    def as_status(self) -> dict[str, int]:
        """As JSON, with the keys of `status`."""
        return {"sent": self.sent, "held": self.held, "delivered": self.shown}
