"""The cleanups of one run: done on request, kept in the history, looked at again a minute later."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable

from trayapp.cleanup.cleaning import Trimmer, clean_app, clean_target
from trayapp.domain.cleaning import APP, FOLLOW_UP_SECONDS, CleanupResult, follow_up
from trayapp.domain.records import Event
from trayapp.domain.view import TargetView, View
from trayapp.sampling import Sampler

_REMEMBERED = 100


class Cleanups:
    """Does cleanups and remembers them. Thread-safe."""

    def __init__(
        self,
        trimmer: Trimmer,
        sampler: Sampler,
        follow_up_seconds: float = FOLLOW_UP_SECONDS,
    ) -> None:
        self._trimmer = trimmer
        self._sampler = sampler
        self._follow_up_seconds = follow_up_seconds
        self._lock = threading.Lock()
        self._due: deque[tuple[float, CleanupResult]] = deque(maxlen=_REMEMBERED)
        self._events: deque[Event] = deque(maxlen=_REMEMBERED)

    @property
    def events(self) -> tuple[Event, ...]:
        """The latest cleanups and second looks, oldest first."""
        with self._lock:
            return tuple(self._events)

    def clean(self, *, app: bool, targets: Iterable[TargetView]) -> list[CleanupResult]:
        """Clean Memtray itself and targets now. A background thread; may take seconds."""
        results = []
        if app:
            results.append(clean_app(self._trimmer, lambda: self._sampler.measure(APP)))
        results += [self._clean_target(target) for target in targets]
        due = time.monotonic() + self._follow_up_seconds
        for result in results:
            self._keep(result.as_event())
            if result.freed_bytes is not None:
                with self._lock:
                    self._due.append((due, result))
        return results

    def follow_up(self, view: View) -> list[Event]:
        """Look again at what was cleaned a minute ago. The sampler thread, at every tick."""
        now = time.monotonic()
        told = []
        while self._due and self._due[0][0] <= now:
            with self._lock:
                _, result = self._due.popleft()
            event = follow_up(result, view.wall_seconds, _rss_bytes(view, result.subject))
            if event is not None:
                self._keep(event)
                told.append(event)
        return told

    def _clean_target(self, target: TargetView) -> CleanupResult:
        name = target.name
        return clean_target(self._trimmer, name, target.pids, lambda: self._sampler.measure(name))

    def _keep(self, event: Event) -> None:
        with self._lock:
            self._events.append(event)
        self._sampler.record(event)


def _rss_bytes(view: View, subject: str) -> int | None:
    if subject == APP:
        return view.app.rss_bytes
    return next((target.rss_bytes for target in view.targets if target.name == subject), None)
