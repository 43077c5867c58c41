"""Ten bars of recent history, for the icon and the menu."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

BAR_COUNT = 10
_BLOCKS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"
_ZOOM_SHARE = 0.1


class BarRing:
    """The last ten stretches of one value: the largest of each, and the latest for the newest.

    The largest, because a bar that averages a spike away hides what the bar is for.
    """

    def __init__(self, span_seconds: float) -> None:
        """`span_seconds`: time that the ten bars cover together, more than 0."""
        self._width_seconds = span_seconds / BAR_COUNT
        self._slot: int | None = None
        self._bars: list[float | None] = [None] * BAR_COUNT
        self._newest_peak: float | None = None

    def add(self, monotonic_seconds: float, value: float | None) -> None:
        """Add one value; None leaves a gap where nothing else was known.

        Times must not decrease; one that does counts as the latest time seen.
        """
        slot = int(monotonic_seconds // self._width_seconds)
        if self._slot is None:
            self._slot = slot
        if slot > self._slot:
            for _ in range(min(slot - self._slot, BAR_COUNT)):
                self._bars[-1] = self._newest_peak
                self._bars = [*self._bars[1:], None]
                self._newest_peak = None
            self._slot = slot
        if value is not None:
            self._bars[-1] = value
            self._newest_peak = max(value, self._newest_peak or value)
        elif self._newest_peak is None:
            self._bars[-1] = None

    def preload(self, values: Iterable[float | None]) -> None:
        """Fill the nine bars before the newest with remembered values, oldest first."""
        remembered = list(values)[-(BAR_COUNT - 1) :]
        for index, value in enumerate(reversed(remembered), start=2):
            if self._bars[-index] is None:
                self._bars[-index] = value

    def values(self) -> tuple[float | None, ...]:
        """The ten values, oldest first; None where nothing is known."""
        return tuple(self._bars)


def share_heights(values: Sequence[float | None], capacity: float) -> tuple[int | None, ...]:
    """Bar heights, 0 to 100, as a share of `capacity` (more than 0)."""
    return tuple(
        None if value is None else round(100 * min(1.0, max(0.0, value / capacity)))
        for value in values
    )


def zoomed_heights(values: Sequence[float | None]) -> tuple[int | None, ...]:
    """Bar heights, 0 to 100, that make a change of a tenth fill the height.

    A flat series stands at half height: full would look like an alarm, empty like nothing.
    Larger changes shrink the zoom until they fit.
    """
    known = [value for value in values if value is not None]
    if not known:
        return tuple(None for _ in values)
    low, high = min(known), max(known)
    span = max(high - low, _ZOOM_SHARE * high, 1.0)
    floor = (low + high - span) / 2
    return share_heights(
        [None if value is None else value - floor for value in values], capacity=span
    )


def sparkline(heights: Sequence[int | None]) -> str:
    """Ten Unicode bars, one for each height of 0 to 100; a dot where nothing is known."""
    return "".join(
        _NOTHING if height is None else _BLOCKS[min(len(_BLOCKS) - 1, height * len(_BLOCKS) // 100)]
        for height in heights
    )
