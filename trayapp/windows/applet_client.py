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
    """Each errand has a thread of its own; answers are taken in by `poll` in the window's thread.

    One errand that takes long, a cleanup, does not keep the figures from coming meanwhile.
    """

    def __init__(self, runtime: Path) -> None:
        self._runtime = runtime
        self._answers: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    def ask(self, verb: str, arguments: Told, done: Done, failed: Failed) -> None:
        """Ask the applet; `poll` calls one of the two with what came of it."""
        timeout = _LONG_SECONDS if verb in _LONG_VERBS else _TIMEOUT_SECONDS
        self.do(lambda: call(self._runtime, verb, arguments, timeout), done, failed)

    def do(self, errand: Callable[[], Told], done: Done, failed: Failed) -> None:
        """Do anything else that may take time or raise MemtrayError, in the same way."""

        def work() -> None:
            try:
                told = errand()
            except MemtrayError as problem:
                error = problem
                self._answers.put(lambda: failed(error))
            else:
                self._answers.put(lambda: done(told))

        threading.Thread(target=work, name="errand", daemon=True).start()

    def poll(self) -> None:
        """Call what waits for answers that have come."""
        while True:
            try:
                answer = self._answers.get_nowait()
            except queue.Empty:
                return
            answer()
