"""Windows in child processes: started by the menu, reaped, and ended with the applet."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.errors import WindowError

if TYPE_CHECKING:
    import subprocess

_END_SECONDS = 2.0


def memtray_command() -> list[str]:
    """The command that starts this Memtray again, whatever PATH says."""
    return [sys.executable, "-m", "trayapp"]


def package_parent() -> Path:
    """The folder from which this package is imported."""
    return Path(__file__).resolve().parent.parent


class Children:
    """The child processes that live now. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen[bytes]] = []

    def open(self, verb: str, *arguments: str) -> None:
        """Start `memtray VERB ARGUMENTS`; does not wait for it.

        Raises: WindowError if it cannot be started.
        """
        import subprocess

        try:
            child = subprocess.Popen(
                [*memtray_command(), verb, *(["--", *arguments] if arguments else [])],
                stdin=subprocess.DEVNULL,
                # Where `-m trayapp` finds this very package, from a checkout as installed.
                cwd=package_parent(),
                # Ctrl-C in the applet's terminal is the applet's to pass on.
                start_new_session=True,
            )
        except OSError as error:
            raise WindowError(f"The window cannot be opened: {error.strerror}.") from error
        with self._lock:
            self._running.append(child)

    def reap(self) -> None:
        """Let go of those that have ended; cheap, called at every tick."""
        if self._running:
            with self._lock:
                self._running = [child for child in self._running if child.poll() is None]

    def end(self) -> None:
        """End all of them; returns when they are gone, after two seconds by force."""
        if not self._running:
            return
        import subprocess

        with self._lock:
            for child in self._running:
                child.terminate()
            for child in self._running:
                try:
                    child.wait(timeout=_END_SECONDS)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
            self._running = []
