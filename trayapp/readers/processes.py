"""The Protocol of a reader of all processes, and the reader for this system."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from trayapp.domain.grouping.groups import containers_around
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.samples import ContainerName, MemoryReading, ProcessKey
from trayapp.readers.process_changes import ProcessChanges

if TYPE_CHECKING:
    # Made at run time, it would compile the names of its types, which costs 228 KiB for good.
    from typing import TypedDict

    from trayapp.readers.container_names import ContainerNames

    class WantedFacts(TypedDict):
        """What `ProcessReader.ask_for` takes."""

        exe: bool
        user: bool


class ProcessReader(Protocol):
    """Follows every process of the machine. All calls from one thread (the sampler's)."""

    def refresh(self) -> ProcessChanges:
        """Return what changed since the last call; the first call returns everything."""

    def read(self, keys: Iterable[ProcessKey]) -> dict[ProcessKey, MemoryReading]:
        """Read the memory of these processes only.

        Missing in the answer: who vanished (`gone` at the next refresh), who may not be read, and
        who has no memory of its own (zombies, kernel threads). A reading is never 0.
        """

    def read_all(self) -> dict[ProcessKey, MemoryReading]:
        """Read every process that has memory of its own and shows it; a reading is never 0."""

    def ask_for(self, *, exe: bool, user: bool) -> None:
        """From the next refresh on read the files that processes run, and whose they are, too."""

    def close(self) -> None:
        """Let go of all descriptors; nothing may be called afterwards."""


def wanted_facts(rules: Iterable[TargetRule]) -> WantedFacts:
    """Return what these rules go by that is not read of every process anyway."""
    known = list(rules)
    return {
        "exe": any(rule.exe is not None for rule in known),
        "user": any(rule.user is not None for rule in known),
    }


def names_once_needed() -> Callable[[str], tuple[ContainerName, ...]]:
    """Return what names the containers around a control group, loaded where there is one."""
    known: list[ContainerNames] = []

    def names_around(path: str) -> tuple[ContainerName, ...]:
        if not known:
            if not containers_around(path):
                return ()
            from trayapp.readers.container_names import ContainerNames

            known.append(ContainerNames())
        return known[0].names_around(path)

    return names_around


def open_process_reader(system: str = sys.platform) -> ProcessReader:
    """Return the cheapest reader for this system; on Linux raise our descriptor limit."""
    if system == "linux":
        from trayapp.platforms import current_platform
        from trayapp.readers.procfs import ProcfsReader

        return ProcfsReader(
            descriptor_limit=current_platform().raise_descriptor_limit(),
            container_names=names_once_needed(),
        )
    from trayapp.readers.portable import PortableReader

    return PortableReader()
