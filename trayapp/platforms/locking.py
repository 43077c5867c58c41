"""One Memtray per user: a lock file that the kernel frees however its owner ends."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from trayapp.dataclass import NamedTuple
from trayapp.errors import AlreadyRunningError, MemtrayError, PlatformError
from trayapp.language.catalogue import _
from trayapp.platforms.claimed_name import dismiss_askers


class LeftBehind(NamedTuple):
    """A run that was killed."""

    pid: int
    alive_wall_seconds: float
    """When it was known to be alive last."""


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
        self._path, self._lock, self._unlock = path, lock, unlock
        self.left_behind: LeftBehind | None = None
        """The run before, where that was killed."""
        self._descriptor: int | None = self._open()
        self.claim: socket.socket | None = None
        """What else this run holds until it releases the lock."""

    def renew(self) -> None:
        """Lock the file anew where it was removed, lest another Memtray locks one of its name.

        Raises: AlreadyRunningError, PlatformError.
        """
        if self._descriptor is None:
            return
        if self.claim is not None:
            dismiss_askers(self.claim)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._descriptor), self._path.lstat()):
                return
        descriptor, self._descriptor = self._descriptor, self._open()
        os.close(descriptor)

    def touch(self) -> None:
        """Note in the file that this run is alive, for the next one. Raises: OSError."""
        if self._descriptor is not None:
            os.utime(self._descriptor if os.utime in os.supports_fd else self._path)

    def _open(self) -> int:
        # Not through a link: in a shared folder, someone else may have laid it.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        try:
            descriptor = os.open(self._path, flags, 0o600)
        except OSError as error:
            template = _("Cannot open the lock file {file}: {reason}.")
            raise PlatformError(template.format(file=self._path, reason=error.strerror)) from error
        try:
            self._lock(descriptor)
        except OSError as error:
            refusal = _refusal(self._path, descriptor, error)
            os.close(descriptor)
            raise refusal from error
        with suppress(OSError):
            self.left_behind = self.left_behind or _left_behind(descriptor)
        os.lseek(descriptor, 0, os.SEEK_SET)
        with suppress(OSError):  # a full disk: the pid is a courtesy, the lock is held
            # Never empty in between: killed then, this run and the one before would be forgotten.
            os.truncate(descriptor, os.write(descriptor, b"%d\n" % os.getpid()))
        return descriptor

    def release(self, *, was_killed: bool = False) -> None:
        """Let the next one start; harmless when called twice.

        was_killed: this run did not end because somebody wanted it to, and the next one is to know.
        """
        # The file stays: deleting it would let two others lock two files of the same name.
        if self._descriptor is not None:
            with suppress(OSError):  # empty: this run was not killed
                os.truncate(self._descriptor, os.fstat(self._descriptor).st_size * was_killed)
            self._unlock(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None
        if self.claim is not None:
            self.claim.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _left_behind(descriptor: int) -> LeftBehind | None:
    """Return what a killed run has left: one that ends empties the file. Raises: OSError."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    owner = os.read(descriptor, 32).partition(b"\n")[0]
    return LeftBehind(int(owner), os.fstat(descriptor).st_mtime) if owner.isdigit() else None


def _refusal(path: Path, descriptor: int, error: OSError) -> MemtrayError:
    if not isinstance(error, (BlockingIOError, PermissionError)):  # the latter on Windows
        template = _("Cannot lock {file}: {reason}.")
        return PlatformError(template.format(file=path, reason=error.strerror))
    os.lseek(descriptor, 0, os.SEEK_SET)
    owner = os.read(descriptor, 32).partition(b"\n")[0]
    text = _("Memtray is already running; to quit it: memtray quit")
    if owner.isdigit():
        text = _("Memtray is already running as process {pid}; to quit it: memtray quit")
        text = text.format(pid=int(owner))
    return AlreadyRunningError(text)
