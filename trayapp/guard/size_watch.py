"""What a guarded run is told of its size: bounds that are exceeded, and steady growth."""

from __future__ import annotations

from collections.abc import Callable

from trayapp.domain.acting.guarding import BoundWatch, GrowthWatch
from trayapp.guard.run_limits import RunPressure
from trayapp.language.catalogue import _
from trayapp.language.units import format_rate, format_size

FEWEST_LOOKS = 3
AGREEING_SECONDS = 0.01
"""The looks that agree on a bound are spread over so long at least, however close they are."""

Print = Callable[..., object]


class SizeWatch:
    """Watches one run of a command. One thread."""

    def __init__(
        self,
        name: str,
        high_bytes: int | None,
        critical_bytes: int | None,
        interval_seconds: float,
        print_line: Print,
    ) -> None:
        """print_line takes a line, and `is_loud`."""
        looks = max(FEWEST_LOOKS, round(AGREEING_SECONDS / interval_seconds))
        self._name, self._print = name, print_line
        self._high = None if high_bytes is None else BoundWatch(high_bytes, looks)
        self._critical = None if critical_bytes is None else BoundWatch(critical_bytes, looks)
        self._growth = GrowthWatch()
        self._size_bytes = 0
        self.peak_bytes = 0

    @property
    def pressure(self) -> RunPressure:
        """Which bound the latest size exceeds, the higher one first; also when all have ended."""
        if self._critical is not None and self._size_bytes > self._critical.bound_bytes:
            return "critical"
        is_high = self._high is not None and self._size_bytes > self._high.bound_bytes
        return "high" if is_high else ""

    @property
    def fastest_bytes_per_second(self) -> float:
        """The fastest steady growth so far."""
        return self._growth.fastest_bytes_per_second

    @property
    def is_critical(self) -> bool:
        """Whether the critical bound has been exceeded for long enough."""
        return self._critical is not None and self._critical.is_over

    def add_size(self, size_bytes: int, now: float, critical_note: str | None = None) -> None:
        """Take in a size, and print what is new about it; now: monotonic.

        critical_note: printed instead of the usual line where the critical bound is exceeded; it
        has room for `name`, `size` and `bound`. Empty: nothing is printed then.
        """
        self._size_bytes = size_bytes or self._size_bytes
        self.peak_bytes = max(self.peak_bytes, size_bytes)
        high, critical = self._high, self._critical
        is_high = high is not None and high.add_size(size_bytes)
        is_critical = critical is not None and critical.add_size(size_bytes)
        facts = {"name": self._name, "size": format_size(size_bytes)}
        is_growing = self._growth.add_size(size_bytes, now)
        if is_critical and critical is not None:
            text = _("CRITICAL: {name} uses {size}, above the limit of {bound}.")
            text = text if critical_note is None else critical_note
            if text:
                bound = format_size(critical.bound_bytes)
                self._print(text.format(**facts, bound=bound), is_loud=True)
        elif is_high and high is not None:
            bound = format_size(high.bound_bytes)
            text = _("{name} uses {size}, above the limit of {bound}.")
            self._print(text.format(**facts, bound=bound))
        elif is_growing:
            rate = format_rate(self._growth.bytes_per_second, signed=False)
            text = _("{name} has been growing by {rate} for {count} s; it uses {size}.")
            count = round(self._growth.window_seconds)
            self._print(text.format(**facts, rate=rate, count=count))
