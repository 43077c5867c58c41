"""The cleanups of one run: done on request, kept in the history, looked at again a minute later."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

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
        runtime: Path,
        follow_up_seconds: float = FOLLOW_UP_SECONDS,
    ) -> None:
        """`runtime` is the folder in which probes listen."""
        self._trimmer = trimmer
        self._sampler = sampler
        self._runtime = runtime
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
        """Clean Memtray itself and targets now. A background thread; may take seconds.

        Targets with a probe empty the caches that they have registered, too.
        """
        results = []
        if app:
            results.append(clean_app(self._trimmer, lambda: self._sampler.measure(APP)))
        results += [self._clean_target(target) for target in targets]
        return self._keep_all(results)

    def collect(self, target: TargetView) -> CleanupResult:
        """Have a target's probes collect garbage and trim heaps, no more. A background thread."""
        return self._keep_all([self._clean_target(target, only_garbage=True)])[0]

    def _keep_all(self, results: list[CleanupResult]) -> list[CleanupResult]:
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

    def _clean_target(self, target: TargetView, *, only_garbage: bool = False) -> CleanupResult:
        from trayapp.cleanup.probes import Probes

        return clean_target(
            None if only_garbage else self._trimmer,
            target.name,
            target.keys,
            lambda: self._sampler.measure(target.name),
            Probes(self._runtime, with_caches=not only_garbage),
        )

    def _keep(self, event: Event) -> None:
        with self._lock:
            self._events.append(event)
        self._sampler.record(event)


def _rss_bytes(view: View, subject: str) -> int | None:
    if subject == APP:
        return view.app.rss_bytes
    return next((target.rss_bytes for target in view.targets if target.name == subject), None)
