"""What differs between Linux, macOS and Windows, behind one Protocol."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.platforms.locking import InstanceLock

TRIM_PROCESS = "trim_process"
"""Capability: memory of another process can be taken back without its help."""
TRIM_OWN_HEAP = "trim_own_heap"
"""Capability: Memtray can give its own freed memory back."""
CARRY_HOME = "carry_home"
"""Capability: start at login can carry `MEMTRAY_HOME` along."""


class Platform(Protocol):
    """One system's way of doing what every system can do, and a few things that not all can.

    Unless said otherwise: any thread, no waiting, `PlatformError` with one line for the person.
    """

    @property
    def capabilities(self) -> frozenset[str]:
        """Which of the abilities named in this module there are here."""

    def autostart_status(self) -> bool:
        """Whether Memtray starts at login, also by the system's own settings."""

    def autostart_enable(self, command: Sequence[str]) -> None:
        """Start `command` at login, from the next one on, with `MEMTRAY_HOME` if that is set."""

    def autostart_disable(self) -> None:
        """Do not start at login; harmless where it is off already."""

    def add_application(self, command: Sequence[str], icon: Path | None) -> bool:
        """Put Memtray among the applications, where files of its own may do that.

        Not where it is there already, nor with `MEMTRAY_HOME` set. `command` runs Memtray; verbs
        are appended. Returns: whether there is a new entry.
        """

    def open_file(
        self, path: Path, on_failure: Callable[[PlatformError], None] | None = None
    ) -> None:
        """Show a file in the program that the person has for it, and leave that program alone.

        Raises: PlatformError if there is nothing that opens files. What an opener reports only
        later goes to `on_failure`, on a thread of its own, or else to the log.
        """

    def raise_descriptor_limit(self) -> int | None:
        """Allow this process, and children it starts later, more descriptors.

        Returns: how many it may have now; None where there is no such limit.
        """

    def single_instance_lock(self, path: Path) -> InstanceLock:
        """Take the lock file `path`, whose folder exists.

        Raises: AlreadyRunningError if it is held, PlatformError if it cannot be used.
        """

    def trim_process(self, pid: int) -> None:
        """Have the system take memory back from a process of this user.

        Raises: PlatformError if the system refused, or offers nothing of the kind.
        """

    def terminate(self, key: ProcessKey) -> None:
        """Ask a process of this user to end, or on Windows, which knows no asking, end it.

        It is certain that the process is the one with this pid *and* start time.

        Raises: PlatformError if it has ended, is Memtray itself, the system's first process or
        another user's, or if the system refused.
        """

    def share_one_heap(self) -> None:
        """Have all threads of this process allocate from one heap, where that saves memory.

        Before threads are started.
        """

    def trim_own_heap(self) -> bool | None:
        """Give freed memory of this process back to the system; takes milliseconds.

        Returns: True: done; False: there was nothing to give back; None: not possible here.
        """


def current_platform(env: Mapping[str, str] | None = None, system: str = sys.platform) -> Platform:
    """The platform this runs on; `env` is by default this process's environment."""
    environment = os.environ if env is None else env
    if system == "win32":
        from trayapp.platforms.windows import WindowsPlatform

        return WindowsPlatform(environment)
    if system == "darwin":
        from trayapp.platforms.macos import MacPlatform

        return MacPlatform(environment)
    from trayapp.platforms.linux import LinuxPlatform

    return LinuxPlatform(environment)
