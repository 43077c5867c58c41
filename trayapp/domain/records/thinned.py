"""A bounded sample of ever so many values, evenly spread over all of them, the same each time."""

from __future__ import annotations

from trayapp.domain.records.median import median

MOST_VALUES = 1024


class Thinned:
    """Keeps all values while they are few, and then every second, fourth and so on."""

    __slots__ = ("_skip", "count", "stride", "total", "values", "worst")

    def __init__(self) -> None:
        self.values: list[float] = []
        self.count = 0
        """Of all that were added."""
        self.total = 0.0
        self.worst: float | None = None
        """The greatest."""
        self.stride = 1
        self._skip = 0

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        if self.worst is None or value > self.worst:
            self.worst = value
        if self._skip:
            self._skip -= 1
            return
        self.values.append(value)
        if len(self.values) >= MOST_VALUES:
            del self.values[1::2]
            self.stride *= 2
        self._skip = self.stride - 1

    def median(self) -> float | None:
        """Return the median of those that are kept; None: there are none."""
        return median(self.values) if self.values else None

    def typical(self) -> float:
        """Return the mean without the greatest and the least, where there are enough to spare."""
        if self.count < 5:
            return self.total / self.count if self.count else 0.0
        least = min(self.values)
        return (self.total - (self.worst or 0.0) - least) / (self.count - 2)
