"""The terminal of a guarded run: it belongs to the command while that runs in the foreground."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Terminal:
    """Hands the controlling terminal to the command's process group and takes it back.

    Without one, and where there is nothing of the kind (Windows), everything here does nothing.
    """

    def __init__(self) -> None:
        self._descriptor: int | None = None
        if hasattr(os, "tcsetpgrp"):
            with suppress(OSError):  # started without a terminal
                self._descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)

    @property
    def has_any(self) -> bool:
        return self._descriptor is not None

    def hand_to(self, group: int) -> None:
        """Let a process group read and be interrupted, if it is we who have the terminal now."""
        self._pass(os.getpgrp(), group)

    def take_from(self, group: int) -> None:
        """Have it again, if that group has it; also if nobody of it is left."""
        self._pass(group, os.getpgrp())

    def is_with(self, group: int) -> bool:
        if self._descriptor is None:
            return False
        try:
            return os.tcgetpgrp(self._descriptor) == group
        except OSError:  # it has been hung up
            return False

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _pass(self, old: int, new: int) -> None:
        if self._descriptor is not None and self.is_with(old):
            with suppress(OSError), from_the_background():
                os.tcsetpgrp(self._descriptor, new)


@contextmanager
def from_the_background() -> Iterator[None]:
    """Use the terminal without being stopped for not having it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
