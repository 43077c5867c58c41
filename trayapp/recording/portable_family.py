"""A few processes by way of psutil: macOS, Windows, and whatever else it knows."""

from __future__ import annotations

from collections.abc import Iterable

import psutil

from trayapp.readers.portable import PortableReader
from trayapp.recording.kin import Kin


class PortableFamily(PortableReader):
    """See `Family`."""

    def __init__(self, pids: Iterable[int], *, with_children: bool) -> None:
        super().__init__()
        self.kin = Kin(pids, self._has_ended, children_by_psutil if with_children else None)

    def _list_pids(self, now: float, *, force: bool) -> set[int] | None:  # noqa: ARG002
        return self.kin.choose(self._lives)

    def _has_ended(self, pid: int) -> bool:
        try:
            process = self._lives[pid].process if pid in self._lives else psutil.Process(pid)
            if process is None:
                return not psutil.pid_exists(pid)
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False


def children_by_psutil(pid: int) -> list[int]:
    """The pids of a process's children; looks at every process of the machine."""
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []
