"""Up, down or level: a rate as a person first asks for it."""

from __future__ import annotations

from trayapp.language.catalogue import _
from trayapp.language.units import format_rate

FLAT_BYTES_PER_SECOND = 5_000.0
"""Below this, nothing moves: a figure would only show the noise."""


def is_flat(bytes_per_second: float | None) -> bool:
    """Return whether there is no rate to show: below the noise, or not known."""
    return bytes_per_second is None or abs(bytes_per_second) < FLAT_BYTES_PER_SECOND


def trend_arrow(bytes_per_second: float | None) -> str:
    """Up, down or level; a dash while unknown. Below 5 KB/s counts as level."""
    if bytes_per_second is None:
        return "–"
    if is_flat(bytes_per_second):
        return "→"
    return "↗" if bytes_per_second > 0 else "↘"


def trend_figures(bytes_per_second: float | None) -> str:
    """Arrow and rate; the arrow alone where the rate is below the noise, a dash while unknown."""
    arrow = trend_arrow(bytes_per_second)
    return arrow if is_flat(bytes_per_second) else f"{arrow} {format_rate(bytes_per_second)}"


def rate_said(bytes_per_second: float | None) -> str:
    """The rate alone: "+200 KiB/s", "steady" below the noise, a dash while unknown."""
    if bytes_per_second is not None and is_flat(bytes_per_second):
        return _("steady")
    return format_rate(bytes_per_second)
