"""Up, down or level: a rate as a person first asks for it."""

from __future__ import annotations

FLAT_BYTES_PER_SECOND = 5_000.0
"""Below this, nothing moves."""


def trend_arrow(bytes_per_second: float | None) -> str:
    """Up, down or level; a dash while unknown. Below 5 KB/s counts as level."""
    if bytes_per_second is None:
        return "–"
    if abs(bytes_per_second) < FLAT_BYTES_PER_SECOND:
        return "→"
    return "↗" if bytes_per_second > 0 else "↘"
