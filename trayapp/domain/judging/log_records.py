"""The limits, and the moments and tasks, that a summary of a memory log is made of."""

from __future__ import annotations

from trayapp.dataclass import dataclass, field
from trayapp.domain.records.log_lines import MB


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLimits:
    """What counts as a lot."""

    top: int = 20
    low_bytes: float = 500 * MB
    low_share: float = 0.25
    """Of the machine's memory, free; below either, it is short of it."""
    warning_bytes: float = 1000 * MB
    critical_bytes: float = 1500 * MB


@dataclass(order=True, frozen=True, slots=True)
class Peak:
    """The highest moment of some work, or of a time without any."""

    rss_bytes: float
    time: float
    """Seconds since 1970 by the clock of the log."""
    task: str | None = field(compare=False)


@dataclass(order=True, frozen=True, slots=True)
class Jump:
    """A change from one line to the next."""

    size_bytes: float
    time: float
    from_bytes: float
    to_bytes: float
    task: str | None = field(compare=False)


@dataclass(slots=True)
class Episode:
    """A time in which the machine was short of memory."""

    time: float
    seconds: float
    least_bytes: float
    least_share: float
    task: str | None


@dataclass(slots=True)
class TaskUse:
    """What one kind of task has used while it ran."""

    count: int = 0
    failed: int = 0
    seconds: float = 0.0
    sum_bytes: float = 0.0
    lines: int = 0
    peak_bytes: float | None = None
    place: str | None = None
    """File, line and function, as the log says."""

    def add(self, sum_bytes: float, lines: int, peak_bytes: float) -> None:
        self.sum_bytes += sum_bytes
        self.lines += lines
        if lines and (self.peak_bytes is None or peak_bytes > self.peak_bytes):
            self.peak_bytes = peak_bytes


@dataclass(slots=True)
class Levels:
    """How long the program was how large, in seconds."""

    seconds: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    """Normal, warning, critical."""
