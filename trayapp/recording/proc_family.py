"""A few processes of a Linux machine, by their held descriptors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from trayapp.readers.procfile import read_start
from trayapp.readers.procfs import ProcfsReader
from trayapp.recording.kin import Kin


class ProcFamily(ProcfsReader):
    """See `Family`. Costs nothing for the other processes of the machine."""

    def __init__(self, pids: Iterable[int], *, with_children: bool) -> None:
        super().__init__()
        self.kin = Kin(pids, _has_ended, _find_children() if with_children else None)

    def _list_pids(self, now: float, *, force: bool) -> set[int] | None:  # noqa: ARG002
        return self.kin.choose(self._lives)


def _has_ended(pid: int) -> bool:
    """Whether there is nothing more to read; the reader itself notices new owners of a pid."""
    try:
        stat = read_start(f"/proc/{pid}/stat", 512)
    except (FileNotFoundError, ProcessLookupError):
        return True
    except OSError:
        return False
    return stat[stat.rfind(b")") + 2 :][:1] in (b"Z", b"X")


def _find_children() -> Callable[[int], Iterable[int]]:
    if Path(f"/proc/self/task/{os.getpid()}/children").exists():
        return _children
    # A kernel built without CONFIG_PROC_CHILDREN.
    from trayapp.recording.portable_family import children_by_psutil

    return children_by_psutil


def _children(pid: int) -> Iterator[int]:
    """The children of each thread, from /proc/PID/task/TID/children: 8 µs per thread."""
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  (names are all it takes)
            with suppress(OSError, ValueError):
                listed = read_start(f"/proc/{pid}/task/{thread}/children", 65536)
                yield from map(int, listed.split())
