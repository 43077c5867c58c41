"""Asking the running applet from a window, without the window ever waiting for it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from trayapp.control.client import call
from trayapp.errors import MemtrayError

Told = Mapping[str, object]
Done = Callable[[Told], object]
Failed = Callable[[MemtrayError], object]
_TIMEOUT_SECONDS = 5.0
_LONG_SECONDS = 120.0
_LONG_VERBS = ("cleanup", "snapshot")


class Applet:
    """One thread asks, in order; answers are taken in by `poll` in the window's thread."""

    def __init__(self, runtime: Path) -> None:
        self._runtime = runtime
        self._errands: queue.SimpleQueue[Callable[[], Callable[[], object]]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="applet", daemon=True).start()

    def ask(self, verb: str, arguments: Told, done: Done, failed: Failed) -> None:
        """Ask the applet; `poll` calls one of the two with what came of it."""
        timeout = _LONG_SECONDS if verb in _LONG_VERBS else _TIMEOUT_SECONDS
        self.do(lambda: call(self._runtime, verb, arguments, timeout), done, failed)

    def do(self, errand: Callable[[], Told], done: Done, failed: Failed) -> None:
        """Do anything else that may take time or raise MemtrayError, in the same way."""

        def work() -> Callable[[], object]:
            try:
                told = errand()
            except MemtrayError as error:
                return lambda error=error: failed(error)  # type: ignore[misc]
            return lambda: done(told)

        self._errands.put(work)

    def poll(self) -> None:
        """Call what waits for answers that have come."""
        while True:
            try:
                answer = self._answers.get_nowait()
            except queue.Empty:
                return
            answer()

    def _work(self) -> None:
        while True:
            self._answers.put(self._errands.get()())
