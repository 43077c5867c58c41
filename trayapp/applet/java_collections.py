"""Having Java programs collect their garbage, where only that tells a leak from garbage."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.heap_room import HEAP_SHARE
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _
from trayapp.log import Log

PAUSE_SECONDS = 600.0
"""Between two collections of one process."""
MOST = 5
"""Of one process: who needs more is not to be found out by this."""
LIMIT_SECONDS = 60.0
_COLLECTORS = ("Serial", "Parallel", "G1")
"""Others look through all of the heap anyway."""

_log = Log(__name__)


class _Asked(NamedTuple):
    times: int
    at: float
    """When last, monotonic."""


class JavaCollections:
    """Asks at most one program at a time, in a thread that ends. The sampler thread otherwise."""

    def __init__(
        self,
        on_event: Callable[[Event], None],
        collect: Callable[[int], None] | None = None,
    ) -> None:
        """Prepare to ask.

        Args:
            on_event: Gets what was done, in the thread that asks.
            collect: Has a process collect its garbage; raises ControlError. None: `jcmd` does.
        """
        self._on_event = on_event
        self._collect = collect or _collect
        self._asked: dict[ProcessKey, _Asked] = {}
        self.is_asking = False

    def tick(self, view: View) -> None:
        """Ask a program that is in doubt, without waiting for it."""
        alive = {key for target in view.targets for key in target.keys}
        self._asked = {key: asked for key, asked in self._asked.items() if key in alive}
        if self.is_asking:
            return
        now = time.monotonic()
        for target in view.targets:
            if not is_in_doubt(target):
                continue
            (key,) = target.keys
            asked = self._asked.get(key, _Asked(0, -PAUSE_SECONDS))
            if asked.times >= MOST or now - asked.at < PAUSE_SECONDS:
                continue
            self._asked[key] = _Asked(asked.times + 1, now)
            self.is_asking = True
            try:
                threading.Thread(
                    target=self._ask, args=(target.name, key), name="collect", daemon=True
                ).start()
            except RuntimeError:  # no thread to be had: another time
                self.is_asking = False
            return

    def _ask(self, name: str, key: ProcessKey) -> None:
        from trayapp.errors import ControlError
        from trayapp.readers.procfile import read_started

        try:
            if read_started("/proc", key.pid) != key.started:
                return
            self._collect(key.pid)
            text = _("{name} collected its garbage: that tells whether it leaks.")
            text = text.format(name=name)
        except (ControlError, OSError) as error:
            text = _("{name} did not collect its garbage: {reason}")
            text = text.format(name=name, reason=error)
            _log.warning("process %d did not collect its garbage: %s", key.pid, error)
        finally:
            self.is_asking = False
        self._on_event(Event(wall_seconds=time.time(), kind="action", subject=name, text=text))


def is_in_doubt(target: TargetView) -> bool:
    """Whether a full collection of its one process would tell whether it leaks."""
    heap = target.heap
    if not target.leak.is_unproven or heap is None or len(target.keys) != 1:
        return False
    live_bytes, limit_bytes = heap.live_bytes, heap.limit_bytes
    if heap.runtime != "java" or heap.collector not in _COLLECTORS:
        return False
    return bool(live_bytes and limit_bytes) and (live_bytes or 0) >= HEAP_SHARE * (limit_bytes or 0)


def _collect(pid: int) -> None:
    """Raises: ControlError."""
    from trayapp.windows.jcmd import run_jcmd

    run_jcmd(pid, "GC.run", limit_seconds=LIMIT_SECONDS)
