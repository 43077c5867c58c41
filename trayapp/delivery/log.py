"""The log file: what happened, one line each, for reading afterwards."""

from __future__ import annotations

import contextlib
import os
import threading
from datetime import datetime
from pathlib import Path

from trayapp.delivery.banner import plain


class LogFile:
    """Appends lines with the local time; keeps one older file beside it. Any thread.

    Only this user can read it: names of processes are nobody else's business.
    """

    def __init__(self, path: Path, limit_bytes: int = 1024**2) -> None:
        """The file starts anew at `limit_bytes`; what was there gets the suffix ".1"."""
        self._path = path
        self._old_path = path.with_name(path.name + ".1")
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()

    def append(self, text: str) -> None:
        """Write one line; a full disk or a missing folder loses it, and raises nothing."""
        stamp = datetime.now().astimezone().isoformat(timespec="seconds")
        line = f"{stamp} {plain(text, 2000)}\n".encode()
        with self._lock, contextlib.suppress(OSError):
            self._make_room(len(line))
            descriptor = self._open()
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)

    def _make_room(self, size_bytes: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_size + size_bytes > self._limit_bytes:
                self._path.replace(self._old_path)

    def _open(self) -> int:
        # Not to wait for a reader, should somebody have put a named pipe there.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(self._path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
        return descriptor
