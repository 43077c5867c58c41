"""What the Python probes of targets report of the memory inside: asked for now and then.

What asks, and what reads the answers, is loaded when the first target has a probe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.applet.probe_asking import ask_probe
from trayapp.domain.judging.view import View
from trayapp.domain.records.samples import ProcessKey
from trayapp.log import Log

if TYPE_CHECKING:
    from trayapp.domain.records.inside import Inside

PERIOD_SECONDS = 30.0
LOOK_LIMIT_SECONDS = 20.0
"""For all of them; who has not been asked by then comes first the next time."""
KEPT_SECONDS = 150.0
"""So long the latest report stands for a process that does not answer."""

_log = Log(__name__)


class InsideFollower:
    """Asks the probes of targets for their reports. The sampler thread, and one of its own."""

    def __init__(self, runtime: Path, period_seconds: float = PERIOD_SECONDS) -> None:
        """Prepare to ask; nothing is asked before the first `tick`.

        runtime: the folder in which probes listen.
        """
        self._runtime = runtime
        self._period_seconds = period_seconds
        self._due_seconds = 0.0
        self._stopping = False
        self._found: dict[ProcessKey, tuple[float, Inside]] = {}
        self._asked: dict[ProcessKey, float] = {}
        self._silent: set[ProcessKey] = set()
        self.is_asking = False
        self.reports: Mapping[ProcessKey, Inside] = {}
        """The latest of each process; replaced, never changed. Any thread."""

    def tick(self, view: View) -> None:
        """Ask if it is time, without waiting for answers. The sampler thread."""
        now = time.monotonic()
        if now < self._due_seconds or self.is_asking or not view.targets:
            return
        self._due_seconds = now + self._period_seconds
        from trayapp.control.process_endpoints import PROBE, endpoint_name, find_names

        names = frozenset(find_names(self._runtime, PROBE))
        keys = [
            key
            for target in (view.targets if names else ())
            for key in target.keys
            if endpoint_name(PROBE, *key) in names
        ]
        if not keys:
            self._found, self.reports = {}, {}
            return
        self.is_asking = True
        try:
            threading.Thread(target=self._ask_all, args=(keys,), name="inside", daemon=True).start()
        except RuntimeError:  # no thread to be had: the next tick tries again
            self.is_asking = False

    def stop(self) -> None:
        """Ask no more. Any thread; does not wait."""
        self._stopping = True

    def _ask_all(self, keys: Sequence[ProcessKey]) -> None:
        """Ask one after the other, beginning with whoever waits longest. A background thread."""
        try:
            deadline = time.monotonic() + LOOK_LIMIT_SECONDS
            self._asked = {key: self._asked.get(key, 0.0) for key in keys}
            for key in sorted(keys, key=self._asked.__getitem__):
                if time.monotonic() >= deadline or self._stopping:
                    break
                self._asked[key] = time.monotonic()
                self._ask(key)
            since = time.monotonic() - KEPT_SECONDS
            self._found = {
                key: self._found[key]
                for key in keys
                if key in self._found and self._found[key][0] >= since
            }
            self._silent &= set(keys)
            self.reports = {key: inside for key, (_at, inside) in self._found.items()}
        finally:
            self.is_asking = False

    def _ask(self, key: ProcessKey) -> None:
        from trayapp.domain.records.inside import read_inside
        from trayapp.errors import MemtrayError

        try:
            told = ask_probe(self._runtime, key, "report")
        except (MemtrayError, OSError) as error:
            # It ends, hangs, or answers nonsense: that is said once.
            if key not in self._silent:
                self._silent.add(key)
                _log.warning("no report from inside process %d: %s", key.pid, error)
            return
        if told:
            self._silent.discard(key)
            if told.get("runtime", "python") != "python":
                return  # its heap is read at every look, and is no Python's
            self._found[key] = time.monotonic(), read_inside(told)
