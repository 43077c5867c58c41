"""One Memtray per user: a lock file that the kernel frees however its owner ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from trayapp.errors import AlreadyRunningError, MemtrayError, PlatformError
from trayapp.language.catalogue import _


class InstanceLock:
    """A locked file that holds its owner's pid, for people and for the second Memtray to read."""

    def __init__(
        self,
        path: Path,
        lock: Callable[[int], object],
        unlock: Callable[[int], object] = lambda _: None,
    ) -> None:
        """Lock the file by `lock(descriptor)`; closing it must unlock, `unlock` may help.

        Raises: AlreadyRunningError if another process holds it, PlatformError if it cannot be used.
        """
        self._unlock = unlock
        # Not through a link: in a shared folder, someone else may have laid it.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        try:
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            template = _("Cannot open the lock file {file}: {reason}.")
            raise PlatformError(template.format(file=path, reason=error.strerror)) from error
        try:
            lock(descriptor)
        except OSError as error:
            refusal = _refusal(path, descriptor, error)
            os.close(descriptor)
            raise refusal from error
        self._descriptor: int | None = descriptor
        os.lseek(descriptor, 0, os.SEEK_SET)
        with suppress(OSError):  # a full disk: the pid is a courtesy, the lock is held
            os.truncate(descriptor, 0)
            os.write(descriptor, b"%d\n" % os.getpid())

    def release(self) -> None:
        """Let the next one start; harmless when called twice."""
        # The file stays: deleting it would let two others lock two files of the same name.
        if self._descriptor is not None:
            self._unlock(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _refusal(path: Path, descriptor: int, error: OSError) -> MemtrayError:
    if not isinstance(error, (BlockingIOError, PermissionError)):  # the latter on Windows
        template = _("Cannot lock {file}: {reason}.")
        return PlatformError(template.format(file=path, reason=error.strerror))
    os.lseek(descriptor, 0, os.SEEK_SET)
    owner = os.read(descriptor, 32).strip()
    text = _("Memtray is already running; `memtray quit` ends it.")
    if owner.isdigit():
        text = _("Memtray is already running as process {pid}; `memtray quit` ends it.")
        text = text.format(pid=int(owner))
    return AlreadyRunningError(text)
