"""The processes that a recording follows: those it was started for, and a command's children."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Protocol

from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.readers.process_changes import ProcessChanges
from trayapp.recording.kin import Kin


class Family(Protocol):
    """A `ProcessReader` of a few processes, for one thread; zombies count as gone."""

    kin: Kin

    def refresh(self) -> ProcessChanges:
        """As `ProcessReader.refresh`, about these processes only."""

    def read(self, keys: Iterable[ProcessKey]) -> dict[ProcessKey, MemoryReading]:
        """As `ProcessReader.read`."""

    def close(self) -> None:
        """Let go of all descriptors."""


def open_family(
    pids: Iterable[int], *, with_children: bool = False, system: str = sys.platform
) -> Family:
    """Follow these processes in the way that is the cheapest on this system."""
    if system == "linux":
        from trayapp.recording.proc_family import ProcFamily

        return ProcFamily(pids, with_children=with_children)
    from trayapp.recording.portable_family import PortableFamily

    return PortableFamily(pids, with_children=with_children)
