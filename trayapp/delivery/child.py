"""The processes that send alerts to remote channels, as the applet sees them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from trayapp.platforms.protection import unprotect_child

if TYPE_CHECKING:
    import subprocess

_END_SECONDS = 2.0
_PREFIX = "memtray: "


class Child(Protocol):
    """One run of `memtray deliver`."""

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs; never waits."""

    def complaint(self) -> str:
        """Return its error message when it has ended: one line, or nothing."""

    def kill(self) -> None:
        """Kill it without waiting for its end."""

    def end(self) -> None:
        """Terminate it and wait for its end, two seconds at most."""


def start_child(command: Sequence[str], folder: Path) -> Child:
    """Run `command` unseen, with `folder` as its directory; takes a millisecond or two.

    Raises: OSError if it cannot be started.
    """
    import subprocess

    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=folder,
        # Ctrl-C in the applet's terminal is the applet's to pass on.
        start_new_session=True,
    )
    unprotect_child(process.pid)
    return _Process(process)


class _Process:
    """A `Child` that is a real process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._errors = b""

    def poll(self) -> int | None:
        code = self._process.poll()
        if code is not None:
            self._read_errors()
        return code

    def complaint(self) -> str:
        # Libraries write there, too, and might repeat an address: only what we say ourselves.
        lines = self._errors.decode("utf-8", "replace").splitlines()
        ours = [line.removeprefix(_PREFIX) for line in lines if line.startswith(_PREFIX)]
        return ours[-1] if ours else ""

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        import subprocess

        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._read_errors()

    def _read_errors(self) -> None:
        stream = self._process.stderr
        if stream is None or stream.closed:
            return
        # A grandchild may still hold the other end.
        with contextlib.suppress(OSError), stream:
            if hasattr(os, "set_blocking"):
                os.set_blocking(stream.fileno(), False)
            self._errors = stream.read() or b""
