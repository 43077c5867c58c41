"""What every part of the account is read from: one look at the machine, and a limit of time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.account import AccountPart
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.errors import PlatformError
from trayapp.language.catalogue import _
from trayapp.readers.memory_files import process_title
from trayapp.readers.procfile import field_bytes, read_all

LONGEST_SECONDS = 2.0
"""So long the account may take; what has not been read by then is estimated, and says so."""
CPU_SHARE = 0.1
"""Of one core, over that time."""


class Program(NamedTuple):
    """A target or an application with its processes, as they were a moment ago."""

    key: str
    """As in `domain.records.identity`."""
    name: str
    processes: Sequence[ProcessKey]


class Look:
    """One reading of the machine. Made anew for each account; one thread."""

    def __init__(
        self,
        programs: Sequence[Program],
        readings: Mapping[ProcessKey, MemoryReading],
        root: str = "",
        seconds: float = LONGEST_SECONDS,
    ) -> None:
        """Read what the kernel says of the whole.

        programs: all of them; readings: of their processes; root: before /proc and /sys.
        Raises: PlatformError if the kernel does not say what there is.
        """
        self.root, self.proc = root, f"{root}/proc"
        self.programs, self.readings = programs, readings
        self.page_bytes = os.sysconf("SC_PAGE_SIZE")
        self.deadline = time.monotonic() + seconds
        self._seconds, self._cpu_started = seconds, time.thread_time()
        try:
            self._meminfo = read_all(f"{self.proc}/meminfo")
        except OSError as error:
            raise _cannot_read(error.strerror) from error
        try:
            # At once: what is in the processors' lists moves to and fro.
            self.zoneinfo = read_all(f"{self.proc}/zoneinfo")
        except OSError:
            self.zoneinfo = b""
        total_bytes = self.known("MemTotal")
        if not total_bytes:
            raise _cannot_read(_("MemTotal or MemFree is missing"))
        self.total_bytes = total_bytes
        self.parts: list[AccountPart] = []
        """What was found so far."""
        self.mapped_file_bytes = 0
        """Pages of files that are counted with the programs that have mapped them."""

    def known(self, name: str) -> int | None:
        """Return a figure of meminfo; None: this kernel does not have it."""
        return field_bytes(self._meminfo, f"{name}:".encode())

    def sum_of(self, *names: str) -> int:
        """Return the sum of those figures of meminfo that this kernel has."""
        return sum(self.known(name) or 0 for name in names)

    @property
    def left_bytes(self) -> int:
        """What is in no part yet: the most that can be where meminfo does not count."""
        return max(0, self.total_bytes - sum(part.size_bytes for part in self.parts))

    def has_time(self, share: float = 1.0) -> bool:
        """Return whether that share of the time, and of what it may cost, is not used up yet."""
        used_seconds = time.thread_time() - self._cpu_started
        is_cheap = used_seconds < share * CPU_SHARE * self._seconds
        return is_cheap and self.left_seconds > (1 - share) * self._seconds

    @property
    def left_seconds(self) -> float:
        return self.deadline - time.monotonic()

    def add(self, parts: Iterable[AccountPart]) -> None:
        self.parts += parts

    def name_of(self, pid: int) -> str:
        """Return what a process is called, with its pid; strangers choose the names."""
        return process_title(self.proc, pid)


def needs_root() -> str:
    """Return the note of a part whose details may not be read."""
    if os.geteuid() == 0:
        # A sandbox, or another namespace.
        return _("Some details cannot be read here, even by root.")
    return _("Needs root for details.")


def _cannot_read(reason: str | None) -> PlatformError:
    return PlatformError(_("Cannot read this machine's memory: {reason}.").format(reason=reason))
