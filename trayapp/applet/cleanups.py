"""The cleanups of one run: done on request, kept in the history, measured again a minute later."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path

from trayapp.applet.sampler import Sampler
from trayapp.cleanup.cleaning import Trimmer, clean_app, clean_target
from trayapp.dataclass import replace
from trayapp.domain.acting.cleanups import APP, FOLLOW_UP_SECONDS, CleanupResult, follow_up
from trayapp.domain.grouping.captures import base_name
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import Event

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
        self._due: deque[tuple[float, CleanupResult, frozenset[ProcessKey]]] = deque(
            maxlen=_REMEMBERED
        )
        """When to measure what again, and which processes it was."""
        self._events: deque[Event] = deque(maxlen=_REMEMBERED)

    @property
    def events(self) -> tuple[Event, ...]:
        """The latest cleanups and follow-ups, oldest first."""
        with self._lock:
            return tuple(self._events)

    def clean(self, *, app: bool, targets: Iterable[TargetView]) -> list[CleanupResult]:
        """Clean Memtray itself and targets now. A background thread; may take seconds.

        Targets with a probe empty the caches that they have registered, too.
        """
        done: list[tuple[CleanupResult, Sequence[ProcessKey]]] = []
        if app:
            done.append((clean_app(self._trimmer, lambda: self._sampler.measure(APP)), ()))
        done += [(self._clean_target(target), target.keys) for target in targets]
        return self._keep_all(done)

    def clean_processes(
        self, name: str, keys: Sequence[ProcessKey], *, with_caches: bool = True
    ) -> CleanupResult:
        """Clean a program by its processes now. A background thread; may take seconds.

        with_caches: have its probes empty the caches that they know, too.
        """
        from trayapp.cleanup.probes import Probes

        result = clean_target(
            self._trimmer,
            name,
            keys,
            lambda: sum(use.rss_bytes for use in self._sampler.read_processes(keys)) or None,
            Probes(self._runtime, with_caches=with_caches),
        )
        return self._keep_all([(result, keys)])[0]

    def clean_named(self, what: str) -> list[CleanupResult]:
        """Clean "app", "all" (targets) or "target:NAME" now. A background thread."""
        view = self._sampler.view
        return self.clean(
            app=what == "app",
            targets=[
                target
                for target in (view.targets if view else ())
                if what in ("all", f"target:{target.name}", f"target:{base_name(target.name)}")
            ],
        )

    def collect(self, target: TargetView) -> CleanupResult:
        """Have a target's probes collect garbage and trim heaps, no more. A background thread."""
        result = self._clean_target(target, only_garbage=True)
        return self._keep_all([(result, target.keys)])[0]

    def _keep_all(
        self, done: list[tuple[CleanupResult, Sequence[ProcessKey]]]
    ) -> list[CleanupResult]:
        due = time.monotonic() + self._follow_up_seconds
        for result, keys in done:
            self._keep(result.as_event())
            if result.freed_bytes is not None:
                with self._lock:
                    self._due.append((due, result, frozenset(keys)))
        return [result for result, _keys in done]

    def follow_up(self, view: View) -> list[Event]:
        """Measure again what was cleaned a minute ago. The sampler thread, at every tick."""
        now = time.monotonic()
        told = []
        while self._due and self._due[0][0] <= now:
            with self._lock:
                _, result, keys = self._due.popleft()
            now_bytes, now_keys = _found(view, result.subject)
            event = follow_up(
                result,
                view.wall_seconds,
                now_bytes,
                restarted=bool(keys and now_keys) and not (keys & now_keys),
            )
            if event is not None:
                self._keep(event)
                told.append(event)
        return told

    def _clean_target(self, target: TargetView, *, only_garbage: bool = False) -> CleanupResult:
        from trayapp.cleanup.probes import Probes

        result = clean_target(
            None if only_garbage else self._trimmer,
            target.name,
            target.keys,
            lambda: self._sampler.measure(target.name),
            Probes(self._runtime, with_caches=not only_garbage),
        )
        return replace(result, rate_bytes_per_second=trend_of(target))

    def _keep(self, event: Event) -> None:
        with self._lock:
            self._events.append(event)
        self._sampler.record(event)


def _found(view: View, subject: str) -> tuple[int | None, frozenset[ProcessKey]]:
    """Return what a subject holds now, and which processes it is."""
    if subject == APP:
        return view.app.rss_bytes, frozenset()
    for target in view.targets:
        if target.name == subject:
            return target.rss_bytes, frozenset(target.keys)
    for application in view.applications:
        if application.name == subject:
            return application.rss_bytes, frozenset(application.keys)
    return None, frozenset()


def trend_of(target: TargetView) -> float | None:
    """Return how fast a target grew lately, where that is growth and not noise."""
    if target.leak.rate_bytes_per_second is not None:
        return target.leak.rate_bytes_per_second
    return target.slope_bytes_per_second if target.growing_since_wall_seconds is not None else None
