"""What the statistics count: no more is shown than was sent."""

from __future__ import annotations

from trayapp.delivery.counts import DeliveryCounts


def test_what_is_shown_was_sent() -> None:
    """A banner's second word, and what is no alert, are shown as well, but are not counted."""
    counts = DeliveryCounts()
    counts.count_sent("web")
    for shown in ("web", "web", "told", "told"):
        counts.count_shown(shown)
    assert counts.as_status() == {"sent": 1, "held": 0, "delivered": 1}
    counts.count_sent("web")
    counts.count_held()
    assert counts.as_status() == {"sent": 2, "held": 1, "delivered": 1}
    counts.count_shown("web")
    assert counts.as_status() == {"sent": 2, "held": 1, "delivered": 2}
