"""Asking the running applet from a window, without the window ever waiting for it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from trayapp.control.client import call
from trayapp.errors import MemtrayError

Answer = Mapping[str, object]
Done = Callable[[Answer], object]
Failed = Callable[[MemtrayError], object]
_TIMEOUT_SECONDS = 5.0
_LONG_SECONDS = 120.0
_LONG_VERBS = ("cleanup", "free", "restart", "snapshot", "advice")


class Applet:
    """Runs errands in threads of their own; `poll` handles their outcomes in the window's thread.

    One errand that takes long, a cleanup, does not keep the figures from coming meanwhile.
    """

    def __init__(self, runtime: Path) -> None:
        self._runtime = runtime
        self._outcomes: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    def ask(self, verb: str, arguments: Answer, done: Done, failed: Failed) -> None:
        """Ask the applet; `poll` calls one of the two with what came of it."""
        timeout = _LONG_SECONDS if verb in _LONG_VERBS else _TIMEOUT_SECONDS
        self.do(lambda: call(self._runtime, verb, arguments, timeout), done, failed)

    def do(self, errand: Callable[[], Answer], done: Done, failed: Failed) -> None:
        """Do anything else that may take time or raise MemtrayError, in the same way."""

        def work() -> None:
            try:
                answer = errand()
            except MemtrayError as problem:
                error = problem
                self._outcomes.put(lambda: failed(error))
            else:
                self._outcomes.put(lambda: done(answer))

        threading.Thread(target=work, name="errand", daemon=True).start()

    def poll(self) -> None:
        """Handle the errands that have come to an end."""
        while True:
            try:
                handle = self._outcomes.get_nowait()
            except queue.Empty:
                return
            handle()
