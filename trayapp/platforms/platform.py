"""The Protocol that every system's platform satisfies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.platforms.locking import InstanceLock
from trayapp.platforms.protection import Protection


class Platform(Protocol):
    """One system's way of doing what every system can do, and a few things that not all can.

    Unless said otherwise: any thread, no waiting, `PlatformError` with one line for the person.
    """

    TRIMS_OTHERS: bool
    """Whether `trim_process` can do anything here."""

    def autostart_status(self) -> bool:
        """Return whether Memtray starts at login, as the system's own settings have it, too."""

    def autostart_enable(self, command: Sequence[str]) -> None:
        """Start `command` at login, from the next one on, with `MEMTRAY_HOME` if that is set."""

    def autostart_renew(self, command: Sequence[str]) -> bool:
        """Write anew what an older Memtray wrote to start `command` at login; return whether.

        Not where it is off, starts something else, or where a person has changed it.
        """

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

    def terminate(self, key: ProcessKey, *, force: bool = False) -> None:
        """Ask a process of this user to end, or on Windows, which knows no asking, end it.

        force: end it without asking. It is certain that the process is the one with this pid
        *and* start time.

        Raises: PlatformError if it has ended, is Memtray itself, the system's first process or
        another user's, or if the system refused.
        """

    def check_may_be_ended(self, key: ProcessKey) -> None:
        """Do nothing but raise what `terminate` would raise now, with a `reason`."""

    def is_running(self, key: ProcessKey) -> bool:
        """Return whether a process has not ended yet."""

    def program_folder(self, key: ProcessKey) -> Path:
        """Return the folder of the program that a process runs.

        Raises: PlatformError if it has ended, or the system does not say.
        """

    def restart_unit(self, unit: str) -> None:
        """Have this user's systemd restart a service; blocks up to a minute and a half.

        Raises: PlatformError, with systemd's own reason, or where there is none.
        """

    def share_one_heap(self) -> None:
        """Have all threads of this process allocate from one heap, where that saves memory.

        Before threads are started.
        """

    def protect(self) -> Protection:
        """Have this process survive a lack of memory, as far as that is permitted; once.

        Returns: what that was.
        """

    def trim_own_heap(self) -> bool | None:
        """Give freed memory of this process back to the system; takes milliseconds.

        Returns: True: done; False: there was nothing to give back; None: not possible here.
        """
