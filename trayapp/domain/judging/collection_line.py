"""What collections have left, as a line that a leak detector sees."""

from __future__ import annotations

from collections.abc import Iterator

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.leaks import (
    NOTHING_TO_JUDGE,
    LeakDetector,
    LeakSettings,
    Load,
    Verdict,
)

_STEP_SECONDS = 5.0
_MOST_STEPS = 200
"""Between two collections, however far apart."""
_MOST_POINTS = 128
"""That wait for a full collection."""


class Context(NamedTuple):
    """What a verdict rests on beside the sizes."""

    settings: LeakSettings
    room_bytes: int | None
    """Until the heap is full; None: it has no limit."""
    load: Load | None


class CollectionLine:
    """A detector that sees a straight line between two collections, when the second one has run.

    Fed with the figure that stands between them it took each pause for the end of the growth.
    """

    def __init__(self) -> None:
        self.verdict: Verdict = NOTHING_TO_JUDGE
        self._detector: LeakDetector | None = None
        self._latest: tuple[float, int] | None = None

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next collection on."""
        if self._detector is not None:
            self._detector.set_settings(settings)

    def add(self, seconds: float, size_bytes: int, context: Context) -> None:
        """Take in what one has left; seconds: monotonic, later than all before."""
        if self._detector is None:
            self._detector = LeakDetector(signal="heap after collection", settings=context.settings)
        for at, size in self._line_to(seconds, size_bytes):
            self.verdict = self._detector.fold(
                at, size, load=context.load, room_bytes=context.room_bytes
            )
        self._latest = seconds, size_bytes

    def _line_to(self, now: float, size_bytes: int) -> Iterator[tuple[float, int]]:
        if self._latest is not None:
            then, before_bytes = self._latest
            count = min(_MOST_STEPS, int((now - then) / _STEP_SECONDS))
            for step in range(1, count):
                part = step / count
                yield (
                    then + (now - then) * part,
                    round(before_bytes + (size_bytes - before_bytes) * part),
                )
        yield now, size_bytes


class PointsSinceFull:
    """What collections have left since the last full one; of many, every second is kept."""

    def __init__(self) -> None:
        self._points: list[tuple[float, int]] = []

    def add(self, seconds: float, size_bytes: int) -> None:
        """Take in one; seconds: monotonic, later than all before."""
        self._points.append((seconds, size_bytes))
        if len(self._points) > _MOST_POINTS:
            self._points = self._points[1::2]

    @property
    def pace(self) -> float:
        """Bytes a second from the first of them to the last; 0: there is but one."""
        (first, before_bytes), (last, size_bytes) = self._points[0], self._points[-1]
        return (size_bytes - before_bytes) / (last - first) if last > first else 0.0

    def take_until(self, seconds: float) -> list[tuple[float, int]]:
        """Give away those that are no later, in their order."""
        taken = [point for point in self._points if point[0] <= seconds]
        self._points = self._points[len(taken) :]
        return taken
