"""What is usual for each target: learned once a day from its history, unless it is frozen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from trayapp.dataclass import replace
from trayapp.domain.judging.advice.past import DAY_SECONDS, DAYS, MOST_POINTS, Reader, covered_days
from trayapp.domain.judging.learned import HOURS, LEAST_DAYS, LEAST_HOURS, Learned, learn
from trayapp.domain.records.series import Series
from trayapp.errors import UsageError
from trayapp.history.learned_file import Lesson, load_lessons, save_lessons
from trayapp.language.catalogue import _
from trayapp.log import Log

_log = Log(__name__)


class Lessons:
    """Learns, keeps, and forgets when asked to. Thread-safe."""

    def __init__(self, file: Path, publish: Callable[[Mapping[str, Learned]], None]) -> None:
        """`publish` gets all that is known, whenever it changes; any thread."""
        self._file = file
        self._publish = publish
        self._lock = threading.Lock()
        self._lessons = load_lessons(file)
        self._send()

    def learn(self, reader: Reader, name: str, now: float) -> bool:
        """Learn about a target if that is due; whatever `reader` raises is raised.

        Returns whether anything was learned: a week of history is needed.
        """
        known = self._lessons.get(name)
        if known and (known.is_frozen or 0 <= now - known.learned_wall_seconds < DAY_SECONDS):
            return False
        series = [Series("target", name, metric) for metric in ("rss_bytes", "size_bytes")]
        rss, size = reader.curves(series, now - DAYS * DAY_SECONDS, now, MOST_POINTS)
        # A size is kept only where it differs from the resident set.
        sizes = {point.wall_seconds: point for point in (*rss, *size) if point.maximum is not None}
        points = sorted(sizes.values())
        days = covered_days(points, now)
        if days < LEAST_DAYS:
            return False
        offset = float(time.localtime(now).tm_gmtoff)
        learned = learn(
            ((each.wall_seconds, each.minimum or 0.0, each.maximum or 0.0) for each in points),
            offset,
        )
        if learned.known_hours < LEAST_HOURS:
            return False
        self._change({name: Lesson(learned, now, days)})
        return True

    def freeze(self, name: str, *, frozen: bool) -> None:
        """Let it stay as it is, or be learned anew. Raises: UsageError."""
        self._change({name: replace(self._known(name), is_frozen=frozen)})

    def reset(self, name: str) -> None:
        """Forget it; it is learned anew within an hour. Raises: UsageError."""
        self._known(name)
        with self._lock:
            self._lessons = {key: each for key, each in self._lessons.items() if key != name}
        self._keep()

    def status(self) -> dict[str, object]:
        """Return all that was learned as JSON: of each hour of the week the range in bytes."""
        return {
            "learned": [
                {
                    "target": name,
                    "learned_at": each.learned_wall_seconds,
                    "days": round(each.days, 2),
                    "frozen": each.is_frozen,
                    "hours": [
                        list(usual) if (usual := each.learned.usual(hour)) else None
                        for hour in range(HOURS)
                    ],
                }
                for name, each in self._lessons.items()
            ]
        }

    def _known(self, name: str) -> Lesson:
        found = self._lessons.get(name)
        if found is None:
            raise UsageError(_("Nothing was learned about {name} yet.").format(name=repr(name)))
        return found

    def _change(self, changed: Mapping[str, Lesson]) -> None:
        with self._lock:
            self._lessons = {**self._lessons, **changed}
        self._keep()

    def _keep(self) -> None:
        self._send()
        try:
            save_lessons(self._file, self._lessons)
        except OSError as error:
            _log.warning("what was learned is not kept: %s", error)

    def _send(self) -> None:
        self._publish({name: each.learned for name, each in self._lessons.items()})
