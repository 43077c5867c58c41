"""A file of lines that only its user reads, bounded, with one older one kept beside it."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path


class RotatedFile:
    """Appends lines. Any thread; one process."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        """The file starts anew at `limit_bytes`; what was there gets the suffix ".1"."""
        self._path = path
        self._old_path = path.with_name(path.name + ".1")
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()

    def append(self, line: bytes) -> bool:
        """Write a line, its end included, or nothing of it; raises nothing.

        Returns: whether it is in the file; a full disk or a missing folder loses it.
        """
        with self._lock:
            try:
                self._make_room(len(line))
                descriptor = self._open()
            except OSError:
                return False
            try:
                return self._write(descriptor, line)
            except OSError:
                return False
            finally:
                os.close(descriptor)

    def _make_room(self, size_bytes: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_size + size_bytes > self.limit_bytes:
                self._path.replace(self._old_path)

    def _open(self) -> int:
        # Not to wait for a reader, should somebody have put a named pipe there.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
        flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self._path, flags, 0o600)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
        return descriptor

    def _write(self, descriptor: int, line: bytes) -> bool:
        size_bytes = os.fstat(descriptor).st_size
        if os.write(descriptor, line) == len(line):
            return True
        # The disk became full within the line: the next one is not to be glued to its beginning.
        os.ftruncate(descriptor, size_bytes)
        return False
