"""Windows in child processes: started by the menu, reaped, and ended with the applet."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING

from trayapp.errors import WindowError
from trayapp.language.catalogue import _
from trayapp.platforms.protection import unprotect_child
from trayapp.readers.own_children import ended_cpu_seconds
from trayapp.readers.own_cost import RequestedWork

if TYPE_CHECKING:
    import subprocess

_END_SECONDS = 2.0


def memtray_command() -> list[str]:
    """Return the command that starts this Memtray again, whatever PATH says."""
    folder = package_parent()
    if (folder / "__main__.py").is_file():
        # Unpacked from one file, where only the folder itself leads to the package.
        return [sys.executable, str(folder)]
    return [sys.executable, "-m", "trayapp"]


def lasting_command() -> list[str]:
    """Return the command for what starts Memtray later: at login, from the applications."""
    file = Path(os.environ.get("MEMTRAY_FILE", ""))
    # The file, not the folder that it was unpacked into: another version has another.
    return [sys.executable, str(file)] if file.is_file() else memtray_command()


def package_parent() -> Path:
    """Return the folder from which this package is imported."""
    return Path(__file__).resolve().parents[2]


def start_window(
    verb: str, *names: str, options: Sequence[str] = (), stderr: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start `memtray VERB OPTIONS -- NAMES` without waiting for it; it outlives this process.

    Raises: WindowError if it cannot be started.
    """
    import subprocess

    try:
        child = subprocess.Popen(
            [*memtray_command(), verb, *options, *(["--", *names] if names else [])],
            stdin=subprocess.DEVNULL,
            stderr=stderr,
            # Where `-m trayapp` finds this very package, from a checkout as installed.
            cwd=package_parent(),
            # Ctrl-C in our terminal is not for the window.
            start_new_session=True,
        )
        unprotect_child(child.pid, goes_first=True)
        return child
    except OSError as error:
        text = _("Cannot open the window: {reason}.")
        raise WindowError(text.format(reason=error.strerror)) from error


class Children:
    """The child processes that live now. Any thread."""

    def __init__(
        self,
        folder: Path,
        on_failure: Callable[[str], None],
        requested: RequestedWork | None = None,
    ) -> None:
        """Prepare to start children.

        `folder` takes what they complain of while they run. `on_failure` is called by `reap` with
        the last line of a child that failed: nobody reads the standard error of a window.
        `requested` is told of all of them: whoever opens a window has asked for it.
        """
        self._folder = folder
        self._on_failure = on_failure
        self._requested = requested or RequestedWork()
        self._lock = threading.Lock()
        self._running: dict[Path, subprocess.Popen[bytes]] = {}
        self._numbers = count(1)

    def open(self, verb: str, *names: str, options: Sequence[str] = ()) -> None:
        """Start a window as `start_window` does. Raises: WindowError."""
        complaints = self._folder / f"window-{next(self._numbers)}.log"
        try:
            with complaints.open("wb") as stream:
                child = start_window(verb, *names, options=options, stderr=stream)
        except OSError as error:
            text = _("Cannot open the window: {reason}.")
            raise WindowError(text.format(reason=error.strerror)) from error
        self._requested.children.add(child.pid)
        with self._lock:
            self._running[complaints] = child

    def open_popup(self) -> subprocess.Popen[bytes]:
        """Start `memtray popup`, which shows what is written to its standard input. Any thread.

        The caller ends it. Raises: OSError if it cannot be started.
        """
        import subprocess

        child = subprocess.Popen(
            [*memtray_command(), "popup"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=package_parent(),
            start_new_session=True,
        )
        self._requested.children.add(child.pid)
        unprotect_child(child.pid, goes_first=True)
        return child

    def reap(self) -> None:
        """Forget children that have ended, and report those that failed; called at every tick."""
        if not self._running:
            return
        with self._lock:
            ended = {
                complaints: child
                for complaints, child in self._running.items()
                if self._has_ended(child)
            }
            for complaints in ended:
                del self._running[complaints]
        for complaints, child in ended.items():
            # Negative: ended by a signal, most likely the desktop's log-out.
            if child.returncode > 0:
                self._on_failure(_last_line(complaints) or _("The window closed with an error."))
            complaints.unlink(missing_ok=True)

    def _has_ended(self, child: subprocess.Popen[bytes]) -> bool:
        before = ended_cpu_seconds()
        if child.poll() is None:
            return False
        # By this it has just become one of those that have ended.
        self._requested.note_ended(child.pid, ended_cpu_seconds() - before)
        return True

    def end(self) -> None:
        """Terminate all children, and kill those that are still there after two seconds."""
        if not self._running:
            return
        import subprocess

        with self._lock:
            for child in self._running.values():
                child.terminate()
            for complaints, child in self._running.items():
                try:
                    child.wait(timeout=_END_SECONDS)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
                complaints.unlink(missing_ok=True)
            self._running.clear()


def _last_line(file: Path) -> str:
    text = file.read_bytes()[-2000:].decode("utf-8", "replace").strip()
    return text.rsplit("\n", 1)[-1].removeprefix("memtray: ")
